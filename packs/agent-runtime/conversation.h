// The messages of a conversation as JSON: as they are stored, and as callers of one turn give them. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "agent-runtime/provider.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

// {role, content, tool_calls?: [{id, name, input}], tool_call_id?, failed?}
json::Value to_json(const Message& message);
Message message_of(const json::Value& value);  // of what to_json() made, or the schema has judged

json::Value to_json(const Usage& usage);
void add(Usage& sum, const Usage& more);

// How long the request is as JSON, in bytes; about what any wire format makes of it.
std::uint64_t size_of(const ModelRequest& request);

// Answers every request that has no answer yet, so that the conversation can go on: nobody knows what became of it.
// The messages to add.
std::vector<Message> answers_missing(const std::vector<Message>& messages, const std::string& why);

}  // namespace lumenflow::agent_runtime
