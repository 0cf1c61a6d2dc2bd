// What a schema must not be: each refusal names its place, and none of them crashes or hangs.
#include <gtest/gtest.h>

#include "json/schema.h"

namespace lumenflow::json {
namespace {

std::string refusal_of(const Value& schema, const SchemaOptions& options = {}) {
  const Result<Schema> result = Schema::compile(schema, options);
  if (result.ok()) return "compiled";
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidConfiguration);
  EXPECT_FALSE(result.error().details().empty());
  return result.error().details().at(0).pointer + ": " + result.error().details().at(0).reason;
}
std::string schema_refusal(std::string_view schema) { return refusal_of(parse(schema).value()); }

TEST(SchemaCompile, RefusesKeywordsOfTheWrongType) {
  for (const char* schema : {R"(1)",
                             R"([])",
                             R"({"type":1})",
                             R"({"type":"text"})",
                             R"({"type":[]})",
                             R"({"type":["string","string"]})",
                             R"({"enum":1})",
                             R"({"multipleOf":0})",
                             R"({"multipleOf":"1"})",
                             R"({"minimum":"1"})",
                             R"({"maximum":null})",
                             R"({"exclusiveMinimum":true})",
                             R"({"exclusiveMaximum":true})",
                             R"({"minLength":-1})",
                             R"({"maxLength":1.5})",
                             R"({"pattern":1})",
                             R"({"pattern":"("})",
                             R"({"format":1})",
                             R"({"minItems":"1"})",
                             R"({"maxItems":-1})",
                             R"({"uniqueItems":1})",
                             R"({"prefixItems":[]})",
                             R"({"prefixItems":{}})",
                             R"({"items":[]})",
                             R"({"contains":1})",
                             R"({"minContains":-1})",
                             R"({"maxContains":"1"})",
                             R"({"properties":[]})",
                             R"({"properties":{"a":1}})",
                             R"({"patternProperties":{"(":true}})",
                             R"({"patternProperties":1})",
                             R"({"additionalProperties":1})",
                             R"({"propertyNames":1})",
                             R"({"minProperties":-1})",
                             R"({"maxProperties":1.5})",
                             R"({"required":"a"})",
                             R"({"required":[1]})",
                             R"({"required":["a","a"]})",
                             R"({"dependentRequired":{"a":"b"}})",
                             R"({"dependentRequired":1})",
                             R"({"dependentSchemas":{"a":1}})",
                             R"({"dependencies":{"a":1}})",
                             R"({"allOf":[]})",
                             R"({"anyOf":{}})",
                             R"({"oneOf":[1]})",
                             R"({"not":1})",
                             R"({"if":1})",
                             R"({"then":1})",
                             R"({"else":1})",
                             R"({"unevaluatedItems":1})",
                             R"({"unevaluatedProperties":[]})",
                             R"({"$ref":1})",
                             R"({"$dynamicRef":1})",
                             R"({"$id":1})",
                             R"({"$schema":1})",
                             R"({"$anchor":1})",
                             R"({"$anchor":"1a"})",
                             R"({"$dynamicAnchor":"#a"})",
                             R"({"$comment":1})",
                             R"({"$vocabulary":1})",
                             R"({"$defs":1})",
                             R"({"$defs":{"a":1}})",
                             R"({"title":1})",
                             R"({"description":1})",
                             R"({"deprecated":1})",
                             R"({"readOnly":1})",
                             R"({"writeOnly":1})",
                             R"({"examples":1})",
                             R"({"contentEncoding":1})",
                             R"({"contentMediaType":1})",
                             R"({"contentSchema":1})"})
    EXPECT_NE(schema_refusal(schema), "compiled") << schema;
}

TEST(SchemaCompile, NamesThePlaceOfEveryProblem) {
  const Result<Schema> result = Schema::compile(
      parse(R"({"type":"text","properties":{"a/b":{"minimum":"x"}},"items":{"anyOf":[true,{"required":1}]}})").value());
  ASSERT_FALSE(result.ok());
  std::vector<std::string> pointers;
  for (const ErrorDetail& detail : result.error().details()) pointers.push_back(detail.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/type", "/properties/a~1b/minimum", "/items/anyOf/1/required"}));
  EXPECT_NE(result.error().message().find("/type must be null, boolean"), std::string::npos);
  EXPECT_NE(result.error().message().find("(and 2 more)"), std::string::npos);
}

TEST(SchemaCompile, RefusesReferencesToWhatIsNotThere) {
  EXPECT_EQ(schema_refusal(R"({"items":{"$ref":"#/$defs/a"}})"),
            "/items/$ref: refers to #/$defs/a, but there is nothing at that place");
  EXPECT_EQ(schema_refusal(R"({"$ref":"#a"})"), "/$ref: refers to #a, but there is no such anchor");
  EXPECT_EQ(schema_refusal(R"({"$ref":"http://x.example/s.json"})"),
            "/$ref: refers to http://x.example/s.json, but no document of that name was given, and none is fetched");
  EXPECT_NE(schema_refusal(R"({"$ref":"#%zz"})"), "compiled");
  EXPECT_NE(schema_refusal(R"({"$ref":"#/$defs/a","$defs":{"a":1}})"), "compiled");
}

TEST(SchemaCompile, NamesTheDocumentOfAProblemElsewhere) {
  const std::map<std::string, Value> documents = {
      {"http://x.example/s", parse(R"({"$defs":{"a":{"type":1}}})").value()}};
  SchemaOptions options;
  options.documents = &documents;
  EXPECT_EQ(refusal_of(parse(R"({"$ref":"http://x.example/s#/$defs/a"})").value(), options).substr(0, 31),
            "http://x.example/s#/$defs/a/typ");
}

TEST(SchemaCompile, RefusesAmbiguousNames) {
  EXPECT_NE(schema_refusal(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})"), "compiled");
  EXPECT_NE(schema_refusal(R"({"$defs":{"a":{"$id":"http://x.example/"},"b":{"$id":"http://x.example/"}}})"),
            "compiled");
  EXPECT_NE(schema_refusal(R"({"$id":"http://x.example/#part"})"), "compiled");
}

TEST(SchemaCompile, RefusesOtherDialects) {
  EXPECT_EQ(schema_refusal(R"({"$schema":"http://json-schema.org/draft-07/schema#"})"),
            "/$schema: names the dialect http://json-schema.org/draft-07/schema#, which is not supported: use "
            "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema_refusal(R"({"$schema":"https://json-schema.org/draft/2020-12/schema#"})"), "compiled");
}

TEST(SchemaCompile, ReadsTheVocabulariesOfADialect) {
  const std::map<std::string, Value> documents = {
      {"http://x.example/lax", parse(R"({"$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/core":true,
        "https://json-schema.org/draft/2020-12/vocab/applicator":true,"http://x.example/vocab":false}})")
                                   .value()},
      {"http://x.example/formats", parse(R"({"$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/core":true,
        "https://json-schema.org/draft/2020-12/vocab/format-assertion":true}})")
                                       .value()},
      {"http://x.example/foreign", parse(R"({"$vocabulary":{"http://x.example/vocab":true}})").value()}};
  SchemaOptions options;
  options.documents = &documents;
  const auto compile = [&options](const char* text) { return Schema::compile(parse(text).value(), options); };
  EXPECT_TRUE(compile(R"({"$schema":"http://x.example/lax","type":"string"})")->accepts(1));
  EXPECT_FALSE(compile(R"({"$schema":"http://x.example/formats","format":"date"})")->accepts("x"));
  EXPECT_FALSE(compile(R"({"$schema":"http://x.example/foreign"})").ok());
}

TEST(SchemaCompile, RefusesReferencesThatNeverGoDown) {
  for (const char* schema :
       {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"$ref":"#"}})",
        R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[true,{"$ref":"#/$defs/a"}]}}})"})
    EXPECT_NE(schema_refusal(schema).find("refers to itself"), std::string::npos) << schema;
  EXPECT_EQ(schema_refusal(R"({"properties":{"a":{"$ref":"#"}}})"), "compiled");
}

// Where memory lies says nothing: the same schema is refused in the same words every time.
TEST(SchemaCompile, NamesTheFirstOfSeveralReferencesThatNeverGoDown) {
  EXPECT_EQ(schema_refusal(R"({"$defs":{"a":{"$ref":"#/$defs/a"},"b":{"$ref":"#/$defs/b"},"c":{"$ref":"#/$defs/c"},
                               "d":{"$ref":"#/$defs/d"},"e":{"$ref":"#/$defs/e"},"f":{"$ref":"#/$defs/f"}}})"),
            "/$defs/a: refers to itself without going down into the instance, so it would never finish");
}

TEST(SchemaCompile, SurvivesHostileShapes) {
  Value deep = true;
  for (int i = 0; i < 5000; ++i) deep = Object{{"not", std::move(deep)}};
  EXPECT_NE(refusal_of(deep).find("nested too deeply"), std::string::npos);

  Object chain;  // a reference to a reference, ten thousand times
  for (int i = 0; i < 10000; ++i) chain.append(std::to_string(i), Object{{"$ref", "#/$defs/" + std::to_string(i + 1)}});
  chain.append("10000", true);
  const Result<Schema> long_chain = Schema::compile(Object{{"$ref", "#/$defs/0"}, {"$defs", std::move(chain)}});
  ASSERT_TRUE(long_chain.ok());
  EXPECT_FALSE(long_chain->accepts(1));
  EXPECT_EQ(long_chain->validate(1).at(0).reason, "the schema recurses too deeply or too often on this value");
}

TEST(SchemaCompile, BoundsLoopsThatOnlyEvaluationSees) {
  const Schema loop = Schema::compile(parse(R"({"$dynamicAnchor":"a","$dynamicRef":"#a"})").value()).value();
  EXPECT_FALSE(loop.accepts(1));
  EXPECT_FALSE(loop.validate(1).empty());
  const Schema negated = Schema::compile(parse(R"({"$dynamicAnchor":"a","not":{"$dynamicRef":"#a"}})").value()).value();
  EXPECT_FALSE(negated.accepts(1));
  EXPECT_FALSE(negated.validate(1).empty());

  Object doubling;  // each level twice the work of the next: 2^60 in all
  for (int i = 0; i < 60; ++i) {
    const Value next = Object{{"$ref", "#/$defs/" + std::to_string(i + 1)}};
    doubling.append(std::to_string(i), Object{{"allOf", Array{next, next}}});
  }
  doubling.append("60", Object{{"type", "integer"}});
  const Schema schema = Schema::compile(Object{{"$ref", "#/$defs/0"}, {"$defs", std::move(doubling)}}).value();
  EXPECT_FALSE(schema.accepts(1));
}

TEST(SchemaCompile, NamesWhatAPatternMayNotUse) {
  EXPECT_EQ(refusal_of(Object{{"pattern", "^(?=a)"}}),
            "/pattern: \"^(?=a)\": the pattern uses look-ahead, which matching in linear time excludes");
  EXPECT_EQ(refusal_of(Object{{"patternProperties", Object{{"(a)\\1", true}}}}),
            "/patternProperties/(a)\\1: \"(a)\\1\": the pattern uses a back-reference, which matching in linear time "
            "excludes");
}

}  // namespace
}  // namespace lumenflow::json
