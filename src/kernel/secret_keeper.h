// Keeps what looks like a credential (base/secret_shapes.h) out of what is recorded, published and answered. Pure
// functions; thread safe because stateless.
//
// Of inputs an HMAC is left, so that two of them can still be told apart; elsewhere a word says that there was one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::kernel {

// Each: nothing when there is no secret in it.
// An input, or what else a caller chose: a key, a name.
std::optional<std::string> input_without_secrets(std::string_view json, const std::string& hmac_key);
std::optional<std::string> result_without_secrets(std::string_view json);   // what a tool answered
std::optional<std::string> failure_without_secrets(std::string_view json);  // an error's text: assignments as well
// What is wrong in an input, as {pointer, reason}: a pointer names members, and its escapes would hide a secret there.
std::optional<json::Value> details_without_secrets(const json::Value& details);
std::optional<json::Value> payload_without_secrets(const json::Value& payload);

// What a caller chose besides its input, as it may be shown: its key, and the name of a tool that there is not.
std::string choice_without_secrets(const std::string& text, const std::string& hmac_key);

// Where in a value strings or names of members look like credentials: JSON pointers, in order, without the names.
std::vector<std::string> places_of_secrets(const json::Value& value);

}  // namespace lumenflow::kernel
