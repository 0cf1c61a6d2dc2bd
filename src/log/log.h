// The Log: append-only, totally ordered entries with an RFC 9162 Merkle tree over all of them, and ordered tables that
// commit together with what is appended.
//
// Most of the system is a use of it: audit trail, events, inbox, outbox (a cursor), the packs' stores. One writer
// thread (the owner's strand) calls the mutating half; `read*`, `head` and `get`/`scan` on a Snapshot may be called
// from any thread and see only what is durable. docs/formats/log.md defines the bytes; they do not change within a
// format version.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/strong.h"
#include "lumenflow/result.h"

namespace lumenflow::log {

// Entries of one call in one commit: stored as one row, each entry with its own leaf, positions consecutive.
struct Row {
  std::vector<std::string> entries;  // canonical bytes of each; at least one, none empty
  std::string body;  // bytes kept beside the row (inputs, outputs), deletable by retention; may be empty
};

struct Entry {
  Position position;
  std::string bytes;
};

// What a reader gets of one row.
struct StoredRow {
  Position first;
  std::vector<std::string> entries;
  std::string body;
};

struct Head {
  std::string log_id;  // names this incarnation: a restored or cloned log takes a new one
  std::uint64_t size = 0;
  Hash256 root{};  // of the first `size` entries
};

struct KeyValue {
  std::string key;
  std::string value;
};

// Tables are named maps from bytes to bytes, ordered by key bytes. Names: ^[a-z][a-z0-9_]{0,31}$. Keys are not empty.
// A table is there from its first put; until then it reads as empty.
class TableReader {
 public:
  virtual ~TableReader() = default;
  virtual Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const = 0;
  // Keys that start with `prefix`, after `after` (exclusive; empty: from the start), ascending.
  virtual Result<std::vector<KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                             std::size_t limit) const = 0;
  // Keys that start with `prefix`, before `before` (exclusive; empty: from the end), descending.
  virtual Result<std::vector<KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                        std::string_view before, std::size_t limit) const = 0;
};

// A consistent view of what was durable when it was taken. One thread at a time.
class Snapshot : public TableReader {};

struct Condition {  // found when the Log was opened, or by a reader since
  bool damaged = false;
  std::string what;                  // empty unless damaged: what is affected, for a person
  std::uint64_t first_affected = 0;  // position; 0 when unknown
  bool read_only = false;            // opened where nothing can be written; whole all the same, unless damaged
};

class Log {
 public:
  virtual ~Log() = default;

  // --- the writer's half: one thread ---

  // Opens a batch if none is open. Everything until commit() becomes durable together or not at all. Reads through
  // `tables()` see the batch's own writes. `append` returns the position of the row's first entry. What is refused with
  // INVALID_INPUT leaves the batch as it was; after any other error it is lost: the rest of it fails, commit() too.
  virtual Result<Position> append(Row row) = 0;
  virtual Status put(std::string_view table, std::string_view key, std::string_view value) = 0;
  virtual Status erase(std::string_view table, std::string_view key) = 0;
  // Has the row that begins at `first` keep `body` beside it instead of the one it has; empty: none from then on. A row
  // without a body stays without one.
  virtual Status replace_body(Position first, std::string_view body) = 0;
  // From this batch on the Log is another incarnation: it goes by `log_id` instead of the one that it had.
  // INVALID_INPUT for an empty one, or one that it has or ever had.
  virtual Status rename(std::string_view log_id) = 0;
  virtual const TableReader& tables() const = 0;
  // The position the next appended entry will take.
  virtual Position next_position() const = 0;
  // Durable on success. On failure the whole batch is undone and the Log is as after the last commit:
  // JOURNAL_UNAVAILABLE (try again later), JOURNAL_DAMAGED. An empty batch succeeds without work. `expected_head`, when
  // given, is the size before the batch: CONFLICT and nothing done when it differs.
  virtual Status commit(std::optional<std::uint64_t> expected_head = std::nullopt) = 0;
  // As commit(), but it may leave before the batch is durable: it then returns nothing, and `done` is called once, on
  // another thread, with what commit() would have said. Batches become durable in the order in which they were handed
  // over, and a failure takes along all that were handed over after it; what is open by then is to be rolled back.
  using Done = std::function<void(const Status&)>;
  virtual std::optional<Status> commit_soon(Done done) {
    (void)done;
    return commit();
  }
  // Returns when everything that was handed over is durable or has failed, and its `done` was called.
  virtual void settle() {}
  virtual void rollback() = 0;

  // --- anybody's half: thread safe, durable entries only ---

  virtual Head head() const = 0;
  // Whether heads of `head.log_id` with that many entries are of this Log: by its name now, or by one that it had when
  // it was no shorter (rename). What they say of the entries is not compared.
  virtual bool is_named(const Head& head) const = 0;
  // Rows whose entries are after `after`, in order, until `entries_max` entries or `bytes_max` bytes (at least one
  // row). A row that starts at or before `after` is included whole: the caller skips. Every entry's leaf is rechecked
  // against the tree: JOURNAL_DAMAGED naming the position.
  virtual Result<std::vector<StoredRow>> read(Position after, std::size_t entries_max,
                                              std::size_t bytes_max = 4u << 20) const = 0;
  // The row that holds this position. NOT_FOUND beyond the end.
  virtual Result<StoredRow> row_at(Position position) const = 0;
  // Calls back once, on an unspecified thread, when the head passes `after` (at once when it has). The bell only rings:
  // read to see. Dropped when the Log is destroyed.
  virtual void wait(Position after, std::function<void()> bell) = 0;
  virtual Result<std::unique_ptr<Snapshot>> snapshot() const = 0;
  // RFC 9162 proofs against the tree of `size` entries; sizes up to the head. OUT-of-range: INVALID_INPUT.
  virtual Result<std::vector<Hash256>> inclusion_proof(Position position, std::uint64_t size) const = 0;
  virtual Result<std::vector<Hash256>> consistency_proof(std::uint64_t from_size, std::uint64_t to_size) const = 0;
  virtual Result<Hash256> root_at(std::uint64_t size) const = 0;
  virtual Condition condition() const = 0;
  // Rereads every stored node of the tree, past any cache, and rechecks it against its children and its parent:
  // JOURNAL_DAMAGED naming the first position affected (log/damage.h). See verify_all (log/verify.h) for the entries.
  virtual Status recheck_tree() const = 0;
  // Bytes on disk (0 in memory), for metrics.
  virtual std::uint64_t size_bytes() const = 0;
};

}  // namespace lumenflow::log
