#include "log/pending_batches.h"

#include <limits>
#include <utility>

#include "log/table_names.h"

namespace lumenflow::log {
namespace {

// What `base` gave of a range, with `changes` in that range over it. `exhausted`: the base had no more.
template <class Changes>
std::vector<KeyValue> merge(std::vector<KeyValue> base, bool exhausted, const Changes& changes, const KeyRange& range,
                            bool descending, std::size_t limit) {
  const std::string last = base.empty() ? std::string() : base.back().key;
  const auto is_known = [&](std::string_view key) {  // beyond the base's last key there may be others of its keys
    return exhausted || (descending ? key >= last : key <= last);
  };
  std::map<std::string, std::string, std::less<>> merged;
  for (KeyValue& item : base) merged.emplace(std::move(item.key), std::move(item.value));
  for (auto it = changes.lower_bound(range.from); it != changes.end() && (!range.to || it->first < *range.to); ++it) {
    if (!is_known(it->first)) continue;
    if (it->second->value)
      merged.insert_or_assign(std::string(it->first), *it->second->value);
    else if (const auto erased = merged.find(it->first); erased != merged.end())
      merged.erase(erased);
  }
  std::vector<KeyValue> found;
  const auto take = [&](auto it, auto end) {
    for (; it != end && found.size() < limit; ++it) found.push_back({it->first, it->second});
  };
  if (descending)
    take(merged.rbegin(), merged.rend());
  else
    take(merged.begin(), merged.end());
  return found;
}

std::size_t sum(std::size_t a, std::size_t b) {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max() : a + b;
}

}  // namespace

std::shared_ptr<PendingBatch> PendingBatches::seal() {
  sealed_.push_back(std::exchange(open_, std::make_shared<PendingBatch>()));
  return sealed_.back();
}

void PendingBatches::forget_durable(std::size_t count) {
  if (count == 0) return;
  forget_index();
  sealed_.erase(sealed_.begin(), sealed_.begin() + static_cast<std::ptrdiff_t>(count));
}

void PendingBatches::drop_open() {
  forget_index();
  open_ = std::make_shared<PendingBatch>();
}

void PendingBatches::drop_all() {
  drop_open();
  sealed_.clear();
}

void PendingBatches::forget_index() {
  index_.clear();
  indexed_batches_ = indexed_changes_ = 0;
  snapshot_.reset();
}

void PendingBatches::index_changes(const PendingBatch& batch, std::size_t from) const {
  for (std::size_t i = from; i < batch.changes.size(); ++i) {
    const TableChange& change = batch.changes[i];
    index_[change.table].insert_or_assign(change.key, &change);
  }
}

const PendingBatches::Changes& PendingBatches::changes_of(std::string_view table) const {
  for (; indexed_batches_ < sealed_.size(); ++indexed_batches_)
    index_changes(*sealed_[indexed_batches_], std::exchange(indexed_changes_, 0));
  index_changes(*open_, indexed_changes_);
  indexed_changes_ = open_->changes.size();
  static const Changes none;
  const auto found = index_.find(table);
  return found == index_.end() ? none : found->second;
}

// One is enough until a batch becomes durable: what was written since is in the pending batches.
Result<const Snapshot*> PendingBatches::snapshot() const {
  if (snapshot_ == nullptr) {
    LUMENFLOW_TRY_ASSIGN(snapshot_, log_.snapshot());
  }
  return static_cast<const Snapshot*>(snapshot_.get());
}

Result<std::optional<std::string>> PendingBatches::get(std::string_view table, std::string_view key) const {
  LUMENFLOW_TRY(check_table_name(table));
  const Changes& changes = changes_of(table);
  if (const auto changed = changes.find(key); changed != changes.end()) return changed->second->value;
  LUMENFLOW_TRY_ASSIGN(const Snapshot* const durable, snapshot());
  return durable->get(table, key);
}

Result<std::vector<KeyValue>> PendingBatches::scan(std::string_view table, std::string_view prefix,
                                                   std::string_view after, std::size_t limit) const {
  LUMENFLOW_TRY(check_table_name(table));
  const Changes& changes = changes_of(table);
  LUMENFLOW_TRY_ASSIGN(const Snapshot* const durable, snapshot());
  const std::size_t asked = sum(limit, changes.size());  // each change can hide one
  LUMENFLOW_TRY_ASSIGN(std::vector<KeyValue> base, durable->scan(table, prefix, after, asked));
  if (changes.empty()) return base;
  const bool exhausted = base.size() < asked;
  return merge(std::move(base), exhausted, changes, ascending_range(prefix, after), false, limit);
}

Result<std::vector<KeyValue>> PendingBatches::scan_descending(std::string_view table, std::string_view prefix,
                                                              std::string_view before, std::size_t limit) const {
  LUMENFLOW_TRY(check_table_name(table));
  const Changes& changes = changes_of(table);
  LUMENFLOW_TRY_ASSIGN(const Snapshot* const durable, snapshot());
  const std::size_t asked = sum(limit, changes.size());
  LUMENFLOW_TRY_ASSIGN(std::vector<KeyValue> base, durable->scan_descending(table, prefix, before, asked));
  if (changes.empty()) return base;
  const bool exhausted = base.size() < asked;
  return merge(std::move(base), exhausted, changes, descending_range(prefix, before), true, limit);
}

}  // namespace lumenflow::log
