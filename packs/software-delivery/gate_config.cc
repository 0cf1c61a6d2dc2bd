#include "software-delivery/gate_config.h"

#include <algorithm>

#include "software-delivery/evidence.h"

namespace lumenflow::software_delivery {
namespace {

// "10m"; lumenflow.yaml was refused for anything else.
std::int64_t milliseconds_of(std::string_view text, std::int64_t fallback) {
  std::int64_t number = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && number < 1'000'000'000; ++at)
    number = number * 10 + (text[at] - '0');
  const std::string_view unit = text.substr(at);
  if (at == 0) return fallback;
  if (unit == "ms") return number;
  if (unit == "s") return number * 1'000;
  if (unit == "m") return number * 60'000;
  if (unit == "h") return number * 3'600'000;
  if (unit == "d") return number * 86'400'000;
  return fallback;
}

Answer<std::vector<std::string>> words_of(const std::string& id, const std::string& text) {
  if (text.find_first_of("|&;<>()$`\\\"'*?[]{}~#\n") != std::string::npos)
    return refuse("CONFIGURATION_ERROR",
                  "the command of the gate '" + id +
                      "' has characters that only a shell understands, and none is used: write a list, "
                      "as [sh, -c, \"…\"] if it is to be one");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \t", at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    at = end;
  }
  if (words.empty()) return refuse("CONFIGURATION_ERROR", "the gate '" + id + "' has no command");
  return words;
}

}  // namespace

Answer<std::vector<Gate>> read_gates(const json::Value& config) {
  std::vector<Gate> out;
  const json::Value* gates = config.find("gates");
  if (gates == nullptr || !gates->is_array()) return out;
  for (const json::Value& each : gates->as_array()) {
    Gate gate;
    gate.id = json::string_or(each, "id", "");
    const json::Value* command = each.find("command");
    if (command != nullptr && command->is_array()) {
      for (const json::Value& word : command->as_array())
        if (const std::string* text = word.if_string()) gate.command.push_back(*text);
    } else {
      SD_TRY_ASSIGN(gate.command, words_of(gate.id, std::string(json::string_or(each, "command", ""))));
    }
    gate.timeout_ms = milliseconds_of(json::string_or(each, "timeout", ""), gate.timeout_ms);
    gate.required = json::boolean_or(each, "required", true);
    std::string all;
    for (const std::string& word : gate.command) all += word + '\0';
    gate.digest = sha256_hex_of(all);
    out.push_back(std::move(gate));
  }
  return out;
}

}  // namespace lumenflow::software_delivery
