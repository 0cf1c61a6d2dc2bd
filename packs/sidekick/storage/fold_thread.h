// A FileStore with a thread of its own that folds it when writing pauses, and at the end.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "sidekick/storage/file_store.h"

namespace lumenflow::sidekick {

class FoldThread {
 public:
  static Result<std::unique_ptr<FoldThread>> open(Disk& disk);
  ~FoldThread();  // folds what is left
  FileStore& store() { return *store_; }

 private:
  FoldThread() = default;
  void run();
  bool pause(std::unique_lock<std::mutex>& lock);

  std::unique_ptr<FileStore> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_changes_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace lumenflow::sidekick
