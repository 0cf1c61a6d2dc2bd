// What a model says, as the wire formats say it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lumenflow::testing {

enum class Dialect { kChatCompletions, kMessages, kScripted };

struct SaidCall {
  std::string id;
  std::string name;   // the wire's
  std::string input;  // JSON text, right or wrong
};

struct Said {
  std::string text;
  std::vector<SaidCall> calls = {};
  bool refuses = false;
  bool cut = false;  // at its limit of tokens
};

// The body of one JSON answer; what `calls` have as input must be JSON in the messages format.
std::string whole_body(Dialect dialect, const Said& said);
// The body of an event stream: text in two deltas, arguments in pieces.
std::string stream_body(Dialect dialect, const Said& said);
// The word for how it ended.
std::string finish_reason(Dialect dialect, const Said& said);
std::string error_body(Dialect dialect, const std::string& type, const std::string& message);

}  // namespace lumenflow::testing
