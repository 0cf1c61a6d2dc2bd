// After a restore, or a consent to go on beside a clone, the journal has another log_id: what was signed before, in the
// history that may have gone on elsewhere, does not count in this one. So the digests of what is open are made anew.
#include <utility>

#include "base/ulid.h"
#include "journal/former_logs.h"
#include "journal/recoveries.h"
#include "journal/tables.h"
#include "kernel/approve.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kLogIdKey = "log_id";
constexpr std::size_t kRenewedAtOnce = 256;

}  // namespace

Status Kernel::begin_incarnation() {
  const std::string key = journal::store_key("kernel", kLogIdKey);
  const std::string log_id = ports_.log.head().log_id;
  LUMENFLOW_TRY_ASSIGN(const auto before, ports_.log.tables().get(journal::kStoreTable, key));
  if (before == log_id) return {};
  LUMENFLOW_TRY(ports_.log.put(journal::kStoreTable, key, log_id));
  LUMENFLOW_TRY(renew_approvals(log_id));
  return renew_recoveries(log_id);
}

// --- any thread ---

void Kernel::go_on_anew(std::function<void(const Status&)> done) {
  change_outbox([this](journal::Outbox& outbox) { return rename_journal(outbox); },
                [this, done = std::move(done)](const Status& durable) {
                  if (durable.ok()) {
                    if (Status begun = begin_incarnation(); !begun.ok() && !batch_error_)
                      batch_error_ = std::move(begun).error();
                    open_.writes_more = true;
                    if (options_.doorbell) options_.doorbell();
                  }
                  done(durable);
                });
}

// --- the strand ---

Status Kernel::rename_journal(journal::Outbox& outbox) {
  if (tape_.live())  // its frames are of the journal under the name that it began with
    return Error(ErrorCode::kConflict, "a recording runs; end it with `lumenflow record stop`, then consent again");
  LUMENFLOW_TRY(outbox.rebase());
  const Timestamp now = ports_.clock.now();
  const log::Head former = ports_.log.head();
  LUMENFLOW_TRY(ports_.log.rename(make_ulid(now, ports_.random.draw16()).str()));
  log::Row row;
  row.entries.push_back(journal::encode_former("workspace.renamed", former, now, options_.version));
  LUMENFLOW_TRY(append_alone(std::move(row)));
  return {};
}

// Decisions that were given to part of what an approval takes are given again; and whoever decides hears of it again.
Status Kernel::renew_approvals(const std::string& log_id) {
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const journal::OpenApprovals open,
                         journal::open_approvals(ports_.log.tables(), after, kRenewedAtOnce));
    for (journal::ParkedCall parked : open.items) {
      parked.decisions.clear();
      parked.covered.as_object().set("log_id", log_id);
      LUMENFLOW_TRY_ASSIGN(parked.digest, digest_of(parked.covered));
      const json::Value* surface = parked.covered.at_pointer("/surfaces/0");
      const std::string* asked = surface == nullptr ? nullptr : surface->if_string();
      LUMENFLOW_TRY_ASSIGN(Emission emission,
                           emitter_.emit(approval_requested(parked, asked == nullptr ? parked.tool : *asked),
                                         event::EventClass::kQueue, ports_.clock.now(), Call{}));
      log::Row row;
      row.entries.push_back(journal::encode_parked(parked));
      if (emission.entry) row.entries.push_back(*std::move(emission.entry));
      LUMENFLOW_TRY(append(std::move(row)));
      LUMENFLOW_TRY(approvals_.keep(parked));
    }
    if (open.next.empty()) return {};
    after = open.next;
  }
}

Status Kernel::renew_recoveries(const std::string& log_id) {
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const journal::RecoveryPage page,
                         journal::list_recoveries(ports_.log.tables(), false, after, kRenewedAtOnce));
    for (journal::Recovery recovery : page.items) {
      recovery.log_id = log_id;
      LUMENFLOW_TRY_ASSIGN(recovery.digest, journal::recovery_digest(recovery));
      LUMENFLOW_TRY(journal::put_recovery(ports_.log, recovery));
    }
    if (page.next.empty()) return {};
    after = page.next;
  }
}

}  // namespace lumenflow::kernel
