#include "pack/automation.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lumenflow::pack {
namespace {

constexpr std::string_view kEventReference = "$event";

json::Value document_of(const Event& event) {
  return json::Object{{"kind", event.kind},      {"event_id", event.event_id}, {"timestamp", event.timestamp},
                      {"from", event.from},      {"stream", event.stream},     {"seq", event.seq},
                      {"payload", event.payload}};
}

// The pointer of {"$event": POINTER}; null for anything else.
const std::string* reference_of(const json::Value& value) {
  const json::Object* object = value.if_object();
  if (object == nullptr || object->size() != 1) return nullptr;
  const json::Value* pointer = object->find(kEventReference);
  return pointer == nullptr ? nullptr : pointer->if_string();
}

// Nothing where a reference leads nowhere.
std::optional<json::Value> filled(const json::Value& value, const json::Value& event) {
  if (const std::string* pointer = reference_of(value)) {
    const json::Value* found = event.at_pointer(*pointer);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  if (const json::Object* object = value.if_object()) {
    json::Object out;
    for (const json::Member& member : *object)
      if (std::optional<json::Value> part = filled(member.value, event)) out.set(member.key, *std::move(part));
    return json::Value(std::move(out));
  }
  if (const json::Array* array = value.if_array()) {
    json::Array out;
    for (const json::Value& item : *array)
      if (std::optional<json::Value> part = filled(item, event)) out.push_back(*std::move(part));
    return json::Value(std::move(out));
  }
  return value;
}

}  // namespace

std::vector<Automation> automations_of(const Manifest& manifest, const KindsOfTypes& types) {
  std::vector<Automation> automations;
  const json::Value* written = manifest.raw.find("automations");
  const json::Array* list = written == nullptr ? nullptr : written->if_array();
  if (list == nullptr) return automations;
  for (const json::Value& item : *list) {
    Automation automation;
    automation.on = json::string_or(item, "on", "");
    if (!json::boolean_or(item, "enabled", true)) continue;
    // A kind that is declared wins over a type that looks the same.
    const auto type =
        std::ranges::find(manifest.emitted_event_kinds, automation.on) == manifest.emitted_event_kinds.end()
            ? types.find(automation.on)
            : types.end();
    automation.on_bus = type != types.end() && type->second.empty();
    if (type != types.end() && !type->second.empty()) automation.on = type->second;
    automation.id = json::string_or(item, "id", "");
    if (const json::Value* when = item.find("when")) automation.when = when->as_object();
    const json::Value& action = *item.find("do");
    automation.tool = json::string_or(action, "tool", "");
    const json::Value* input = action.find("input");
    automation.input = input == nullptr ? json::Value(json::Object{}) : *input;
    automation.cooldown_ms = json::integer_or(item, "cooldown_ms", 0);
    automations.push_back(std::move(automation));
  }
  return automations;
}

bool fires_at(const Automation& automation, const Event& event) {
  for (const json::Member& wanted : automation.when) {
    const json::Value* at =
        wanted.key.starts_with('/') ? event.payload.at_pointer(wanted.key) : event.payload.find(wanted.key);
    if (at == nullptr || *at != wanted.value) return false;
  }
  return true;
}

json::Value input_for(const Automation& automation, const Event& event) {
  return filled(automation.input, document_of(event)).value_or(json::Value(json::Object{}));
}

}  // namespace lumenflow::pack
