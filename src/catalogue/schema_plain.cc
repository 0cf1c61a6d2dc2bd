#include "catalogue/schema_plain.h"

#include <algorithm>

#include "json/number.h"

namespace lumenflow::catalogue {
namespace {

using json::Value;

constexpr std::size_t kNodesMax = 20'000;  // references may multiply
constexpr std::string_view kDescribing[] = {"$schema",    "$id",       "$comment", "$defs",      "definitions",
                                            "title",      "default",   "examples", "readOnly",   "description",
                                            "deprecated", "writeOnly", "$anchor",  "$vocabulary"};
constexpr std::string_view kUnfollowed[] = {"$dynamicRef", "$dynamicAnchor", "$recursiveRef"};
// Members that hold one schema, a list of them, or schemas by name; whatever else is there holds none.
constexpr std::string_view kOne[] = {"items",
                                     "additionalProperties",
                                     "contains",
                                     "propertyNames",
                                     "not",
                                     "if",
                                     "then",
                                     "else",
                                     "unevaluatedItems",
                                     "unevaluatedProperties"};
constexpr std::string_view kList[] = {"allOf", "anyOf", "oneOf", "prefixItems"};
constexpr std::string_view kNamed[] = {"properties", "patternProperties", "dependentSchemas"};

template <std::size_t N>
bool among(const std::string_view (&words)[N], std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

class Plainer {
 public:
  explicit Plainer(const Value& root) : root_(root) {}

  Value plain(const Value& schema, const std::string& pointer) {
    const json::Object* object = schema.if_object();
    if (object == nullptr) return schema;
    if (++nodes_ > kNodesMax) return give_up("$ref", pointer);
    json::Object out;
    std::optional<Value> target;
    for (const json::Member& member : *object) {
      const std::string below = pointer + "/" + json::escape_pointer_token(member.key);
      if (among(kUnfollowed, member.key) || (member.key == "$id" && !pointer.empty()))
        return give_up(member.key, below);
      if (member.key == "$ref")
        target = followed(member.value, below);
      else if (!among(kDescribing, member.key))
        out.set(member.key, plain_member(member, below));
    }
    if (!target) return out;
    if (out.empty()) return *std::move(target);
    json::Array all{*std::move(target)};
    if (const Value* own = out.find("allOf"); own != nullptr && own->is_array())
      all.insert(all.end(), own->as_array().begin(), own->as_array().end());
    out.set("allOf", std::move(all));
    return out;
  }

  PlainSchema result;

 private:
  Value give_up(std::string_view keyword, const std::string& pointer) {
    if (result.keyword.empty()) result.keyword = keyword, result.pointer = pointer;
    return true;
  }

  Value plain_member(const json::Member& member, const std::string& pointer) {
    if (among(kOne, member.key)) return plain(member.value, pointer);
    if (among(kList, member.key) && member.value.is_array()) {
      json::Array out;
      for (const Value& each : member.value.as_array())
        out.push_back(plain(each, pointer + "/" + std::to_string(out.size())));
      return out;
    }
    if (among(kNamed, member.key) && member.value.is_object()) {
      json::Object out;
      for (const json::Member& each : member.value.as_object())
        out.append(each.key, plain(each.value, pointer + "/" + json::escape_pointer_token(each.key)));
      return out;
    }
    return member.value;
  }

  Value followed(const Value& reference, const std::string& pointer) {
    const std::string target = reference.is_string() ? reference.as_string() : std::string();
    if (!target.starts_with('#') || target.find('%') != std::string::npos) return give_up("$ref", pointer);
    const std::string place = target.substr(1);
    const Value* found = root_.at_pointer(place);
    if (found == nullptr || std::ranges::find(following_, place) != following_.end()) return give_up("$ref", pointer);
    following_.push_back(place);
    Value out = plain(*found, place);
    following_.pop_back();
    if (json::Object* object = out.if_object(); object != nullptr && !object->contains(kPlaceKey))
      object->set(kPlaceKey, place);
    return out;
  }

  const Value& root_;
  std::vector<std::string> following_;
  std::size_t nodes_ = 0;
};

// The narrower of two limits.
Value narrower(std::string_view key, const Value& one, const Value& other) {
  const bool lower = key.starts_with("min") || key == "exclusiveMinimum";
  const bool less = json::compare_numbers(one, other) == std::partial_ordering::less;
  return less == lower ? other : one;
}

std::optional<Value> common_types(const Value& one, const Value& other) {
  const auto list = [](const Value& types) { return types.is_array() ? types.as_array() : json::Array{types}; };
  const json::Array of_one = list(one), of_other = list(other);
  const auto has = [](const json::Array& types, const char* type) {
    return std::ranges::find(types, Value(type)) != types.end();
  };
  json::Array out;
  for (const Value& type : of_one) {
    const bool both = std::ranges::find(of_other, type) != of_other.end();
    if (both || (type == Value("integer") && has(of_other, "number")))
      out.push_back(type);
    else if (type == Value("number") && has(of_other, "integer"))
      out.push_back("integer");
  }
  if (out.empty()) return std::nullopt;
  return out.size() == 1 ? out.front() : Value(std::move(out));
}

bool is_limit(std::string_view key) {
  static constexpr std::string_view kLimits[] = {
      "minimum",   "maximum",  "exclusiveMinimum", "exclusiveMaximum", "minLength",
      "maxLength", "minItems", "maxItems",         "minProperties",    "maxProperties"};
  return among(kLimits, key);
}

// One keyword of both; false where one schema cannot say it.
bool take_in(json::Object& out, const std::string& key, const Value& given) {
  Value* own = out.find(key);
  if (own == nullptr) {
    out.set(key, given);
    return true;
  }
  if (*own == given || key == kPlaceKey) return true;
  if (is_limit(key) && own->is_number() && given.is_number()) {
    *own = narrower(key, *own, given);
  } else if (key == "type") {
    std::optional<Value> common = common_types(*own, given);
    if (!common) return false;
    *own = *std::move(common);
  } else if (key == "required" && own->is_array() && given.is_array()) {
    for (const Value& name : given.as_array())
      if (std::ranges::find(own->as_array(), name) == own->as_array().end()) own->as_array().push_back(name);
  } else if (key == "uniqueItems") {
    *own = true;
  } else if (key == "properties") {
    for (const json::Member& member : given.as_object()) {
      const Value* mine = own->find(member.key);
      std::optional<Value> both = mine == nullptr ? member.value : conjunction(*mine, member.value);
      if (!both) return false;
      own->as_object().set(member.key, *std::move(both));
    }
  } else if (key == "items" || key == "additionalProperties") {
    std::optional<Value> both = conjunction(*own, given);
    if (!both) return false;
    *own = *std::move(both);
  } else {
    return false;
  }
  return true;
}

bool has_any(const Value& schema, std::initializer_list<std::string_view> keys) {
  return std::ranges::any_of(keys, [&](std::string_view key) { return schema.find(key) != nullptr; });
}

// Whether joining keyword by keyword would change what one of them is about: `additionalProperties` is about what the
// schema itself does not name, `items` about what is behind its own `prefixItems`.
bool depend_on_neighbours(const Value& one, const Value& other) {
  const auto both_have = [&](std::initializer_list<std::string_view> keys) {
    return has_any(one, keys) && has_any(other, keys);
  };
  const auto either_has = [&](std::initializer_list<std::string_view> keys) {
    return has_any(one, keys) || has_any(other, keys);
  };
  if (both_have({"if", "then", "else"})) return true;
  if (both_have({"items", "prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems"}) &&
      either_has({"prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems"}))
    return true;
  if (!both_have({"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"})) return false;
  if (either_has({"patternProperties", "unevaluatedProperties"})) return true;
  if (!either_has({"additionalProperties"})) return false;
  const auto names = [](const Value& schema) {
    std::vector<std::string> out;
    if (const Value* properties = schema.find("properties"); properties != nullptr && properties->is_object())
      for (const json::Member& member : properties->as_object()) out.push_back(member.key);
    std::ranges::sort(out);
    return out;
  };
  return names(one) != names(other);
}

}  // namespace

PlainSchema plain(const Value& schema) {
  Plainer plainer(schema);
  Value out = plainer.plain(schema, "");
  plainer.result.schema = std::move(out);
  return std::move(plainer.result);
}

std::optional<Value> conjunction(const Value& one, const Value& other) {
  if (one == Value(false) || other == Value(false)) return Value(false);
  if (!one.is_object()) return other;
  if (!other.is_object()) return one;
  if (depend_on_neighbours(one, other)) return std::nullopt;
  json::Object out = one.as_object();
  for (const json::Member& member : other.as_object())
    if (!take_in(out, member.key, member.value)) return std::nullopt;
  return out;
}

std::optional<Value> without_all_of(const Value& schema) {
  const Value* all = schema.find("allOf");
  if (all == nullptr || !all->is_array()) return schema;
  std::optional<Value> out = without(schema, {"allOf"});
  const json::Array parts = all->as_array();
  for (const Value& part : parts) {
    const std::optional<Value> flat = without_all_of(part);
    out = flat && out ? conjunction(*out, *flat) : std::nullopt;
    if (!out) return std::nullopt;
  }
  return out;
}

Value without(const Value& schema, std::initializer_list<std::string_view> keywords) {
  Value out = schema;
  if (json::Object* object = out.if_object())
    for (const std::string_view keyword : keywords) object->erase(keyword);
  return out;
}

}  // namespace lumenflow::catalogue
