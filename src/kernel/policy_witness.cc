#include "kernel/policy_witness.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "json/schema.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kPatternsMax = 6;          // of one place, told apart
constexpr std::size_t kCombinationsMax = 4'096;  // beyond, a tool counts as callable

// What the schema says of a member of the input itself.
struct InputMember {
  bool required = false;
  bool forbidden = false;                       // by additionalProperties: false
  std::optional<std::vector<json::Value>> all;  // every value that there is
  std::optional<json::Schema> schema;
};

std::optional<std::string> member_name(const std::string& pointer) {
  if (pointer.size() < 2 || pointer.find('/', 1) != std::string::npos || pointer.find('~') != std::string::npos)
    return std::nullopt;
  return pointer.substr(1);
}

InputMember read_member(const std::string& pointer, const json::Value& input_schema) {
  InputMember member;
  const std::optional<std::string> name = member_name(pointer);
  if (!name) return member;
  if (const json::Value* required = input_schema.find("required"); required != nullptr && required->is_array())
    member.required = std::ranges::find(required->as_array(), json::Value(*name)) != required->as_array().end();
  const json::Value* properties = input_schema.find("properties");
  const json::Value* schema = properties == nullptr ? nullptr : properties->find(*name);
  if (schema == nullptr) {
    const json::Value* others = input_schema.find("additionalProperties");
    member.forbidden = others != nullptr && *others == json::Value(false) && !input_schema.find("patternProperties");
    return member;
  }
  if (const json::Value* values = schema->find("enum"); values != nullptr && values->is_array())
    member.all = values->as_array();
  else if (const json::Value* value = schema->find("const"))
    member.all = {*value};
  else if (const json::Value* type = schema->find("type"); type != nullptr && *type == json::Value("boolean"))
    member.all = {json::Value(false), json::Value(true)};
  if (Result<json::Schema> compiled = json::Schema::compile(*schema); compiled.ok())
    member.schema = *std::move(compiled);  // one that refers to others does not compile alone, and excludes nothing
  return member;
}

}  // namespace

PolicyWitness::PolicyWitness(const std::vector<ToolRule>& rules, const json::Value& input_schema) {
  for (const ToolRule& rule : rules) gather(rule.when, places_);
  for (Place& place : places_) find_candidates(place, input_schema);
}

void PolicyWitness::gather(const PolicyTerms& terms, std::vector<Place>& places) {
  for (const PolicyTerm& term : terms) {
    if (term.kind == PolicyTerm::Kind::kNot) gather(*term.negated, places);
    if (term.kind != PolicyTerm::Kind::kInput) continue;
    auto place = std::ranges::find(places, term.input->pointer(), &Place::pointer);
    if (place == places.end()) place = places.insert(place, Place{term.input->pointer(), {}, {}, {}});
    place->tests.push_back(term.input.get());
    const std::string* pattern = term.input->pattern();
    if (pattern != nullptr && std::ranges::find(place->patterns, *pattern) == place->patterns.end())
      place->patterns.push_back(*pattern);
  }
}

void PolicyWitness::find_candidates(Place& place, const json::Value& input_schema) {
  const InputMember member = read_member(place.pointer, input_schema);
  if (!member.required) place.candidates.push_back({});
  if (member.forbidden) return;
  std::vector<json::Value> values;
  for (const InputTest* test : place.tests) values.insert(values.end(), test->named().begin(), test->named().end());
  if (member.all) values = *member.all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool again = std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) !=
                       values.begin() + static_cast<std::ptrdiff_t>(i);
    if (again || (member.schema && !member.schema->accepts(values[i]))) continue;
    place.candidates.push_back({Candidate::Kind::kNamed, std::make_shared<const json::Value>(std::move(values[i])), 0});
  }
  if (member.all) return;
  const std::size_t told_apart = std::min(place.patterns.size(), kPatternsMax);
  for (std::uint32_t bits = 0; bits < (std::uint32_t{1} << told_apart); ++bits)
    place.candidates.push_back({Candidate::Kind::kUnnamed, nullptr, bits});
}

const PolicyWitness::Place& PolicyWitness::place_of(const InputTest& test) const {
  const auto place = std::ranges::find(places_, test.pointer(), &Place::pointer);
  LUMENFLOW_CHECK(place != places_.end());
  return *place;
}

bool PolicyWitness::exists(const std::vector<ToolRule>& rules, const PolicyFacts& facts,
                           const std::function<bool(std::vector<const PolicyRule*> matched)>& passes) const {
  std::vector<ToolRule> open;  // what the input decides
  std::size_t combinations = 1;
  for (const ToolRule& rule : rules)
    if (rule.rule->layer != PolicyLayer::kLane || rule.rule->owner == facts.lane)
      if (std::optional<PolicyTerms> left = terms_for(rule.when, facts)) open.push_back({rule.rule, *std::move(left)});
  for (const Place& place : places_) {
    combinations *= place.candidates.size();
    if (combinations == 0) return false;  // the schema takes no input
    if (combinations > kCombinationsMax || place.patterns.size() > kPatternsMax) return true;
  }
  std::vector<std::size_t> chosen(places_.size(), 0);
  for (std::size_t n = 0; n < combinations; ++n) {
    std::size_t rest = n;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      chosen[i] = rest % places_[i].candidates.size();
      rest /= places_[i].candidates.size();
    }
    const auto test = [&](const InputTest& asked) {
      const Place& place = place_of(asked);
      const Candidate& candidate = place.candidates[chosen[static_cast<std::size_t>(&place - places_.data())]];
      if (candidate.kind != Candidate::Kind::kUnnamed) return asked.holds(candidate.value.get());
      if (asked.pattern() == nullptr) return asked.holds_for_unnamed(false);
      const auto bit = std::ranges::find(place.patterns, *asked.pattern()) - place.patterns.begin();
      return asked.holds_for_unnamed(((candidate.patterns >> bit) & 1) != 0);
    };
    std::vector<const PolicyRule*> matched;
    for (const ToolRule& rule : open)
      if (terms_hold(rule.when, facts, test)) matched.push_back(rule.rule);
    if (passes(std::move(matched))) return true;
  }
  return false;
}

}  // namespace lumenflow::kernel
