#include "log/memory_log.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "log/bells.h"
#include "log/checked_tree.h"
#include "log/log_names.h"
#include "log/row_codec.h"
#include "log/table_names.h"

namespace lumenflow::log {
namespace {

using Table = std::map<std::string, std::string, std::less<>>;
using Tables =
    std::map<std::string, std::shared_ptr<Table>, std::less<>>;  // shared with snapshots, copied when written
using Changes = std::map<std::string, std::map<std::string, std::optional<std::string>, std::less<>>, std::less<>>;

const Table& table_of(const Tables& tables, std::string_view name) {
  static const Table none;
  const auto found = tables.find(name);
  return found == tables.end() ? none : *found->second;
}

// A table with an open batch's changes over it, walked in key order either way.
std::vector<KeyValue> scan_merged(const Table& table, const Changes& changes, std::string_view name,
                                  const KeyRange& range, bool descending, std::size_t limit) {
  Table merged;  // only ever the part asked for
  const auto end = range.to ? table.lower_bound(*range.to) : table.end();
  auto begin = table.lower_bound(range.from);
  if (range.to && *range.to <= range.from) begin = end;
  std::vector<KeyValue> found;
  const auto changed = changes.find(name);
  if (changed == changes.end()) {
    if (descending)
      for (auto it = end; it != begin && found.size() < limit;) --it, found.push_back({it->first, it->second});
    else
      for (auto it = begin; it != end && found.size() < limit; ++it) found.push_back({it->first, it->second});
    return found;
  }
  merged.insert(begin, end);
  for (const auto& [key, value] : changed->second) {
    if (key < range.from || (range.to && key >= *range.to)) continue;
    if (value)
      merged.insert_or_assign(key, *value);
    else
      merged.erase(key);
  }
  if (descending)
    for (auto it = merged.rbegin(); it != merged.rend() && found.size() < limit; ++it)
      found.push_back({it->first, it->second});
  else
    for (auto it = merged.begin(); it != merged.end() && found.size() < limit; ++it)
      found.push_back({it->first, it->second});
  return found;
}

class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(Tables tables, std::shared_ptr<std::mutex> mutex)
      : tables_(std::move(tables)), mutex_(std::move(mutex)) {}
  // Under the lock: the writer asks under it whether a table is still shared, and changes in place one that is not.
  ~MemorySnapshot() override {
    const std::lock_guard lock(*mutex_);
    tables_.clear();
  }
  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
    LUMENFLOW_TRY(check_table_name(table));
    const Table& rows = table_of(tables_, table);
    const auto found = rows.find(key);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                     std::size_t limit) const override {
    LUMENFLOW_TRY(check_table_name(table));
    return scan_merged(table_of(tables_, table), {}, table, ascending_range(prefix, after), false, limit);
  }
  Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                std::string_view before, std::size_t limit) const override {
    LUMENFLOW_TRY(check_table_name(table));
    return scan_merged(table_of(tables_, table), {}, table, descending_range(prefix, before), true, limit);
  }

 private:
  Tables tables_;
  const std::shared_ptr<std::mutex> mutex_;  // the log's; a snapshot may outlive it
};

class MemoryLog final : public Log, private TableReader, private TileSource {
 public:
  explicit MemoryLog(std::string log_id) : names_(std::move(log_id)), tree_(*this) {}

  Result<Position> append(Row row) override {
    LUMENFLOW_TRY(check_row(row));
    const Position first = next_position();
    for (const std::string& entry : row.entries) edge_.append(leaf_hash(entry), finished_);
    batch_rows_.push_back({first, std::move(row.entries), std::move(row.body)});
    return first;
  }
  Status put(std::string_view table, std::string_view key, std::string_view value) override {
    LUMENFLOW_TRY(check_table_name(table));
    LUMENFLOW_TRY(check_table_key(key));
    batch_changes_[std::string(table)].insert_or_assign(std::string(key), std::string(value));
    return {};
  }
  Status erase(std::string_view table, std::string_view key) override {
    LUMENFLOW_TRY(check_table_name(table));
    LUMENFLOW_TRY(check_table_key(key));
    batch_changes_[std::string(table)].insert_or_assign(std::string(key), std::nullopt);
    return {};
  }
  Status replace_body(Position first, std::string_view body) override {
    batch_bodies_.emplace_back(first, body);
    return {};
  }
  Status rename(std::string_view log_id) override {
    LUMENFLOW_TRY(names_.check_new(log_id));
    batch_name_ = Renaming{std::string(log_id), edge_.size()};
    return {};
  }
  const TableReader& tables() const override { return *this; }
  Position next_position() const override { return Position(edge_.size() + 1); }

  Status commit(std::optional<std::uint64_t> expected_head) override {
    if (expected_head && *expected_head != tree_.size()) {
      const std::uint64_t size = tree_.size();
      rollback();
      return Error(ErrorCode::kConflict,
                   "the log has " + std::to_string(size) + " entries, not " + std::to_string(*expected_head));
    }
    {
      const std::lock_guard lock(*mutex_);
      for (StoredRow& row : batch_rows_) rows_.push_back(std::move(row));
      for (FinishedTile& tile : finished_) tiles_.emplace(tile.id, std::move(tile.entries));
      for (auto& [name, changes] : batch_changes_) apply(name, changes);
      for (auto& [first, body] : batch_bodies_) apply(first, std::move(body));
    }
    if (batch_name_) names_.rename(batch_name_->log_id, batch_name_->size);  // before there is more under it
    tree_.publish(edge_);
    clear_batch();
    bells_.ring(tree_.size());
    return {};
  }
  void rollback() override {
    tree_.restore(edge_);
    clear_batch();
  }

