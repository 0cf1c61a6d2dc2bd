// What a Log is called, and was called before: each with how many entries it had when that name ended.
//
// Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "log/log.h"

namespace lumenflow::log {

class LogNames {
 public:
  explicit LogNames(std::string now, std::map<std::string, std::uint64_t> former = {})
      : now_(std::move(now)), former_(std::move(former)) {}

  std::string now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  Status check_new(std::string_view log_id) const {
    const std::lock_guard lock(mutex_);
    if (!log_id.empty() && log_id != now_ && !former_.contains(std::string(log_id))) return {};
    return Error(ErrorCode::kInvalidInput, "a log's new name must be one that it never had");
  }
  void rename(std::string log_id, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    former_.insert_or_assign(std::exchange(now_, std::move(log_id)), size);
  }
  bool is_named(const Head& head) const {
    const std::lock_guard lock(mutex_);
    if (head.log_id == now_) return true;
    const auto found = former_.find(head.log_id);
    return found != former_.end() && head.size <= found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::string now_;
  std::map<std::string, std::uint64_t> former_;
};

// A name for the open batch, and its place in it.
struct Renaming {
  std::string log_id;
  std::uint64_t size = 0;  // of the log when the name was asked for
};

}  // namespace lumenflow::log
