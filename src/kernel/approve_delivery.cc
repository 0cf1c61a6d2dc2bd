// Events whose handler needs an approval: they wait as the pack's other dead letters do, durably and out of the
// stream's way, and go to the handler once somebody approved it.
//
// The approval is used up in the commit that records it, and what it lets go on is in memory until the handler has
// dealt with it. A process that dies in between leaves a dead letter, which an operator can have asked about again;
// nothing runs unapproved, and the replay record lets nothing run twice.
#include "base/encoding.h"
#include "kernel/approval_providers.h"
#include "kernel/approve.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

using journal::ParkedCall;

json::Object event_covered_by_digest(const Delivery& delivery, const ParkedCall& parked, const std::string& surface,
                                     const std::string& nonce, const std::string& log_id) {
  const pack::Event& event = delivery.event;
  return {{"approvals", parked.approvals_needed},
          {"event", json::Object{{"event_id", event.event_id},
                                 {"from", event.from},
                                 {"kind", event.kind},
                                 {"payload", event.payload},
                                 {"stream", event.stream}}},
          {"expires_at", format_rfc3339(parked.expires_at)},
          {"log_id", log_id},
          {"nonce", nonce},
          {"pack", delivery.pack_id},
          {"pack_integrity", delivery.pack->origin.integrity},
          {"surfaces", json::Array{surface}}};
}

}  // namespace

bool is_as_approved(const ParkedCall& parked, const pack::Registry& registry) {
  const pack::LoadedPack* pack = registry.find_pack(parked.handler_pack);
  return pack != nullptr && pack->origin.integrity == json::string_or(parked.covered, "pack_integrity", "");
}

// Whether it waits; else the rule `auto` has approved it.
bool Kernel::park(Delivery& delivery, const std::string& surface) {
  const ApprovalTerms terms = approval_terms(options_.config, {surface});
  if (!terms.nobody.empty()) {
    end_delivery(delivery, "parked", "needs the approval '" + surface + "', and nobody is asked for it");
    return true;
  }
  if (terms.automatic) return false;
  const Timestamp now = ports_.clock.now();
  ParkedCall parked;
  parked.receipt = ReceiptId("rcpt-" + make_ulid(now, ports_.random.draw16()).str());
  parked.requested_at = now;
  parked.expires_at = now + terms.expires;
  parked.approvals_needed = terms.approvals;
  parked.tool = delivery.event.kind;
  parked.subject = options_.config.id.str() + ":pack:" + delivery.pack_id;
  parked.handler_pack = delivery.pack_id;
  parked.stream = delivery.event.stream;
  parked.event = delivery.at;
  parked.covered =
      event_covered_by_digest(delivery, parked, surface, to_hex(ports_.random.draw16()), ports_.log.head().log_id);
  const auto write = [&]() -> Status {
    LUMENFLOW_TRY_ASSIGN(parked.digest, digest_of(parked.covered));
    Call cause;
    cause.traceparent = delivery.traceparent;
    LUMENFLOW_TRY_ASSIGN(Emission emission,
                         emitter_.emit(approval_requested(parked, surface), event::EventClass::kQueue, now, cause));
    log::Row row;
    row.entries.push_back(journal::encode_parked(parked));
    if (emission.entry) row.entries.push_back(*std::move(emission.entry));
    LUMENFLOW_TRY_ASSIGN(parked.requested, append(std::move(row)));
    return approvals_.park(parked);
  };
  if (Status status = write(); !status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  end_delivery(delivery, "parked", "waits for the approval " + parked.approval_id());
  return true;
}

}  // namespace lumenflow::kernel
