// A good lumenflow.yaml, broken in thousands of ways: never a crash, never a pass when it is wrong, and the published
// schema says the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/testing/config_samples.h"
#include "pack/testing/invalid_documents.h"
#include "pack/testing/mutations.h"
#include "pack/testing/published_schema.h"
#include "pack/yaml.h"

namespace lumenflow::kernel {
namespace {

using testing::full_config;
using testing::full_document;
using testing::parse;
using testing::Parsed;

constexpr std::uint64_t kSeeds = 2'000;

bool is_free(std::string_view pointer, const json::Value& replacement) {
  const auto in = [&](std::string_view section) { return pointer.starts_with(section); };
  if (in("/agent_runtime/") || in("/sidekick/") || in("/acme_demo/")) return true;  // for the packs' own schemas
  if (pointer == "/acme_demo") return replacement.is_array() || replacement.is_object();
  if (in("/surfaces/") && std::ranges::count(pointer, '/') == 2)
    return replacement.is_boolean() || replacement.is_object();
  if (pointer == "/surfaces") return replacement.is_array() || replacement.is_object();
  if (pointer.ends_with("/enabled") || pointer == "/socket" || pointer == "/telemetry/metrics")
    return replacement.is_boolean();
  if (pointer == "/uplink" || pointer == "/approval_providers" || pointer == "/sandbox") return replacement.is_object();
  if (pointer.ends_with("/command")) return replacement.is_string();
  return false;
}

pack::samples::Anatomy anatomy() {
  pack::samples::Anatomy out;
  out.may_be_replaced = is_free;
  out.open_map = [](std::string_view pointer) {
    return pointer == "/agent_runtime" || pointer == "/sidekick" || pointer == "/software_delivery" ||
           pointer == "/acme_demo";
  };
  out.named_map = [](std::string_view pointer) { return pointer == "/approval_providers"; };
  out.closed_text = [](std::string_view pointer) {
    static constexpr std::string_view kEnds[] = {"/mode",
                                                 "/version",
                                                 "/source",
                                                 "/integrity",
                                                 "/type",
                                                 "/access",
                                                 "/trigger",
                                                 "/decision",
                                                 "/posture",
                                                 "/permission",
                                                 "/provider",
                                                 "/expires",
                                                 "/header_bytes",
                                                 "/header_time",
                                                 "/body_time",
                                                 "/idle_time",
                                                 "/socket",
                                                 "/adapter",
                                                 "/bytes",
                                                 "/linger",
                                                 "/idempotency_window",
                                                 "/retention",
                                                 "/inputs",
                                                 "/outputs",
                                                 "/durable",
                                                 "/interval",
                                                 "/checkpoint_interval",
                                                 "/memory_bytes",
                                                 "/cpu_time",
                                                 "/body_bytes",
                                                 "/output_bytes",
                                                 "/call_timeout",
                                                 "/drain_timeout",
                                                 "/timeout",
                                                 "/metrics",
                                                 "/level",
                                                 "/format",
                                                 "/mcp",
                                                 "/default_decision",
                                                 "/approval_providers/*"};
    return pointer == "/id" || (pointer.starts_with("/packs/") && pointer.ends_with("/id")) ||
           std::ranges::any_of(kEnds, [&](std::string_view end) { return pointer.ends_with(end); });
  };
  return out;
}

class ConfigMutation : public ::testing::Test {
 protected:
  ConfigMutation()
      : document_(pack::samples::published_document("lumenflow.schema.json")),
        schema_(json::Schema::compile(document_)) {
    EXPECT_TRUE(schema_.ok());
  }
  json::Value document_;
  Result<json::Schema> schema_;
};
using ConfigSchema = ConfigMutation;

// schemas/lumenflow.schema.json, which editors use, says what the parser says.
TEST_F(ConfigSchema, NamesTheSameKeysAndAcceptsWhatTheParserAccepts) {
  EXPECT_EQ(pack::samples::reasons(*schema_, full_document()), "");
  for (const json::Member& member : document_.find("properties")->as_object())
    EXPECT_NE(full_document().find(member.key), nullptr) << member.key;
}

TEST_F(ConfigSchema, DescribesEveryProperty) { EXPECT_EQ(pack::samples::undescribed(document_), ""); }

TEST_F(ConfigMutation, AWrongTypeNeverPasses) {
  const auto mutations = pack::samples::type_mutations(full_document(), is_free);
  EXPECT_GT(mutations.size(), 400u);
  for (const auto& mutation : mutations) {
    EXPECT_FALSE(parse(mutation.text).config) << mutation.pointer << "\n" << mutation.text;
    EXPECT_FALSE(schema_->accepts(*json::parse(mutation.text))) << mutation.pointer << "\n" << mutation.text;
  }
}

TEST_F(ConfigMutation, WhatIsWrongByConstructionNeverPasses) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto wrong = pack::samples::invalid_document(full_document(), anatomy(), seed);
    const Parsed parsed = parse(wrong.text);
    ASSERT_FALSE(parsed.config) << seed << ": " << wrong.faults;
    ASSERT_TRUE(parsed.diagnostics.has_errors()) << seed << ": " << wrong.faults;
  }
}

TEST_F(ConfigMutation, WhatIsNoStrictYamlIsUnreadable) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto wrong = pack::samples::invalid_yaml(full_config(), seed);
    const Parsed parsed = parse(wrong.text);
    ASSERT_FALSE(parsed.config) << seed << ": " << wrong.faults;
    ASSERT_EQ(parsed.codes().front(), "LF2001") << seed << ": " << wrong.faults;
  }
}

// What an editor calls wrong the program refuses; so nothing that the schema forbids ever passes.
TEST_F(ConfigMutation, WhateverIsWrittenIsReadOrRefusedWithAReasonAndTheSchemaAgrees) {
  std::size_t accepted = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::string text = pack::samples::text_mutation(full_config(), seed);
    if (seed % 3 == 0 && !text.empty()) text = pack::samples::text_mutation(std::move(text), seed + kSeeds);
    const Parsed parsed = parse(text);
    ASSERT_EQ(parsed.config.has_value(), !parsed.diagnostics.has_errors()) << seed;
    if (!parsed.config) continue;
    ++accepted;
    pack::YamlDocument document;
    pack::Diagnostics diagnostics;
    ASSERT_TRUE(parse_yaml("lumenflow.yaml", text, "LF2001", document, diagnostics));
    ASSERT_EQ(pack::samples::reasons(*schema_, document.value), "") << seed;
  }
  EXPECT_GT(accepted, kSeeds / 50) << "else nothing was shown";
  EXPECT_LT(accepted, kSeeds / 2);
}

}  // namespace
}  // namespace lumenflow::kernel
