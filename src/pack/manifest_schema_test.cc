// schemas/manifest.schema.json, which editors use, says what the parser says.
#include <gtest/gtest.h>

#include "pack/testing/manifest_samples.h"
#include "pack/testing/mutations.h"
#include "pack/testing/published_schema.h"

namespace lumenflow::pack {
namespace {

class ManifestSchema : public ::testing::Test {
 protected:
  ManifestSchema()
      : document_(samples::published_document("manifest.schema.json")), schema_(json::Schema::compile(document_)) {
    EXPECT_TRUE(schema_.ok());
  }
  json::Value document_;
  Result<json::Schema> schema_;
};

TEST_F(ManifestSchema, AcceptsWhatTheParserAccepts) {
  for (const std::string& text : {samples::full_manifest(), samples::small_manifest()}) {
    const auto parsed = samples::parse(text);
    ASSERT_TRUE(parsed.manifest) << parsed.shown();
    EXPECT_EQ(samples::reasons(*schema_, parsed.manifest->raw), "");
  }
}

TEST_F(ManifestSchema, DescribesEveryProperty) { EXPECT_EQ(samples::undescribed(document_), ""); }

TEST_F(ManifestSchema, NamesTheSameFields) {
  const auto full = samples::parse(samples::full_manifest());
  ASSERT_TRUE(full.manifest);
  for (const auto& [schema_at, manifest_at] : {std::pair{"/properties", ""},
                                               {"/$defs/tool/properties", "/tools/0"},
                                               {"/$defs/policy/properties", "/policies/0"},
                                               {"/$defs/when/properties", "/policies/0/when"}}) {
    for (const json::Member& member : document_.at_pointer(schema_at)->as_object())
      EXPECT_NE(full.manifest->raw.at_pointer(manifest_at)->find(member.key), nullptr)
          << schema_at << "/" << member.key;
  }
}

TEST_F(ManifestSchema, RefusesWrongTypesAsTheParserDoes) {
  const auto full = samples::parse(samples::full_manifest());
  ASSERT_TRUE(full.manifest);
  const auto unseen = [](std::string_view pointer, const json::Value& replacement) {
    const bool inside_schema = pointer.find("_schema/") != std::string_view::npos;
    const bool other_file =
        replacement.is_string() && (pointer.ends_with("_schema") || pointer.starts_with("/event_schemas/"));
    return inside_schema || other_file || samples::may_be_replaced(pointer, replacement);
  };
  for (const auto& mutation : samples::type_mutations(full.manifest->raw, unseen))
    EXPECT_FALSE(schema_->accepts(*json::parse(mutation.text))) << mutation.pointer << "\n" << mutation.text;
}

}  // namespace
}  // namespace lumenflow::pack
