// Carries out a plan. Each step may be done again: a repair that is cut off is repaired like anything else.
#pragma once

#include "software-delivery/mend_worktree.h"

namespace lumenflow::software_delivery {

// All but the record: that is settled with what the call answers.
Done repair(Git& git, Board& board, const Folder& folder, const Facts& facts, const Plan& plan, Notes& notes);

// Steps that claims, releases and done share with repairs.
Done delete_branch(Git& git, const std::string& branch, const std::string& tip);  // only while it is at `tip`
json::Value completed_event(const std::string& wu_id, const Record& record);      // the payload of wu_completed
Done stamp_and_complete(Board& board, const Folder& folder, const std::string& wu_id, const Record& record);

}  // namespace lumenflow::software_delivery
