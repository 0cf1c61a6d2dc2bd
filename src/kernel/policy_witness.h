// Is there an input that a tool's rules let through? Looked for among combinations of the values that the rules name,
// their absence, and a value that none names; what the tool's schema rules out is left aside as far as its own
// properties say so.
//
// Immutable, so safe to read from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/policy_rule.h"

namespace lumenflow::kernel {

// A rule and what is left of its conditions for one tool.
struct ToolRule {
  const PolicyRule* rule;  // owned by the policy
  PolicyTerms when;
};

class PolicyWitness {
 public:
  PolicyWitness() = default;
  PolicyWitness(const std::vector<ToolRule>& rules, const json::Value& input_schema);

  // Whether `passes` holds for the rules that match for some input, as far as the facts but the input go.
  bool exists(const std::vector<ToolRule>& rules, const PolicyFacts& facts,
              const std::function<bool(std::vector<const PolicyRule*> matched)>& passes) const;

 private:
  // What may stand at a pointer, as far as the rules can tell values apart.
  struct Candidate {
    enum class Kind : std::uint8_t { kAbsent, kNamed, kUnnamed };
    Kind kind = Kind::kAbsent;
    std::shared_ptr<const json::Value> value;  // kNamed; shared by copies
    std::uint32_t patterns = 0;                // kUnnamed: which of the patterns it matches, as bits
  };
  struct Place {
    std::string pointer;
    std::vector<const InputTest*> tests;  // owned by the rules
    std::vector<std::string> patterns;    // of the tests, each once
    std::vector<Candidate> candidates;
  };
  static void gather(const PolicyTerms& terms, std::vector<Place>& places);
  static void find_candidates(Place& place, const json::Value& input_schema);
  const Place& place_of(const InputTest& test) const;

  std::vector<Place> places_;
};

}  // namespace lumenflow::kernel
