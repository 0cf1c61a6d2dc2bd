// One rule of a policy, compiled: what it decides, and the conditions under which it does.
//
// Immutable once compiled, then safe to read from any thread. Rules are compiled from what the strict readers of
// lumenflow.yaml and of manifests have accepted (pack/policy_fields.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/config.h"
#include "lumenflow/json.h"
#include "pack/registry.h"

namespace lumenflow::json {
class Pattern;
}

namespace lumenflow::kernel {

// From the widest to the narrowest.
enum class PolicyLayer : std::uint8_t { kWorkspace, kLane, kPack, kIntent };

// When a rule is asked.
enum class PolicyTrigger : std::uint8_t { kToolRequest, kClaim, kCompletion, kEvidenceAdded };

// What the conditions of a rule look at, besides the tool.
struct PolicyFacts {
  std::string_view subject;
  std::string_view lane;               // empty: the call is in none
  std::string_view intent;             // of the session; empty: there is none
  const json::Value& input;            // what counts of it (0008)
  std::string_view session_pack = {};  // whose session it is made in; empty: none, and no intent binds it
};

// The session that a call is made in, as far as rules look at it; empty: none.
struct SessionFacts {
  std::string_view pack, intent;
};

// `{equals, in, matches, exists}`, all that are given, about what stands at one place of the input.
class InputTest {
 public:
  // `place`: the pointer's number among those of the policy.
  InputTest(std::size_t place, std::string pointer, const json::Value& written);

  std::size_t place() const { return place_; }
  const std::string& pointer() const { return pointer_; }
  bool holds(const json::Value* at) const;  // null: nothing stands there
  // Of a value that no test names, given whether it matches this test's pattern.
  bool holds_for_unnamed(bool matches_pattern) const;
  const std::string* pattern() const;  // null: none
  // The values that `equals` and `in` name.
  const std::vector<json::Value>& named() const { return named_; }

 private:
  std::size_t place_;
  std::string pointer_;
  std::vector<json::Value> named_;
  bool tests_named_ = false;           // equals or in
  std::optional<json::Value> equals_;  // besides `in`
  std::optional<bool> exists_;
  std::shared_ptr<const json::Pattern> pattern_;  // shared by copies; null: none
};

struct PolicyTerm;
using PolicyTerms = std::vector<PolicyTerm>;  // all of them must hold

struct PolicyTerm {
  enum class Kind : std::uint8_t { kTool, kPack, kPermission, kSubject, kLane, kIntent, kInput, kNot };
  Kind kind = Kind::kTool;
  std::vector<std::string> words;              // a glob or a name; of intents those that do
  std::shared_ptr<const InputTest> input;      // kInput; shared by what is made of the rule for each tool
  std::shared_ptr<const PolicyTerms> negated;  // kNot; likewise
};

struct PolicyRule {
  std::string id;     // as written
  std::string label;  // in records: "workspace:<id>", "lane:<lane>:<id>", "pack:<pack>:<id>"
  PolicyTrigger trigger = PolicyTrigger::kToolRequest;
  PolicyLayer layer = PolicyLayer::kWorkspace;
  std::string owner;  // the lane or the pack
  Decision decision = Decision::kDeny;
  std::string reason;  // may be empty
  std::string hash;    // lower-case hex SHA-256 of its canonical JSON: another rule of the same id differs
  PolicyTerms when;
};

// The rules of a list, in its order. Pointers that their tests name are added to those of the policy.
std::vector<PolicyRule> compile_rules(const json::Value& list, PolicyLayer layer, const std::string& owner,
                                      std::vector<std::string>& pointers);

// What the intents of a pack say of the calls in its sessions; none without intents.
std::vector<PolicyRule> rules_of_intents(const std::string& pack, const std::vector<pack::Intent>& intents);

// What is left of the terms for this tool: nothing when they can never hold for it, empty when they always do.
std::optional<PolicyTerms> terms_for(const PolicyTerms& terms, const pack::ActiveTool& tool);
// Likewise for a caller whose input is not known yet; of terms_for() a tool, so that tests of the input are left.
std::optional<PolicyTerms> terms_for(const PolicyTerms& terms, const PolicyFacts& facts);

// Of terms that are left for the tool. `test` answers for the input.
template <class Test>
bool terms_hold(const PolicyTerms& terms, const PolicyFacts& facts, const Test& test);
bool term_holds(const PolicyTerm& term, const PolicyFacts& facts);  // of the caller: subject, lane, intent

template <class Test>
bool terms_hold(const PolicyTerms& terms, const PolicyFacts& facts, const Test& test) {
  for (const PolicyTerm& term : terms) {
    const bool holds = term.kind == PolicyTerm::Kind::kInput ? test(*term.input)
                       : term.kind == PolicyTerm::Kind::kNot ? !terms_hold(*term.negated, facts, test)
                                                             : term_holds(term, facts);
    if (!holds) return false;
  }
  return true;
}

}  // namespace lumenflow::kernel
