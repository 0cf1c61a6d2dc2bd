// The pack's only way to what it remembers.
//
// A collection is an ordered set of records by id; ids sort by time, so order of id is order of age. A write costs what
// it changes, never the size of the collection: an adapter is told which record was inserted, put or erased, and a page
// is asked for by position. So the same port fits a key-value store that commits with the call (JournalStorage) and
// documents under `.sidekick/` with a log of changes beside them.
//
// Threading: one port object serves one call and is used by one thread at a time; adapters may share state behind it.
// What is handed out (snapshots, editors, transactions) ends before the port does.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "sidekick/storage/audit_event.h"
#include "sidekick/storage/collection.h"
#include "sidekick/storage/record_index.h"

namespace lumenflow::sidekick {

struct Record {
  std::string id;
  json::Value value;
};

// A collection as it stands; never waits for a writer.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Result<std::optional<json::Value>> find(std::string_view id) const = 0;
  // At most `limit` records older than `before` (exclusive; empty: from the newest), newest first.
  virtual Result<std::vector<Record>> newest(std::string_view before, std::size_t limit) const = 0;
  // At most `limit` records newer than `after` (exclusive; empty: from the oldest), oldest first.
  virtual Result<std::vector<Record>> oldest(std::string_view after, std::size_t limit) const = 0;
  // At most `limit` records by their index_key, in order of key and then of id. Costs what it returns.
  virtual Result<std::vector<Record>> indexed(const IndexRange& range, std::size_t limit) const = 0;
};

// A collection inside a transaction: reads see the transaction's own writes.
class Editor : public Snapshot {
 public:
  virtual Status insert(std::string_view id, json::Value value) = 0;  // the caller knows that the id is new
  virtual Status put(std::string_view id, json::Value value) = 0;     // replaces, or inserts
  virtual Result<bool> erase(std::string_view id) = 0;                // whether it was there
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Editor& edit(Collection collection) = 0;  // one of those that the transaction was opened for
  virtual Status append_audit(AuditEvent event) = 0;
  // Makes the layout where it is missing, and says whether it was.
  virtual Result<bool> initialize(std::string_view now) = 0;
};

struct Usage {
  std::int64_t count = 0;
  std::int64_t bytes = 0;  // keys and records as stored
};

struct Stats {
  std::string_view adapter;  // "journal", "filesystem"
  bool initialized = false;
  std::array<Usage, kCollections.size()> collections{};  // by index_of
  Usage audit;
  std::vector<std::string> problems;  // empty when healthy
};

class StoragePort {
 public:
  using Change = std::function<Status(Transaction&)>;
  using Edit = std::function<Status(Editor&)>;

  virtual ~StoragePort() = default;
  virtual Result<std::unique_ptr<Snapshot>> read(Collection collection) = 0;
  // All that `change` writes, or, when it returns an error, nothing of it and that error.
  virtual Status transaction(std::initializer_list<Collection> collections, const Change& change) = 0;
  // Oldest first, at most `limit` after the event `after` (exclusive; empty: from the start).
  virtual Result<std::vector<json::Value>> read_audit(std::string_view after, std::size_t limit) = 0;
  // Does not depend on how much is stored.
  virtual Result<Stats> stats() = 0;

  // The common cases of transaction().
  Status update(Collection collection, const Edit& edit) {
    return transaction({collection}, [&](Transaction& transaction) { return edit(transaction.edit(collection)); });
  }
  Status append_audit(AuditEvent event) {
    return transaction({}, [&](Transaction& transaction) { return transaction.append_audit(std::move(event)); });
  }
};

}  // namespace lumenflow::sidekick
