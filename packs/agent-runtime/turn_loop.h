// One governed turn: the model proposes, the kernel judges each call, what comes of it is fed back, until there is an
// answer, a limit, or an approval to wait for.
//
// Runs on the thread of its call, and ends when that is cancelled. What it knows of the conversation is durable before
// it acts on it, so that a turn that is cut off leaves a session that can go on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent-runtime/conversation.h"
#include "agent-runtime/provider.h"
#include "agent-runtime/session.h"
#include "agent-runtime/settings.h"
#include "lumenflow/pack.h"
#include "lumenflow/turn.h"

namespace lumenflow::agent_runtime {

struct TurnInput {
  std::string session_id;
  std::string goal;    // for the events; may be empty where the session goes on
  std::string intent;  // empty: as the session has it
  std::string node;    // of the plan; empty: none
  Model model;
  Limits limits;
  std::vector<Message> messages;  // that begin it: the goal, or answers that were waited for
  struct Result {
    std::string id, tool, content;
    bool failed = false;
  };
  std::vector<Result> results;  // of calls that had waited, for whoever follows the turn
  bool stream = false;
  bool attended = false;  // whoever calls goes on with it themselves, once approvals are decided
  // One step alone, whose request is answered instead of made: then the conversation is `messages`, and is not kept.
  bool single = false;
  std::vector<OfferedTool> tools;      // single
  std::vector<OfferedIntent> intents;  // likewise
};

// The timer that looks after sessions; see pack::TurnOpening.
inline constexpr std::string_view kSessionsTimer = "sessions";
// The pack's own tools.
inline constexpr std::string_view kExecuteTurn = "agent:execute-turn", kContinue = "agent:continue";

pack::ToolResult run_turn(pack::ToolContext& context, const TurnInput& input);

// Says to whoever follows the call what it means for the turn: tool_call {id, tool, input}, tool_result {id, tool,
// content, failed}, step_started and step_finished {step}.
void note_result(pack::HostContext& context, const std::string& id, const std::string& tool, const std::string& content,
                 bool failed);

pack::ToolError refused(const Error& error);

// Ends a turn in the pack's records as the kernel's say that it has ended: the conversation is made whole, and
// `agent-runtime:turn_aborted` is emitted. Nothing happens where another turn is at it by now.
Status settle_aborted(pack::HostContext& context, std::string_view session_id, const std::string& turn_id,
                      const pack::TurnRecord& record, const std::string& reason);

}  // namespace lumenflow::agent_runtime
