#include "json/schema.h"

#include <gtest/gtest.h>

#include "json/metaschema.h"

namespace lumenflow::json {
namespace {

Schema compiled(std::string_view text, const SchemaOptions& options = {}) {
  Result<Schema> schema = Schema::compile(parse(text).value(), options);
  if (!schema.ok()) ADD_FAILURE() << text << ": " << schema.error().message();
  return schema.ok() ? std::move(*schema) : std::move(*Schema::compile(true));
}

struct Case {
  const char* schema;
  std::vector<const char*> valid, invalid;
};

void run(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Schema schema = compiled(c.schema);
    for (const char* text : c.valid) {
      EXPECT_TRUE(schema.accepts(parse(text).value())) << c.schema << " should accept " << text;
      EXPECT_TRUE(schema.validate(parse(text).value()).empty()) << c.schema << " should accept " << text;
    }
    for (const char* text : c.invalid) {
      EXPECT_FALSE(schema.accepts(parse(text).value())) << c.schema << " should refuse " << text;
      EXPECT_FALSE(schema.validate(parse(text).value()).empty()) << c.schema << " should refuse " << text;
    }
  }
}

TEST(Schema, ChecksTypesAndValues) {
  run({{"true", {"1", "null", "{}"}, {}},
       {"false", {}, {"1", "null", "{}"}},
       {"{}", {"1", "null", "{}"}, {}},
       {R"({"type":"null"})", {"null"}, {"0", "false"}},
       {R"({"type":"boolean"})", {"true"}, {"0", "null"}},
       {R"({"type":"object"})", {"{}"}, {"[]"}},
       {R"({"type":"array"})", {"[]"}, {"{}"}},
       {R"({"type":"string"})", {"\"\""}, {"1"}},
       {R"({"type":"number"})", {"1", "1.5", "18446744073709551616"}, {"\"1\""}},
       {R"({"type":"integer"})", {"1", "1.0", "1e3", "18446744073709551616"}, {"1.5", "\"1\""}},
       {R"({"type":["string","null"]})", {"\"\"", "null"}, {"1"}},
       {R"({"enum":[1,"a",{"b":[2]}]})", {"1.0", "\"a\"", R"({"b":[2]})"}, {"2", "\"b\"", R"({"b":[]})"}},
       {R"({"enum":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]})", {"18", "1.0"}, {"19", "\"1\""}},
       {R"({"const":{"a":1,"b":2}})", {R"({"b":2,"a":1.0})"}, {R"({"a":1})"}}});
}

TEST(Schema, ChecksNumbers) {
  run({{R"({"minimum":1})", {"1", "1.5", "\"a\""}, {"0", "0.999"}},
       {R"({"maximum":9007199254740993})", {"9007199254740993", "9007199254740992.0"}, {"9007199254740994", "1e300"}},
       {R"({"exclusiveMinimum":1})", {"1.1"}, {"1", "1.0"}},
       {R"({"exclusiveMaximum":1})", {"0.9"}, {"1"}},
       {R"({"maximum":18446744073709551616})", {"18446744073709551615"}, {"18446744073709551617"}},
       {R"({"multipleOf":0.01})", {"4.02", "0.07", "100"}, {"4.025"}},
       {R"({"multipleOf":3})", {"9", "-9", "0"}, {"10"}}});
}

TEST(Schema, ChecksStrings) {
  run({{R"({"minLength":2})", {"\"ab\"", "\"éé\"", "1"}, {"\"a\"", "\"é\"", "\"😀\""}},
       {R"({"maxLength":2})", {"\"ab\"", "\"😀😀\""}, {"\"abc\""}},
       {R"({"maxLength":2.0})", {"\"ab\""}, {"\"abc\""}},
       {R"({"pattern":"b+"})", {"\"abbc\"", "1"}, {"\"ac\""}},
       {R"({"pattern":"^b$"})", {"\"b\""}, {"\"b\\n\"", "\"ab\""}},
       {R"({"contentEncoding":"base64","contentMediaType":"application/json","contentSchema":{"type":"null"}})",
        {"\"%\""},
        {}}});
}

TEST(Schema, ChecksArrays) {
  run({{R"({"minItems":1})", {"[1]", "{}"}, {"[]"}},
       {R"({"maxItems":1})", {"[1]"}, {"[1,2]"}},
       {R"({"uniqueItems":true})", {"[1,2]", "[1,true]", "[[1],[2]]"}, {"[1,1.0]", R"([{"a":1,"b":2},{"b":2,"a":1}])"}},
       {R"({"uniqueItems":false})", {"[1,1]"}, {}},
       {R"({"items":{"type":"integer"}})", {"[1,2]", "[]"}, {"[1,\"a\"]"}},
       {R"({"prefixItems":[{"type":"integer"}],"items":{"type":"string"}})", {"[1,\"a\"]", "[]"}, {"[\"a\"]", "[1,2]"}},
       {R"({"prefixItems":[true],"items":false})", {"[1]"}, {"[1,2]"}},
       {R"({"contains":{"const":1}})", {"[2,1]"}, {"[2]", "[]"}},
       {R"({"contains":{"const":1},"minContains":2,"maxContains":3})", {"[1,1]", "[1,2,1,1]"}, {"[1]", "[1,1,1,1]"}},
       {R"({"contains":{"const":1},"minContains":0})", {"[]"}, {}}});
  const Schema unique = compiled(R"({"uniqueItems":true})");
  Array many;
  for (int i = 0; i < 20000; ++i) many.push_back(i);
  EXPECT_TRUE(unique.accepts(many));
  many.push_back(7.0);
  EXPECT_FALSE(unique.accepts(many));
}

TEST(Schema, ChecksObjects) {
  run({{R"({"properties":{"a":{"type":"integer"}}})", {R"({"a":1,"b":"x"})", "{}", "1"}, {R"({"a":"x"})"}},
       {R"({"required":["a","b"]})", {R"({"b":1,"a":1})", "1"}, {R"({"a":1})", "{}"}},
       {R"({"properties":{"a":true},"additionalProperties":false})", {R"({"a":1})"}, {R"({"b":1})"}},
       {R"({"required":["b"],"additionalProperties":false})", {}, {R"({"b":1})"}},
       {R"({"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":{"type":"integer"}})",
        {R"({"x-a":"s","b":1})"},
        {R"({"x-a":1})", R"({"b":"s"})"}},
       {R"({"propertyNames":{"maxLength":2}})", {R"({"ab":1})"}, {R"({"abc":1})"}},
       {R"({"minProperties":1})", {R"({"a":1})"}, {"{}"}},
       {R"({"maxProperties":1})", {"{}"}, {R"({"a":1,"b":2})"}},
       {R"({"dependentRequired":{"a":["b"]}})", {R"({"a":1,"b":1})", R"({"c":1})"}, {R"({"a":1})"}},
       {R"({"dependentSchemas":{"a":{"required":["b"]}}})", {R"({"a":1,"b":1})", "{}"}, {R"({"a":1})"}},
       {R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})", {R"({"a":1,"b":1})"}, {R"({"a":1})", R"({"c":1})"}}});
}

TEST(Schema, FindsManyPropertiesInAnyOrder) {
  Object properties, instance;
  for (int i = 0; i < 300; ++i) properties.set("p" + std::to_string(i), Object{{"const", i}});
  for (int i = 299; i >= 0; --i) instance.set("p" + std::to_string(i), i);
  const Schema schema = Schema::compile(Object{{"properties", properties}, {"additionalProperties", false}}).value();
  EXPECT_TRUE(schema.accepts(instance));
  instance.set("p150", 0);
  EXPECT_EQ(schema.validate(instance), (std::vector<ErrorDetail>{{"/p150", "must be 150"}}));
}

TEST(Schema, CombinesSchemas) {
  run({{R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"2"}, {"0", "4"}},
       {R"({"anyOf":[{"type":"string"},{"minimum":3}]})", {"\"a\"", "3"}, {"1"}},
       {R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", {"2", "3"}, {"6", "1"}},
       {R"({"not":{"type":"string"}})", {"1"}, {"\"a\""}},
       {R"({"if":{"type":"string"},"then":{"minLength":1},"else":{"minimum":1}})", {"\"a\"", "1"}, {"\"\"", "0"}},
       {R"({"then":false,"else":false})", {"1"}, {}},
       {R"({"$ref":"#/$defs/a","maximum":3,"$defs":{"a":{"minimum":1}}})", {"2"}, {"0", "4"}},
       {R"({"properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}})",
        {R"({"next":{"next":{"v":1}}})"},
        {R"({"next":{"next":{"v":"x"}}})"}}});
}

