#include "agent-runtime/providers/intent_line.h"

#include <algorithm>
#include <utility>

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kLineBytesMax = 200;
constexpr std::string_view kSpace = " \t\r\n`*'\"";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

}  // namespace

std::string intent_instruction(const std::vector<OfferedIntent>& intents) {
  if (intents.empty()) return {};
  std::string text =
      "Begin the text of each answer with a line of its own, `Intent: <id>`, that names the intent it serves. The "
      "intents are:";
  for (const OfferedIntent& intent : intents) text += "\n- " + intent.id + ": " + intent.description;
  return text;
}

std::string IntentLine::take_from(std::string& text) const {
  const std::size_t end = text.find('\n');
  if (intents_.empty() || (end == std::string::npos ? text.size() : end) > kLineBytesMax) return {};
  std::string_view line = trimmed(std::string_view(text).substr(0, end));
  constexpr std::string_view kWord = "intent";
  const auto same = [](char a, char b) { return (a | 0x20) == b; };
  if (line.size() < kWord.size() ||
      !std::equal(kWord.begin(), kWord.end(), line.begin(), [&](char b, char a) { return same(a, b); }))
    return {};
  line.remove_prefix(kWord.size());
  line = trimmed(line);
  if (!line.starts_with(':')) return {};
  const std::string id(trimmed(line.substr(1)));
  if (std::ranges::find(intents_, id, &OfferedIntent::id) == intents_.end()) return {};
  text.erase(0, end == std::string::npos ? end : text.find_first_not_of("\r\n", end));
  return id;
}

bool IntentLine::feed(std::string_view piece) {
  if (past_ || intents_.empty()) return pass_on(piece);
  held_ += piece;
  if (held_.find('\n') == std::string::npos && held_.size() <= kLineBytesMax) return true;
  // The empty lines behind it belong to it, so wait for what follows them.
  std::string text = held_;
  if (!take_from(text).empty() && text.empty()) return true;
  past_ = true;
  held_.clear();
  return pass_on(text);
}

bool IntentLine::finish() {
  std::string text = std::exchange(held_, {});
  take_from(text);
  past_ = true;
  return pass_on(text);
}

}  // namespace lumenflow::agent_runtime