  Head head() const override {
    Head head;
    head.root = tree_.root(&head.size);
    head.log_id = names_.now();  // after the tree: a new name is there before the first entry under it
    return head;
  }
  bool is_named(const Head& head) const override { return names_.is_named(head); }
  Result<std::vector<StoredRow>> read(Position after, std::size_t entries_max, std::size_t bytes_max) const override {
    const std::lock_guard lock(*mutex_);
    std::vector<StoredRow> page;
    std::size_t entries = 0, bytes = 0;
    for (auto row = row_holding(after.next()); row != rows_.end(); ++row) {
      std::size_t row_bytes = row->body.size();
      for (const std::string& entry : row->entries) row_bytes += entry.size();
      if (!page.empty() && (entries + row->entries.size() > entries_max || bytes + row_bytes > bytes_max)) break;
      entries += row->entries.size(), bytes += row_bytes;
      page.push_back(*row);
    }
    return page;
  }
  Result<StoredRow> row_at(Position position) const override {
    const std::lock_guard lock(*mutex_);
    const auto row = position.value() == 0 ? rows_.end() : row_holding(position);
    if (row == rows_.end())
      return Error(ErrorCode::kNotFound, "no entry at position " + std::to_string(position.value()));
    return *row;
  }
  void wait(Position after, std::function<void()> bell) override {
    bells_.add(after.value(), std::move(bell), [this] { return tree_.size(); });
  }
  Result<std::unique_ptr<Snapshot>> snapshot() const override {
    const std::lock_guard lock(*mutex_);
    return std::unique_ptr<Snapshot>(std::make_unique<MemorySnapshot>(tables_, mutex_));
  }
  Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const override {
    return tree_.inclusion_proof(position, size);
  }
  Result<std::vector<Hash256>> consistency_proof(std::uint64_t from_size, std::uint64_t to_size) const override {
    return tree_.consistency_proof(from_size, to_size);
  }
  Result<Hash256> root_at(std::uint64_t size) const override { return tree_.root_at(size); }
  Condition condition() const override { return {}; }
  Status recheck_tree() const override { return tree_.recheck_tiles(); }
  std::uint64_t size_bytes() const override { return 0; }

 private:
  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
    LUMENFLOW_TRY(check_table_name(table));
    if (const auto changes = batch_changes_.find(table); changes != batch_changes_.end())
      if (const auto changed = changes->second.find(key); changed != changes->second.end()) return changed->second;
    const Table& rows = table_of(tables_, table);
    const auto found = rows.find(key);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                     std::size_t limit) const override {
    LUMENFLOW_TRY(check_table_name(table));
    return scan_merged(table_of(tables_, table), batch_changes_, table, ascending_range(prefix, after), false, limit);
  }
  Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                std::string_view before, std::size_t limit) const override {
    LUMENFLOW_TRY(check_table_name(table));
    return scan_merged(table_of(tables_, table), batch_changes_, table, descending_range(prefix, before), true, limit);
  }
  Result<std::vector<Hash256>> load_tile(TileId id) const override {
    const std::lock_guard lock(*mutex_);
    const auto found = tiles_.find(id);
    return found == tiles_.end() ? std::vector<Hash256>() : found->second;
  }

  void apply(const std::string& name, Changes::mapped_type& changes) {
    std::shared_ptr<Table>& table = tables_[name];
    if (table == nullptr) table = std::make_shared<Table>();
    if (table.use_count() > 1) table = std::make_shared<Table>(*table);
    for (auto& [key, value] : changes) {
      if (value)
        table->insert_or_assign(key, std::move(*value));
      else
        table->erase(key);
    }
  }
  void apply(Position first, std::string body) {
    const auto row = std::lower_bound(rows_.begin(), rows_.end(), first,
                                      [](const StoredRow& stored, Position at) { return stored.first < at; });
    if (row != rows_.end() && row->first == first && !row->body.empty()) row->body = std::move(body);
  }
  void clear_batch() {
    batch_rows_.clear();
    batch_bodies_.clear();
    batch_changes_.clear();
    batch_name_.reset();
    finished_.clear();
  }
  std::vector<StoredRow>::const_iterator row_holding(Position position) const {
    auto row = std::upper_bound(rows_.begin(), rows_.end(), position,
                                [](Position at, const StoredRow& stored) { return at < stored.first; });
    if (row == rows_.begin()) return rows_.end();
    --row;
    return position.value() < row->first.value() + row->entries.size() ? row : rows_.end();
  }

  LogNames names_;
  // The writer's: the open batch.
  TreeEdge edge_;
  std::vector<FinishedTile> finished_;
  std::vector<StoredRow> batch_rows_;
  Changes batch_changes_;
  std::vector<std::pair<Position, std::string>> batch_bodies_;  // replaced, in order
  std::optional<Renaming> batch_name_;
  // Committed; the writer changes it under the mutex and reads it without.
  const std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();  // shared with snapshots
  std::vector<StoredRow> rows_;
  std::map<TileId, std::vector<Hash256>> tiles_;
  Tables tables_;
  CheckedTree tree_;
  Bells bells_;
};

}  // namespace

std::unique_ptr<Log> make_memory_log(std::string log_id) { return std::make_unique<MemoryLog>(std::move(log_id)); }

}  // namespace lumenflow::log
