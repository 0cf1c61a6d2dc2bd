#include "kernel/config_difference.h"

#include <map>
#include <optional>

#include "base/encoding.h"
#include "pack/yaml.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kShownBytesMax = 1'000;

using Parts = std::map<std::string, json::Value, std::less<>>;

// A map by its keys, a list of maps by their ids; nothing for what has neither.
std::optional<Parts> parts_of(const json::Value& value) {
  Parts parts;
  if (value.is_object()) {
    for (const json::Member& member : value.as_object()) parts.emplace(member.key, member.value);
    return parts;
  }
  if (!value.is_array()) return std::nullopt;
  for (const json::Value& each : value.as_array()) {
    const std::string id(json::string_or(each, "id", ""));
    if (id.empty() || !parts.emplace(id, each).second) return std::nullopt;
  }
  return parts;
}

// "a added, b changed" of what differs.
std::string said_of(const Parts& before, const Parts& after) {
  std::string out;
  const auto say = [&out](const std::string& name, const char* what) {
    out += (out.empty() ? "" : ", ") + name + " " + what;
  };
  for (const auto& [name, value] : after) {
    const auto was = before.find(name);
    if (was == before.end())
      say(name, "added");
    else if (was->second != value)
      say(name, "changed");
  }
  for (const auto& [name, value] : before)
    if (!after.contains(name)) say(name, "removed");
  return out;
}

std::optional<Parts> read(const std::string& text) {
  pack::YamlDocument document;
  pack::Diagnostics diagnostics;
  if (!pack::parse_yaml("lumenflow.yaml", text, "LF2001", document, diagnostics) || !document.value.is_object())
    return std::nullopt;
  return parts_of(document.value);
}

}  // namespace

std::string config_difference(const std::string& before, const std::string& after) {
  const std::optional<Parts> was = read(before), is = read(after);
  if (!was || !is) return {};
  Parts keys = *was;
  for (const auto& [key, value] : *is) keys.emplace(key, value);
  std::string out;
  for (const auto& [key, ignored] : keys) {
    static const json::Value kNone = json::Object{};
    const auto old_value = was->find(key), new_value = is->find(key);
    const json::Value& from = old_value == was->end() ? kNone : old_value->second;
    const json::Value& to = new_value == is->end() ? kNone : new_value->second;
    if (from == to) continue;
    std::optional<Parts> from_parts = parts_of(from), to_parts = parts_of(to);
    // What was not there is a list without entries where the other is one.
    if (old_value == was->end()) from_parts.emplace();
    if (new_value == is->end()) to_parts.emplace();
    const std::string parts = from_parts && to_parts ? said_of(*from_parts, *to_parts) : std::string();
    out += (out.empty() ? "" : "; ") + key + (parts.empty() ? "" : ": " + parts);
  }
  return out.size() <= kShownBytesMax ? out : std::string(clip_utf8(out, kShownBytesMax)) + "…";
}

}  // namespace lumenflow::kernel
