#include "event/event.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "event/testing/sample_payload.h"
#include "json/canonical.h"
#include "support/source_tree.h"

namespace lumenflow::event {
namespace {

using samples::kNoon;
using samples::object;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

BuildOptions keyed(std::string key) {
  BuildOptions options;
  options.idempotency_key = std::move(key);
  options.timestamp = kNoon;
  return options;
}

BuildOptions unkeyed(std::uint8_t fill) {
  BuildOptions options;
  options.timestamp = kNoon;
  options.entropy.fill(fill);
  return options;
}

TEST(ContentEventId, MatchesThePublishedVectors) {
  const std::filesystem::path file = lumenflow::testing::vectors_folder() / "event-id.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no vectors at " << file << "; set LUMENFLOW_VECTORS";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  const json::Value document = object(text.str());
  ASSERT_FALSE(document.find("vectors")->as_array().empty());
  for (const json::Value& vector : document.find("vectors")->as_array()) {
    const std::string_view kind = json::string_or(vector, "kind", ""),
                           key = json::string_or(vector, "idempotencyKey", "?");
    const std::string_view expected = json::string_or(vector, "event_id", "");
    const Timestamp at = parse_rfc3339(json::string_or(vector, "timestamp", "")).value();
    const auto id = content_event_id(kind, *vector.find("payload"), key, at);
    ASSERT_TRUE(id.ok()) << id.error().to_string();
    EXPECT_EQ(*id, expected) << json::string_or(vector, "canonical", "");

    BuildOptions options = keyed(std::string(key));
    options.timestamp = at;
    const auto built = build_kernel_event_v2(kind, *vector.find("payload"), options);
    ASSERT_TRUE(built.ok()) << built.error().to_string();
    EXPECT_EQ(built->event_id, expected);
  }
}

// sha256 of {"idempotencyKey":"job-1","kind":"acme-demo:job_completed","payload":{"job_id":"job-1","status":"ok"},
// "timestamp":"2026-03-01T12:00:00.000Z"}, computed with another program.
TEST(ContentEventId, IsTheHashOfKeyKindPayloadAndTimestamp) {
  const auto id =
      content_event_id("acme-demo:job_completed", object(R"({"status":"ok","job_id":"job-1"})"), "job-1", kNoon);
  EXPECT_EQ(id.value(), "4be437ad845807cf7e95af824d1e0be4ecd01f22a601ed18a79aacaa6de88103");
}

TEST(ContentEventId, ChangesWithEachOfItsFour) {
  const json::Value payload = object(R"({"a":1})");
  const std::string id = content_event_id("p:k", payload, "key", kNoon).value();
  EXPECT_EQ(content_event_id("p:k", object(R"({"a":1.0})"), "key", kNoon).value(), id);
  EXPECT_NE(content_event_id("p:l", payload, "key", kNoon).value(), id);
  EXPECT_NE(content_event_id("p:k", object(R"({"a":2})"), "key", kNoon).value(), id);
  EXPECT_NE(content_event_id("p:k", payload, "yek", kNoon).value(), id);
  EXPECT_NE(content_event_id("p:k", payload, "key", Timestamp{kNoon.ms + 1}).value(), id);
}

TEST(ContentEventId, RefusesWhatHasNoCanonicalForm) {
  const auto number = content_event_id("p:k", object(R"({"n":9007199254740993})"), "key", kNoon);
  ASSERT_FALSE(number.ok());
  EXPECT_EQ(number.error().code(), ErrorCode::kInvalidPayload);
  EXPECT_THAT(number.error().message(), HasSubstr("p:k"));
  EXPECT_EQ(content_event_id("p:k", object("{}"), "\xff", kNoon).error().code(), ErrorCode::kInvalidPayload);
  EXPECT_EQ(content_event_id("p:k", object("[]"), "key", kNoon).error().code(), ErrorCode::kInvalidPayload);
}

// Law 5: ids derive from content wherever a retry can happen.
TEST(Law5IdsDeriveFromContent, TheSameEmissionBuildsTheSameEvent) {
  const auto first = build_kernel_event_v2("acme-demo:job_completed", object(R"({"a":1,"b":2})"), keyed("k"));
  const auto again = build_kernel_event_v2("acme-demo:job_completed", object(R"({"b":2,"a":1})"), keyed("k"));
  EXPECT_EQ(first->event_id, again->event_id);
  EXPECT_THAT(first->event_id, MatchesRegex("[0-9a-f]{64}"));
}

TEST(BuildKernelEvent, KeepsWhatItWasGiven) {
  const auto event = build_kernel_event_v2("acme-demo:job_completed", object(R"({"b":2,"a":1})"), keyed("k"));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->schema_version, 2);
  EXPECT_EQ(event->kind, "acme-demo:job_completed");
  EXPECT_EQ(event->timestamp, kNoon);
  EXPECT_EQ(event->payload, object(R"({"a":1,"b":2})"));
  EXPECT_EQ(event->canonical_payload, R"({"a":1,"b":2})");
}

TEST(BuildKernelEvent, WithoutKeyTheIdIsATimeOrderedRandomUuid) {
  const auto one = build_kernel_event_v2("p:k", object("{}"), unkeyed(0x00));
  const auto two = build_kernel_event_v2("p:k", object("{}"), unkeyed(0xff));
  EXPECT_THAT(one->event_id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(one->event_id, two->event_id);
  EXPECT_EQ(one->event_id.substr(0, 13), two->event_id.substr(0, 13));  // the same millisecond
  EXPECT_EQ(build_kernel_event_v2("p:k", object("{}"), unkeyed(0))->event_id, one->event_id);
}

TEST(BuildKernelEvent, AnEmptyKeyIsAKey) {
  EXPECT_THAT(build_kernel_event_v2("p:k", object("{}"), keyed(""))->event_id, MatchesRegex("[0-9a-f]{64}"));
}

TEST(BuildKernelEvent, TakesAPayloadOfExactlyTheLimitAndNoByteMore) {
  const auto of_size = [](std::size_t bytes) {
    json::Object payload;
    payload.set("x", std::string(bytes - 8, 'y'));  // {"x":""} are 8 bytes
    return json::Value(payload);
  };
  const auto fits = build_kernel_event_v2("p:k", of_size(kPayloadBytesMax), unkeyed(1));
  ASSERT_TRUE(fits.ok());
  EXPECT_EQ(fits->canonical_payload.size(), kPayloadBytesMax);
  const auto over = build_kernel_event_v2("p:k", of_size(kPayloadBytesMax + 1), unkeyed(1));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code(), ErrorCode::kPayloadTooLarge);
}

TEST(BuildKernelEvent, MeasuresTheCanonicalFormAndNotTheTextItCameFrom) {
  const std::string text = R"({"x":)" + std::string(kPayloadBytesMax, ' ') + "1}";
  EXPECT_TRUE(build_kernel_event_v2("p:k", object(text), unkeyed(1)).ok());
}

TEST(BuildKernelEvent, RefusesMalformedKindsAndPayloads) {
  for (const char* kind : {"", "job", "task_unheard_of", "Acme:done", "acme:", ":done", "acme:do-ne", "acme:a:b"})
    EXPECT_EQ(build_kernel_event_v2(kind, object("{}"), unkeyed(1)).error().code(), ErrorCode::kUnknownKind) << kind;
  for (const char* payload : {"null", "[]", "\"x\"", "1", R"({"n":1e400000})"})
    if (const auto value = json::parse(payload); value.ok()) {
      EXPECT_EQ(build_kernel_event_v2("p:k", *value, unkeyed(1)).error().code(), ErrorCode::kInvalidPayload) << payload;
    }
}

TEST(BuildKernelEvent, SaysWhichNumberHasNoCanonicalForm) {
  const auto built = build_kernel_event_v2("p:k", object(R"({"list":[1,9007199254740993]})"), keyed("k"));
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().code(), ErrorCode::kInvalidPayload);
  EXPECT_THAT(built.error().to_string(), HasSubstr("/list/1"));
}

TEST(BuildKernelEvent, GivesFlatKernelKindsVersionOne) {
  const auto event = build_kernel_event_v2("task_blocked", object(R"({"task_id":"t","reason":"r"})"), keyed("k"));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->schema_version, 1);
  EXPECT_EQ(event->event_id, content_event_id("task_blocked", event->payload, "k", kNoon).value());
}

TEST(BuildKernelEvent, LetsNoFlatMemberPassForOneOfTheEnvelope) {
  const auto forged = build_kernel_event_v2(
      "task_blocked", object(R"({"task_id":"t","reason":"r","from":"ws-1:operator"})"), keyed("k"));
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(forged.error().code(), ErrorCode::kInvalidPayload);
  EXPECT_EQ(forged.error().details().at(0).pointer, "/from");
}

}  // namespace
}  // namespace lumenflow::event
