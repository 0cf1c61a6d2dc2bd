#include "pack/schema_compat.h"

#include <algorithm>
#include <optional>
#include <set>

namespace lumenflow::pack {
namespace {

using json::Value;

constexpr std::string_view kTypes[] = {"array", "boolean", "integer", "null", "number", "object", "string"};
constexpr std::string_view kLowerBounds[] = {"minimum",  "exclusiveMinimum", "minLength",
                                             "minItems", "minProperties",    "minContains"};
constexpr std::string_view kUpperBounds[] = {"maximum",  "exclusiveMaximum", "maxLength",
                                             "maxItems", "maxProperties",    "maxContains"};
// Each narrows by being there.
constexpr std::string_view kWhole[] = {"$ref",
                                       "$dynamicRef",
                                       "allOf",
                                       "anyOf",
                                       "oneOf",
                                       "not",
                                       "if",
                                       "then",
                                       "else",
                                       "pattern",
                                       "format",
                                       "multipleOf",
                                       "uniqueItems",
                                       "patternProperties",
                                       "propertyNames",
                                       "contains",
                                       "prefixItems",
                                       "dependentRequired",
                                       "dependentSchemas",
                                       "unevaluatedItems",
                                       "unevaluatedProperties"};

std::set<std::string> types_of(const Value& schema) {
  const Value* type = schema.find("type");
  std::set<std::string> types;
  if (type == nullptr) types.insert(std::begin(kTypes), std::end(kTypes));
  if (type != nullptr && type->is_string()) types.insert(type->as_string());
  if (type != nullptr && type->is_array())
    for (const Value& each : type->as_array()) types.insert(each.is_string() ? each.as_string() : std::string());
  if (types.contains("number")) types.insert("integer");
  return types;
}

std::optional<std::vector<Value>> values_of(const Value& schema) {
  if (const Value* constant = schema.find("const")) return std::vector<Value>{*constant};
  const Value* words = schema.find("enum");
  if (words == nullptr || !words->is_array()) return std::nullopt;
  return std::vector<Value>(words->as_array().begin(), words->as_array().end());
}

bool refuses_all(const Value* schema) { return schema != nullptr && *schema == Value(false); }
bool takes_all(const Value* schema) {
  return schema == nullptr || *schema == Value(true) || (schema->is_object() && schema->as_object().size() == 0);
}

class Comparison {
 public:
  std::vector<SchemaDifference> found;

  void compare(const Value& wider, const Value& narrower, const std::string& pointer) {
    if (takes_all(&wider) || refuses_all(&narrower) || wider == narrower) return;
    if (refuses_all(&wider)) return add(pointer, "is not taken any more");
    static const Value kAnything = json::Object{};
    const Value& from = narrower.is_object() ? narrower : kAnything;
    compare_types(wider, from, pointer);
    compare_values(wider, from, pointer);
    compare_bounds(wider, from, pointer);
    compare_required(wider, from, pointer);
    compare_members(wider, from, pointer);
    compare_items(wider, from, pointer);
    for (const std::string_view key : kWhole) {
      const Value *of_wider = wider.find(key), *of_from = from.find(key);
      if (of_wider != nullptr && (of_from == nullptr || *of_wider != *of_from))
        add(pointer, "has another '" + std::string(key) + "'");
    }
  }

 private:
  void add(const std::string& pointer, std::string what) { found.push_back({pointer, std::move(what)}); }

  void compare_types(const Value& wider, const Value& from, const std::string& pointer) {
    const std::set<std::string> taken = types_of(wider);
    if (from.find("type") == nullptr && values_of(from)) return;  // the values say more
    for (const std::string& type : types_of(from))
      if (!taken.contains(type)) {
        add(pointer, "may not be of type " + type);
        if (from.find("type") == nullptr) return;  // one stands for all
      }
  }

  void compare_values(const Value& wider, const Value& from, const std::string& pointer) {
    const auto taken = values_of(wider);
    if (!taken) return;
    const auto given = values_of(from);
    if (!given) return add(pointer, "may be one of certain values only");
    for (const Value& value : *given)
      if (std::ranges::find(*taken, value) == taken->end()) add(pointer, "may not be " + json::serialize(value));
  }

  void compare_bounds(const Value& wider, const Value& from, const std::string& pointer) {
    const auto compare = [&](std::string_view key, bool lower) {
      const Value *limit = wider.find(key), *given = from.find(key);
      if (limit == nullptr || !limit->is_number()) return;
      const bool within = given != nullptr && given->is_number() &&
                          (lower ? given->as_double() >= limit->as_double() : given->as_double() <= limit->as_double());
      if (!within) add(pointer, "has the tighter limit " + std::string(key) + " " + json::serialize(*limit));
    };
    for (const std::string_view key : kLowerBounds) compare(key, true);
    for (const std::string_view key : kUpperBounds) compare(key, false);
  }

  static std::set<std::string> required_of(const Value& schema) {
    std::set<std::string> names;
    if (const Value* required = schema.find("required"); required != nullptr && required->is_array())
      for (const Value& name : required->as_array())
        if (name.is_string()) names.insert(name.as_string());
    return names;
  }

  void compare_required(const Value& wider, const Value& from, const std::string& pointer) {
    const std::set<std::string> given = required_of(from);
    for (const std::string& name : required_of(wider))
      if (!given.contains(name)) add(pointer + "/" + json::escape_pointer_token(name), "must be there");
  }

  void compare_members(const Value& wider, const Value& from, const std::string& pointer) {
    const Value *taken = wider.find("properties"), *given = from.find("properties");
    const Value* others = wider.find("additionalProperties");
    if (given != nullptr && given->is_object())
      for (const json::Member& member : given->as_object()) {
        const std::string below = pointer + "/" + json::escape_pointer_token(member.key);
        const Value* own = taken == nullptr ? nullptr : taken->find(member.key);
        if (own != nullptr)
          compare(*own, member.value, below);
        else if (refuses_all(others) && !refuses_all(&member.value))
          add(below, "is not known");
        else if (!takes_all(others))
          compare(*others, member.value, below);
      }
    if (takes_all(others)) return;
    const Value* others_given = from.find("additionalProperties");
    static const Value kAnything = true;
    if (refuses_all(others) ? !refuses_all(others_given) && types_of(from).contains("object") : false)
      add(pointer, "takes no further members");
    else if (!refuses_all(others))
      compare(*others, others_given == nullptr ? kAnything : *others_given, pointer + "/*");
  }

  void compare_items(const Value& wider, const Value& from, const std::string& pointer) {
    const Value *taken = wider.find("items"), *given = from.find("items");
    static const Value kAnything = true;
    if (!takes_all(taken) && types_of(from).contains("array"))
      compare(*taken, given == nullptr ? kAnything : *given, pointer + "/*");
  }
};

}  // namespace

std::vector<SchemaDifference> not_taken_by(const Value& wider, const Value& narrower) {
  Comparison comparison;
  comparison.compare(wider, narrower, "");
  return std::move(comparison.found);
}

}  // namespace lumenflow::pack
