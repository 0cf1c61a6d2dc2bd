#include "conformance/schema_samples.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "conformance/pattern_sample.h"
#include "conformance/schema_words.h"

namespace lumenflow::conformance {
namespace {

constexpr int kDepthMax = 8;
constexpr int kAttempts = 60;
constexpr int kRefsMax = 16;  // followed at one place
constexpr std::size_t kItemsMore = 2;
constexpr std::size_t kTextMore = 24;
constexpr std::size_t kLimitsHonouredMax = 100'000;  // characters, items: nothing longer is made

constexpr std::array<std::string_view, 8> kTexts{"a", "text",        "two words",          "Ünïcödé ✓",
                                                 "0", "line\nbreak", "\"quoted\" \\ back", "x-y_z.1"};

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string cut(std::string text, std::size_t code_points_max) {
  std::size_t seen = 0, at = 0;
  while (at < text.size() && (seen += (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80) <= code_points_max) ++at;
  text.resize(at);
  return text;
}

}  // namespace

SchemaSamples::SchemaSamples(const json::Value& schema, Judge accepts, std::uint64_t seed)
    : schema_(schema), accepts_(std::move(accepts)), draw_(seed) {}

std::optional<json::Value> SchemaSamples::good(bool all_members) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    members_ = all_members && attempt < kAttempts / 3 ? 0 : 1 + draw_.below(3);
    json::Value value = make(schema_, 0);
    if (accepts_(value)) return value;
  }
  return std::nullopt;
}

json::Value SchemaSamples::merged(const json::Value& schema, const json::Value& other) {
  const json::Object* more = other.if_object();
  if (more == nullptr) return schema;
  json::Value out = schema;
  if (!out.is_object()) out = json::Object{};
  for (const json::Member& member : *more) {
    json::Value* own = out.if_object()->find(member.key);
    if (own == nullptr) {
      out.if_object()->set(member.key, member.value);
    } else if (member.key == "properties" && own->is_object() && member.value.is_object()) {
      for (const json::Member& property : *member.value.if_object()) {
        const json::Value* before = own->find(property.key);
        own->if_object()->set(property.key, before == nullptr ? property.value : merged(*before, property.value));
      }
    } else if (member.key == "required" && own->is_array() && member.value.is_array()) {
      for (const json::Value& name : *member.value.if_array()) own->if_array()->push_back(name);
    } else {
      *own = member.value;
    }
  }
  return out;
}

json::Value SchemaSamples::flat(const json::Value& schema, bool with_branches, int depth) {
  json::Value out = schema;
  for (int followed = 0; followed < kRefsMax; ++followed) {
    const json::Value* ref = out.find("$ref");
    const std::string* pointer = ref == nullptr ? nullptr : ref->if_string();
    if (pointer == nullptr || !pointer->starts_with('#')) break;
    const json::Value* target = schema_.at_pointer(std::string_view(*pointer).substr(1));
    out.if_object()->erase("$ref");
    if (target == nullptr) break;
    out = merged(*target, out);
  }
  if (depth > kDepthMax) return out;
  const auto take_in = [&](const json::Value& part) { out = merged(out, flat(part, with_branches, depth + 1)); };
  if (const json::Array* all = list_at(out, "allOf")) {
    const json::Array parts = *all;
    for (const json::Value& part : parts) take_in(part);
  }
  if (!with_branches) return out;
  for (const std::string_view word : {"anyOf", "oneOf"})
    if (const json::Array* branches = list_at(out, word); branches != nullptr && !branches->empty()) {
      const json::Value branch = draw_.one_of(*branches);
      out.if_object()->erase(word);
      take_in(branch);
    }
  const json::Value* condition = out.find("if");
  const json::Value* consequence = out.find("then");
  const json::Value* alternative = out.find("else");
  if (condition != nullptr && consequence != nullptr && (alternative == nullptr || draw_.one_in(2))) {
    const json::Value holds = *condition, follows = *consequence;
    take_in(holds);
    take_in(follows);
  } else if (alternative != nullptr) {
    const json::Value follows = *alternative;
    take_in(follows);
  }
  return out;
}

json::Value SchemaSamples::make(const json::Value& written, int depth) {
  const json::Value schema = flat(written, true, 0);
  if (const json::Value* constant = schema.find("const")) return *constant;
  if (const json::Array* words = list_at(schema, "enum"); words != nullptr && !words->empty())
    return draw_.one_of(*words);
  if (const json::Array* samples = list_at(schema, "examples"); samples != nullptr && !samples->empty())
    return draw_.one_of(*samples);
  std::string_view type = type_of_schema(schema);
  if (const json::Array* types = list_at(schema, "type"); types != nullptr && !types->empty())
    if (const std::string* one = draw_.one_of(*types).if_string()) type = *one;
  if (type == "object") return make_object(schema, depth);
  if (type == "array") return make_array(schema, depth);
  if (type == "string") return make_text(schema);
  if (type == "integer" || type == "number") return make_number(schema, type == "integer");
  if (type == "boolean") return draw_.one_in(2);
  if (type == "null") return nullptr;
  switch (draw_.below(5)) {  // anything goes
    case 0:
      return nullptr;
    case 1:
      return draw_.one_in(2);
    case 2:
      return static_cast<std::int64_t>(draw_.below(100));
    case 3:
      return json::Object{{"any", "thing"}};
    default:
      return draw_.one_of(kTexts);
  }
}

