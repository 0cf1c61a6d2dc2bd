// A session as a graph of turns: which comes after which, and when at the earliest. Values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

struct PlannedTurn {
  std::string id;
  std::string goal;
  std::vector<std::string> depends_on;
  std::string wake_at;  // RFC 3339; empty: at once
  std::int64_t wake_at_ms = 0;
  std::string state = "open";  // open, running, done, failed, skipped
  std::string reason;          // failed: why; skipped: which turn it depends on failed
  std::string turn;            // once it runs
};

using Plan = std::vector<PlannedTurn>;

// INVALID_INPUT, with pointers below `/plan`, for ids said twice, dependencies on what there is not, cycles, and
// moments that are none.
Result<Plan> read_plan(const json::Value& written);
json::Value to_json(const Plan& plan);
Plan plan_of(const json::Value& stored);

struct NextTurn {
  const PlannedTurn* ready = nullptr;      // null: none is
  std::optional<std::int64_t> at_ms = {};  // none is ready: when the first will be; nothing: none will
};
NextTurn next_turn(const Plan& plan, std::int64_t now_ms);
// What a turn came to, by why it failed (empty: it did not); those that depend on one that failed are skipped, and
// those that depend on them. No turn of the plan: nothing.
void end_planned(Plan& plan, std::string_view id, const std::string& fault);
// "the planned turn 'a' failed: …, 2 that depend on it were skipped" of the first that failed; empty: none has.
std::string plan_fault(const Plan& plan);
bool is_over(const Plan& plan);  // none will run any more

}  // namespace lumenflow::agent_runtime
