#include "json/schema_evaluate.h"

#include <algorithm>

#include "json/number.h"
#include "json/schema_reasons.h"

namespace lumenflow::json {
namespace {

constexpr int kDepthMax = 1000;                   // nested evaluations: instance depth times references per level
constexpr std::uint64_t kChecksMax = 20'000'000;  // evaluations in all, about a second
constexpr std::size_t kPairwiseItemsMax = 16;     // items that are compared each with each

std::uint8_t type_bit(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return kNullBit;
    case Kind::kBoolean:
      return kBooleanBit;
    case Kind::kString:
      return kStringBit;
    case Kind::kArray:
      return kArrayBit;
    case Kind::kObject:
      return kObjectBit;
    case Kind::kDouble:
      return is_integral(value) ? kNumberBit | kIntegerBit : kNumberBit;
    default:
      return kNumberBit | kIntegerBit;
  }
}

// Whether the type keyword, compiled to `allowed`, admits a value of these bits.
bool admits(std::uint8_t allowed, std::uint8_t bits) {
  if ((bits & kIntegerBit) != 0) return (allowed & kIntegerBit) != 0;  // `number` has this bit too
  return (allowed & bits) != 0;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_duplicates(const Array& array) {
  if (array.size() <= kPairwiseItemsMax) {
    for (std::size_t i = 1; i < array.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (array[i] == array[k]) return true;
    return false;
  }
  std::vector<std::pair<std::size_t, std::size_t>> hashed;  // equal values have equal hashes
  hashed.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) hashed.emplace_back(hash_value(array[i]), i);
  std::sort(hashed.begin(), hashed.end());
  for (std::size_t i = 1; i < hashed.size(); ++i)
    for (std::size_t k = i; k > 0 && hashed[k - 1].first == hashed[i].first; --k)
      if (array[hashed[k - 1].second] == array[hashed[i].second]) return true;
  return false;
}

}  // namespace

bool SchemaEvaluator::accepts(const Value& instance) {
  return check<false>(*program_.root, instance, nullptr) && !exhausted_;
}

std::vector<ErrorDetail> SchemaEvaluator::explain(const Value& instance) {
  const bool valid = check<true>(*program_.root, instance, nullptr);
  std::stable_sort(reasons_.begin(), reasons_.end(),
                   [](const Reason& a, const Reason& b) { return a.ordinal < b.ordinal; });
  std::vector<ErrorDetail> details;
  for (Reason& reason : reasons_) details.push_back(std::move(reason.detail));
  if (exhausted_) details.insert(details.begin(), {"", "the schema recurses too deeply or too often on this value"});
  if (!valid && details.empty()) details.push_back({"", "does not match the schema"});
  return details;
}

template <bool kExplain, class MakeReason>
bool SchemaEvaluator::fail(const Node& node, const MakeReason& reason) {
  if constexpr (kExplain)
    if (!enough()) reasons_.push_back({node.ordinal, {pointer(), reason()}});
  return false;
}

std::string SchemaEvaluator::pointer() const {
  std::vector<const Step*> steps;
  for (const Step* step = step_; step != nullptr; step = step->parent) steps.push_back(step);
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step)
    out.append("/").append((*step)->key ? escape_pointer_token(*(*step)->key) : std::to_string((*step)->index));
  return out;
}

// `ok &= x` in both modes: the verdict mode leaves at the first failure.
#define LUMENFLOW_REQUIRE(condition)           \
  do {                                         \
    if (!(condition)) {                        \
      if (!kExplain || enough()) return false; \
      ok = false;                              \
    }                                          \
  } while (false)

