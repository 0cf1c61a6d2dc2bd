#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "conductor/records.h"

namespace lumenflow::conductor {
namespace {

class MemoryRecords final : public Records {
 public:
  Result<std::optional<Record>> get(std::string_view table, std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find({std::string(table), std::string(key)});
    if (found == rows_.end()) return std::optional<Record>();
    return std::optional(Record{std::string(key), found->second.value, found->second.version});
  }

  Result<std::vector<Record>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                   std::size_t limit) const override {
    const std::lock_guard lock(mutex_);
    std::vector<Record> records;
    const std::string from(std::max(prefix, after));
    for (auto at = rows_.lower_bound({std::string(table), from}); at != rows_.end() && records.size() < limit; ++at) {
      if (at->first.first != table || !at->first.second.starts_with(prefix)) break;
      if (at->first.second == after) continue;
      records.push_back({at->first.second, at->second.value, at->second.version});
    }
    return records;
  }

  Status apply(std::span<const RecordChange> changes) override {
    const std::lock_guard lock(mutex_);
    for (const RecordChange& change : changes) {
      LUMENFLOW_TRY(check_change(change));
      const auto found = rows_.find({change.table, change.key});
      if ((found == rows_.end() ? 0 : found->second.version) != change.expected)
        return Error(ErrorCode::kConflict, "a record of " + change.table + " changed meanwhile");
    }
    ++version_;
    for (const RecordChange& change : changes) {
      if (change.value)
        rows_[{change.table, change.key}] = {*change.value, version_};
      else
        rows_.erase({change.table, change.key});
    }
    return {};
  }

 private:
  struct Row {
    std::string value;
    std::uint64_t version = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Row> rows_;
  std::uint64_t version_ = 0;
};

}  // namespace

Status check_change(const RecordChange& change) {
  const bool plain = std::ranges::all_of(change.table, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  if (!plain || change.table.empty() || change.table.size() > 32 || change.table.front() == '_' || change.key.empty())
    return Error(ErrorCode::kInvalidInput, "'" + change.table + "' is no table of records, or the key is empty");
  return {};
}

std::unique_ptr<Records> make_memory_records() { return std::make_unique<MemoryRecords>(); }

}  // namespace lumenflow::conductor
