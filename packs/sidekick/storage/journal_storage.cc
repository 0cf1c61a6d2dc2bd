#include "sidekick/storage/journal_storage.h"

#include <utility>

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kAuditPrefix = "audit/";
constexpr std::string_view kCountersPrefix = "counters/";
constexpr std::string_view kIndexPrefix = "index/";
constexpr char kIndexSeparator = '\x1F';  // in no index key, and before all that can stand in one
constexpr std::string_view kLayoutKey = "meta/layout";
constexpr int kLayoutVersion = 1;

std::string join(std::string_view prefix, std::string_view rest) {
  std::string key;
  key.reserve(prefix.size() + rest.size());
  return key.append(prefix).append(rest);
}

std::string prefix_of(Collection collection) { return join(name(collection), "/"); }

std::vector<Record> to_records(std::vector<pack::StoreItem> items, std::size_t prefix_size) {
  std::vector<Record> records;
  records.reserve(items.size());
  for (pack::StoreItem& item : items) {
    item.key.erase(0, prefix_size);
    records.push_back({std::move(item.key), std::move(item.value)});
  }
  return records;
}

std::string boundary(std::string_view prefix, std::string_view id) {
  return id.empty() ? std::string() : join(prefix, id);
}

// The reading half of an editor, and a snapshot by itself: within a call the store stands still but for its own writes.
class JournalReader {
 public:
  JournalReader(pack::Store& store, Collection collection)
      : store_(store), prefix_(prefix_of(collection)), index_prefix_(join(kIndexPrefix, prefix_)) {}

  std::string key_of(std::string_view id) const { return join(prefix_, id); }
  std::string index_key_of(std::string_view key, std::string_view id) const {
    return join(index_prefix_, key).append(1, kIndexSeparator).append(id);
  }
  Result<std::optional<json::Value>> find(std::string_view id) const { return store_.get(key_of(id)); }
  Result<std::vector<Record>> newest(std::string_view before, std::size_t limit) const {
    LUMENFLOW_TRY_ASSIGN(auto items, store_.scan_descending(prefix_, boundary(prefix_, before), limit));
    return to_records(std::move(items), prefix_.size());
  }
  Result<std::vector<Record>> oldest(std::string_view after, std::size_t limit) const {
    LUMENFLOW_TRY_ASSIGN(auto items, store_.scan(prefix_, boundary(prefix_, after), limit));
    return to_records(std::move(items), prefix_.size());
  }
  Result<std::vector<Record>> indexed(const IndexRange& range, std::size_t limit) const {
    LUMENFLOW_TRY_ASSIGN(const auto items,
                         store_.scan(index_prefix_, index_key_of(range.first, range.after_id), limit));
    std::vector<Record> records;
    for (const pack::StoreItem& item : items) {
      const std::size_t separator = item.key.find(kIndexSeparator);
      if (separator == std::string::npos) continue;
      const std::string_view key = std::string_view(item.key).substr(0, separator).substr(index_prefix_.size());
      if (key > range.last) break;
      std::string id = item.key.substr(separator + 1);
      LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> value, find(id));
      if (value) records.push_back({std::move(id), *std::move(value)});
    }
    return records;
  }

 private:
  pack::Store& store_;
  std::string prefix_;
  std::string index_prefix_;
};

class JournalSnapshot final : public Snapshot {
 public:
  JournalSnapshot(pack::Store& store, Collection collection) : reader_(store, collection) {}
  Result<std::optional<json::Value>> find(std::string_view id) const override { return reader_.find(id); }
  Result<std::vector<Record>> newest(std::string_view before, std::size_t limit) const override {
    return reader_.newest(before, limit);
  }
  Result<std::vector<Record>> oldest(std::string_view after, std::size_t limit) const override {
    return reader_.oldest(after, limit);
  }
  Result<std::vector<Record>> indexed(const IndexRange& range, std::size_t limit) const override {
    return reader_.indexed(range, limit);
  }

 private:
  JournalReader reader_;
};

// Nothing when the counter is damaged; zero when there is none yet.
std::optional<Usage> usage_of(const std::optional<json::Value>& counter) {
  if (!counter) return Usage{};
  const json::Value* count = counter->find("count");
  const json::Value* bytes = counter->find("bytes");
  if (count == nullptr || bytes == nullptr) return std::nullopt;
  const std::int64_t* count_value = count->if_integer();
  const std::int64_t* bytes_value = bytes->if_integer();
  if (count_value == nullptr || bytes_value == nullptr || *count_value < 0 || *bytes_value < 0) return std::nullopt;
  return Usage{*count_value, *bytes_value};
}