template <bool kExplain>
bool SchemaEvaluator::check(const Node& node, const Value& value, Evaluated* seen) {
  if (node.trivial) return true;
  if (node.never) return fail<kExplain>(node, [] { return "is not allowed here"; });
  if (exhausted_ || depth_ >= kDepthMax || ++checks_ > kChecksMax) {
    exhausted_ = true;
    return false;
  }
  ++depth_;
  const Scope* const outer = scope_;
  const Scope inner{outer, node.resource};
  if (program_.has_dynamic_refs && (outer == nullptr || outer->resource != node.resource)) scope_ = &inner;
  bool ok = false;
  const bool items = node.unevaluated_items != nullptr && value.is_array();
  const bool members = node.unevaluated_properties != nullptr && value.is_object();
  if (items || members) {
    Evaluated own(items ? value.if_array()->size() : value.if_object()->size());
    ok = check_rules<kExplain>(node, value, &own) && check_unevaluated<kExplain>(node, value, own);
    if (ok && seen != nullptr) seen->merge(own);
  } else {
    ok = check_rules<kExplain>(node, value, seen);
  }
  scope_ = outer;
  --depth_;
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_rules(const Node& node, const Value& value, Evaluated* seen) {
  bool ok = true;
  if (node.types != kAllTypes && !admits(node.types, type_bit(value)))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_type(node.types, value); }));
  if (node.enumeration || node.constant) LUMENFLOW_REQUIRE(check_values<kExplain>(node, value));
  switch (value.kind()) {
    case Kind::kString:
      if (node.string) LUMENFLOW_REQUIRE(check_string<kExplain>(node, *value.if_string()));
      break;
    case Kind::kArray:
      if (node.array) LUMENFLOW_REQUIRE(check_array<kExplain>(node, *value.if_array(), seen));
      break;
    case Kind::kObject:
      if (node.object) LUMENFLOW_REQUIRE(check_object<kExplain>(node, value, seen));
      break;
    case Kind::kNull:
    case Kind::kBoolean:
      break;
    default:
      if (node.number) LUMENFLOW_REQUIRE(check_number<kExplain>(node, value));
  }
  if (node.ref != nullptr || node.dynamic_ref != nullptr)
    LUMENFLOW_REQUIRE(check_references<kExplain>(node, value, seen));
  for (const Node* part : node.all_of) LUMENFLOW_REQUIRE(check<kExplain>(*part, value, seen));
  if (!node.any_of.empty() || !node.one_of.empty() || node.negated != nullptr)
    LUMENFLOW_REQUIRE(check_alternatives<kExplain>(node, value, seen));
  if (node.condition != nullptr) LUMENFLOW_REQUIRE(check_condition<kExplain>(node, value, seen));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_values(const Node& node, const Value& value) {
  if (node.constant && !node.constant->holds(value))
    return fail<kExplain>(node, [&] { return reason_for_choice(node.constant->values); });
  if (node.enumeration && !node.enumeration->holds(value))
    return fail<kExplain>(node, [&] { return reason_for_choice(node.enumeration->values); });
  return true;
}

template <bool kExplain>
bool SchemaEvaluator::check_number(const Node& node, const Value& value) {
  const NumberRules& rules = *node.number;
  bool ok = true;
  const auto bound = [&](const std::optional<Value>& limit, auto within, const char* words) {
    if (!limit || within(compare_numbers(value, *limit))) return true;
    return fail<kExplain>(node, [&] { return words + serialize(*limit); });
  };
  LUMENFLOW_REQUIRE(bound(
      rules.minimum, [](auto order) { return order >= 0; }, "must be at least "));
  LUMENFLOW_REQUIRE(bound(
      rules.maximum, [](auto order) { return order <= 0; }, "must be at most "));
  LUMENFLOW_REQUIRE(bound(
      rules.exclusive_minimum, [](auto order) { return order > 0; }, "must be greater than "));
  LUMENFLOW_REQUIRE(bound(
      rules.exclusive_maximum, [](auto order) { return order < 0; }, "must be less than "));
  if (rules.multiple_of && !is_multiple_of(value, *rules.multiple_of))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return "must be a multiple of " + serialize(*rules.multiple_of); }));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_string(const Node& node, const std::string& text) {
  const StringRules& rules = *node.string;
  bool ok = true;
  // Code points are only counted where the number of bytes does not decide.
  if (rules.code_points_min > 0 && (text.size() < rules.code_points_min || code_points(text) < rules.code_points_min))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_size(true, rules.code_points_min, "character"); }));
  if (text.size() > rules.code_points_max && code_points(text) > rules.code_points_max)
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_size(false, rules.code_points_max, "character"); }));
  if (rules.pattern && !rules.pattern->matches(text))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return "must match the pattern " + rules.pattern->source(); }));
  if (rules.format && !matches(*rules.format, text))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return "must be " + std::string(describe(*rules.format)); }));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_child(const Node& node, const Value& value, const std::string* key, std::size_t index) {
  if constexpr (!kExplain) return check<false>(node, value, nullptr);
  const Step* const parent = step_;
  const Step step{parent, key, index};
  step_ = &step;
  const bool ok = check<kExplain>(node, value, nullptr);
  step_ = parent;
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_array(const Node& node, const Array& array, Evaluated* seen) {
  const ArrayRules& rules = *node.array;
  bool ok = true;
  if (array.size() < rules.items_min)
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_size(true, rules.items_min, "item"); }));
  if (array.size() > rules.items_max)
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_size(false, rules.items_max, "item"); }));
  if (rules.unique && has_duplicates(array))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [] { return "must not have two equal items"; }));
  const std::size_t prefix = std::min(rules.prefix.size(), array.size());
  for (std::size_t i = 0; i < prefix; ++i) {
    LUMENFLOW_REQUIRE(check_child<kExplain>(*rules.prefix[i], array[i], nullptr, i));
    if (seen != nullptr) seen->mark(i);
  }
  if (rules.items != nullptr) {
    for (std::size_t i = prefix; i < array.size(); ++i)
      LUMENFLOW_REQUIRE(check_child<kExplain>(*rules.items, array[i], nullptr, i));
    if (seen != nullptr) seen->mark_all();
  }
  if (rules.contains != nullptr) LUMENFLOW_REQUIRE(check_contains<kExplain>(node, array, seen));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_contains(const Node& node, const Array& array, Evaluated* seen) {
  const ArrayRules& rules = *node.array;
  std::size_t found = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (!matches_aside(*rules.contains, array[i], nullptr)) continue;
    ++found;
    if (seen != nullptr) seen->mark(i);
  }
  if (found < rules.contains_min)
    return fail<kExplain>(node, [&] {
      return reason_for_size(true, rules.contains_min, "item") + " of the kind that `contains` describes";
    });
  if (found > rules.contains_max)
    return fail<kExplain>(node, [&] {
      return reason_for_size(false, rules.contains_max, "item") + " of the kind that `contains` describes";
    });
  return true;
}

