// A model that says what a file says: offline, and the same every time. For demonstrations and tests.
//
//   turns:                       # one step of the model each, in the order of the conversation
//     - tool: task:create        # asks for a tool; several at once under `tools:`
//       input: {title: Tidy up}
//     - reply: "Created {{/data/task/id}}."   # {{/pointer}}: of what the last tool answered
//       usage: {input_tokens: 12, output_tokens: 3}
//     - error: {code: PROVIDER_RATE_LIMITED, message: later, retry_after_ms: 1000}
//     - tool: task:list
//       repeat: true             # this step again, for ever
//
// Which step comes next is told by how often the assistant has spoken, so that a conversation goes on after a restart
// where it was. A step may also say `intent`, `finish_reason` and `expect`, a text that the last message must hold.
#pragma once

#include <memory>

#include "agent-runtime/provider.h"

namespace lumenflow::agent_runtime {

// The script is read at each step, from `model.model` below the workspace.
Result<std::unique_ptr<Provider>> make_scripted_provider(const Model& model);

}  // namespace lumenflow::agent_runtime
