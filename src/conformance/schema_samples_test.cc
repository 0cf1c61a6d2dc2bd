#include "conformance/schema_samples.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <string>

#include "conformance/pattern_sample.h"
#include "json/schema_pattern.h"

namespace lumenflow::conformance {
namespace {

json::Value parsed(std::string_view text) { return json::parse(text).value(); }

json::Schema compiled(const json::Value& schema) {
  json::SchemaOptions options;
  options.assert_format = true;
  return std::move(json::Schema::compile(schema, options)).value();
}

// One of each kind of thing that a schema can say about an input.
constexpr std::string_view kSchemas[] = {
    R"({"type":"object"})",
    R"({"type":"object","additionalProperties":false,"required":["title"],"properties":{
        "title":{"type":"string","minLength":1,"maxLength":1000,"pattern":"\\S"},
        "priority":{"type":"string","enum":["P0","P1"]},
        "due_at":{"type":"string","format":"date-time"},
        "tags":{"type":"array","maxItems":3,"uniqueItems":true,"items":{"type":"string","maxLength":20}}}})",
    R"({"type":"object","required":["id"],"anyOf":[{"required":["due_at"]},{"required":["cron"]}],"properties":{
        "id":{"type":"string","pattern":"^task-[0-9A-HJKMNP-TV-Z]{26}$"},
        "due_at":{"type":"string","format":"date"},"cron":{"type":"string","minLength":3}}})",
    R"({"type":"object","required":["n","x"],"properties":{
        "n":{"type":"integer","minimum":3,"exclusiveMaximum":9,"multipleOf":2},
        "x":{"type":"number","exclusiveMinimum":0,"maximum":1}}})",
    R"({"type":"object","$defs":{"step":{"type":"object","required":["tool"],"additionalProperties":false,"properties":{
        "tool":{"type":"string","pattern":"^[a-z]+:[a-z_]+$"},"next":{"$ref":"#/$defs/step"}}}},
        "required":["steps"],"properties":{"steps":{"type":"array","minItems":2,"items":{"$ref":"#/$defs/step"}}}})",
    R"({"type":"object","required":["kind"],"properties":{"kind":{"enum":["a","b"]}},
        "if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["a"]},"else":{"required":["b"]}})",
    R"({"type":"object","minProperties":2,"additionalProperties":{"type":"integer","minimum":10}})",
    R"({"type":"object","allOf":[{"required":["a"],"properties":{"a":{"type":["null","boolean"]}}},
        {"required":["b"],"properties":{"b":{"prefixItems":[{"type":"string"},{"const":7}],"minItems":2}}}]})",
};

TEST(SchemaSamples, GoodOnesAreAcceptedAndBadOnesRefusedWhateverTheSeed) {
  for (const std::string_view text : kSchemas) {
    const json::Value schema = parsed(text);
    const json::Schema judge = compiled(schema);
    const auto accepts = [&](const json::Value& value) { return judge.accepts(value); };
    EXPECT_TRUE(rc::check(std::string(text), [&] {
      SchemaSamples samples(schema, accepts, *rc::gen::arbitrary<std::uint64_t>());
      const auto good = samples.good(*rc::gen::arbitrary<bool>());
      RC_ASSERT(good.has_value());
      RC_ASSERT(judge.accepts(*good));
      const auto bad = samples.bad();
      RC_ASSERT(bad.has_value());
      RC_ASSERT(!judge.accepts(bad->value));
      RC_ASSERT(!bad->what.empty());
    })) << text;
  }
}

TEST(SchemaSamples, TheSameSeedGivesTheSameSamples) {
  const json::Value schema = parsed(kSchemas[1]);
  const json::Schema judge = compiled(schema);
  const auto run = [&](std::uint64_t seed) {
    SchemaSamples samples(
        schema, [&](const json::Value& value) { return judge.accepts(value); }, seed);
    std::string all;
    for (int i = 0; i < 20; ++i) all += json::serialize(*samples.good()) + json::serialize(samples.bad()->value) + "\n";
    return all;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(SchemaSamples, BadOnesAreOfManyKinds) {
  const json::Value schema = parsed(kSchemas[1]);
  const json::Schema judge = compiled(schema);
  SchemaSamples samples(
      schema, [&](const json::Value& value) { return judge.accepts(value); }, 1);
  std::set<std::string> distinct, roots;
  bool nested = false, too_long = false, left_out = false, root = false;
  for (int i = 0; i < 300; ++i) {
    const BadSample bad = samples.bad().value();
    distinct.insert(json::serialize(bad.value));
    nested = nested || bad.what.starts_with("/tags/");
    too_long = too_long || bad.what.find("longer than 1000") != std::string::npos;
    left_out = left_out || bad.what.find("without 'title'") != std::string::npos;
    root = root || !bad.value.is_object();
  }
  EXPECT_GT(distinct.size(), 150u);
  EXPECT_TRUE(nested && too_long && left_out && root);
}

TEST(SchemaSamples, SaysWhenThereIsNone) {
  const json::Value nothing = parsed(R"({"type":"object","required":["a"],"properties":{"a":false}})");
  const json::Value anything = parsed("{}");
  SchemaSamples no_good(
      nothing, [](const json::Value&) { return false; }, 1);
  SchemaSamples no_bad(
      anything, [](const json::Value&) { return true; }, 1);
  EXPECT_FALSE(no_good.good().has_value());
  EXPECT_FALSE(no_bad.bad().has_value());
}

TEST(PatternSample, MatchesItsPattern) {
  for (const std::string_view pattern :
       {R"(\S)", R"(^task-[0-9A-HJKMNP-TV-Z]{26}$)", R"(^[^\x00-\x1F\x7F]*[^\s\x00-\x1F\x7F][^\x00-\x1F\x7F]*$)",
        R"(^\s*(([a-z][a-z0-9-]*:)?[a-z][a-z0-9]*(_[a-z0-9]+)*)?\s*$)", R"(^(?:a|b(?<n>c))+?\.\d{2,}\w$)",
        R"(^[\]\-a]{3}\u00e9\/$)", R"([^\x20-\x7e])"}) {
    const auto matcher = json::Pattern::compile(pattern);
    ASSERT_TRUE(matcher.ok()) << pattern;
    EXPECT_TRUE(rc::check(std::string(pattern), [&] {
      Draw draw(*rc::gen::arbitrary<std::uint64_t>());
      const auto text = sample_of_pattern(pattern, draw, *rc::gen::inRange<std::size_t>(0, 5));
      RC_ASSERT(text.has_value());
      RC_ASSERT(matcher->matches(*text));
    })) << pattern;
  }
}

TEST(PatternSample, SaysWhatItCannotRead) {
  Draw draw(1);
  for (const std::string_view pattern : {R"((?=a)b)", R"((?<!a)b)", R"((a)\1)", R"(\p{L})", "(a", "a{3", "[a"})
    EXPECT_FALSE(sample_of_pattern(pattern, draw, 1).has_value()) << pattern;
}

}  // namespace
}  // namespace lumenflow::conformance