template <bool kExplain>
bool SchemaEvaluator::check_object(const Node& node, const Value& value, Evaluated* seen) {
  const ObjectRules& rules = *node.object;
  const Object& object = *value.if_object();
  bool ok = true;
  if (object.size() < rules.members_min)
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_size(true, rules.members_min, "property"); }));
  if (object.size() > rules.members_max)
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return reason_for_size(false, rules.members_max, "property"); }));
  std::size_t expected = 0, required_found = 0, index = 0;
  for (const Member& member : object) {
    const NameRule* rule = rules.names.find(member.key, expected);
    if (rule != nullptr && rule->required) ++required_found;
    bool known = false;
    LUMENFLOW_REQUIRE(check_member<kExplain>(node, member, rule, known));
    if (known && seen != nullptr) seen->mark(index);
    ++index;
  }
  if (required_found < rules.required_count) {
    if constexpr (!kExplain) return false;
    for (const NameRule& rule : rules.names.rules())
      if (rule.required && !object.contains(rule.name))
        LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return "must have the property \"" + rule.name + "\""; }));
  }
  if (!rules.dependent_required.empty() || !rules.dependent_schemas.empty())
    LUMENFLOW_REQUIRE(check_dependencies<kExplain>(node, value, seen));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_member(const Node& node, const Member& member, const NameRule* rule, bool& known) {
  const ObjectRules& rules = *node.object;
  bool ok = true;
  if (rules.property_names != nullptr && !rules.property_names->trivial)
    LUMENFLOW_REQUIRE(check_child<kExplain>(*rules.property_names, Value(member.key), &member.key, 0));
  if (rule != nullptr && rule->schema != nullptr) {
    known = true;
    LUMENFLOW_REQUIRE(check_child<kExplain>(*rule->schema, member.value, &member.key, 0));
  }
  for (const auto& [pattern, schema] : rules.patterns) {
    if (!pattern.matches(member.key)) continue;
    known = true;
    LUMENFLOW_REQUIRE(check_child<kExplain>(*schema, member.value, &member.key, 0));
  }
  if (known || rules.additional == nullptr) return ok;
  known = true;
  LUMENFLOW_REQUIRE(check_child<kExplain>(*rules.additional, member.value, &member.key, 0));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_dependencies(const Node& node, const Value& value, Evaluated* seen) {
  const ObjectRules& rules = *node.object;
  const Object& object = *value.if_object();
  bool ok = true;
  for (const auto& [name, required] : rules.dependent_required) {
    if (!object.contains(name)) continue;
    for (const std::string& needed : required)
      if (!object.contains(needed))
        LUMENFLOW_REQUIRE(fail<kExplain>(node, [&, &present = name] {
          return "must have the property \"" + needed + "\" because it has \"" + present + "\"";
        }));
  }
  for (const auto& [name, schema] : rules.dependent_schemas)
    if (object.contains(name)) LUMENFLOW_REQUIRE(check<kExplain>(*schema, value, seen));
  return ok;
}

template <bool kExplain>
bool SchemaEvaluator::check_references(const Node& node, const Value& value, Evaluated* seen) {
  bool ok = true;
  if (node.ref != nullptr) LUMENFLOW_REQUIRE(check<kExplain>(*node.ref, value, seen));
  if (node.dynamic_ref != nullptr) LUMENFLOW_REQUIRE(check<kExplain>(dynamic_target(node), value, seen));
  return ok;
}

// JSON Schema core, 8.2.3.2: the outermost resource in scope that defines the anchor.
const Node& SchemaEvaluator::dynamic_target(const Node& node) const {
  const Node* target = node.dynamic_ref;
  if (!node.dynamic_anchor) return *target;
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer)
    for (const auto& [number, anchored] : program_.dynamic_anchors[scope->resource])
      if (number == *node.dynamic_anchor) target = anchored;
  return *target;
}