TEST(Schema, KnowsWhatWasEvaluated) {
  run({{R"({"properties":{"a":true},"allOf":[{"properties":{"b":true}}],"unevaluatedProperties":false})",
        {R"({"a":1,"b":1})"},
        {R"({"c":1})"}},
       {R"({"anyOf":[{"required":["x"],"properties":{"x":true}},{"properties":{"y":true}}],
            "unevaluatedProperties":false})",
        {R"({"x":1,"y":1})", R"({"y":1})"},
        {R"({"x":1,"z":1})"}},
       {R"({"not":{"not":{"properties":{"a":true}}},"unevaluatedProperties":false})", {"{}"}, {R"({"a":1})"}},
       {R"({"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"a":true}},
            "unevaluatedProperties":false})",
        {R"({"k":1,"a":2})"},
        {R"({"k":2})", R"({"k":1,"b":2})"}},
       {R"({"prefixItems":[true],"contains":{"type":"string"},"unevaluatedItems":{"type":"null"}})",
        {R"([1,"a",null])"},
        {R"([1,"a",2])"}},
       {R"({"allOf":[{"unevaluatedItems":true}],"unevaluatedItems":false})", {"[1,2]"}, {}}});
  Array many(100, Value("s"));
  const Schema schema = compiled(R"({"contains":{"type":"string"},"unevaluatedItems":false})");
  EXPECT_TRUE(schema.accepts(many));
  many[80] = 1;
  EXPECT_EQ(schema.validate(many).at(0).pointer, "/80");
}

