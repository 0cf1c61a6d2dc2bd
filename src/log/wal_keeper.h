// Folds the write-ahead log back into the database on a thread of its own, so that the writer pays for it only in the
// short moment when the WAL starts over.
//
// The writer holds the gate during each batch. Most of the WAL is copied back without it; then, with the gate, the rest,
// and the WAL starts over. A reader that stays on an old snapshot only postpones that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "log/sqlite_connection.h"

namespace lumenflow::log {

class WalKeeper {
 public:
  // Reads the sizes of the WAL that the writer's connection reports; both outlive neither other nor the writer thread.
  static Result<std::unique_ptr<WalKeeper>> start(const std::string& path, Connection& writer, int wal_pages);
  ~WalKeeper();
  WalKeeper(const WalKeeper&) = delete;

  // The writer's part.
  std::unique_lock<std::mutex> enter();

 private:
  WalKeeper(Connection own, int wal_pages) : own_(std::move(own)), wal_pages_(wal_pages), wake_at_(wal_pages) {}
  void committed(int pages);  // on the writer's thread
  void run();
  void fold_back();

  Connection own_;
  const int wal_pages_;
  std::atomic<int> wake_at_;  // length of the WAL at which to act
  std::mutex gate_;
  std::atomic<bool> gate_wanted_{false};  // the mutex is not fair, and a busy writer would keep it
  std::mutex mutex_;
  std::condition_variable work_;
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lumenflow::log
