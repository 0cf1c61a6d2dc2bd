// A work unit (WU): what is asked for, as its file in the repository says, and where the work on it happens.
//
// Values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "software-delivery/answer.h"

namespace lumenflow::software_delivery {

struct WorkUnit {
  std::string id;  // "WU-042"
  std::string title;
  std::string lane;  // a lane's id or title, as it was written
  std::string type = "feature";
  std::string priority = "P2";
  std::vector<std::string> acceptance, code_paths, depends_on;
};

bool is_work_unit_id(std::string_view text);  // ^[A-Z][A-Z0-9]{0,15}-[0-9]{1,9}$

json::Value to_json(const WorkUnit& work_unit);
// Strictly: INVALID_WORK_UNIT naming what is wrong, an unknown member included.
Answer<WorkUnit> work_unit_from_json(const json::Value& value);

// Of lumenflow.yaml, as the kernel tells it.
struct Lane {
  std::string id, title;
  std::optional<std::int64_t> wip_limit;
  std::int64_t claimed = 0;
  json::Value holders = {};  // {task_id, claimed_by, state, claimed_at?} of whoever has a place; null: nobody
};

// "Content: Site Comms" -> "content-site-comms". Never empty.
std::string slug_of(std::string_view text);

// Where the work on a WU happens; a function of its id and its lane's.
struct Workplace {
  std::string branch;    // lane/<lane-slug>/<wu-id>
  std::string worktree;  // relative to the workspace: .software-delivery/worktrees/<lane-slug>-<wu-id>
  std::string name;      // <lane-slug>-<wu-id>: git's, of the worktree
};
Workplace workplace_of(std::string_view lane_id, std::string_view wu_id);

}  // namespace lumenflow::software_delivery
