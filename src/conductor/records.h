// Records: named values that change by comparing and setting, several at once. Who may do what is kept here:
// workspaces, tickets, tokens, operators, sessions, devices, leases; what happened is kept in the Log.
//
// A change names the version it was made from, so that whoever was slower is told and looks again: any number of nodes
// may share one store. Thread safe; a call may wait for the disk, so writes are made off the io thread
// (conductor/acts.h). Adapters: sqlite and memory; another store has to pass records_contract_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::conductor {

struct Record {
  std::string key;
  std::string value;
  std::uint64_t version = 0;  // never used twice, also when the record was away in between
};

struct RecordChange {
  std::string table;                 // ^[a-z][a-z_]{0,31}$
  std::string key;                   // not empty
  std::uint64_t expected = 0;        // the version it must have; 0: it must not be there
  std::optional<std::string> value;  // nothing: it goes away
};

class Records {
 public:
  virtual ~Records() = default;
  virtual Result<std::optional<Record>> get(std::string_view table, std::string_view key) const = 0;
  // Keys that start with `prefix`, after `after` (exclusive; empty: from the start), ascending by bytes.
  virtual Result<std::vector<Record>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                           std::size_t limit) const = 0;
  // All of them, durable on return, or none. CONFLICT when one has another version than it was made from;
  // JOURNAL_UNAVAILABLE when it cannot be written; INVALID_INPUT for a table or key that cannot be.
  virtual Status apply(std::span<const RecordChange> changes) = 0;
};

std::unique_ptr<Records> make_memory_records();
// The file's folder exists. Several processes may have it open. IO_ERROR; UNSUPPORTED_FORMAT when a newer version wrote
// it.
Result<std::unique_ptr<Records>> open_sqlite_records(const std::string& path);

// INVALID_INPUT; for adapters.
Status check_change(const RecordChange& change);

}  // namespace lumenflow::conductor
