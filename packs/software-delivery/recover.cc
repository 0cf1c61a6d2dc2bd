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

Refusal proposal_of(Call& call, const Plan& plan) {
  const Fault& fault = plan.faults.front();
  Refusal proposal = refuse("RECOVERY_PROPOSED", fault.message + "; a confirmation would " + plan.text(),
                            json::Object{{"faults", shown(plan.faults)}, {"proposal", plan.text()}});
  // What the merge had begun to write is no place for this tool: the call that merges goes on, and asks again.
  return left_behind(call, std::move(proposal), "needs_recovery", {},
                     plan.writes_workspace() ? "wu:done" : "wu:recover");
}

// What became of the work unit, said and remembered in one commit.
Settled settled_by(Call& call, const Subject& subject, const Plan& plan, json::Value data) {
  const Facts& facts = subject.facts;
  Settled settled{facts.record, call.context.receipt_id(), std::move(data), {}};
  for (const Mend mend : plan.mends) {
    if (mend == Mend::kForgetRecord) settled.record = std::nullopt;
    if (mend == Mend::kCompleteTask)
      settled.events.emplace_back("wu_completed", completed_event(facts.wu_id, *facts.record));
    if (mend == Mend::kReleaseTask)
      settled.events.emplace_back("wu_released", json::Object{{"wu_id", facts.wu_id},
                                                              {"lane", subject.lane.id},
                                                              {"by", call.context.subject()},
                                                              {"reason", "a recovery gave it back"}});
  }
  return settled;
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
  if (plan.mends.empty()) return json::Value(std::move(out));
  if (asked.empty() || plan.writes_workspace()) return proposal_of(call, plan);
  SD_TRY(keep_mending(call.context, subject.facts.wu_id, call.context.receipt_id()));
  Notes notes;
  if (const Done repaired = repair(call.git, call.board, call.folder, subject.facts, plan, notes); !repaired.ok())
    return left_behind(call, repaired.refusal(), "needs_recovery", {});
  out.set("repaired", true);
  out.set("done", plan.text());
  if (!notes.empty()) out.set("kept", json::Array(notes.begin(), notes.end()));
  const Settled settled = settled_by(call, subject, plan, json::Value(std::move(out)));
  if (const Done kept = settle(call.context, subject.facts.wu_id, settled); !kept.ok())
    return left_behind(call, kept.refusal(), "needs_recovery", {});
  return settled.data;
}

}  // namespace lumenflow::software_delivery
