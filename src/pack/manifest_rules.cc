// The parts of a manifest that name its other parts: policies, automations, examples.
#include <algorithm>
#include <set>

#include "pack/manifest_parts.h"
#include "pack/policy_fields.h"
#include "pack/text_glob.h"

namespace lumenflow::pack::manifest_parts {
namespace {

constexpr std::string_view kAboutNothing = "LF1034";
constexpr std::int64_t kCooldownMsMax = std::int64_t{365} * 24 * 3'600'000;

// A pack's rules see the pack's own tools alone.
void check_subject_of_rule(Context& context, const json::Value& rule, const std::string& pointer) {
  const json::Value* when = rule.is_object() ? rule.find("when") : nullptr;
  if (when == nullptr || !when->is_object()) return;
  const Manifest& manifest = context.manifest;
  const json::Value *pack = when->find("pack"), *tool = when->find("tool");
  if (pack != nullptr && pack->is_string() && pack->as_string() != manifest.id)
    context.report.at(kAboutNothing, child_pointer(child_pointer(pointer, "when"), "pack"),
                      "the rule is about the pack " + shown(*pack) + ", and a pack's rules see its own tools",
                      "leave 'pack' out; rules about others belong into lumenflow.yaml");
  if (tool != nullptr && tool->is_string() && std::ranges::none_of(manifest.tools, [&](const ToolDescriptor& each) {
        return text_glob_matches(tool->as_string(), each.name);
      }))
    context.report.at(kAboutNothing, child_pointer(child_pointer(pointer, "when"), "tool"),
                      "no tool of this pack is called " + shown(*tool),
                      "a pack's rules see its own tools; rules about others belong into lumenflow.yaml");
}

void read_policies(Context& context) {
  const json::Value* policies = context.root.find("policies");
  if (policies == nullptr) return;
  check_policy_rules(context.report, *policies, "/policies", context.report.codes().bad);
  const json::Array* rules = policies->if_array();
  for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
    check_subject_of_rule(context, (*rules)[i], child_pointer("/policies", i));
    context.manifest.policies.push_back({(*rules)[i]});
  }
}

void read_action(Fields& automation) {
  const json::Value* value = automation.require("do");
  if (value == nullptr) return;
  Fields action(automation.report(), *value, automation.pointer_to("do"), "'do'");
  action.require("tool");
  action.text("tool");
  action.map("input");
  action.finish();
}

// It stands in subjects and in names of cursors.
bool is_automation_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

void read_automations(Context& context) {
  const json::Array* list = context.root.list("automations");
  std::set<std::string> ids;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    Fields automation(context.report, (*list)[i], child_pointer("/automations", i), "an automation");
    automation.require("id");
    const std::string* id = automation.text("id");
    if (id != nullptr && !is_automation_id(*id))
      context.report.bad(automation.pointer_to("id"), shown(json::Value(*id)) + " is no id of an automation",
                         "letters, digits, '-', '_' and '.', at most 64: 'on-failure'");
    if (id != nullptr && !ids.insert(*id).second)
      context.report.bad(automation.pointer_to("id"), "two automations have the id " + shown(json::Value(*id)));
    automation.require("on");
    automation.text("on");
    automation.map("when");
    read_action(automation);
    automation.integer("cooldown_ms", 0, 0, kCooldownMsMax);
    automation.boolean("enabled", true);
    automation.finish();
  }
}

std::vector<std::string_view> nameable(const Manifest& manifest) {
  std::vector<std::string_view> names;
  for (const ToolDescriptor& tool : manifest.tools) {
    names.emplace_back(tool.name);
    names.insert(names.end(), tool.aliases.begin(), tool.aliases.end());
  }
  names.insert(names.end(), manifest.emitted_event_kinds.begin(), manifest.emitted_event_kinds.end());
  names.insert(names.end(), manifest.subscribed_event_kinds.begin(), manifest.subscribed_event_kinds.end());
  return names;
}

// Per tool or kind one input or payload, or a list of them.
void read_examples(Context& context) {
  const json::Object* examples = context.root.map("examples");
  if (examples == nullptr) return;
  const std::vector<std::string_view> names = nameable(context.manifest);
  for (const json::Member& member : *examples) {
    const std::string pointer = child_pointer("/examples", member.key);
    if (std::ranges::find(names, member.key) == names.end()) {
      const auto meant = nearest(member.key, names);
      context.report.at_key(context.report.codes().bad, pointer,
                            shown(json::Value(member.key)) + " is neither a tool nor a kind of this pack",
                            meant ? "did you mean '" + *meant + "'?" : "");
    }
    const json::Array* list = member.value.if_array();
    if (list == nullptr && !member.value.is_object())
      context.report.wrong_type(pointer, "a map (one sample) or a list of maps", member.value);
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      if (!(*list)[i].is_object()) context.report.wrong_type(child_pointer(pointer, i), "a map", (*list)[i]);
  }
}

}  // namespace

void read_rules(Context& context) {
  read_policies(context);
  read_automations(context);
  read_examples(context);
}

}  // namespace lumenflow::pack::manifest_parts
