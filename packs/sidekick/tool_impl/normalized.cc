#include "sidekick/tool_impl/normalized.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "sidekick/tool_impl/input.h"
#include "sidekick/tool_impl/text.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kLabels = "tags", kSettings = "settings", kSteps = "steps", kTool = "tool";

bool is_plain(const json::Value& value) {
  const std::string* text = value.if_string();
  return text == nullptr || (!text->empty() && trim(*text).size() == text->size());
}

bool has_plain_members(const json::Value& value) {
  const json::Object* members = value.if_object();
  return members == nullptr ||
         std::all_of(members->begin(), members->end(), [](const json::Member& each) { return is_plain(each.value); });
}

bool is_plain_step(const json::Value& step) {
  const json::Value* tool = step.if_object() == nullptr ? nullptr : step.find(kTool);
  return tool == nullptr || is_plain(*tool);
}

bool all_of(const json::Value& list, bool (*is_good)(const json::Value&)) {
  const json::Array* items = list.if_array();
  return items == nullptr || std::all_of(items->begin(), items->end(), is_good);
}

bool is_normalized(const json::Member& member) {
  if (member.key == kLabels) return all_of(member.value, is_plain);
  if (member.key == kSettings) return has_plain_members(member.value);
  if (member.key == kSteps) return all_of(member.value, is_plain_step);
  return is_plain(member.value);
}

// Nothing for a string that is empty.
std::optional<json::Value> trimmed(json::Value value) {
  const std::string* text = value.if_string();
  if (text == nullptr) return value;
  const std::string_view rest = trim(*text);
  if (rest.empty()) return std::nullopt;
  return json::Value(std::string(rest));
}

json::Value with_trimmed_members(const json::Value& value) {
  const json::Object* members = value.if_object();
  if (members == nullptr) return value;
  json::Object result;
  for (const json::Member& member : *members)
    if (std::optional<json::Value> kept = trimmed(member.value)) result.append(member.key, *std::move(kept));
  return result;
}

json::Value with_trimmed_items(const json::Value& value) {
  const json::Array* items = value.if_array();
  if (items == nullptr) return value;
  json::Array result;
  for (const json::Value& item : *items)
    if (std::optional<json::Value> kept = trimmed(item)) result.push_back(*std::move(kept));
  return result;
}

json::Value with_trimmed_tools(const json::Value& value) {
  const json::Array* steps = value.if_array();
  if (steps == nullptr) return value;
  json::Array result;
  for (json::Value step : *steps) {
    const json::Value* tool = step.if_object() == nullptr ? nullptr : step.find(kTool);
    if (tool != nullptr) {
      if (std::optional<json::Value> kept = trimmed(*tool))
        step.as_object().set(kTool, *std::move(kept));
      else
        step.as_object().erase(kTool);
    }
    result.push_back(std::move(step));
  }
  return result;
}

}  // namespace

std::optional<json::Value> normalized(const json::Value& input) {
  const json::Object* members = input.if_object();
  if (members == nullptr || std::all_of(members->begin(), members->end(), is_normalized)) return std::nullopt;
  json::Object result;
  for (const json::Member& member : *members) {
    if (member.key == kLabels)
      result.append(member.key, with_trimmed_items(member.value));
    else if (member.key == kSettings)
      result.append(member.key, with_trimmed_members(member.value));
    else if (member.key == kSteps)
      result.append(member.key, with_trimmed_tools(member.value));
    else if (std::optional<json::Value> kept = trimmed(member.value))
      result.append(member.key, *std::move(kept));
  }
  return json::Value(std::move(result));
}

Status check_texts(const json::Value& normalized_input) {
  const json::Object* members = normalized_input.if_object();
  if (members == nullptr) return {};
  const auto has_nul = [](const json::Value& value) {
    const std::string* text = value.if_string();
    return text != nullptr && text->find('\0') != std::string::npos;
  };
  for (const json::Member& member : *members) {
    const json::Array* labels = member.key == kLabels ? member.value.if_array() : nullptr;
    if (has_nul(member.value) || (labels != nullptr && std::any_of(labels->begin(), labels->end(), has_nul)))
      return invalid_field(member.key, "holds the character U+0000");
  }
  return {};
}

}  // namespace lumenflow::sidekick