// Writes to the store, remembering what stood there before and by how much each counter moves.
class WriteLog {
 public:
  explicit WriteLog(pack::Store& store) : store_(store) {}

  Status insert(std::string key, json::Value value, Usage& delta) {
    return write(std::move(key), std::nullopt, std::move(value), delta);
  }
  // Both return what stood there before.
  Result<std::optional<json::Value>> put(std::string key, json::Value value, Usage& delta) {
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> old, store_.get(key));
    LUMENFLOW_TRY(write(std::move(key), old, std::move(value), delta));
    return old;
  }
  Result<std::optional<json::Value>> erase(std::string key, Usage& delta) {
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> old, store_.get(key));
    if (!old) return old;
    delta.count -= 1;
    delta.bytes -= size_of(key, *old);
    LUMENFLOW_TRY(store_.erase(key));
    undo_.push_back({std::move(key), old});
    return old;
  }
  // An index entry goes where its record is; neither it nor its bytes are counted.
  Status move_index(std::optional<std::string> from, std::optional<std::string> to) {
    if (from == to) return {};
    if (from) {
      LUMENFLOW_TRY(store_.erase(*from));
      undo_.push_back({*std::move(from), json::Value(true)});
    }
    if (to) {
      LUMENFLOW_TRY(store_.put(*to, true));
      undo_.push_back({*std::move(to), std::nullopt});
    }
    return {};
  }
  // Counters move by what was written; they are not themselves counted.
  Status move_counter(std::string_view counted, const Usage& delta) {
    if (delta.count == 0 && delta.bytes == 0) return {};
    std::string key = join(kCountersPrefix, counted);
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> old, store_.get(key));
    const std::optional<Usage> usage = usage_of(old);
    if (!usage) return {};  // stays as it is, for stats() to report
    json::Object counter{{"count", usage->count + delta.count}, {"bytes", usage->bytes + delta.bytes}};
    LUMENFLOW_TRY(store_.put(key, json::Value(std::move(counter))));
    undo_.push_back({std::move(key), std::move(old)});
    return {};
  }

  void undo() {
    for (auto entry = undo_.rbegin(); entry != undo_.rend(); ++entry) {
      // The call fails either way, and a store that refuses these writes refuses its commit.
      if (entry->old)
        (void)store_.put(entry->key, std::move(*entry->old));
      else
        (void)store_.erase(entry->key);
    }
    undo_.clear();
  }

 private:
  struct Undo {
    std::string key;
    std::optional<json::Value> old;
  };

  Status write(std::string key, std::optional<json::Value> old, json::Value value, Usage& delta) {
    delta.count += old ? 0 : 1;
    delta.bytes += size_of(key, value) - (old ? size_of(key, *old) : 0);
    LUMENFLOW_TRY(store_.put(key, std::move(value)));
    undo_.push_back({std::move(key), std::move(old)});
    return {};
  }
  std::int64_t size_of(std::string_view key, const json::Value& value) {
    text_.clear();
    json::serialize_to(value, text_);
    return static_cast<std::int64_t>(key.size() + text_.size());
  }

  pack::Store& store_;
  std::vector<Undo> undo_;
  std::string text_;  // reused
};

class JournalEditor final : public Editor {
 public:
  JournalEditor(pack::Store& store, Collection collection, WriteLog& log)
      : collection_(collection), reader_(store, collection), log_(log) {}