json::Value SchemaSamples::make_text(const json::Value& schema) {
  const std::size_t least = std::min<std::size_t>(count_at(schema, "minLength", 0), kLimitsHonouredMax);
  const std::size_t most = count_at(schema, "maxLength", std::max<std::size_t>(least + kTextMore, 64));
  if (const auto texts = texts_of_format(json::string_or(schema, "format", "")); !texts.empty())
    return draw_.one_of(texts);
  if (const json::Value* pattern = schema.find("pattern"); pattern != nullptr && pattern->is_string()) {
    std::string text = sample_of_pattern(pattern->as_string(), draw_, 1 + least).value_or("");
    if (code_points(text) > most) text = sample_of_pattern(pattern->as_string(), draw_, 0).value_or("");
    while (code_points(text) < least) text += 'x';
    return text;
  }
  std::string text(draw_.one_of(kTexts));
  if (most <= kLimitsHonouredMax && draw_.one_in(12)) text = std::string(most, 'm');  // as long as it may be
  while (code_points(text) < least) text += draw_.one_of(kTexts);
  return cut(std::move(text), most);
}

json::Value SchemaSamples::make_number(const json::Value& schema, bool integer) {
  const auto bound = [&](std::string_view inclusive, std::string_view exclusive, double step, double fallback) {
    const json::Value* at = schema.find(inclusive);
    if (at != nullptr && at->is_number()) return at->as_double();
    const json::Value* beyond = schema.find(exclusive);
    if (beyond != nullptr && beyond->is_number()) return beyond->as_double() + step;
    return fallback;
  };
  const double step = integer ? 1 : 0.125;
  const bool has_maximum = schema.find("maximum") != nullptr || schema.find("exclusiveMaximum") != nullptr;
  const double low = bound("minimum", "exclusiveMinimum", step, has_maximum ? -1e6 : 0);
  const double high = std::max(low, bound("maximum", "exclusiveMaximum", -step, std::max(low, 0.0) + 1000));
  double value = low;
  const double steps = std::min(std::floor((high - low) / step), 1e6);
  switch (draw_.below(4)) {
    case 0:
      break;
    case 1:
      value = high;
      break;
    default:
      value = low + step * static_cast<double>(draw_.below(static_cast<std::uint64_t>(steps) + 1));
  }
  if (const json::Value* unit = schema.find("multipleOf"); unit != nullptr && unit->is_number()) {
    value = std::ceil(value / unit->as_double()) * unit->as_double();
    if (value > high) value -= unit->as_double();
  }
  const bool whole = value == std::floor(value) && std::fabs(value) < 9e15;
  if (integer || whole) return static_cast<std::int64_t>(std::clamp(integer ? std::ceil(value) : value, -9e15, 9e15));
  return value;
}

json::Value SchemaSamples::make_array(const json::Value& schema, int depth) {
  json::Array out;
  const json::Array* prefix = list_at(schema, "prefixItems");
  const json::Value* items = schema.find("items");
  const std::size_t least = std::min<std::size_t>(count_at(schema, "minItems", 0), 1000);
  const std::size_t most = count_at(schema, "maxItems", least + kItemsMore);
  std::size_t length = least;
  if (depth < kDepthMax && most > least) length += draw_.below(std::min(most - least, kItemsMore) + 1);
  for (std::size_t i = 0; i < length; ++i) {
    if (prefix != nullptr && i < prefix->size())
      out.push_back(make((*prefix)[i], depth + 1));
    else if (items != nullptr && !items->is_boolean())
      out.push_back(make(*items, depth + 1));
    else if (items == nullptr || items->as_boolean())
      out.push_back(draw_.one_of(kTexts));
    const bool unique = json::boolean_or(schema, "uniqueItems", false);
    if (unique && std::ranges::count(out, out.back()) > 1 && out.back().is_string())
      *out.back().if_string() += std::to_string(i);
  }
  return out;
}

json::Value SchemaSamples::make_object(const json::Value& schema, int depth) {
  json::Object out;
  if (const json::Object* properties = map_at(schema, "properties"))
    for (const json::Member& member : *properties) {
      const bool needed = lists(schema, "required", member.key);
      const bool left_out = depth >= kDepthMax || (members_ != 0 && draw_.one_in(members_));
      if (member.value == json::Value(false) || (!needed && left_out)) continue;
      out.set(member.key, make(member.value, depth + 1));
    }
  if (const json::Array* required = list_at(schema, "required"))  // what only `required` names
    for (const json::Value& name : *required) {
      const json::Value* other = schema.find("additionalProperties");
      const bool typed = other != nullptr && other->is_object() && depth < kDepthMax;
      if (name.is_string() && !out.contains(name.as_string()))
        out.set(name.as_string(), typed ? make(*other, depth + 1) : json::Value(draw_.one_of(kTexts)));
    }
  const std::size_t least = std::min<std::size_t>(count_at(schema, "minProperties", 0), 1000);
  const json::Value* other = schema.find("additionalProperties");
  while (out.size() < least) {
    const bool typed = other != nullptr && other->is_object() && depth < kDepthMax;
    out.set("member" + std::to_string(out.size()), typed ? make(*other, depth + 1) : json::Value("x"));
  }
  return out;
}

}  // namespace lumenflow::conformance