TEST(Schema, FollowsReferencesByIdAnchorAndPointer) {
  run({{R"({"$id":"http://x.example/root.json","$ref":"item.json#int","$defs":{"i":{"$id":"item.json",
            "$defs":{"n":{"$anchor":"int","type":"integer"}}}}})",
        {"1"},
        {"\"a\""}},
       {R"({"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{"type":"integer"}}})", {"1"}, {"\"a\""}},
       {R"({"$ref":"#/x-parts/0","x-parts":[{"type":"integer"}]})", {"1"}, {"\"a\""}},
       {R"({"$id":"urn:example:root","$ref":"urn:example:root#/$defs/i","$defs":{"i":{"type":"integer"}}})",
        {"1"},
        {"\"a\""}},
       {R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})",
        {R"({"type":"string","properties":{"a":{"minimum":1}}})", "true"},
        {R"({"type":1})", R"({"properties":{"a":{"minimum":"x"}}})", "1"}}});
}

TEST(Schema, ReadsOtherDocumentsFromTheCallerOnly) {
  const std::map<std::string, Value> documents = {
      {"https://x.example/a.json", parse(R"({"$ref":"b.json#/$defs/n"})").value()},
      {"https://x.example/b.json", parse(R"({"$defs":{"n":{"type":"integer"}}})").value()}};
  SchemaOptions options;
  options.documents = &documents;
  const Schema schema = compiled(R"({"$ref":"https://x.example/a.json"})", options);
  EXPECT_TRUE(schema.accepts(1));
  EXPECT_FALSE(schema.accepts("x"));
}

TEST(Schema, ResolvesDynamicReferencesInTheOutermostScope) {
  const std::map<std::string, Value> documents = {
      {"https://x.example/tree", parse(R"({"$id":"https://x.example/tree","$dynamicAnchor":"node","type":"object",
                 "properties":{"data":true,"children":{"items":{"$dynamicRef":"#node"}}}})")
                                     .value()}};
  SchemaOptions options;
  options.documents = &documents;
  const Schema strict = compiled(
      R"({"$id":"https://x.example/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false})",
      options);
  EXPECT_TRUE(strict.accepts(parse(R"({"children":[{"data":1}]})").value()));
  EXPECT_FALSE(strict.accepts(parse(R"({"children":[{"daat":1}]})").value()));
  EXPECT_TRUE(
      compiled(R"({"$ref":"https://x.example/tree"})", options).accepts(parse(R"({"children":[{"daat":1}]})").value()));
}

TEST(Schema, SaysWhereAndWhyInSchemaOrder) {
  const Schema schema =
      compiled(R"({"type":"object","required":["id","kind"],"additionalProperties":false,"properties":{
    "id":{"type":"string","minLength":3},"n":{"type":"integer","minimum":1},"kind":{"enum":["a","b"]},
    "tags":{"type":"array","items":{"type":"string"}},"a/b":{"type":["string","null"]}}})");
  const auto details = schema.validate(parse(R"({"x":1,"a/b":1,"tags":["t",2],"n":0,"id":"ab"})").value());
  EXPECT_EQ(details, (std::vector<ErrorDetail>{{"", "must have the property \"kind\""},
                                               {"/x", "is not allowed here"},
                                               {"/id", "must have at least 3 characters"},
                                               {"/n", "must be at least 1"},
                                               {"/tags/1", "must be a string, not an integer"},
                                               {"/a~1b", "must be a string or null, not an integer"}}));
}

TEST(Schema, ExplainsAlternatives) {
  const Schema schema =
      compiled(R"({"properties":{"v":{"oneOf":[{"type":"string"},{"type":"object","required":["ref"]}]}}})");
  EXPECT_EQ(schema.validate(parse(R"({"v":{}})").value()),
            (std::vector<ErrorDetail>{{"/v",
                                       "must match one of 2 alternatives: must be a string, not an object; or must "
                                       "have the property \"ref\""}}));
}

TEST(Schema, WordsEveryRefusal) {
  const auto reason = [](std::string_view schema, std::string_view instance) {
    const auto details = compiled(schema, {.assert_format = true}).validate(parse(instance).value());
    return details.empty() ? "accepted" : details[0].pointer + ": " + details[0].reason;
  };
  EXPECT_EQ(reason(R"({"type":["object","array"]})", "1.5"), ": must be an object or an array, not a fraction");
  EXPECT_EQ(reason(R"({"type":"number"})", "true"), ": must be a number, not a boolean");
  EXPECT_EQ(reason(R"({"maxLength":1})", "\"ab\""), ": must have at most 1 character");
  EXPECT_EQ(reason(R"({"minItems":1})", "[]"), ": must have at least 1 item");
  EXPECT_EQ(reason(R"({"maxProperties":0})", R"({"a":1})"), ": must have at most 0 properties");
  EXPECT_EQ(reason(R"({"exclusiveMaximum":2})", "2"), ": must be less than 2");
  EXPECT_EQ(reason(R"({"multipleOf":2})", "3"), ": must be a multiple of 2");
  EXPECT_EQ(reason(R"({"pattern":"^a"})", "\"b\""), ": must match the pattern ^a");
  EXPECT_EQ(reason(R"({"format":"date"})", "\"b\""), ": must be a date such as 2026-03-01 (RFC 3339)");
  EXPECT_EQ(reason(R"({"uniqueItems":true})", "[1,1]"), ": must not have two equal items");
  EXPECT_EQ(reason(R"({"not":{}})", "1"), ": must not match the schema of `not`");
  EXPECT_EQ(reason(R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})"), "/ab: must have at most 1 character");
  EXPECT_EQ(reason(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})"),
            ": must have the property \"b\" because it has \"a\"");
  EXPECT_EQ(reason(R"({"oneOf":[true,true]})", "1"),
            ": must match exactly one of the alternatives, but matches several");
  EXPECT_EQ(reason(R"({"contains":{"const":1}})", "[]"),
            ": must have at least 1 item of the kind that `contains` describes");
}

TEST(Schema, StopsCollectingAtTheLimit) {
  SchemaOptions options;
  options.errors_max = 3;
  EXPECT_EQ(compiled(R"({"items":{"type":"string"}})", options).validate(Array(50, Value(1))).size(), 3u);
}

TEST(Schema, CanBeMovedAndUsedByManyAtOnce) {
  Schema first = compiled(R"({"type":"integer"})");
  Schema second = std::move(first);
  first = compiled(R"({"type":"string"})");
  EXPECT_TRUE(second.accepts(1));
  EXPECT_TRUE(first.accepts("a"));
}

TEST(Schema, TheMetaschemasAreSchemasThemselves) {
  const Schema meta = compiled(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})");
  for (const char* name : {"schema", "meta/core", "meta/applicator", "meta/unevaluated", "meta/validation",
                           "meta/meta-data", "meta/format-annotation", "meta/format-assertion", "meta/content"}) {
    const Value document = parse(metaschema_text("https://json-schema.org/draft/2020-12/" + std::string(name))).value();
    EXPECT_TRUE(Schema::compile(document).ok()) << name;
    EXPECT_TRUE(meta.accepts(document)) << name;
  }
  EXPECT_TRUE(metaschema_text("https://json-schema.org/draft/2020-12/nope").empty());
}

}  // namespace
}  // namespace lumenflow::json
