#include "kernel/policy.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <utility>

namespace lumenflow::kernel {
namespace {

// allow, approval_required, deny.
int strictness(Decision decision) {
  return decision == Decision::kAllow ? 0 : decision == Decision::kApprovalRequired ? 1 : 2;
}

bool is_of_layer(const PolicyRule& rule, std::string_view lane) {
  return rule.layer != PolicyLayer::kLane || rule.owner == lane;
}

// What happens when this call of the kernel's own is carried out.
bool happens(PolicyTrigger trigger, std::string_view tool, const json::Value& input) {
  if (tool == "kernel:task_claim") return trigger == PolicyTrigger::kClaim;
  if (tool != "kernel:task_complete") return false;
  const json::Value* evidence = input.find("evidence_refs");
  const bool adds_evidence = evidence != nullptr && !evidence->as_array().empty();
  return trigger == PolicyTrigger::kCompletion || (trigger == PolicyTrigger::kEvidenceAdded && adds_evidence);
}

// What stands at the pointers of rules, each looked up at most once.
class Places {
 public:
  explicit Places(const json::Value& input) : input_(input) {}

  const json::Value* at(const InputTest& test) {
    const std::size_t place = test.place();
    if (place >= values_.size()) return input_.at_pointer(test.pointer());
    if (!known_[place]) {
      known_[place] = true;
      values_[place] = input_.at_pointer(test.pointer());
    }
    return values_[place];
  }

