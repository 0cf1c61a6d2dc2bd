// How a model names the intent it serves, where intents are offered: by the first line of its text, `Intent: <id>`.
//
// One answer; one thread. The line is taken off what is shown of the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent-runtime/provider.h"

namespace lumenflow::agent_runtime {

// What the model is told; empty when there are none.
std::string intent_instruction(const std::vector<OfferedIntent>& intents);

class IntentLine {
 public:
  // Borrows both.
  IntentLine(const std::vector<OfferedIntent>& intents, const Sink& sink) : intents_(intents), sink_(sink) {}
  bool feed(std::string_view piece);  // on to the sink, but for the line
  // Of the whole text, from which the line is removed. Empty: it names none of those that were offered.
  std::string take_from(std::string& text) const;
  bool finish();  // what was held back goes to the sink, unless it is the line

 private:
  bool pass_on(std::string_view text) const { return text.empty() || !sink_ || sink_(text); }

  const std::vector<OfferedIntent>& intents_;
  const Sink& sink_;
  std::string held_;
  bool past_ = false;
};

}  // namespace lumenflow::agent_runtime
