// The pack's tools: what callers ask for, read into turns.
#pragma once

#include "agent-runtime/settings.h"
#include "lumenflow/pack.h"

namespace lumenflow::agent_runtime {

// agent:execute-turn: a goal, a plan, or one step of a model.
pack::ToolResult execute_turn(const Settings& settings, pack::ToolContext& context, const json::Value& input);
// agent:continue, of packs alone: what is due of a session, once approvals are there or a planned turn is.
pack::ToolResult continue_session(const Settings& settings, pack::ToolContext& context, const json::Value& input);

}  // namespace lumenflow::agent_runtime
