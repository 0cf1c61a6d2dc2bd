#include "pack/policy_fields.h"

#include <set>

#include "json/schema.h"

namespace lumenflow::pack {
namespace {

constexpr std::string_view kTriggers[] = {"on_tool_request", "on_claim", "on_completion", "on_evidence_added"};
constexpr std::string_view kDecisions[] = {"allow", "deny", "approval_required"};
constexpr std::string_view kPermissions[] = {"read", "write", "admin"};

// {"/json/pointer": {equals|in|matches|exists: …}}
void check_input_conditions(Fields& when) {
  const json::Object* conditions = when.map("input");
  if (conditions == nullptr) return;
  Report& report = when.report();
  const std::string pointer = when.pointer_to("input");
  for (const json::Member& member : *conditions) {
    const std::string at = child_pointer(pointer, member.key);
    if (!member.key.empty() && !member.key.starts_with('/'))
      report.at_key(report.codes().bad, at, shown(json::Value(member.key)) + " is no JSON pointer",
                    "write '/" + member.key + "'");
    Fields condition(report, member.value, at, "a condition on the input");
    condition.find("equals");
    condition.list("in");
    condition.boolean("exists", false);
    if (const std::string* pattern = condition.text("matches"); pattern && !json::matches_format("regex", *pattern))
      report.bad(condition.pointer_to("matches"), "not a regular expression that runs in linear time (RE2 syntax)");
    condition.finish();
    if (condition.is_map() && member.value.as_object().empty())
      report.bad(at, "a condition on the input needs one of: equals, in, matches, exists");
  }
}

void check_when(Report& report, const json::Value& value, const std::string& pointer) {
  Fields when(report, value, pointer, "'when'");
  when.text("tool");
  when.text("pack");
  when.text("subject");
  when.one_of("permission", kPermissions);
  when.text("lane");
  when.texts("intent");
  check_input_conditions(when);
  if (const json::Value* inner = when.find("not")) check_when(report, *inner, when.pointer_to("not"));
  when.finish();
}

}  // namespace

void check_policy_rules(Report& report, const json::Value& list, const std::string& pointer,
                        std::string_view duplicate_code) {
  const json::Array* rules = list.if_array();
  if (rules == nullptr) return report.wrong_type(pointer, "a list", list);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < rules->size(); ++i) {
    Fields rule(report, (*rules)[i], child_pointer(pointer, i), "a policy rule");
    rule.require("id");
    const std::string* id = rule.text("id");
    if (id != nullptr && !ids.insert(*id).second)
      report.at(duplicate_code, rule.pointer_to("id"), "two policy rules have the id " + shown(json::Value(*id)));
    rule.require("trigger");
    rule.one_of("trigger", kTriggers);
    rule.require("decision");
    rule.one_of("decision", kDecisions);
    rule.text("reason");
    if (const json::Value* when = rule.find("when")) check_when(report, *when, rule.pointer_to("when"));
    rule.finish();
  }
}

}  // namespace lumenflow::pack
