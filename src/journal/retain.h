// One run of retention, from the first step to the last, for whoever has a thread to spare: it waits for every step to
// be durable before the next. What it was killed in the middle of, the next run goes on with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/files.h"
#include "base/signing.h"
#include "base/time.h"
#include "journal/retention.h"

namespace lumenflow::journal {

struct RetainPorts {
  const log::Log& log;
  BlobStore& blobs;
  const Ed25519KeyPair& key;  // the log's
  // Has the writer make the change; returns when it is durable or has failed. Where it returns before that, because
  // nobody waits any more, what was given to it lives on by itself. Cursors that the writer keeps in memory are written
  // down with it, whatever the change.
  std::function<Status(std::function<Status(log::Log&)>)> change;
  // Asked before each step, and may take its time to let others have theirs; false: stop here.
  std::function<bool()> go_on;
  // What keeps a backup from being written while blobs go. WORKSPACE_LOCKED: they stay for the next run.
  std::function<Result<std::unique_ptr<FileLock>>()> lock;
};

struct RetainReport {
  Cut cut;                                         // recorded now
  std::uint64_t bodies = 0, blobs = 0, bytes = 0;  // that went in this run
  std::string held_by;                             // what stops the cut that is not age; empty: nothing
};

// Any thread but the writer's. An error ends the run, which goes on with the next.
Result<RetainReport> retain(const RetainPorts& ports, const CutTerms& terms, Timestamp now);

}  // namespace lumenflow::journal