  Result<std::optional<json::Value>> find(std::string_view id) const override { return reader_.find(id); }
  Result<std::vector<Record>> newest(std::string_view before, std::size_t limit) const override {
    return reader_.newest(before, limit);
  }
  Result<std::vector<Record>> oldest(std::string_view after, std::size_t limit) const override {
    return reader_.oldest(after, limit);
  }
  Result<std::vector<Record>> indexed(const IndexRange& range, std::size_t limit) const override {
    return reader_.indexed(range, limit);
  }
  Status insert(std::string_view id, json::Value value) override {
    LUMENFLOW_TRY(log_.move_index(std::nullopt, index_of_record(id, &value)));
    return log_.insert(reader_.key_of(id), std::move(value), delta_);
  }
  Status put(std::string_view id, json::Value value) override {
    std::optional<std::string> to = index_of_record(id, &value);
    LUMENFLOW_TRY_ASSIGN(const auto old, log_.put(reader_.key_of(id), std::move(value), delta_));
    return log_.move_index(index_of_record(id, old ? &*old : nullptr), std::move(to));
  }
  Result<bool> erase(std::string_view id) override {
    LUMENFLOW_TRY_ASSIGN(const auto old, log_.erase(reader_.key_of(id), delta_));
    LUMENFLOW_TRY(log_.move_index(index_of_record(id, old ? &*old : nullptr), std::nullopt));
    return old.has_value();
  }
  const Usage& delta() const { return delta_; }

 private:
  std::optional<std::string> index_of_record(std::string_view id, const json::Value* record) const {
    if (record == nullptr) return std::nullopt;
    const std::optional<std::string> key = index_key(collection_, *record);
    if (!key) return std::nullopt;
    return reader_.index_key_of(*key, id);
  }

  const Collection collection_;
  JournalReader reader_;
  WriteLog& log_;
  Usage delta_;
};

class JournalTransaction final : public Transaction {
 public:
  explicit JournalTransaction(pack::Store& store) : store_(store), log_(store) {}

  void open(Collection collection) { editors_[index_of(collection)].emplace(store_, collection, log_); }
  Editor& edit(Collection collection) override { return editors_[index_of(collection)].value(); }

  Status append_audit(AuditEvent event) override {
    std::string key = join(kAuditPrefix, event.id);
    return log_.insert(std::move(key), to_json(std::move(event)), audit_delta_);
  }
  Result<bool> initialize(std::string_view now) override {
    LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> layout, store_.get(kLayoutKey));
    if (layout) return false;
    Usage not_counted;
    json::Object made{{"version", kLayoutVersion}, {"initialized_at", now}};
    LUMENFLOW_TRY(log_.insert(std::string(kLayoutKey), json::Value(std::move(made)), not_counted));
    return true;
  }

  Status move_counters() {
    for (Collection collection : kCollections)
      if (const auto& editor = editors_[index_of(collection)])
        LUMENFLOW_TRY(log_.move_counter(name(collection), editor->delta()));
    return log_.move_counter("audit", audit_delta_);
  }
  void undo() { log_.undo(); }

 private:
  pack::Store& store_;
  WriteLog log_;
  std::array<std::optional<JournalEditor>, kCollections.size()> editors_;
  Usage audit_delta_;
};

Status read_usage(pack::Store& store, std::string_view counted, Usage& usage, std::vector<std::string>& problems) {
  const std::string key = join(kCountersPrefix, counted);
  LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> counter, store.get(key));
  if (const std::optional<Usage> read = usage_of(counter))
    usage = *read;
  else
    problems.push_back("the counter " + key + " is damaged; its figures are shown as 0");
  return {};
}

}  // namespace

Result<std::unique_ptr<Snapshot>> JournalStorage::read(Collection collection) {
  return std::unique_ptr<Snapshot>(std::make_unique<JournalSnapshot>(store_, collection));
}

Status JournalStorage::transaction(std::initializer_list<Collection> collections, const Change& change) {
  JournalTransaction transaction(store_);
  for (Collection collection : collections) transaction.open(collection);
  Status status = change(transaction);
  if (status.ok()) status = transaction.move_counters();
  if (!status.ok()) transaction.undo();
  return status;
}

Result<std::vector<json::Value>> JournalStorage::read_audit(std::string_view after, std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(auto items, store_.scan(kAuditPrefix, boundary(kAuditPrefix, after), limit));
  std::vector<json::Value> events;
  events.reserve(items.size());
  for (pack::StoreItem& item : items) events.push_back(std::move(item.value));
  return events;
}

Result<Stats> JournalStorage::stats() {
  Stats stats;
  stats.adapter = "journal";
  LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> layout, store_.get(kLayoutKey));
  stats.initialized = layout.has_value();
  for (Collection collection : kCollections)
    LUMENFLOW_TRY(read_usage(store_, name(collection), stats.collections[index_of(collection)], stats.problems));
  LUMENFLOW_TRY(read_usage(store_, "audit", stats.audit, stats.problems));
  return stats;
}

}  // namespace lumenflow::sidekick
