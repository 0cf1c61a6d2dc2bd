#include "pack/policy_fields.h"

#include <algorithm>
#include <set>

#include "json/schema.h"
#include "pack/text_glob.h"

namespace lumenflow::pack {
namespace {

constexpr std::string_view kTriggers[] = {"on_tool_request", "on_claim", "on_completion", "on_evidence_added"};
constexpr std::string_view kDecisions[] = {"allow", "deny", "approval_required"};
constexpr std::string_view kPolicyPermissions[] = {"read", "write", "admin"};
constexpr std::size_t kIdBytesMax = 64;

// It stands in records, between colons and commas.
bool is_rule_id(std::string_view id) {
  const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= kIdBytesMax && word(id.front()) &&
         std::ranges::all_of(id, [&](char c) { return word(c) || c == '-' || c == '_' || c == '.'; });
}

void check_glob(Fields& when, std::string_view key) {
  const std::string* glob = when.text(key);
  if (glob == nullptr || is_text_glob(*glob)) return;
  when.report().bad(when.pointer_to(key), shown(json::Value(*glob)) + " is no glob over names",
                    "`*` stands for any text and `?` for one character; write a rule for each alternative");
}

void check_not_empty(Fields& fields, std::string_view key, const json::Array* list) {
  if (list == nullptr || !list->empty()) return;
  fields.report().bad(fields.pointer_to(key), "an empty list never matches", "name what should match, or remove it");
}

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
    check_not_empty(condition, "in", condition.list("in"));
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
  check_glob(when, "tool");
  when.text("pack");
  check_glob(when, "subject");
  when.one_of("permission", kPolicyPermissions);
  when.text("lane");
  if (when.texts("intent").empty()) check_not_empty(when, "intent", when.list("intent"));
  check_input_conditions(when);
  if (const json::Value* inner = when.find("not")) check_when(report, *inner, when.pointer_to("not"));
  when.finish();
}

}  // namespace

std::string policy_surface(std::string_view rule_id) { return "policy:" + std::string(rule_id); }

void check_policy_rules(Report& report, const json::Value& list, const std::string& pointer,
                        std::string_view duplicate_code) {
  const json::Array* rules = list.if_array();
  if (rules == nullptr) return report.wrong_type(pointer, "a list", list);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < rules->size(); ++i) {
    Fields rule(report, (*rules)[i], child_pointer(pointer, i), "a policy rule");
    rule.require("id");
    const std::string* id = rule.text("id");
    if (id != nullptr && !is_rule_id(*id))
      report.bad(rule.pointer_to("id"), shown(json::Value(*id)) + " is no id of a rule",
                 "letters, digits, '-', '_' and '.', at most 64: 'no-deletes'");
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
