#include "catalogue/schema_inclusion.h"

#include <gtest/gtest.h>

#include <random>

#include "catalogue/schema_sample.h"
#include "catalogue/testing/schema_pairs.h"
#include "json/schema.h"

namespace lumenflow::catalogue {
namespace {

json::Schema judge_of(const json::Value& schema) {
  json::SchemaOptions options;
  options.assert_format = true;
  return *json::Schema::compile(schema, options);
}

TEST(SchemaInclusion, SaysOfEachPairWhatIsExpected) {
  for (const SchemaPair& pair : schema_pairs()) {
    const std::string shown = std::string(pair.from) + "\n  by " + std::string(pair.by);
    const json::Value from = *json::parse(pair.from), by = *json::parse(pair.by);
    const std::vector<SchemaBreak> breaks = not_taken(&from, &by);
    if (pair.expected == Expected::kCompatible) {
      EXPECT_TRUE(breaks.empty()) << shown << "\n  " << breaks.front().rule << ": " << breaks.front().what;
      continue;
    }
    ASSERT_FALSE(breaks.empty()) << shown;
    EXPECT_EQ(breaks[0].rule, pair.rule) << shown;
    EXPECT_EQ(breaks[0].from_pointer, pair.from_pointer) << shown;
    EXPECT_EQ(breaks[0].by_pointer, pair.by_pointer) << shown;
    EXPECT_EQ(breaks[0].witness.has_value(), pair.expected == Expected::kBreaks) << shown;
  }
}

TEST(SchemaInclusion, EveryWitnessIsTakenByTheOneAndRefusedByTheOther) {
  std::size_t witnesses = 0;
  for (const SchemaPair& pair : schema_pairs()) {
    const json::Value from = *json::parse(pair.from), by = *json::parse(pair.by);
    for (const SchemaBreak& found : not_taken(&from, &by)) {
      if (!found.witness) continue;
      ++witnesses;
      EXPECT_TRUE(judge_of(from).accepts(*found.witness)) << pair.from << json::serialize(*found.witness);
      EXPECT_FALSE(judge_of(by).accepts(*found.witness)) << pair.by << json::serialize(*found.witness);
    }
  }
  EXPECT_GT(witnesses, 30u);
}

// Small schemas of any keywords, from a seed.
class RandomSchema {
 public:
  explicit RandomSchema(std::uint32_t seed) : random_(seed) {}

  json::Value make(int depth) {
    if (depth == 0 || chance(6)) return leaf();
    json::Object out;
    switch (random_() % 6) {
      case 0:
      case 1:
        out.set("type", "object");
        if (chance(2)) out.set("properties", json::Object{{"a", make(depth - 1)}, {"b", make(depth - 1)}});
        if (chance(2)) out.set("required", json::Array{"a"});
        if (chance(2)) out.set("additionalProperties", chance(2) ? json::Value(false) : make(depth - 1));
        if (chance(4)) out.set("minProperties", count());
        if (chance(4)) out.set("maxProperties", count());
        if (chance(8)) out.set("patternProperties", json::Object{{"^a", make(depth - 1)}});
        if (chance(8)) out.set("dependentRequired", json::Object{{"a", json::Array{"b"}}});
        if (chance(8)) out.set("unevaluatedProperties", false);
        break;
      case 2:
        out.set("type", "array");
        if (chance(2)) out.set("items", make(depth - 1));
        if (chance(3)) out.set("prefixItems", json::Array{make(depth - 1)});
        if (chance(3)) out.set("minItems", count());
        if (chance(3)) out.set("maxItems", count());
        if (chance(5)) out.set("uniqueItems", true);
        if (chance(6)) out.set("contains", make(depth - 1));
        break;
      case 3:
        out.set(chance(2) ? "anyOf" : "oneOf", json::Array{make(depth - 1), make(depth - 1)});
        break;
      case 4:
        out.set("allOf", json::Array{make(depth - 1), make(depth - 1)});
        break;
      default:
        out.set(chance(2) ? "not" : "if", make(depth - 1));
        if (out.contains("if")) out.set(chance(2) ? "then" : "else", make(depth - 1));
    }
    return out;
  }

