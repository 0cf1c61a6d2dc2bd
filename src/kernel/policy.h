// Stage 5: what the rules say of a call (03-dispatch, Policy).
//
// Layers go from the workspace over the lane to the pack. In each the strictest rule that matches counts; a denial
// anywhere is final; a narrower layer may tighten what the wider ones said, and loosens it only with the workspace's
// allow_loosening. Where no rule of the workspace matches, its default decision stands for them. A pack's rules see the
// pack's own tools. The intents of agents' sessions are the narrowest layer, for the calls in them. Immutable, so safe
// to read from any thread; borrows the registry's tools.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/config.h"
#include "kernel/policy_rule.h"
#include "kernel/policy_witness.h"
#include "pack/manifest.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

struct PolicyVerdict {
  Decision decision = Decision::kDeny;
  std::string decided_by;                  // the rule's label, or the default and where it comes from
  std::string reason;                      // of the rule; may be empty
  std::vector<const PolicyRule*> matched;  // every rule that did, widest layer first; owned by the policy
};

// "deny by workspace:freeze; matched workspace:freeze, pack:acme:ask": as a call's record keeps it.
std::string record_of(const PolicyVerdict& verdict);

// What a tool of this permission gets where no rule matches.
PolicyVerdict decide_by_default(const WorkspaceConfig& config, pack::Permission permission);
bool is_stricter(const PolicyVerdict& a, const PolicyVerdict& b);
std::string_view name(Decision decision);  // allow, deny, approval_required

class Policy {
 public:
  Policy(const WorkspaceConfig& config, const pack::Registry& registry);
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // Of a tool of the registry, or of the kernel's own: of those, rules are about claiming and completing tasks alone
  // (`on_claim`, `on_completion`).
  PolicyVerdict decide(const pack::ActiveTool& tool, const PolicyFacts& facts) const;

  // Whether some input is allowed to this caller, or approvable. Errs towards yes only where the tests of several
  // inputs exclude each other in a way that takes more than their named values to see.
  bool may_pass(const pack::ActiveTool& tool, std::string_view subject, std::string_view lane) const;

  // Whether the session's intent denies the tool, whatever the input.
  bool intent_denies(const pack::ActiveTool& tool, const SessionFacts& session) const;

  std::size_t rules() const { return rules_.size(); }

 private:
  struct OfTool {
    PolicyVerdict by_default;
    std::vector<ToolRule> rules;
    PolicyWitness witness;
  };
  PolicyVerdict decide_of_kernel(const pack::ActiveTool& tool, const PolicyFacts& facts) const;
  void add_of_intents(const pack::ActiveTool& tool, const PolicyFacts& facts,
                      std::vector<const PolicyRule*>& matched) const;
  PolicyVerdict verdict(const PolicyVerdict& by_default, std::vector<const PolicyRule*> matched) const;

  bool allow_loosening_ = false;
  std::deque<PolicyRule> rules_;     // widest layer first; addresses stay
  std::vector<PolicyRule> intents_;  // of all packs; they bind the calls in sessions alone
  std::unordered_map<const pack::ActiveTool*, OfTool> tools_;
};

}  // namespace lumenflow::kernel
