// What a running sidecar does of itself: lets go of stored inputs and outputs that are over their retention, and makes
// the backups that lumenflow.yaml asks for. Both on a thread of their own, in slices that leave most of the time to
// calls; what goes wrong is written down and tried again.
//
// Made on the strand's thread, stopped on another one. Borrows the workspace, which outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "journal/cut.h"
#include "kernel/config.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

// What is over its retention now. An idempotency key answers as long as it lives, so nothing goes before that.
journal::CutTerms cut_terms(const kernel::WorkspaceConfig& config, Timestamp now);

struct BackupStatus {
  std::optional<Timestamp> last, failed;  // when one was made; when one failed since
  std::uint64_t failures = 0;             // since the last that was made
  std::string error;                      // of the last that failed; empty when none has since
};
struct RetentionStatus {
  std::string held_by;  // what keeps old bodies that is not their age; empty: nothing
  std::string error;    // of the last run; empty: it went well
};
struct HousekeepingStatus {
  BackupStatus backup;
  RetentionStatus retention;
};

// As `.lumenflow/state/housekeeping.json` has it, which is there once something was done; for `lumenflow doctor`.
Result<HousekeepingStatus> read_housekeeping(const Files& files, const WorkspacePaths& paths);

class Housekeeping {
 public:
  // `post` runs something on the strand.
  Housekeeping(Workspace& workspace, const Clock& clock, std::function<void(std::function<void()>)> post);
  ~Housekeeping();
  void stop();                        // returns when nothing of it runs any more
  HousekeepingStatus status() const;  // any thread

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace lumenflow::sidecar
