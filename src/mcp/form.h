// What a client answers to a question (client/elicitation, client/sampling, client/roots), looked at before a tool sees
// it.
#pragma once

#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::mcp {

// INVALID_INPUT, saying what is wrong: an answer to elicitation/create needs an action, and with `accept` the content
// that `requestedSchema` describes; one to sampling/createMessage a role, a content and a model; one to roots/list its
// roots. `params` are those of the question.
Status check_answer(std::string_view method, const json::Value& params, const json::Value& answer);

// Which capability of a client answers this method: elicitation, sampling or roots; empty for any other.
std::string_view capability_of(std::string_view method);
// Whether these ClientCapabilities have it. A form may also be asked by {"elicitation": {}}; a page to visit needs
// elicitation.url.
bool can_answer(const json::Value& client_capabilities, std::string_view method, const json::Value* params = nullptr);

}  // namespace lumenflow::mcp
