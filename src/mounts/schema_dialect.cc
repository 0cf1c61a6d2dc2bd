#include "mounts/schema_dialect.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "json/schema.h"

namespace lumenflow::mounts {
namespace {

constexpr std::array<std::string_view, 5> kMaps{"properties", "patternProperties", "$defs", "definitions",
                                                "dependentSchemas"};
constexpr std::array<std::string_view, 4> kLists{"allOf", "anyOf", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 12> kSchemas{"not",
                                                    "if",
                                                    "then",
                                                    "else",
                                                    "additionalProperties",
                                                    "items",
                                                    "contains",
                                                    "propertyNames",
                                                    "additionalItems",
                                                    "unevaluatedItems",
                                                    "unevaluatedProperties",
                                                    "contentSchema"};
constexpr std::array<std::string_view, 6> kDialects{
    "json-schema.org/draft-04/schema",      "json-schema.org/draft-06/schema",      "json-schema.org/draft-07/schema",
    "json-schema.org/draft/2019-09/schema", "json-schema.org/draft/2020-12/schema", "json-schema.org/schema"};

bool one_of(std::string_view key, const auto& keys) { return std::ranges::find(keys, key) != keys.end(); }

json::Value translated(const json::Value& schema);

json::Object each(const json::Value& map) {
  json::Object out;
  for (const json::Member& member : map.as_object()) out.set(member.key, translated(member.value));
  return out;
}

json::Array all(const json::Value& list) {
  json::Array out;
  for (const json::Value& item : list.as_array()) out.push_back(translated(item));
  return out;
}

// An array of schemas for the first items, and what the rest must be.
void translate_items(const json::Value& schema, json::Object& out) {
  const json::Value* const items = schema.find("items");
  if (items == nullptr || !items->is_array()) {
    out.erase("additionalItems");
    return;
  }
  out.erase("items");
  out.erase("additionalItems");
  out.set("prefixItems", all(*items));
  if (const json::Value* rest = schema.find("additionalItems")) out.set("items", translated(*rest));
}

void translate_dependencies(const json::Value& schema, json::Object& out) {
  const json::Value* const dependencies = schema.find("dependencies");
  if (dependencies == nullptr || !dependencies->is_object()) return;
  json::Object required, schemas;
  for (const json::Member& member : dependencies->as_object())
    if (member.value.is_array())
      required.set(member.key, member.value);
    else
      schemas.set(member.key, translated(member.value));
  out.erase("dependencies");
  if (!required.empty()) out.set("dependentRequired", std::move(required));
  if (!schemas.empty()) out.set("dependentSchemas", std::move(schemas));
}

// Draft 4: {minimum: 3, exclusiveMinimum: true}.
void translate_limit(std::string_view limit, std::string_view exclusive, json::Object& out) {
  const json::Value* const flag = out.find(exclusive);
  if (flag == nullptr || !flag->is_boolean()) return;
  const bool excluded = flag->as_boolean();
  out.erase(exclusive);
  const json::Value* const bound = out.find(limit);
  if (!excluded || bound == nullptr) return;
  const json::Value value = *bound;
  out.erase(limit);
  out.set(exclusive, value);
}

json::Value translated(const json::Value& schema) {
  if (!schema.is_object()) return schema;
  json::Object out;
  for (const json::Member& member : schema.as_object()) {
    const json::Value& value = member.value;
    if (member.key == "$schema" || (member.key == "id" && value.is_string())) continue;
    if (member.key == "$ref" && value.is_string() && value.as_string().starts_with("#/definitions/")) {
      out.set(member.key, "#/$defs/" + value.as_string().substr(14));
    } else if (one_of(member.key, kMaps) && value.is_object()) {
      json::Object map = each(value);
      const std::string key = member.key == "definitions" ? "$defs" : member.key;
      if (json::Value* there = out.find(key); there != nullptr && there->is_object())
        for (json::Member& other : map) there->as_object().set(other.key, std::move(other.value));
      else
        out.set(key, std::move(map));
    } else if (one_of(member.key, kLists) && value.is_array()) {
      out.set(member.key, all(value));
    } else {
      out.set(member.key, one_of(member.key, kSchemas) ? translated(value) : value);
    }
  }
  translate_items(schema, out);
  translate_dependencies(schema, out);
  translate_limit("minimum", "exclusiveMinimum", out);
  translate_limit("maximum", "exclusiveMaximum", out);
  return out;
}

Error no_schema(std::string what) { return {ErrorCode::kInvalidOutput, std::move(what)}; }

}  // namespace

Result<json::Value> to_current_dialect(const json::Value& schema) {
  if (!schema.is_object()) return no_schema("its schema is no object");
  if (const json::Value* named = schema.find("$schema")) {
    std::string_view dialect = named->is_string() ? std::string_view(named->as_string()) : "";
    for (const std::string_view scheme : {"https://", "http://"})
      if (dialect.starts_with(scheme)) dialect.remove_prefix(scheme.size());
    if (dialect.ends_with('#')) dialect.remove_suffix(1);
    if (!one_of(dialect, kDialects)) return no_schema("its schema is in a dialect that nobody here knows");
  }
  // Read back as a pack's file is, which bounds how deep it may be.
  if (!json::parse(json::serialize(schema)).ok()) return no_schema("its schema is nested more than 64 deep");
  // What says that it is of the current one, and is, stays as it was written.
  const json::Value* const named = schema.find("$schema");
  const bool current = named != nullptr && *named == json::Value("https://json-schema.org/draft/2020-12/schema") &&
                       json::Schema::compile(schema, {.assert_format = true}).ok();
  json::Value out = current ? schema : translated(schema);
  if (const json::Value* type = out.find("type"); type == nullptr || *type != json::Value("object"))
    return no_schema("its schema's type is not object");
  const Result<json::Schema> compiled = json::Schema::compile(out, {.assert_format = true});
  if (compiled.ok()) return out;
  const Error& error = compiled.error();
  if (error.details().empty()) return no_schema("its schema: " + error.message());
  return no_schema("its schema at '" + error.details()[0].pointer + "': " + error.details()[0].reason);
}

}  // namespace lumenflow::mounts
