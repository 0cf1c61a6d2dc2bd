#include "catalogue/schema_limits.h"

#include <algorithm>
#include <cmath>

#include "json/number.h"
#include "json/schema.h"

namespace lumenflow::catalogue {
namespace {

using json::Value;

constexpr double kExactMax = 9e15;  // doubles below it are exact integers
constexpr double kRangeMax = 300;

bool less(const Value& a, const Value& b) { return json::compare_numbers(a, b) == std::partial_ordering::less; }

// The tighter of the inclusive and the exclusive end.
NumberLimit limit_of(const Value& schema, const char* inclusive, const char* exclusive, bool low, bool integer) {
  NumberLimit out;
  const auto take = [&](const char* key, bool is_exclusive) {
    const Value* given = schema.find(key);
    if (given == nullptr || !given->is_number()) return;
    Value at = *given;
    bool open = is_exclusive;
    if (const double value = at.as_double(); integer && std::abs(value) < kExactMax) {
      const double rounded = low ? std::ceil(value) : std::floor(value);
      const double by = open && rounded == value ? (low ? 1 : -1) : 0;
      at = static_cast<std::int64_t>(rounded + by);
      open = false;
    }
    const bool tighter = !out.at || (low ? less(*out.at, at) : less(at, *out.at)) || (*out.at == at && open);
    if (tighter) out = {std::move(at), open, key};
  };
  take(inclusive, false);
  take(exclusive, true);
  return out;
}

std::optional<std::vector<Value>> choice_of(const Value& schema) {
  if (const Value* constant = schema.find("const")) return std::vector<Value>{*constant};
  const Value* words = schema.find("enum");
  if (words == nullptr || !words->is_array()) return std::nullopt;
  return std::vector<Value>(words->as_array().begin(), words->as_array().end());
}

bool takes(const Value& schema, const Value& value) {
  json::SchemaOptions options;
  options.assert_format = true;
  const Result<json::Schema> judge = json::Schema::compile(schema, options);
  return !judge.ok() || judge->accepts(value);
}

// Whether both demand a member whose values cannot agree.
bool told_apart_by_member(const Value& one, const Value& other) {
  const Value *required = one.find("required"), *also = other.find("required");
  const Value *mine = one.find("properties"), *theirs = other.find("properties");
  if (required == nullptr || also == nullptr || mine == nullptr || theirs == nullptr) return false;
  if (!required->is_array() || !also->is_array() || !mine->is_object() || !theirs->is_object()) return false;
  for (const Value& name : required->as_array()) {
    if (!name.is_string() || std::ranges::find(also->as_array(), name) == also->as_array().end()) continue;
    const Value *own = mine->find(name.as_string()), *others = theirs->find(name.as_string());
    if (own != nullptr && others != nullptr && own->is_object() && others->is_object() && are_disjoint(*own, *others))
      return true;
  }
  return false;
}

}  // namespace

bool NumberLimit::is_within_low(const NumberLimit& other) const {
  if (!other.at) return true;
  if (!at || less(*at, *other.at)) return false;
  return *at != *other.at || exclusive || !other.exclusive;
}

bool NumberLimit::is_within_high(const NumberLimit& other) const {
  if (!other.at) return true;
  if (!at || less(*other.at, *at)) return false;
  return *at != *other.at || exclusive || !other.exclusive;
}

NumberLimits number_limits(const Value& schema, bool integer) {
  return {limit_of(schema, "minimum", "exclusiveMinimum", true, integer),
          limit_of(schema, "maximum", "exclusiveMaximum", false, integer)};
}

std::vector<std::string> type_names(const Value& schema) {
  const Value* type = schema.is_object() ? schema.find("type") : nullptr;
  if (type == nullptr) return {"array", "boolean", "null", "number", "object", "string"};
  std::vector<std::string> out;
  const auto add = [&out](const Value& each) {
    if (each.is_string() && std::ranges::find(out, each.as_string()) == out.end()) out.push_back(each.as_string());
  };
  if (type->is_array())
    for (const Value& each : type->as_array()) add(each);
  else
    add(*type);
  if (std::ranges::find(out, "number") != out.end()) std::erase(out, "integer");
  return out;
}

std::optional<std::vector<Value>> finite_values(const Value& schema) {
  if (auto words = choice_of(schema)) return words;
  std::vector<Value> out;
  for (const std::string& type : type_names(schema)) {
    if (type == "null") {
      out.emplace_back();
    } else if (type == "boolean") {
      out.emplace_back(true);
      out.emplace_back(false);
    } else if (type == "integer") {
      const NumberLimits limits = number_limits(schema, true);
      if (!limits.low.at || !limits.high.at || limits.low.at->if_integer() == nullptr ||
          limits.high.at->if_integer() == nullptr)
        return std::nullopt;
      const std::int64_t first = *limits.low.at->if_integer(), last = *limits.high.at->if_integer();
      if (limits.high.at->as_double() - limits.low.at->as_double() > kRangeMax) return std::nullopt;
      for (std::int64_t i = first; i <= last; ++i) out.emplace_back(i);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool are_disjoint(const Value& one, const Value& other) {
  if (one == Value(false) || other == Value(false)) return true;
  if (!one.is_object() || !other.is_object()) return false;
  const auto apart = [](const Value& counted, const Value& by) {
    const auto values = finite_values(counted);
    return values && std::ranges::none_of(*values, [&](const Value& value) { return takes(by, value); });
  };
  if (apart(one, other) || apart(other, one)) return true;
  const std::vector<std::string> types = type_names(one), others = type_names(other);
  const auto shared = [&](const std::string& type) {
    return std::ranges::find(others, type) != others.end() ||
           (type == "integer" && std::ranges::find(others, "number") != others.end()) ||
           (type == "number" && std::ranges::find(others, "integer") != others.end());
  };
  if (std::ranges::none_of(types, shared)) return true;
  return types == std::vector<std::string>{"object"} && others == types && told_apart_by_member(one, other);
}

}  // namespace lumenflow::catalogue