  // A schema with one place made anew, which often gives a neighbour.
  json::Value edited(const json::Value& schema, int depth) {
    if (!schema.is_object() || schema.as_object().empty() || depth == 0 || chance(4)) return make(depth);
    json::Object out = schema.as_object();
    auto member = out.begin() + static_cast<std::ptrdiff_t>(random_() % out.size());
    if (member->value.is_object() && member->key != "patternProperties" && member->key != "dependentRequired") {
      if (member->key == "properties") {
        json::Object& properties = member->value.as_object();
        for (json::Member& each : properties)
          if (chance(2)) each.value = edited(each.value, depth - 1);
      } else {
        member->value = edited(member->value, depth - 1);
      }
    } else if (chance(2)) {
      out.erase(std::string(member->key));
    }
    return out;
  }

 private:
  bool chance(std::uint32_t in) { return random_() % in == 0; }
  json::Value count() { return static_cast<std::int64_t>(random_() % 4); }
  json::Value leaf() {
    json::Object out;
    switch (random_() % 8) {
      case 0:
        return chance(3) ? json::Value(false) : json::Value(true);
      case 1:
      case 2:
        out.set("type", chance(2) ? "integer" : "number");
        if (chance(2)) out.set(chance(2) ? "minimum" : "exclusiveMinimum", count());
        if (chance(2)) out.set(chance(2) ? "maximum" : "exclusiveMaximum", count());
        if (chance(4)) out.set("multipleOf", chance(2) ? json::Value(2) : json::Value(0.5));
        break;
      case 3:
      case 4:
        out.set("type", "string");
        if (chance(3)) out.set("minLength", count());
        if (chance(3)) out.set("maxLength", count());
        if (chance(4)) out.set("pattern", chance(2) ? "^a" : "[0-9]");
        break;
      case 5:
        out.set("enum", json::Array{1, "a", nullptr});
        break;
      case 6:
        out.set("type", json::Array{"string", "null", "integer"});
        break;
      default:
        out.set("type", chance(2) ? "boolean" : "null");
    }
    return out;
  }

  std::mt19937 random_;
};

// What is said to be compatible is held against everything that can be thought of, not only against what the
// comparison itself looked at.
TEST(SchemaInclusion, WhatIsCompatibleHasNoCounterexample) {
  std::size_t compatible = 0, breaking = 0;
  for (std::uint32_t seed = 1; seed <= 1'200; ++seed) {
    RandomSchema random(seed);
    const json::Value from = random.make(2), by = random.edited(from, 2);
    if (from == by) continue;
    const std::vector<SchemaBreak> breaks = not_taken(&from, &by);
    const json::Schema takes = judge_of(from), refuses = judge_of(by);
    for (const SchemaBreak& found : breaks)
      if (found.witness) {
        ++breaking;
        ASSERT_TRUE(takes.accepts(*found.witness) && !refuses.accepts(*found.witness)) << seed;
      }
    if (!breaks.empty()) continue;
    ++compatible;
    std::vector<json::Value> values = numbers_around(from, by);
    for (json::Value& each : texts_around(from, by)) values.push_back(std::move(each));
    for (const json::Value& schema : {from, by})
      for (std::size_t variant = 0; variant < 400; ++variant)
        if (auto value = sample(schema, variant)) values.push_back(*std::move(value));
    RandomSchema others(seed + 100'000);
    for (int i = 0; i < 20; ++i)
      for (std::size_t variant = 0; variant < 20; ++variant)
        if (auto value = sample(others.make(2), variant)) values.push_back(*std::move(value));
    for (const json::Value& value : values)
      ASSERT_FALSE(takes.accepts(value) && !refuses.accepts(value)) << "seed " << seed << "\n"
                                                                    << json::serialize(from) << "\n"
                                                                    << json::serialize(by) << "\n"
                                                                    << json::serialize(value);
  }
  EXPECT_GT(compatible, 100u);
  EXPECT_GT(breaking, 100u);
}

}  // namespace
}  // namespace lumenflow::catalogue
