// What a turn makes of answers: those of tools as the model gets them, and what a step of the model took.
//
// Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent-runtime/provider.h"
#include "lumenflow/invoked.h"

namespace lumenflow::agent_runtime {

// What a tool's answer names as `evidence_ref` or `evidence_refs`, however deep.
void add_evidence(const json::Value& value, json::Array& evidence);

// A step whose provider does not say what it took, or says what cannot be, is taken for a token every two bytes: more
// than it will have been, so that a budget is not gone past unseen.
Usage at_most(std::size_t bytes_in, const Proposal& proposal);

// What the model is told of a call.
std::string answer_of(const pack::Invoked& invoked);

// At most so many bytes of UTF-8, never half a character.
std::string_view clipped(std::string_view text, std::size_t bytes_max);

}  // namespace lumenflow::agent_runtime
