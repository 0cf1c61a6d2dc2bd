// Carries out a plan. Each step may be done again: a repair that is cut off is repaired like anything else.
#pragma once

#include "software-delivery/plan.h"

namespace lumenflow::software_delivery {

Done repair(Git& git, Board& board, const Folder& folder, const Facts& facts, const Plan& plan);

// Steps that claims, releases and done share with repairs.
Done drop_worktree(Git& git, const Workplace& place);  // with all that is in it; fine when it is not there
Done delete_branch(Git& git, const std::string& branch, const std::string& tip);  // only while it is at `tip`
Done stamp_and_complete(Board& board, const Folder& folder, const std::string& wu_id, const Record& record);

}  // namespace lumenflow::software_delivery
