#include "event/testing/sample_payload.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "json/schema.h"

namespace lumenflow::event::samples {
namespace {

constexpr std::string_view kHash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
constexpr auto kTexts = std::to_array<std::string_view>(
    {"π \"quoted\"\n", kHash, "00112233445566778899aabbccddeeff00112233", "rcpt-01J9ZK3M7Q8W2X4Y6A8C0E2G4H",
     "msg-01J9ZK3M7Q8W2X4Y6A8C0E2G4H", "routine-01J9ZK3M7Q8W2X4Y6A8C0E2G4H", "2026-03-01T12:00:00.000Z", "NOT_FOUND"});

json::Value sample(const json::Value& schema, bool with_optional);

json::Value sample_object(const json::Value& schema, bool with_optional) {
  json::Object out;
  const json::Value* properties = schema.find("properties");
  if (properties == nullptr) return json::Object{{"free", json::Array{1, "form", nullptr}}};
  const json::Value* required = schema.find("required");
  for (const json::Member& member : properties->as_object()) {
    const bool needed = required != nullptr &&
                        std::ranges::find(required->as_array(), json::Value(member.key)) != required->as_array().end();
    if (needed || with_optional) out.set(member.key, sample(member.value, with_optional));
  }
  return out;
}

json::Value sample(const json::Value& schema, bool with_optional) {
  const std::string_view type = json::string_or(schema, "type", "");
  if (type == "object") return sample_object(schema, with_optional);
  if (type == "array") return json::Array{sample(*schema.find("items"), with_optional)};
  if (type == "boolean") return true;
  if (type == "integer") return 17;
  if (type == "number") return 0.25;
  LUMENFLOW_CHECK(type == "string");
  if (const json::Value* words = schema.find("enum")) return words->as_array().back();
  json::SchemaOptions options;
  options.assert_format = true;
  const Result<json::Schema> compiled = json::Schema::compile(schema, options);
  LUMENFLOW_CHECK(compiled.ok());
  const auto text = std::ranges::find_if(kTexts, [&](std::string_view each) { return compiled->accepts(each); });
  LUMENFLOW_CHECK(text != kTexts.end());
  return *text;
}

}  // namespace

json::Value sample_payload(const KnownKind& kind, bool with_optional) {
  return sample(json::parse(kind.payload_schema).value(), with_optional);
}

}  // namespace lumenflow::event::samples
