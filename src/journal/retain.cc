#include "journal/retain.h"

#include <utility>

namespace lumenflow::journal {
namespace {

constexpr std::size_t kEntriesPerCut = 4096;  // looked at
constexpr std::size_t kBodiesPerStep = 64;
constexpr std::size_t kBlobsPerStep = 16;

class Run {
 public:
  Run(const RetainPorts& ports, const CutTerms& terms, Timestamp now) : ports_(ports), terms_(terms), now_(now) {}

  Result<RetainReport> run() {
    LUMENFLOW_TRY_ASSIGN(const RetentionState before, state());
    if (!before.begun()) LUMENFLOW_TRY(ports_.change(begin_retention));
    LUMENFLOW_TRY(let_bodies_go());  // of the cut that was recorded last
    LUMENFLOW_TRY(count_blobs());
    for (bool more = true; more && ports_.go_on();) {
      LUMENFLOW_TRY_ASSIGN(more, record_next_cut());
      LUMENFLOW_TRY(let_bodies_go());
    }
    LUMENFLOW_TRY(let_blobs_go());
    LUMENFLOW_TRY_ASSIGN(const RetentionState after, state());
    report_.cut = after.recorded;
    report_.bodies = after.bodies - before.bodies;
    report_.blobs = after.blobs - before.blobs;
    report_.bytes = after.bytes - before.bytes;
    return report_;
  }

 private:
  // What is durable.
  Result<RetentionState> state() const {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, ports_.log.snapshot());
    return retention_state(*now);
  }

  // Whether there may be more after it.
  Result<bool> record_next_cut() {
    LUMENFLOW_TRY_ASSIGN(const RetentionState state, this->state());
    LUMENFLOW_TRY_ASSIGN(const RetentionLimit limit, retention_limit(ports_.log));
    LUMENFLOW_TRY_ASSIGN(const PlannedCut planned, plan_cut(ports_.log, state, terms_, limit, kEntriesPerCut));
    report_.held_by = planned.held_by;
    if (!planned.held_by.empty() && !std::exchange(settled_, true)) {  // by a cursor that lags behind, it may be
      LUMENFLOW_TRY(ports_.change([](log::Log&) { return Status(); }));
      return true;
    }
    if (planned.cut != state.recorded) {
      const std::string entry = signed_cut(planned.cut, terms_, ports_.log.head().log_id, now_, ports_.key);
      LUMENFLOW_TRY(ports_.change([planned, entry](log::Log& log) { return record_cut(log, planned, entry); }));
    } else if (planned.more) {
      LUMENFLOW_TRY(ports_.change([planned](log::Log& log) { return note_looked(log, planned); }));
    }
    return planned.more;
  }

  Status let_bodies_go() {
    while (ports_.go_on()) {
      LUMENFLOW_TRY_ASSIGN(const RetentionState state, this->state());
      LUMENFLOW_TRY_ASSIGN(BodySlice slice, plan_bodies(ports_.log, state, kBodiesPerStep));
      if (slice.empty()) return {};
      LUMENFLOW_TRY(ports_.change([slice = std::move(slice)](log::Log& log) { return apply_bodies(log, slice); }));
    }
    return {};
  }

  Status count_blobs() {
    while (ports_.go_on()) {
      LUMENFLOW_TRY_ASSIGN(const RetentionState state, this->state());
      if (state.counted()) return {};
      LUMENFLOW_TRY_ASSIGN(BlobCount count, plan_blob_count(ports_.log, state, kEntriesPerCut));
      LUMENFLOW_TRY(ports_.change([count = std::move(count)](log::Log& log) { return apply_blob_count(log, count); }));
    }
    return {};
  }

  Status let_blobs_go() {
    while (ports_.go_on()) {
      LUMENFLOW_TRY_ASSIGN(const RetentionState state, this->state());
      LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, ports_.log.snapshot());
      LUMENFLOW_TRY_ASSIGN(const auto idle, now->scan(kIdleBlobsTable, "", "", 1));
      if (idle.empty() || !state.counted()) return {};
      const Result<std::unique_ptr<FileLock>> lock = ports_.lock();
      if (!lock.ok()) return lock.error().code() == ErrorCode::kWorkspaceLocked ? Status() : Status(lock.error());
      LUMENFLOW_TRY(let_some_blobs_go(state.done));
    }
    return {};
  }

  // Doomed by the writer, which sees all that was appended; deleted here; forgotten by the writer once that is durable.
  Status let_some_blobs_go(const Cut& gone) {
    const auto doomed = std::make_shared<std::vector<Hash256>>();  // shared with a change that may outlive this
    LUMENFLOW_TRY(ports_.change([doomed, gone, &blobs = ports_.blobs](log::Log& log) -> Status {
      LUMENFLOW_TRY_ASSIGN(*doomed, doom_idle_blobs(log, blobs, gone, kBlobsPerStep));
      return {};
    }));
    std::vector<Hash256> removed;
    std::uint64_t bytes = 0;
    for (const Hash256& blob : *doomed) {
      LUMENFLOW_TRY_ASSIGN(const auto size, ports_.blobs.remove_doomed(blob));
      if (!size) continue;  // written again meanwhile: the writer will find it in use
      removed.push_back(blob);
      bytes += *size;
    }
    if (removed.empty() || !ports_.go_on()) return {};
    return ports_.change([removed, bytes, gone](log::Log& log) -> Status {
      for (const Hash256& blob : removed) LUMENFLOW_TRY(forget_blob(log, blob, gone));
      return journal::count_blobs(log, removed.size(), bytes);
    });
  }

  const RetainPorts& ports_;
  const CutTerms terms_;
  const Timestamp now_;
  bool settled_ = false;
  RetainReport report_;
};

}  // namespace

Result<RetainReport> retain(const RetainPorts& ports, const CutTerms& terms, Timestamp now) {
  return Run(ports, terms, now).run();
}

}  // namespace lumenflow::journal
