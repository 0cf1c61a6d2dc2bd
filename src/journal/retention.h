// Letting go of stored inputs and outputs that are old: what may go, and the steps in which it goes.
//
// The cut is recorded first (cut.h), the bodies below it are deleted after, a slice at a time, and then the blobs that
// nothing names any more. Each step is a batch of its own and says in `RetentionState` how far it came, so that whoever
// is killed between two goes on there. The plan_* functions only read, on any thread; the others belong to the Log's
// writer and its open batch. One retention at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "journal/blob_uses.h"
#include "journal/cut.h"
#include "log/log.h"

namespace lumenflow::journal {

inline constexpr std::string_view kRetentionTable = "retention";  // how far retention is

struct RetentionState {
  Cut recorded;    // by the entry at `entry`
  Position entry;  // 0: none yet
  Cut done;        // what is below is gone
  Cut looked;      // what is below has nothing more to go: there may be rows without bodies after the cut
  // Blobs named by rows from `counted_from` on have been noted as they came; of those before, the ones up to
  // `counted_to`. No blob goes before all are.
  Position counted_from{}, counted_to{};
  std::uint64_t bodies = 0, blobs = 0, bytes = 0;  // let go in all
  bool begun() const { return counted_from.value() != 0; }
  bool counted() const { return begun() && counted_to.next() >= counted_from; }
};

Result<RetentionState> retention_state(const log::TableReader& tables);
// For a Log that has had none: bodies appended from now on have their blobs noted. Writer.
Status begin_retention(log::Log& log);

// --- what may go ---

struct RetentionLimit {
  Position position;    // nothing after it may go
  std::string held_by;  // the cursor that does; empty: only the end of the log
};
// The least that a cursor or a dead letter still needs, minus one. An uplink's cursors count while there is an uplink.
Result<RetentionLimit> retention_limit(const log::Log& log);

struct PlannedCut {
  Cut cut;  // as recorded where nothing is to go: no entry is written for nothing
  Cut looked;
  bool more = false;    // it stopped at `entries_max`
  std::string held_by;  // what stops it that is not age: a cursor, or the receipt of a call that has not ended
};
// Up to where both parts may go now: rows older than the terms, before the limit and before the first call that has
// not ended. Looks at `entries_max` entries for each part.
Result<PlannedCut> plan_cut(const log::Log& log, const RetentionState& state, const CutTerms& terms,
                            const RetentionLimit& limit, std::size_t entries_max);

// Records it. Writer. The bytes of its entry come from signed_cut().
Status record_cut(log::Log& log, const PlannedCut& planned, std::string entry);
// Only that there was nothing to go so far. Writer.
Status note_looked(log::Log& log, const PlannedCut& planned);

// --- its going ---

struct BodySlice {
  struct Change {
    Position first;
    std::string body;  // what remains of it
  };
  std::vector<Change> changes;
  std::vector<Hash256> blobs;  // that were named
  Cut done;                    // then
  std::uint64_t bodies = 0;    // parts that go
  std::uint64_t bytes = 0;     // of those that are inline
  bool empty() const { return changes.empty() && done == Cut(); }
};
// The next bodies to go, at most `bodies_max` of them; empty when all that was recorded is gone.
Result<BodySlice> plan_bodies(const log::Log& log, const RetentionState& state, std::size_t bodies_max);
Status apply_bodies(log::Log& log, const BodySlice& slice);
// Counts blobs that are gone, and their bytes.
Status count_blobs(log::Log& log, std::uint64_t blobs, std::uint64_t bytes);

struct BlobCount {
  std::vector<BodySlice::Change> bodies;  // that name blobs
  Position counted_to;
};
// The next rows whose blobs nobody has noted.
Result<BlobCount> plan_blob_count(const log::Log& log, const RetentionState& state, std::size_t entries_max);
Status apply_blob_count(log::Log& log, const BlobCount& count);

}  // namespace lumenflow::journal
