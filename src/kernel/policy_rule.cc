#include "kernel/policy_rule.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/sha256.h"
#include "json/canonical.h"
#include "json/schema_pattern.h"
#include "pack/text_glob.h"

namespace lumenflow::kernel {
namespace {

using Kind = PolicyTerm::Kind;

constexpr std::array<std::string_view, 4> kTriggers = {"on_tool_request", "on_claim", "on_completion",
                                                       "on_evidence_added"};

// Of one word each; the rest has a form of its own.
constexpr std::array<std::pair<std::string_view, Kind>, 5> kWords{{{"tool", Kind::kTool},
                                                                   {"pack", Kind::kPack},
                                                                   {"permission", Kind::kPermission},
                                                                   {"subject", Kind::kSubject},
                                                                   {"lane", Kind::kLane}}};

// Those first that are cheap to ask.
PolicyTerms compile_when(const json::Value& when, std::vector<std::string>& pointers) {
  PolicyTerms terms;
  for (const auto& [key, kind] : kWords)
    if (const json::Value* word = when.find(key)) terms.push_back({kind, {word->as_string()}, nullptr, nullptr});
  if (const json::Value* intents = when.find("intent")) {
    PolicyTerm term{Kind::kIntent, {}, nullptr, nullptr};
    for (const json::Value& word : intents->as_array()) term.words.push_back(word.as_string());
    terms.push_back(std::move(term));
  }
  if (const json::Value* tests = when.find("input"))
    for (const json::Member& test : tests->as_object()) {
      const auto known = std::ranges::find(pointers, test.key);
      const auto place = static_cast<std::size_t>(known - pointers.begin());
      if (known == pointers.end()) pointers.push_back(test.key);
      terms.push_back({Kind::kInput, {}, std::make_shared<const InputTest>(place, test.key, test.value), nullptr});
    }
  if (const json::Value* inner = when.find("not"))
    terms.push_back({Kind::kNot, {}, nullptr, std::make_shared<const PolicyTerms>(compile_when(*inner, pointers))});
  return terms;
}

Decision decision_of(std::string_view word) {
  return word == "allow" ? Decision::kAllow : word == "deny" ? Decision::kDeny : Decision::kApprovalRequired;
}

// Whether a term holds, as far as `decide` knows: nothing, and it is left.
template <class Decide>
std::optional<PolicyTerms> what_is_left(const PolicyTerms& terms, const Decide& decide) {
  PolicyTerms left;
  for (const PolicyTerm& term : terms) {
    if (term.kind == Kind::kNot) {
      std::optional<PolicyTerms> inner = what_is_left(*term.negated, decide);
      if (!inner) continue;  // never holds, so that it is always not so
      if (inner->empty()) return std::nullopt;
      left.push_back({Kind::kNot, {}, nullptr, std::make_shared<const PolicyTerms>(*std::move(inner))});
      continue;
    }
    const std::optional<bool> holds = decide(term);
    if (!holds) left.push_back(term);
    if (holds && !*holds) return std::nullopt;
  }
  return left;
}

}  // namespace

InputTest::InputTest(std::size_t place, std::string pointer, const json::Value& written)
    : place_(place), pointer_(std::move(pointer)) {
  if (const json::Value* value = written.find("equals")) equals_ = *value;
  const json::Value* in = written.find("in");
  if (in != nullptr) named_ = in->as_array();
  if (equals_) {
    // Both given: what is equal to the one and among the others.
    if (in == nullptr || std::ranges::find(named_, *equals_) != named_.end())
      named_ = {*equals_};
    else
      named_.clear();
  }
  tests_named_ = equals_ || in != nullptr;
  if (const json::Value* exists = written.find("exists")) exists_ = exists->as_boolean();
  if (const json::Value* pattern = written.find("matches")) {
    Result<json::Pattern> compiled = json::Pattern::compile(pattern->as_string());
    LUMENFLOW_CHECK(compiled.ok());  // whoever read the rule has compiled it before
    pattern_ = std::make_shared<const json::Pattern>(*std::move(compiled));
  }
}

const std::string* InputTest::pattern() const { return pattern_ == nullptr ? nullptr : &pattern_->source(); }

bool InputTest::holds(const json::Value* at) const {
  if (exists_ && *exists_ != (at != nullptr)) return false;
  if (tests_named_ && (at == nullptr || std::ranges::find(named_, *at) == named_.end())) return false;
  if (pattern_ == nullptr) return true;
  const std::string* text = at == nullptr ? nullptr : at->if_string();
  return text != nullptr && pattern_->matches(*text);
}

bool InputTest::holds_for_unnamed(bool matches_pattern) const {
  return exists_.value_or(true) && !tests_named_ && (pattern_ == nullptr || matches_pattern);
}

std::vector<PolicyRule> compile_rules(const json::Value& list, PolicyLayer layer, const std::string& owner,
                                      std::vector<std::string>& pointers) {
  std::vector<PolicyRule> rules;
  for (const json::Value& written : list.as_array()) {
    const auto trigger = std::ranges::find(kTriggers, json::string_or(written, "trigger", ""));
    if (trigger == kTriggers.end()) continue;
    PolicyRule rule;
    rule.trigger = static_cast<PolicyTrigger>(trigger - kTriggers.begin());
    const std::string place = layer == PolicyLayer::kWorkspace ? "workspace"
                              : layer == PolicyLayer::kLane    ? "lane:" + owner
                                                               : "pack:" + owner;
    rule.id = json::string_or(written, "id", "");
    rule.label = place + ":" + rule.id;
    rule.layer = layer;
    rule.owner = owner;
    rule.decision = decision_of(json::string_or(written, "decision", ""));
    rule.reason = json::string_or(written, "reason", "");
    rule.hash = sha256_hex(json::serialize(written));
    if (const json::Value* when = written.find("when")) rule.when = compile_when(*when, pointers);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<PolicyRule> rules_of_intents(const std::string& pack, const std::vector<pack::Intent>& intents) {
  std::vector<PolicyRule> rules;
  const auto add = [&](const std::string& id, Decision decision, std::string reason, PolicyTerms when) {
    PolicyRule rule;
    rule.id = "intent-" + id;
    rule.label = "intent:" + pack + ":" + id;
    rule.layer = PolicyLayer::kIntent;
    rule.owner = pack;
    rule.decision = decision;
    rule.reason = std::move(reason);
    rule.when = std::move(when);
    rules.push_back(std::move(rule));
  };
  const auto none_of = [](const std::vector<std::string>& globs, PolicyTerms& terms) {
    for (const std::string& glob : globs) {
      const PolicyTerm tool{Kind::kTool, {glob}, nullptr, nullptr};
      terms.push_back({Kind::kNot, {}, nullptr, std::make_shared<const PolicyTerms>(PolicyTerms{tool})});
    }
  };
  PolicyTerm known{Kind::kIntent, {}, nullptr, nullptr};
  for (const pack::Intent& intent : intents) {
    known.words.push_back(intent.id);
    const PolicyTerm own{Kind::kIntent, {intent.id}, nullptr, nullptr};
    PolicyTerms not_listed{own}, asked_for;
    none_of(intent.allow_tools, not_listed);
    none_of(intent.approval_required_tools, not_listed);
    none_of(intent.approval_required_tools, asked_for);
    const std::size_t first = rules.size();
    add(intent.id, Decision::kDeny, "the session's intent '" + intent.id + "' does not allow it", not_listed);
    if (!asked_for.empty())
      add(intent.id, Decision::kApprovalRequired, {},
          {own, {Kind::kNot, {}, nullptr, std::make_shared<const PolicyTerms>(asked_for)}});
    const json::Object written{{"id", intent.id},
                               {"allow_tools", json::Array(intent.allow_tools.begin(), intent.allow_tools.end())},
                               {"approval_required_tools", json::Array(intent.approval_required_tools.begin(),
                                                                       intent.approval_required_tools.end())}};
    for (std::size_t i = first; i < rules.size(); ++i) rules[i].hash = sha256_hex(json::serialize(written));
  }
  if (!intents.empty())
    add("none", Decision::kDeny, "the session has none of the configured intents, so it may call nothing",
        {{Kind::kNot, {}, nullptr, std::make_shared<const PolicyTerms>(PolicyTerms{known})}});
  return rules;
}

std::optional<PolicyTerms> terms_for(const PolicyTerms& terms, const pack::ActiveTool& tool) {
  return what_is_left(terms, [&tool](const PolicyTerm& term) -> std::optional<bool> {
    switch (term.kind) {
      case Kind::kTool:
        return pack::text_glob_matches(term.words.front(), tool.descriptor.name);
      case Kind::kPack:
        return term.words.front() == (tool.pack == nullptr ? "kernel" : std::string_view(tool.pack->manifest.id));
      case Kind::kPermission:
        return term.words.front() == name(tool.descriptor.permission);
      default:
        return std::nullopt;
    }
  });
}

std::optional<PolicyTerms> terms_for(const PolicyTerms& terms, const PolicyFacts& facts) {
  return what_is_left(terms, [&facts](const PolicyTerm& term) -> std::optional<bool> {
    if (term.kind == Kind::kInput) return std::nullopt;
    return term_holds(term, facts);
  });
}

bool term_holds(const PolicyTerm& term, const PolicyFacts& facts) {
  switch (term.kind) {
    case Kind::kSubject:
      return pack::text_glob_matches(term.words.front(), facts.subject);
    case Kind::kLane:
      return term.words.front() == facts.lane;
    case Kind::kIntent:
      return std::ranges::find(term.words, facts.intent) != term.words.end();
    default:
      break;
  }
  LUMENFLOW_CHECK(!"a term of the tool or the input is asked elsewhere");
}

}  // namespace lumenflow::kernel
