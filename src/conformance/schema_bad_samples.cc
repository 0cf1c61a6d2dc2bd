// Bad inputs: a good one with one thing wrong, chosen by what the schema says about the place.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "conformance/schema_samples.h"
#include "conformance/schema_words.h"

namespace lumenflow::conformance {
namespace {

constexpr int kBadAttempts = 120;
constexpr std::size_t kSitesMax = 200;
constexpr int kSiteDepthMax = 12;
constexpr std::size_t kTooLongMax = 100'000;

// A place in the instance and what the schema says about it.
struct Site {
  json::Value* value;
  json::Value schema;
  std::string pointer;
};

json::Value any_of_type(std::string_view type, Draw& draw) {
  if (type == "null") return nullptr;
  if (type == "boolean") return draw.one_in(2);
  if (type == "integer") return static_cast<std::int64_t>(draw.below(1000)) - 500;
  if (type == "number") return 0.5 + static_cast<double>(draw.below(100));
  if (type == "string") return "of another type " + std::to_string(draw.below(100));
  if (type == "array") return json::Array{draw.one_in(2) ? json::Value() : json::Value(draw.one_in(2))};
  return json::Object{{"of", "another type " + std::to_string(draw.below(100))}};
}

using Wrong = std::optional<std::string>;  // what is wrong now; nothing when this fault does not apply

Wrong wrong_type(Site& site, Draw& draw) {
  static constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "integer", "number",
                                                          "string", "array",   "object"};
  const std::string_view type = draw.one_of(kTypes);
  if (site.schema.find("type") != nullptr && allows_type(site.schema, type)) return std::nullopt;
  *site.value = any_of_type(type, draw);
  return "is of type " + std::string(type);
}

Wrong none_of_the_words(Site& site, Draw& draw) {
  if (site.schema.find("enum") == nullptr && site.schema.find("const") == nullptr) return std::nullopt;
  const std::string* text = site.value->if_string();
  *site.value = text != nullptr && draw.one_in(2) ? json::Value(*text + "x") : json::Value("none of the words");
  return "is none of the values allowed";
}

Wrong wrong_length(Site& site, Draw& draw) {
  const std::uint64_t most = count_at(site.schema, "maxLength", kTooLongMax);
  const std::uint64_t least = count_at(site.schema, "minLength", 0);
  if (most < kTooLongMax && (least == 0 || draw.one_in(2))) {
    *site.value = std::string(most + 1 + draw.below(3), 'l');
    return "is longer than " + std::to_string(most);
  }
  if (least == 0) return std::nullopt;
  *site.value = std::string(draw.below(least), 's');
  return "is shorter than " + std::to_string(least);
}

Wrong wrong_text(Site& site, Draw& draw) {
  static constexpr std::array<std::string_view, 7> kTexts{"", " ", "\n", "\x01", "☃", "-", "not like that at all!"};
  if (!site.value->is_string()) return std::nullopt;
  if (site.schema.find("pattern") == nullptr && site.schema.find("format") == nullptr) return std::nullopt;
  if (draw.one_in(3))
    *site.value->if_string() += draw.one_of(kTexts);
  else
    *site.value = draw.one_of(kTexts);
  return "does not have the pattern or format";
}

Wrong wrong_number(Site& site, Draw& draw) {
  if (!site.value->is_number()) return std::nullopt;
  const auto limit = [&](std::string_view word) {
    const json::Value* value = site.schema.find(word);
    return value == nullptr || !value->is_number() ? std::nullopt : std::optional(value->as_double());
  };
  const double by = 1 + static_cast<double>(draw.below(1000));
  switch (draw.below(4)) {
    case 0:
      if (const auto minimum = limit("minimum"))
        *site.value = *minimum - by;
      else if (const auto above = limit("exclusiveMinimum"))
        *site.value = *above;
      else
        return std::nullopt;
      return "is below the least";
    case 1:
      if (const auto maximum = limit("maximum"))
        *site.value = *maximum + by;
      else if (const auto below = limit("exclusiveMaximum"))
        *site.value = *below;
      else
        return std::nullopt;
      return "is above the most";
    default:
      *site.value = std::floor(site.value->as_double()) + 0.5;
      return "is no whole number or no multiple";
  }
}

Wrong wrong_items(Site& site, Draw& draw) {
  json::Array* items = site.value->if_array();
  if (items == nullptr) return std::nullopt;
  const std::uint64_t most = count_at(site.schema, "maxItems", kTooLongMax);
  switch (draw.below(4)) {
    case 0:
      if (items->empty() || most > 2000) return std::nullopt;
      while (items->size() <= most) items->push_back(json::Value(items->front()));
      return "has more than " + std::to_string(most) + " items";
    case 1:
      if (count_at(site.schema, "minItems", 0) == 0) return std::nullopt;
      items->resize(draw.below(count_at(site.schema, "minItems", 0)));
      return "has too few items";
    case 2:
      if (items->empty()) return std::nullopt;
      items->push_back(json::Value(items->front()));
      return "has the same item twice";
    default:
      items->push_back(any_of_type(draw.one_in(2) ? "null" : "object", draw));
      return "has an item of another kind";
  }
}

Wrong wrong_members(Site& site, Draw& draw) {
  json::Object* members = site.value->if_object();
  if (members == nullptr) return std::nullopt;
  switch (draw.below(4)) {
    case 0: {
      const json::Array* required = list_at(site.schema, "required");
      if (required == nullptr || required->empty()) return std::nullopt;
      const json::Value& name = draw.one_of(*required);
      if (!name.is_string() || !members->erase(name.as_string())) return std::nullopt;
      return "is without '" + name.as_string() + "'";
    }
    case 1: {
      if (members->empty()) return std::nullopt;
      const json::Member& member = *(members->begin() + static_cast<std::ptrdiff_t>(draw.below(members->size())));
      const std::string name = member.key + "_";
      json::Value value = member.value;
      members->erase(std::string(member.key));
      members->set(name, std::move(value));
      return "has '" + name + "' instead of the member without the underscore";
    }
    case 2: {
      const std::string name = "unknown_member_" + std::to_string(draw.below(1000));
      members->set(name, any_of_type("string", draw));
      return "has the member '" + name + "'";
    }
    default: {
      const std::string name = draw.one_in(2) ? "" : "__proto__";
      members->set(name, nullptr);
      return "has the member '" + name + "'";
    }
  }
}

constexpr std::array kFaults{wrong_type,   wrong_type,  none_of_the_words, wrong_length, wrong_text,
                             wrong_number, wrong_items, wrong_members,     wrong_members};

}  // namespace

