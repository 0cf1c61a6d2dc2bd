// A stored row as the journal reads it: its entries decoded, and its body held against the hashes they carry. The tree
// proves the entries; through their hashes it proves the bodies beside them too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/body.h"
#include "journal/cut.h"
#include "log/log.h"
#include "lumenflow/json.h"

namespace lumenflow::journal {

struct CallRow {
  std::vector<json::Value> entries;
  Body body;
  // Parts that an entry gives the hash of, and that are not there: let go by retention where its cut covers the row.
  bool input_absent = false, result_absent = false;
};

// JOURNAL_DAMAGED naming the row's position when an entry or the body cannot be decoded, or a part of the body is not
// what its hash says.
Result<CallRow> decode_row(const log::StoredRow& row, const BlobStore& blobs);
// JOURNAL_DAMAGED when a part is absent that the cut does not cover.
Status check_absence(const log::StoredRow& row, const CallRow& decoded, const Cut& cut);

struct BodiesReport {
  std::uint64_t checked = 0;    // rows with a body
  std::uint64_t let_go = 0;     // rows of whose body a part or all was let go by retention
  Cut cut;                      // of retention, as the journal says it
  std::uint64_t first_bad = 0;  // position of the row; 0 when all of them hold
  std::string what;             // empty when all of them hold
};

// Holds every stored body against its entry, and reports those that an entry gives the hash of and that are gone
// without an entry of retention, signed with this key, that covers them; and entries of retention that do not hold.
// Stops at the first that is bad. An error is returned only when the check itself could not go on. Any thread, also
// beside a retention that goes on; memory stays flat.
// `former_log_id`: of the log that it is about to go on from, where no entry says so yet.
Result<BodiesReport> verify_bodies(const log::Log& log, const BlobStore& blobs, std::string_view public_key,
                                   const std::string& former_log_id = {});

}  // namespace lumenflow::journal
