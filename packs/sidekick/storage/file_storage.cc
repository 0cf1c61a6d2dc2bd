#include "sidekick/storage/file_storage.h"

#include <utility>

namespace lumenflow::sidekick {
namespace {

Result<json::Value> parsed(const std::string& text) {
  Result<json::Value> value = json::parse(text, {.depth_max = 256});
  if (!value.ok()) return std::move(value).error().with_context("a stored record");
  return value;
}

Result<std::optional<json::Value>> find_in(const CollectionState& collection, std::string_view id) {
  const std::string* text = collection.records.find(id);
  if (text == nullptr) return std::optional<json::Value>();
  LUMENFLOW_TRY_ASSIGN(json::Value value, parsed(*text));
  return std::optional(std::move(value));
}

// Collects records until `limit` are there.
class Page {
 public:
  explicit Page(std::size_t limit) : limit_(limit) {}
  bool take(std::string_view id, const std::string& text) {
    if (records_.size() == limit_) return false;
    Result<json::Value> value = parsed(text);
    if (!value.ok()) {
      error_ = std::move(value).error();
      return false;
    }
    records_.push_back({std::string(id), *std::move(value)});
    return records_.size() < limit_;
  }
  Result<std::vector<Record>> records() && {
    if (error_) return *std::move(error_);
    return std::move(records_);
  }

 private:
  const std::size_t limit_;
  std::vector<Record> records_;
  std::optional<Error> error_;
};

Result<std::vector<Record>> newest_in(const CollectionState& collection, std::string_view before, std::size_t limit) {
  Page page(limit);
  collection.records.descend(before, [&](const RecordTree::Item& item) { return page.take(item.key, item.text); });
  return std::move(page).records();
}

Result<std::vector<Record>> oldest_in(const CollectionState& collection, std::string_view after, std::size_t limit) {
  Page page(limit);
  collection.records.ascend(after, [&](const RecordTree::Item& item) { return page.take(item.key, item.text); });
  return std::move(page).records();
}

Result<std::vector<Record>> indexed_in(const CollectionState& collection, const IndexRange& range, std::size_t limit) {
  Page page(limit);
  collection.index.ascend(index_entry(range.first, range.after_id), [&](const RecordTree::Item& entry) {
    if (key_of_entry(entry.key) > range.last) return false;
    const std::string_view id = id_of_entry(entry.key);
    const std::string* text = collection.records.find(id);
    return text == nullptr || page.take(id, *text);
  });
  return std::move(page).records();
}

class FileSnapshot final : public Snapshot {
 public:
  explicit FileSnapshot(CollectionState collection) : collection_(std::move(collection)) {}
  Result<std::optional<json::Value>> find(std::string_view id) const override { return find_in(collection_, id); }
  Result<std::vector<Record>> newest(std::string_view before, std::size_t limit) const override {
    return newest_in(collection_, before, limit);
  }
  Result<std::vector<Record>> oldest(std::string_view after, std::size_t limit) const override {
    return oldest_in(collection_, after, limit);
  }
  Result<std::vector<Record>> indexed(const IndexRange& range, std::size_t limit) const override {
    return indexed_in(collection_, range, limit);
  }

 private:
  const CollectionState collection_;
};

class FileEditor final : public Editor {
 public:
  FileEditor(Draft& draft, Collection collection) : draft_(draft), collection_(collection) {}
  Result<std::optional<json::Value>> find(std::string_view id) const override { return find_in(now(), id); }
  Result<std::vector<Record>> newest(std::string_view before, std::size_t limit) const override {
    return newest_in(now(), before, limit);
  }
  Result<std::vector<Record>> oldest(std::string_view after, std::size_t limit) const override {
    return oldest_in(now(), after, limit);
  }
  Result<std::vector<Record>> indexed(const IndexRange& range, std::size_t limit) const override {
    return indexed_in(now(), range, limit);
  }
  Status insert(std::string_view id, json::Value value) override { return put(id, std::move(value)); }
  Status put(std::string_view id, json::Value value) override {
    draft_.put(collection_, id, value);
    return {};
  }
  Result<bool> erase(std::string_view id) override { return draft_.erase(collection_, id); }

 private:
  const CollectionState& now() const { return draft_.state().of(collection_); }
  Draft& draft_;
  const Collection collection_;
};

class FileTransaction final : public Transaction {
 public:
  FileTransaction(Draft& draft, std::initializer_list<Collection> collections) : draft_(draft) {
    for (const Collection collection : collections) editors_[index_of(collection)].emplace(draft, collection);
  }
  Editor& edit(Collection collection) override { return editors_[index_of(collection)].value(); }
  Status append_audit(AuditEvent event) override {
    draft_.append_audit(json::serialize(to_json(std::move(event))));
    return {};
  }
  Result<bool> initialize(std::string_view now) override { return draft_.initialize(now); }

 private:
  Draft& draft_;
  std::array<std::optional<FileEditor>, kCollections.size()> editors_;
};

}  // namespace

Result<std::unique_ptr<Snapshot>> FileStorage::read(Collection collection) {
  LUMENFLOW_TRY(store_.available(collection));
  return std::unique_ptr<Snapshot>(std::make_unique<FileSnapshot>(store_.published(collection)));
}

Status FileStorage::transaction(std::initializer_list<Collection> collections, const Change& change) {
  for (const Collection collection : collections) LUMENFLOW_TRY(store_.available(collection));
  return store_.transact([&](Draft& draft) {
    FileTransaction transaction(draft, collections);
    return change(transaction);
  });
}

Result<std::vector<json::Value>> FileStorage::read_audit(std::string_view after, std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> lines, store_.read_audit(after, limit));
  std::vector<json::Value> events;
  events.reserve(lines.size());
  for (const std::string& line : lines) {
    LUMENFLOW_TRY_ASSIGN(json::Value event, parsed(line));
    events.push_back(std::move(event));
  }
  return events;
}

Result<Stats> FileStorage::stats() { return store_.stats(); }

}  // namespace lumenflow::sidekick
