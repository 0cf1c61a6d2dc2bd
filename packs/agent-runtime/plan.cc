#include "agent-runtime/plan.h"

#include <algorithm>
#include <utility>

#include "agent-runtime/moment.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::string_view kOpen = "open", kRunning = "running", kDone = "done", kFailed = "failed",
                           kSkipped = "skipped";

std::string pointer(std::size_t index, std::string_view member) {
  return "/plan/" + std::to_string(index) + "/" + std::string(member);
}

const PlannedTurn* find(const Plan& plan, std::string_view id) {
  const auto found = std::ranges::find(plan, id, &PlannedTurn::id);
  return found == plan.end() ? nullptr : &*found;
}

// Takes away, again and again, what depends on nothing that is left: what stays goes in circles.
std::vector<std::string> in_circles(const Plan& plan) {
  std::vector<const PlannedTurn*> left;
  for (const PlannedTurn& turn : plan) left.push_back(&turn);
  const auto is_free = [&left](const PlannedTurn* turn) {
    return std::ranges::none_of(turn->depends_on, [&](const std::string& id) {
      return std::ranges::any_of(left, [&](const PlannedTurn* other) { return other->id == id; });
    });
  };
  for (bool found = true; found;) {
    const auto free = std::ranges::find_if(left, is_free);
    found = free != left.end();
    if (found) left.erase(free);
  }
  std::vector<std::string> ids;
  for (const PlannedTurn* turn : left) ids.push_back(turn->id);
  return ids;
}

}  // namespace

Result<Plan> read_plan(const json::Value& written) {
  Plan plan = plan_of(written);
  std::vector<ErrorDetail> faults;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    PlannedTurn& turn = plan[i];
    turn.state = kOpen;
    turn.turn.clear();
    turn.reason.clear();
    if (find(plan, turn.id) != &turn) faults.push_back({pointer(i, "id"), "is the id of another turn of the plan"});
    for (std::size_t k = 0; k < turn.depends_on.size(); ++k)
      if (find(plan, turn.depends_on[k]) == nullptr)
        faults.push_back({pointer(i, "depends_on/" + std::to_string(k)), "is no turn of the plan"});
    if (turn.wake_at.empty()) continue;
    const std::optional<std::int64_t> at = milliseconds_of(turn.wake_at);
    if (!at) faults.push_back({pointer(i, "wake_at"), "is no moment like 2026-01-31T09:00:00Z"});
    turn.wake_at_ms = at.value_or(0);
  }
  if (faults.empty())
    for (const std::string& id : in_circles(plan))
      faults.push_back({pointer(static_cast<std::size_t>(find(plan, id) - plan.data()), "depends_on"),
                        "depends on itself, by way of others perhaps"});
  if (!faults.empty()) return Error(ErrorCode::kInvalidInput, "the plan cannot be carried out", std::move(faults));
  return plan;
}

json::Value to_json(const Plan& plan) {
  json::Array out;
  for (const PlannedTurn& turn : plan) {
    json::Object item{{"id", turn.id},
                      {"goal", turn.goal},
                      {"depends_on", json::Array(turn.depends_on.begin(), turn.depends_on.end())},
                      {"state", turn.state}};
    if (!turn.wake_at.empty()) item.set("wake_at", turn.wake_at);
    if (turn.wake_at_ms != 0) item.set("wake_at_ms", turn.wake_at_ms);
    if (!turn.turn.empty()) item.set("turn_id", turn.turn);
    if (!turn.reason.empty()) item.set("reason", turn.reason);
    out.push_back(std::move(item));
  }
  return out;
}

Plan plan_of(const json::Value& stored) {
  Plan plan;
  if (!stored.is_array()) return plan;
  for (const json::Value& item : stored.as_array()) {
    PlannedTurn turn;
    turn.id = json::string_or(item, "id", "");
    turn.goal = json::string_or(item, "goal", "");
    if (const json::Value* others = item.find("depends_on"); others != nullptr && others->is_array())
      for (const json::Value& other : others->as_array())
        if (const std::string* id = other.if_string()) turn.depends_on.push_back(*id);
    turn.wake_at = json::string_or(item, "wake_at", "");
    turn.wake_at_ms = json::integer_or(item, "wake_at_ms", 0);
    turn.state = json::string_or(item, "state", kOpen);
    turn.turn = json::string_or(item, "turn_id", "");
    turn.reason = json::string_or(item, "reason", "");
    plan.push_back(std::move(turn));
  }
  return plan;
}

NextTurn next_turn(const Plan& plan, std::int64_t now_ms) {
  NextTurn next;
  for (const PlannedTurn& turn : plan) {
    const bool free = turn.state == kOpen && std::ranges::all_of(turn.depends_on, [&](const std::string& id) {
                        const PlannedTurn* other = find(plan, id);
                        return other != nullptr && other->state == kDone;
                      });
    if (!free) continue;
    if (turn.wake_at_ms <= now_ms) return {&turn, {}};
    next.at_ms = std::min(next.at_ms.value_or(INT64_MAX), turn.wake_at_ms);
  }
  return next;
}

void end_planned(Plan& plan, std::string_view id, const std::string& fault) {
  const auto ended = std::ranges::find(plan, id, &PlannedTurn::id);
  if (id.empty() || ended == plan.end()) return;
  ended->state = fault.empty() ? kDone : kFailed;
  ended->reason = fault;
  const auto is_lost = [&plan](const std::string& other) {
    const PlannedTurn* turn = find(plan, other);
    return turn != nullptr && (turn->state == kFailed || turn->state == kSkipped);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (PlannedTurn& turn : plan) {
      const auto lost = std::ranges::find_if(turn.depends_on, is_lost);
      if (turn.state != kOpen || lost == turn.depends_on.end()) continue;
      turn.state = kSkipped;
      turn.reason = "it depends on '" + *lost + "'";
      changed = true;
    }
  }
}

std::string plan_fault(const Plan& plan) {
  const auto failed = std::ranges::find(plan, kFailed, &PlannedTurn::state);
  if (failed == plan.end()) return {};
  const auto skipped = std::ranges::count(plan, kSkipped, &PlannedTurn::state);
  return "the planned turn '" + failed->id + "' failed: " + failed->reason +
         (skipped == 0 ? "" : "; " + std::to_string(skipped) + " that depend on what failed were skipped");
}

bool is_over(const Plan& plan) {
  const bool running = std::ranges::any_of(plan, [](const PlannedTurn& turn) { return turn.state == kRunning; });
  const NextTurn next = next_turn(plan, 0);
  return !running && next.ready == nullptr && !next.at_ms;
}

}  // namespace lumenflow::agent_runtime
