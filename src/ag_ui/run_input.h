// What an AG-UI client asks for: RunAgentInput of AG-UI 1.0 (docs.ag-ui.com/spec/1.0/basic/run-input), as far as it
// means something here.
//
// A value, and a pure function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::ag_ui {

// The answer to one interrupt of the run before.
struct ResumeEntry {
  std::string interrupt_id;
  bool cancelled = false;        // given up; else it is resolved
  json::Value payload;           // null: none
  json::Object signed_decision;  // what POST /approvals/{id} takes besides the decision; empty: none was sent along
};

struct RunInput {
  std::string thread_id, run_id, parent_run_id;
  std::string session_id;  // the thread's, as lumenflow has it
  json::Value state;       // the application's; null: none
  std::string goal;        // what the user said since anybody else spoke, with the context; empty: nothing
  std::vector<ResumeEntry> resume;
  json::Object turn;           // forwardedProps.lumenflow: intent, model_profile, limits
  std::optional<Error> fault;  // what cannot be done; said within the run (RUN_ERROR), not instead of it
};

// INVALID_INPUT for what is no RunAgentInput.
Result<RunInput> read_run_input(const json::Value& body);

// The id where it can be a session's, else one that is made of it.
std::string session_of_thread(const std::string& thread_id);

}  // namespace lumenflow::ag_ui
