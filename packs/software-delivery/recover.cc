// wu:recover: without a consent it proposes; the call that a confirmed recovery makes repairs.
#include "software-delivery/repair.h"
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

json::Array shown(const std::vector<Fault>& faults) {
  json::Array out;
  for (const Fault& fault : faults) out.push_back(json::Object{{"code", fault.code}, {"message", fault.message}});
  return out;
}

}  // namespace

Data recover_work_unit(Call& call) {
  const std::string confirmed = call.context.confirmed_recovery(), asked = call.text("confirmation_id");
  if (!asked.empty() && asked != confirmed)
    return refuse("NOT_CONFIRMED", "'" + asked +
                                       "' has not made this call: confirm it, with `lumenflow recover confirm`, "
                                       "and the call is made by that");
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  SD_TRY_ASSIGN(Subject subject, subject_of(call));
  subject.facts.in_hand = false;  // by this call
  const Plan plan = plan_for(subject.facts);
  json::Object out{{"wu_id", subject.work_unit.id}, {"faults", shown(plan.faults)}, {"repaired", false}};
  if (plan.faults.empty()) return json::Value(std::move(out));
  if (asked.empty()) {
    Refusal proposal =
        refuse("RECOVERY_PROPOSED", plan.faults.front().message + "; a confirmation would " + plan.text(),
               json::Object{{"faults", shown(plan.faults)}, {"proposal", plan.text()}});
    return left_behind(call, std::move(proposal), "needs_recovery", {});
  }
  if (const Done repaired = repair(call.git, call.board, call.folder, subject.facts, plan); !repaired.ok())
    return left_behind(call, repaired.refusal(), "needs_recovery", {});
  out.set("repaired", true);
  out.set("done", plan.text());
  return json::Value(std::move(out));
}

}  // namespace lumenflow::software_delivery