std::optional<BadSample> SchemaSamples::bad() {
  std::optional<json::Value> base = good(draw_.one_in(2));
  if (!base) base = json::Object{};
  for (int attempt = 0; attempt < kBadAttempts; ++attempt) {
    json::Value value = *base;
    std::vector<Site> sites;
    const auto visit = [&](const auto& self, json::Value& at, const json::Value& schema, const std::string& pointer,
                           int depth) -> void {
      if (depth > kSiteDepthMax || sites.size() >= kSitesMax) return;
      const json::Value here = flat(schema, false, 0);
      sites.push_back({&at, here, pointer});
      if (json::Object* members = at.if_object()) {
        const json::Object* properties = map_at(here, "properties");
        for (json::Member& member : *members)
          if (const json::Value* property = properties == nullptr ? nullptr : properties->find(member.key))
            self(self, member.value, *property, pointer + "/" + json::escape_pointer_token(member.key), depth + 1);
      } else if (json::Array* items = at.if_array()) {
        const json::Value* each = here.find("items");
        for (std::size_t i = 0; i < items->size() && each != nullptr; ++i)
          self(self, (*items)[i], *each, pointer + "/" + std::to_string(i), depth + 1);
      }
    };
    visit(visit, value, schema_, "", 0);
    Site& site = sites[draw_.below(sites.size())];
    const Wrong wrong = draw_.one_of(kFaults)(site, draw_);
    if (!wrong || accepts_(value)) continue;
    return BadSample{std::move(value), (site.pointer.empty() ? "the input" : site.pointer) + " " + *wrong};
  }
  return std::nullopt;
}

}  // namespace lumenflow::conformance
