// Folds the write-ahead log back into the database on a thread of its own, between two batches of the writer.
//
// The writer holds the gate during each batch, the keeper while it copies. To copy beside the writer would spare it the
// wait and cost it more: both sync files of one file system, which makes every commit meanwhile two to three times as
// slow
//. So whoever commits is answered first, and only the next batch waits, if it
// comes so soon. Once all is copied SQLite starts the WAL over with the next write, unless a reader still needs it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/executor.h"
#include "log/sqlite_connection.h"

namespace lumenflow::log {

class WalKeeper {
 public:
  // Learns the length of the WAL from the writer's connection, which has to stay open at least as long. With an
  // executor there is no thread: folding back is a task of it, run between two batches on the writer's thread.
  static Result<std::unique_ptr<WalKeeper>> start(const std::string& path, Connection& writer, int wal_pages,
                                                  Executor* executor = nullptr);
  ~WalKeeper();
  WalKeeper(const WalKeeper&) = delete;

  // Before a batch, on the writer's thread; held until the batch has ended.
  std::unique_lock<std::mutex> enter();

 private:
  WalKeeper(Connection own, int wal_pages, Executor* executor)
      : own_(std::move(own)), wal_pages_(wal_pages), executor_(executor) {}
  void committed(int pages);  // on the writer's thread
  void run();
  void fold_back();

  Connection own_;
  const int wal_pages_;
  Executor* const executor_;                                    // null: the thread
  const std::shared_ptr<int> alive_ = std::make_shared<int>();  // shared with tasks, which may outlive this
  std::atomic<int> folded_pages_{0};  // length of the WAL when it was last copied; a shorter one has started over
  std::mutex gate_;
  std::atomic<bool> gate_wanted_{false};  // the mutex is not fair, and a busy writer would keep it
  std::mutex mutex_;
  std::condition_variable work_;
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lumenflow::log
