#include "kernel/config_rules.h"

#include <algorithm>

#include "kernel/approval_providers.h"
#include "pack/policy_fields.h"
#include "pack/text_glob.h"

namespace lumenflow::kernel {
namespace {

using pack::child_pointer;
using pack::shown;

constexpr std::string_view kAboutNothing = "LF2014";
constexpr std::string_view kNobodyAsked = "LF2015";

class RuleChecks {
 public:
  RuleChecks(const WorkspaceConfig& config, const pack::Registry& registry, pack::Report& report)
      : config_(config), registry_(registry), report_(report) {}

  void check(const json::Value& rules, const std::string& pointer) {
    for (std::size_t i = 0; i < rules.as_array().size(); ++i)
      check_rule(rules.as_array()[i], child_pointer(pointer, i));
  }

  void check_provider(std::string_view rule, std::string_view at) {
    const std::string surface = pack::policy_surface(rule);
    if (find_provider(config_, surface)) return;
    report_.at(kNobodyAsked, at, "nobody is asked for the approval '" + surface + "', so this would only deny",
               "name a provider: approval_providers: {'" + surface + "': console}; or decide 'deny'");
  }

 private:
  void check_rule(const json::Value& rule, const std::string& pointer) {
    if (json::string_or(rule, "decision", "") == "approval_required")
      check_provider(json::string_or(rule, "id", ""), child_pointer(pointer, "decision"));
    if (const json::Value* when = rule.find("when")) check_when(*when, child_pointer(pointer, "when"));
  }

  void check_when(const json::Value& when, const std::string& pointer) {
    if (const json::Value* tool = when.find("tool")) check_tool(tool->as_string(), child_pointer(pointer, "tool"));
    if (const json::Value* pack = when.find("pack")) check_pack(pack->as_string(), child_pointer(pointer, "pack"));
    if (const json::Value* lane = when.find("lane")) check_lane(lane->as_string(), child_pointer(pointer, "lane"));
    if (const json::Value* intents = when.find("intent"))
      check_intents(intents->as_array(), child_pointer(pointer, "intent"));
    if (const json::Value* inner = when.find("not")) check_when(*inner, child_pointer(pointer, "not"));
  }

  void check_tool(const std::string& glob, const std::string& pointer) {
    const auto& tools = registry_.tools();
    if (std::ranges::any_of(tools,
                            [&](const auto& tool) { return pack::text_glob_matches(glob, tool->descriptor.name); }))
      return;
    std::string help = "`lumenflow tools` lists them";
    std::vector<std::string_view> names;
    for (const auto& tool : tools) names.push_back(tool->descriptor.name);
    if (const pack::ActiveTool* tool = registry_.find(glob))
      help = "rules name a tool as its pack does: '" + tool->descriptor.name + "'";
    else if (const auto meant = pack::nearest(glob, names))
      help = "did you mean '" + *meant + "'?";
    report_.at(kAboutNothing, pointer, "no active tool is called " + shown(json::Value(glob)), help);
  }

  void check_pack(const std::string& id, const std::string& pointer) {
    if (registry_.find_pack(id) != nullptr) return;
    std::vector<std::string_view> ids;
    for (const auto& pack : registry_.packs()) ids.push_back(pack->manifest.id);
    const auto meant = pack::nearest(id, ids);
    report_.at(kAboutNothing, pointer, "no active pack has the id " + shown(json::Value(id)),
               meant ? "did you mean '" + *meant + "'?" : "`lumenflow pack list` lists them");
  }

  void check_lane(const std::string& id, const std::string& pointer) {
    if (std::ranges::find(config_.lanes, id, &Lane::id) == config_.lanes.end())
      return report_.at(kAboutNothing, pointer, "no lane has the id " + shown(json::Value(id)), "name one of 'lanes'");
  }

  void check_intents(const json::Array& ids, const std::string& pointer) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto has = [&](const auto& pack) {
        return pack->code != nullptr && std::ranges::find(pack->code->intents(), ids[i].as_string(),
                                                          &pack::Intent::id) != pack->code->intents().end();
      };
      if (std::ranges::any_of(registry_.packs(), has)) continue;
      report_.at(kAboutNothing, child_pointer(pointer, i), "no active pack knows the intent " + shown(ids[i]),
                 "intents are configured where a pack runs agents, as in agent_runtime.intents");
    }
  }

  const WorkspaceConfig& config_;
  const pack::Registry& registry_;
  pack::Report& report_;
};

}  // namespace

void check_rules(const WorkspaceConfig& config, const pack::Registry& registry, pack::Report& report) {
  RuleChecks checks(config, registry, report);
  checks.check(config.policies, "/policies");
  for (std::size_t i = 0; i < config.lanes.size(); ++i)
    checks.check(config.lanes[i].policies, child_pointer("/lanes", i) + "/policies");
  if (config.default_decision == Decision::kApprovalRequired) checks.check_provider("default", "/default_decision");
}

}  // namespace lumenflow::kernel