bool SchemaEvaluator::matches_aside(const Node& branch, const Value& value, Evaluated* seen) {
  if (seen == nullptr) return check<false>(branch, value, nullptr);
  Evaluated own(value.is_array() ? value.if_array()->size() : value.is_object() ? value.if_object()->size() : 0);
  if (!check<false>(branch, value, &own)) return false;
  seen->merge(own);
  return true;
}

template <bool kExplain>
bool SchemaEvaluator::check_alternatives(const Node& node, const Value& value, Evaluated* seen) {
  bool ok = true;
  if (!node.any_of.empty()) {
    bool any = false;
    for (const Node* branch : node.any_of) {
      any = matches_aside(*branch, value, seen) || any;
      if (any && seen == nullptr) break;  // every branch that matches has marks to add
    }
    if (!any) LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return why_not(node.any_of, value); }));
  }
  if (!node.one_of.empty()) {
    std::size_t matching = 0;
    for (const Node* branch : node.one_of) {
      matching += matches_aside(*branch, value, seen) ? 1 : 0;
      if (matching > 1) break;
    }
    if (matching == 0) LUMENFLOW_REQUIRE(fail<kExplain>(node, [&] { return why_not(node.one_of, value); }));
    if (matching > 1)
      LUMENFLOW_REQUIRE(
          fail<kExplain>(node, [] { return "must match exactly one of the alternatives, but matches several"; }));
  }
  if (node.negated != nullptr && matches_aside(*node.negated, value, nullptr))
    LUMENFLOW_REQUIRE(fail<kExplain>(node, [] { return "must not match the schema of `not`"; }));
  return ok;
}

// The first reason against each alternative, for as many as one can read.
std::string SchemaEvaluator::why_not(const std::vector<const Node*>& branches, const Value& value) {
  constexpr std::size_t kShownMax = 3;
  std::string out = "must match one of " + std::to_string(branches.size()) + " alternatives";
  if (within_why_not_) return out;  // alternatives of alternatives are more than one can read, and cost twice each
  within_why_not_ = true;
  const std::size_t here = pointer().size();
  for (std::size_t i = 0; i < std::min(branches.size(), kShownMax); ++i) {
    std::vector<Reason> kept = std::exchange(reasons_, {});
    check<true>(*branches[i], value, nullptr);
    const std::vector<Reason> own = std::exchange(reasons_, std::move(kept));
    if (own.empty()) continue;
    const std::string_view below = std::string_view(own[0].detail.pointer).substr(here);
    out.append(i == 0 ? ": " : "; or ").append(below).append(below.empty() ? "" : " ").append(own[0].detail.reason);
  }
  within_why_not_ = false;
  return out;
}

template <bool kExplain>
bool SchemaEvaluator::check_condition(const Node& node, const Value& value, Evaluated* seen) {
  const Node* branch = matches_aside(*node.condition, value, seen) ? node.consequence : node.alternative;
  return branch == nullptr || check<kExplain>(*branch, value, seen);
}

template <bool kExplain>
bool SchemaEvaluator::check_unevaluated(const Node& node, const Value& value, Evaluated& seen) {
  bool ok = true;
  if (const Array* array = value.if_array())
    for (std::size_t i = 0; i < array->size(); ++i)
      if (!seen.has(i)) LUMENFLOW_REQUIRE(check_child<kExplain>(*node.unevaluated_items, (*array)[i], nullptr, i));
  if (const Object* object = value.if_object()) {
    std::size_t i = 0;
    for (const Member& member : *object)
      if (!seen.has(i++))
        LUMENFLOW_REQUIRE(check_child<kExplain>(*node.unevaluated_properties, member.value, &member.key, 0));
  }
  if (ok) seen.mark_all();
  return ok;
}

#undef LUMENFLOW_REQUIRE

}  // namespace lumenflow::json
