#include <gtest/gtest.h>

#include "json/schema.h"

namespace lumenflow::json {
namespace {

std::string redacted(std::string_view schema, std::string_view instance) {
  const Schema compiled = Schema::compile(parse(schema).value()).value();
  return serialize(compiled.redact_write_only(parse(instance).value(), [](const Value&) { return Value("***"); }));
}

TEST(Redact, ReplacesMarkedPropertiesItemsAndTheRest) {
  EXPECT_EQ(redacted(R"({"properties":{"key":{"writeOnly":true},"o":{"properties":{"pw":{"writeOnly":true}}}}})",
                     R"({"key":"s","o":{"pw":{"a":1},"id":2},"n":3})"),
            R"({"key":"***","o":{"pw":"***","id":2},"n":3})");
  EXPECT_EQ(redacted(R"({"items":{"writeOnly":true}})", "[1,2]"), R"(["***","***"])");
  EXPECT_EQ(redacted(R"({"prefixItems":[true,{"writeOnly":true}]})", "[1,2,3]"), R"([1,"***",3])");
  EXPECT_EQ(redacted(R"({"properties":{"a":true},"additionalProperties":{"writeOnly":true}})", R"({"a":1,"b":2})"),
            R"({"a":1,"b":"***"})");
  EXPECT_EQ(redacted(R"({"patternProperties":{"^s_":{"writeOnly":true}}})", R"({"s_a":1,"b":2})"),
            R"({"s_a":"***","b":2})");
  EXPECT_EQ(redacted(R"({"unevaluatedProperties":{"writeOnly":true}})", R"({"a":1})"), R"({"a":"***"})");
  EXPECT_EQ(redacted(R"({"writeOnly":true})", R"({"a":1})"), R"("***")");
}

TEST(Redact, LooksThroughReferencesAndEveryBranch) {
  EXPECT_EQ(
      redacted(R"({"properties":{"a":{"$ref":"#/$defs/secret"}},"$defs":{"secret":{"writeOnly":true}}})", R"({"a":1})"),
      R"({"a":"***"})");
  for (const char* combinator : {"allOf", "anyOf", "oneOf"}) {
    const std::string schema =
        std::string(R"({")") + combinator + R"(":[{"properties":{"a":{"writeOnly":true}}},true]})";
    EXPECT_EQ(redacted(schema, R"({"a":1,"b":2})"), R"({"a":"***","b":2})") << combinator;
  }
  EXPECT_EQ(redacted(R"({"if":false,"then":{"properties":{"a":{"writeOnly":true}}}})", R"({"a":1})"), R"({"a":"***"})");
  EXPECT_EQ(redacted(R"({"properties":{"s":{"writeOnly":true},"next":{"$ref":"#"}}})", R"({"next":{"next":{"s":1}}})"),
            R"({"next":{"next":{"s":"***"}}})");
}

TEST(Redact, FollowsEachSchemaOnceHoweverManyWaysLeadThere) {
  Value deep = Object{{"s", 1}};
  for (int i = 0; i < 60; ++i) deep = Object{{"n", std::move(deep)}};
  const Schema schema =
      Schema::compile(
          parse(R"({"properties":{"n":{"$ref":"#"},"s":{"writeOnly":true}},"patternProperties":{"n":{"$ref":"#"}}})")
              .value())
          .value();
  const Value redacted_deep = schema.redact_write_only(deep, [](const Value&) { return Value("***"); });
  EXPECT_NE(serialize(redacted_deep).find("***"), std::string::npos);
}

TEST(Redact, KeepsWhatIsNotMarked) {
  const Schema plain = Schema::compile(parse(R"({"properties":{"a":{"writeOnly":false}}})").value()).value();
  EXPECT_FALSE(plain.has_write_only());
  EXPECT_EQ(plain.redact_write_only(Object{{"a", 1}}, [](const Value&) { return Value(); }), Value(Object{{"a", 1}}));
  EXPECT_TRUE(Schema::compile(parse(R"({"items":{"writeOnly":true}})").value())->has_write_only());
}

TEST(Redact, GivesTheReplacementWhatStoodThere) {
  const Schema schema = Schema::compile(parse(R"({"properties":{"a":{"writeOnly":true}}})").value()).value();
  EXPECT_EQ(
      schema.redact_write_only(Object{{"a", 1}}, [](const Value& value) { return Value("was " + serialize(value)); }),
      Value(Object{{"a", "was 1"}}));
}

}  // namespace
}  // namespace lumenflow::json
