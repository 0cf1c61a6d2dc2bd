// A good manifest, broken in many ways: never a crash, and never a pass with a value of the wrong type.
#include <gtest/gtest.h>

#include "pack/manifest.h"
#include "pack/testing/manifest_samples.h"
#include "pack/testing/mutations.h"

namespace lumenflow::pack {
namespace {

TEST(ManifestMutation, AWrongTypeNeverPasses) {
  const auto good = testing::parse(testing::full_manifest());
  ASSERT_TRUE(good.manifest) << good.shown();
  const auto mutations = testing::type_mutations(good.manifest->raw, testing::may_be_replaced);
  EXPECT_GT(mutations.size(), 500u);
  for (const auto& mutation : mutations) {
    const auto parsed = testing::parse(mutation.text);
    EXPECT_FALSE(parsed.manifest) << mutation.pointer << "\n" << mutation.text;
    EXPECT_TRUE(parsed.diagnostics.has_errors());
  }
}

TEST(ManifestMutation, WhateverIsWrittenIsReadOrRefusedWithAReason) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto parsed = testing::parse(testing::text_mutation(testing::full_manifest(), seed));
    EXPECT_EQ(parsed.manifest.has_value(), !parsed.diagnostics.has_errors()) << seed;
    EXPECT_EQ(parsed.shown().empty(), parsed.diagnostics.items().empty());
    for (const Diagnostic& item : parsed.diagnostics.items()) EXPECT_FALSE(item.message.empty());
  }
}

TEST(ManifestMutation, AnUnknownFieldAnywhereIsReported) {
  const auto good = testing::parse(testing::full_manifest());
  ASSERT_TRUE(good.manifest);
  for (const char* pointer :
       {"", "/runtime", "/lane_templates/0", "/tools/0", "/tools/0/required_scopes/0", "/tools/0/required_scopes/2",
        "/prompts/0", "/prompts/0/arguments/0", "/prompts/0/messages/0", "/resources/0", "/policies/0",
        "/policies/0/when", "/policies/0/when/input/~1job_id", "/policies/0/when/not", "/automations/0",
        "/automations/0/do"}) {
    json::Value changed = good.manifest->raw;
    const_cast<json::Value&>(*changed.at_pointer(pointer)).as_object().set("zzz", 1);
    const auto parsed = testing::parse(json::serialize(changed));
    EXPECT_EQ(parsed.codes(), std::vector<std::string>{"LF1002"}) << pointer << parsed.shown();
  }
}

}  // namespace
}  // namespace lumenflow::pack