 private:
  const json::Value& input_;
  std::bitset<64> known_;
  std::array<const json::Value*, 64> values_;  // those that are known
};

void take(PolicyVerdict& verdict, const PolicyRule& rule) {
  verdict.decision = rule.decision;
  verdict.decided_by = rule.label;
  verdict.reason = rule.reason;
}

}  // namespace

bool is_stricter(const PolicyVerdict& a, const PolicyVerdict& b) {
  return strictness(a.decision) > strictness(b.decision);
}

std::string_view name(Decision decision) {
  switch (decision) {
    case Decision::kAllow:
      return "allow";
    case Decision::kDeny:
      return "deny";
    case Decision::kApprovalRequired:
      break;
  }
  return "approval_required";
}

std::string record_of(const PolicyVerdict& verdict) {
  std::string text(name(verdict.decision));
  text.append(" by ").append(verdict.decided_by);
  if (verdict.matched.empty() || (verdict.matched.size() == 1 && verdict.matched[0]->label == verdict.decided_by))
    return text;
  for (std::size_t i = 0; i < verdict.matched.size(); ++i)
    text.append(i == 0 ? "; matched " : ", ").append(verdict.matched[i]->label);
  return text;
}

PolicyVerdict decide_by_default(const WorkspaceConfig& config, pack::Permission permission) {
  if (config.default_decision) return {*config.default_decision, "default_decision", {}, {}};
  if (!config.production) return {Decision::kAllow, "default:development", {}, {}};
  const bool read = permission == pack::Permission::kRead;
  return {read ? Decision::kAllow : Decision::kDeny, "default:production", {}, {}};
}

Policy::Policy(const WorkspaceConfig& config, const pack::Registry& registry)
    : allow_loosening_(config.allow_loosening) {
  std::vector<std::string> pointers;
  const auto add = [&](const json::Value& list, PolicyLayer layer, const std::string& owner) {
    for (PolicyRule& rule : compile_rules(list, layer, owner, pointers)) rules_.push_back(std::move(rule));
  };
  add(config.policies, PolicyLayer::kWorkspace, "");
  for (const Lane& lane : config.lanes) add(lane.policies, PolicyLayer::kLane, lane.id);
  for (const auto& pack : registry.packs()) {
    json::Array written;
    for (const pack::PolicyRule& rule : pack->manifest.policies) written.push_back(rule.rule);
    add(written, PolicyLayer::kPack, pack->manifest.id);
    if (pack->code != nullptr)
      for (PolicyRule& rule : rules_of_intents(pack->manifest.id, pack->code->intents()))
        intents_.push_back(std::move(rule));
  }
  for (const auto& tool : registry.tools()) {
    OfTool& of_tool = tools_[tool.get()];
    of_tool.by_default = decide_by_default(config, tool->descriptor.permission);
    for (const PolicyRule& rule : rules_) {
      if (rule.trigger != PolicyTrigger::kToolRequest) continue;
      if (rule.layer == PolicyLayer::kPack && rule.owner != tool->pack->manifest.id) continue;
      if (auto left = terms_for(rule.when, *tool)) of_tool.rules.push_back({&rule, *std::move(left)});
    }
    of_tool.witness = PolicyWitness(of_tool.rules, tool->descriptor.input_schema);
  }
}

PolicyVerdict Policy::decide(const pack::ActiveTool& tool, const PolicyFacts& facts) const {
  if (tool.pack == nullptr) return decide_of_kernel(tool, facts);
  const OfTool& of_tool = tools_.at(&tool);
  Places places(facts.input);
  const auto test = [&places](const InputTest& asked) { return asked.holds(places.at(asked)); };
  std::vector<const PolicyRule*> matched;
  for (const ToolRule& rule : of_tool.rules)
    if (is_of_layer(*rule.rule, facts.lane) && terms_hold(rule.when, facts, test)) matched.push_back(rule.rule);
  add_of_intents(tool, facts, matched);
  return verdict(of_tool.by_default, std::move(matched));
}

void Policy::add_of_intents(const pack::ActiveTool& tool, const PolicyFacts& facts,
                            std::vector<const PolicyRule*>& matched) const {
  if (facts.session_pack.empty()) return;
  const auto no_input = [](const InputTest&) { return false; };
  for (const PolicyRule& rule : intents_) {
    if (rule.owner != facts.session_pack) continue;
    if (const auto left = terms_for(rule.when, tool); left && terms_hold(*left, facts, no_input))
      matched.push_back(&rule);
  }
}

bool Policy::intent_denies(const pack::ActiveTool& tool, const SessionFacts& session) const {
  const json::Value unknown;
  std::vector<const PolicyRule*> matched;
  add_of_intents(tool, {{}, {}, session.intent, unknown, session.pack}, matched);
  return std::ranges::find(matched, Decision::kDeny, &PolicyRule::decision) != matched.end();
}

PolicyVerdict Policy::decide_of_kernel(const pack::ActiveTool& tool, const PolicyFacts& facts) const {
  const PolicyVerdict by_default{Decision::kAllow, "kernel_tool", {}, {}};
  Places places(facts.input);
  const auto test = [&places](const InputTest& asked) { return asked.holds(places.at(asked)); };
  std::vector<const PolicyRule*> matched;
  for (const PolicyRule& rule : rules_) {
    if (rule.layer == PolicyLayer::kPack || !is_of_layer(rule, facts.lane)) continue;
    if (!happens(rule.trigger, tool.descriptor.name, facts.input)) continue;
    if (const auto left = terms_for(rule.when, tool); left && terms_hold(*left, facts, test)) matched.push_back(&rule);
  }
  add_of_intents(tool, facts, matched);
  return verdict(by_default, std::move(matched));
}

// `matched` goes from the widest layer to the narrowest.
PolicyVerdict Policy::verdict(const PolicyVerdict& by_default, std::vector<const PolicyRule*> matched) const {
  PolicyVerdict out = by_default;
  bool of_workspace = true;  // what stands so far is the workspace's, by its rules or by default
  for (auto first = matched.begin(); first != matched.end();) {
    const PolicyLayer layer = (*first)->layer;
    const auto last =
        std::find_if(first, matched.end(), [layer](const PolicyRule* rule) { return rule->layer != layer; });
    const PolicyRule& strictest = **std::max_element(first, last, [](const PolicyRule* a, const PolicyRule* b) {
      return strictness(a->decision) < strictness(b->decision);
    });
    const bool tightens = strictness(strictest.decision) > strictness(out.decision);
    const bool loosens = strictness(strictest.decision) < strictness(out.decision);
    const bool widest = layer == PolicyLayer::kWorkspace;  // its rules stand instead of its default
    if (widest || tightens || (loosens && of_workspace && allow_loosening_)) take(out, strictest);
    of_workspace = of_workspace && widest;
    first = last;
  }
  // A denial wins, wherever it was said.
  const auto denial = std::ranges::find(matched, Decision::kDeny, &PolicyRule::decision);
  if (denial != matched.end()) take(out, **denial);
  out.matched = std::move(matched);
  return out;
}

bool Policy::may_pass(const pack::ActiveTool& tool, std::string_view subject, std::string_view lane) const {
  const OfTool& of_tool = tools_.at(&tool);
  const json::Value unknown;
  return of_tool.witness.exists(of_tool.rules, {subject, lane, {}, unknown},
                                [&](std::vector<const PolicyRule*> matched) {
                                  return verdict(of_tool.by_default, std::move(matched)).decision != Decision::kDeny;
                                });
}

}  // namespace lumenflow::kernel
