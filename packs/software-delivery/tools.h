// The pack's tools, each a function of its call.
//
// `Site` is what they share in one workspace.
#pragma once

#include <memory>
#include <string>

#include "software-delivery/facts.h"

namespace lumenflow::software_delivery {

struct Site {
  InHand in_hand;
};

// What a tool is given. One belongs to one call.
struct Call {
  Call(pack::ToolContext& tool_context, const json::Value& tool_input, Site& shared)
      : context(tool_context),
        input(tool_input),
        site(shared),
        folder(tool_context.workspace_root()),
        git(tool_context),
        board(tool_context) {}
  std::string text(std::string_view key) const { return std::string(json::string_or(input, key, "")); }

  pack::ToolContext& context;
  const json::Value& input;
  Site& site;
  Folder folder;
  Git git;
  Board board;
};

using Data = Answer<json::Value>;

Data create_work_unit(Call& call);
Data list_all_work_units(Call& call);
Data work_unit_status(Call& call);
Data list_lanes(Call& call);
Data claim_work_unit(Call& call);
Data release_work_unit(Call& call);
Data block_work_unit(Call& call);
Data unblock_work_unit(Call& call);
Data run_gates(Call& call);
Data summarise_work_unit(Call& call);
Data finish_work_unit(Call& call);
Data recover_work_unit(Call& call);
Data git_status(Call& call);
Data git_diff(Call& call);
Data git_log(Call& call);
Data signal_mailbox(Call& call);
Data read_mailbox(Call& call);

// A WU with where it is worked on and what is so of it; NOT_FOUND, INVALID_WORK_UNIT, UNKNOWN_LANE.
struct Subject {
  WorkUnit work_unit;
  Lane lane;
  Facts facts;
};
Answer<Subject> subject_of(Call& call);

// By the files and the tasks; `about`, where its file is not there yet, or not to be read again.
Answer<std::vector<std::string>> circle_of(Call& call, const WorkUnit& about);

// The refusal of a call that left something behind: `cleanup_status`, and the call that a confirmation makes.
Refusal left_behind(Call& call, Refusal why, std::string_view cleanup_status, std::string action,
                    std::string_view proposed_tool = "wu:recover");

}  // namespace lumenflow::software_delivery
