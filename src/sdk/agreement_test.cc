// The C++ SDK builds the events that the others build: the public vectors, and the cases that all SDKs share.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "json/canonical.h"
#include "lumenflow/kernel_event.h"
#include "support/source_tree.h"

namespace lumenflow::pack {
namespace {

constexpr const char* kNoon = "2026-03-01T12:00:00.000Z";

json::Value read_json(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return json::parse(std::string(std::istreambuf_iterator<char>(in), {})).value();
}

const json::Array& shared_cases(std::string_view of) {
  static const json::Value kCases = read_json(lumenflow::testing::source_path("sdk/cases.json"));
  return kCases.find(of)->as_array();
}

EmitOptions options(const json::Value& from, std::string_view key) {
  return {std::string(json::string_or(from, key, "")), std::string(json::string_or(from, "timestamp", ""))};
}

TEST(SdkBuilder, MatchesThePublishedVectors) {
  const std::filesystem::path file = lumenflow::testing::vectors_folder() / "event-id.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no vectors at " << file << "; set LUMENFLOW_VECTORS";
  const json::Value document = read_json(file);
  ASSERT_FALSE(document.find("vectors")->as_array().empty());
  for (const json::Value& vector : document.find("vectors")->as_array()) {
    const auto event = build_kernel_event_v2(json::string_or(vector, "kind", ""), *vector.find("payload"),
                                             options(vector, "idempotencyKey"));
    ASSERT_TRUE(event.ok()) << event.error().to_string();
    EXPECT_EQ(event->event_id, json::string_or(vector, "event_id", ""));
  }
}

TEST(SdkBuilder, AgreesWithTheOtherSdks) {
  for (const json::Value& each : shared_cases("events")) {
    const auto event = build_kernel_event_v2(json::string_or(each, "kind", ""), *each.find("payload"),
                                             options(each, "idempotency_key"));
    const std::string_view refused = json::string_or(each, "refused", "");
    if (refused.empty()) {
      ASSERT_TRUE(event.ok()) << event.error().to_string();
      EXPECT_EQ(event->event_id, json::string_or(each, "event_id", ""));
    } else {
      ASSERT_FALSE(event.ok()) << json::serialize(each);
      EXPECT_EQ(name(event.error().code()), refused) << json::serialize(each);
    }
  }
}

TEST(SdkBuilder, NormalizesTimestampsAsTheOtherSdksDo) {
  for (const json::Value& each : shared_cases("timestamps")) {
    const std::string text(json::string_or(each, "text", ""));
    const auto event = build_kernel_event_v2("a:b", json::Object{}, {"key", text});
    const json::Value* normalized = each.find("normalized");
    ASSERT_EQ(event.ok(), normalized != nullptr) << text;
    if (event.ok()) {
      EXPECT_EQ(json::Value(event->timestamp), *normalized);
    }
  }
}

TEST(SdkCanonical, AgreesWithTheOtherSdks) {
  for (const json::Value& each : shared_cases("canonical")) {
    const std::string_view text = json::string_or(each, "json", "");
    const auto canonical = json::canonical(json::parse(text).value());
    const json::Value* expected = each.find("canonical");
    ASSERT_EQ(canonical.ok(), expected != nullptr) << text;
    if (canonical.ok()) {
      EXPECT_EQ(json::Value(*canonical), *expected);
    }
  }
}

TEST(SdkBuilder, MakesTheEnvelopeOfTheEmitter) {
  const auto event =
      build_kernel_event_v2("acme:done", json::Object{{"n", 1}}, {"key", "2026-03-01T12:00:00Z"}).value();
  EXPECT_EQ(event.schema_version, 2);
  EXPECT_EQ(event.kind, "acme:done");
  EXPECT_EQ(event.timestamp, kNoon);
  EXPECT_EQ(json::serialize(event.payload), R"({"n":1})");
}

TEST(SdkBuilder, WithoutAKeyEveryEventIsAnother) {
  std::set<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.insert(build_kernel_event_v2("a:b", json::Object{}, {{}, kNoon}).value().event_id);
  EXPECT_EQ(ids.size(), 3u);
}

TEST(SdkBuilder, NeedsATimestamp) {
  EXPECT_EQ(build_kernel_event_v2("a:b", json::Object{}, {}).error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace lumenflow::pack
