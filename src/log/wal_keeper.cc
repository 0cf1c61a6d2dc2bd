#include "log/wal_keeper.h"

#include <sqlite3.h>

#include <algorithm>

#include "base/logging.h"

namespace lumenflow::log {

Result<std::unique_ptr<WalKeeper>> WalKeeper::start(const std::string& path, Connection& writer, int wal_pages,
                                                    Executor* executor) {
  LUMENFLOW_TRY_ASSIGN(Connection own, Connection::open(path, Connection::Mode::kReadWrite));
  LUMENFLOW_TRY(own.execute("PRAGMA wal_autocheckpoint=0"));
  sqlite3_busy_timeout(own.get(), 0);  // it tries again when the WAL has grown a little more
  std::unique_ptr<WalKeeper> keeper(new WalKeeper(std::move(own), std::max(wal_pages, 8), executor));
  const auto hook = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<WalKeeper*>(self)->committed(pages);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(writer.get(), hook, keeper.get());
  if (executor == nullptr) keeper->thread_ = std::thread([self = keeper.get()] { self->run(); });
  return keeper;
}

WalKeeper::~WalKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::unique_lock<std::mutex> WalKeeper::enter() {
  gate_wanted_.wait(true);
  return std::unique_lock(gate_);
}

void WalKeeper::committed(int pages) {
  const int folded = folded_pages_.load(std::memory_order_relaxed);
  if (pages - (pages >= folded ? folded : 0) < wal_pages_) return;
  {
    const std::lock_guard lock(mutex_);
    if (due_) return;
    due_ = true;
    if (executor_ == nullptr) gate_wanted_ = true;
  }
  if (executor_ == nullptr) return work_.notify_one();
  executor_->post([this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    fold_back();
    due_ = false;
  });
}

void WalKeeper::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return due_ || stopping_; });
      if (stopping_) return;
    }
    fold_back();
    const std::lock_guard lock(mutex_);
    due_ = false;
  }
}

void WalKeeper::fold_back() {
  int pages = 0;
  int copied = 0;
  int code = SQLITE_OK;
  {
    const std::lock_guard gate(gate_);
    code = sqlite3_wal_checkpoint_v2(own_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
  }
  gate_wanted_ = false;
  gate_wanted_.notify_one();
  folded_pages_ = std::max(pages, 0);
  if (code != SQLITE_OK && code != SQLITE_BUSY)
    write_log(LogLevel::kWarn, "log", "the write-ahead log could not be folded back; it grows until that succeeds",
              {{"reason", sqlite3_errmsg(own_.get())}});
}

}  // namespace lumenflow::log
