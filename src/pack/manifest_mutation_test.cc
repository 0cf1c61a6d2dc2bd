// A good manifest, broken in thousands of ways: never a crash, never a pass when it is wrong, and the published schema
// says the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "pack/manifest.h"
#include "pack/testing/invalid_documents.h"
#include "pack/testing/manifest_samples.h"
#include "pack/testing/mutations.h"
#include "pack/testing/published_schema.h"

namespace lumenflow::pack {
namespace {

constexpr std::uint64_t kSeeds = 2'000;

bool has(std::string_view pointer, std::string_view part) { return pointer.find(part) != std::string_view::npos; }

samples::Anatomy anatomy() {
  samples::Anatomy out;
  out.may_be_replaced = samples::may_be_replaced;
  out.open_map = [](std::string_view pointer) {
    return has(pointer, "_schema") || has(pointer, "/content") || has(pointer, "/do/input") ||
           pointer.starts_with("/event_schemas/") || pointer.starts_with("/automations/0/when") ||
           (pointer.starts_with("/examples/") &&
            (pointer.rfind('/') > 9 || has(pointer, "job_completed") || has(pointer, "job:run-now")));
  };
  out.named_map = [](std::string_view pointer) {
    return pointer == "/state_aliases" || pointer == "/policies/0/when/input" || pointer == "/backpressure_policy" ||
           pointer == "/event_schemas" || pointer == "/handler_approvals" || pointer == "/examples";
  };
  out.closed_text = [](std::string_view pointer) {
    static constexpr std::string_view kEnds[] = {"/type",    "/access",   "/posture",  "/permission", "/role",
                                                 "/trigger", "/decision", "/mcp_name", "/in_progress"};
    static constexpr std::string_view kLists[] = {"/required_env/", "/surfaces_required/", "/emitted_event_kinds/",
                                                  "/backpressure_policy/", "/required_approvals/"};
    static constexpr std::string_view kWhole[] = {"/id",           "/slug",         "/version",      "/config_key",
                                                  "/tools/0/name", "/tools/1/name", "/tools/0/scope"};
    if (has(pointer, "_schema") || pointer.starts_with("/event_schemas")) return false;
    if (has(pointer, "/content") || pointer.starts_with("/tools/0/required_approvals")) return false;
    return std::ranges::any_of(kEnds, [&](std::string_view end) { return pointer.ends_with(end); }) ||
           std::ranges::any_of(kLists, [&](std::string_view list) { return has(pointer, list); }) ||
           std::ranges::find(kWhole, pointer) != std::end(kWhole);
  };
  return out;
}

bool is_sorted_by_place(const Diagnostics& diagnostics) {
  return std::ranges::is_sorted(diagnostics.items(), {}, [](const Diagnostic& item) {
    return std::tie(item.place.file, item.place.line, item.place.column);
  });
}

class ManifestMutation : public ::testing::Test {
 protected:
  ManifestMutation()
      : good_(samples::parse(samples::full_manifest())),
        schema_(json::Schema::compile(samples::published_document("manifest.schema.json"))) {
    EXPECT_TRUE(good_.manifest) << good_.shown();
    EXPECT_TRUE(schema_.ok());
  }
  samples::Parsed good_;
  Result<json::Schema> schema_;
};

TEST_F(ManifestMutation, AWrongTypeNeverPasses) {
  const auto mutations = samples::type_mutations(good_.manifest->raw, samples::may_be_replaced);
  EXPECT_GT(mutations.size(), 500u);
  for (const auto& mutation : mutations) {
    const auto parsed = samples::parse(mutation.text);
    EXPECT_FALSE(parsed.manifest) << mutation.pointer << "\n" << mutation.text;
    EXPECT_TRUE(parsed.diagnostics.has_errors());
  }
}

TEST_F(ManifestMutation, WhatIsWrongByConstructionNeverPasses) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto wrong = samples::invalid_document(good_.manifest->raw, anatomy(), seed);
    const auto parsed = samples::parse(wrong.text);
    ASSERT_FALSE(parsed.manifest) << seed << ": " << wrong.faults;
    ASSERT_TRUE(parsed.diagnostics.has_errors()) << seed << ": " << wrong.faults;
    ASSERT_TRUE(is_sorted_by_place(parsed.diagnostics)) << parsed.shown();
  }
}

TEST_F(ManifestMutation, WhatIsNoStrictYamlIsUnreadable) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto wrong = samples::invalid_yaml(samples::full_manifest(), seed);
    const auto parsed = samples::parse(wrong.text);
    ASSERT_FALSE(parsed.manifest) << seed << ": " << wrong.faults;
    ASSERT_EQ(parsed.codes().front(), "LF1001") << seed << ": " << wrong.faults;
  }
}

// What an editor calls wrong the program refuses; so nothing that the schema forbids ever passes.
TEST_F(ManifestMutation, WhateverIsWrittenIsReadOrRefusedWithAReasonAndTheSchemaAgrees) {
  std::size_t accepted = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::string text = samples::text_mutation(samples::full_manifest(), seed);
    if (seed % 3 == 0 && !text.empty()) text = samples::text_mutation(std::move(text), seed + kSeeds);
    const auto parsed = samples::parse(std::move(text));
    ASSERT_EQ(parsed.manifest.has_value(), !parsed.diagnostics.has_errors()) << seed;
    ASSERT_EQ(parsed.shown().empty(), parsed.diagnostics.items().empty());
    ASSERT_TRUE(is_sorted_by_place(parsed.diagnostics)) << parsed.shown();
    for (const Diagnostic& item : parsed.diagnostics.items()) ASSERT_FALSE(item.message.empty());
    if (!parsed.manifest) continue;
    ++accepted;
    ASSERT_EQ(samples::reasons(*schema_, parsed.manifest->raw), "") << seed;
  }
  EXPECT_GT(accepted, kSeeds / 50) << "else nothing was shown";
  EXPECT_LT(accepted, kSeeds / 2);
}

TEST_F(ManifestMutation, AnUnknownFieldAnywhereIsReported) {
  for (const char* pointer :
       {"", "/runtime", "/lane_templates/0", "/tools/0", "/tools/0/required_scopes/0", "/tools/0/required_scopes/2",
        "/prompts/0", "/prompts/0/arguments/0", "/prompts/0/messages/0", "/resources/0", "/policies/0",
        "/policies/0/when", "/policies/0/when/input/~1job_id", "/policies/0/when/not", "/automations/0",
        "/automations/0/do"}) {
    json::Value changed = good_.manifest->raw;
    const_cast<json::Value&>(*changed.at_pointer(pointer)).as_object().set("zzz", 1);
    const auto parsed = samples::parse(json::serialize(changed));
    EXPECT_EQ(parsed.codes(), std::vector<std::string>{"LF1002"}) << pointer << parsed.shown();
    EXPECT_FALSE(schema_->accepts(changed)) << pointer;
  }
}

}  // namespace
}  // namespace lumenflow::pack
