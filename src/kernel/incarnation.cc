// After a restore the journal has another log_id: what was signed before, in the history that may have gone on
// elsewhere, does not count in this one. So the digests of what is open are made anew.
#include <utility>

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
