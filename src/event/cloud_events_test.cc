#include "event/cloud_events.h"

#include <gmock/gmock.h>

#include "event/event.h"
#include "event/testing/sample_payload.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

using samples::object;
using ::testing::HasSubstr;

std::string text_of(const json::Value& value) { return json::canonical(value).value(); }

json::Value cloudy_envelope(const KnownKind& kind, bool with_optional) {
  BuildOptions options;
  options.timestamp = Timestamp{1'772'366'400'000};
  const Event event = build_kernel_event_v2(kind.kind, samples::sample_payload(kind, with_optional), options).value();
  Stamp stamp;
  stamp.from = with_optional ? "ws-42:phone:\"π\"/50%" : "ws-42";
  stamp.stream = with_optional ? "phone:a b/ü?" : "sidecar";
  stamp.seq = 9'007'199'254'740'991;
  stamp.emitted_at = Timestamp{1'772'366'400'001};
  if (with_optional) {
    stamp.queue_seq = 2;
    stamp.on_behalf_of = "operator:ana";
    stamp.expires_at = Timestamp{1'772'366'400'002};
    stamp.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  }
  return envelope(event, stamp);
}

TEST(CloudEvents, HaveTheAttributesOfTheReference) {
  const json::Value event =
      object(R"({"channel":"sidecar","emitted_at":"2026-03-01T12:00:00.001Z","event_id":"e-1","from":"ws-42",)"
             R"("kind":"acme-demo:job_completed","payload":{"a":[1]},"queue_seq":7,"schema_version":2,"seq":12,)"
             R"("timestamp":"2026-03-01T12:00:00.000Z","trace":"00-a-b-01","position":99,"class":"queue"})");
  const Result<json::Value> cloud = to_cloud_event(event);
  ASSERT_TRUE(cloud.ok()) << cloud.error().message();
  EXPECT_EQ(text_of(*cloud),
            R"({"class":"queue","data":{"a":[1]},"datacontenttype":"application/json",)"
            R"("emittedat":"2026-03-01T12:00:00.001Z","id":"e-1","position":"99","queueseq":"7","schemaversion":"2",)"
            R"("sequence":"12","source":"/workspaces/ws-42/sidecar","specversion":"1.0",)"
            R"("time":"2026-03-01T12:00:00.000Z","traceparent":"00-a-b-01","type":"acme-demo:job_completed"})");
}

TEST(CloudEvents, OfEveryKindComeBackAsTheyWere) {
  for (const auto kinds : {kernel_kinds(), first_party_kinds()})
    for (const KnownKind& kind : kinds)
      for (const bool with_optional : {false, true}) {
        const json::Value before = cloudy_envelope(kind, with_optional);
        const Result<json::Value> cloud = to_cloud_event(before);
        ASSERT_TRUE(cloud.ok()) << kind.kind << ": " << cloud.error().message();
        const Result<json::Value> after = from_cloud_event(*cloud);
        ASSERT_TRUE(after.ok()) << kind.kind << ": " << after.error().message();
        EXPECT_EQ(text_of(*after), text_of(before));
      }
}

// CloudEvents 1.0, 3.1: attribute names are lower-case letters and digits, and should have at most twenty.
TEST(CloudEvents, NameTheirAttributesAsTheSpecificationAsks) {
  const json::Value cloud = to_cloud_event(cloudy_envelope(*find_kernel_kind("task_waiting"), true)).value();
  for (const json::Member& member : cloud.as_object())
    EXPECT_THAT(member.key, ::testing::MatchesRegex("[a-z0-9]{1,20}"));
}

TEST(CloudEvents, PutIntoTheSourceOnlyWhatAUriHolds) {
  const json::Value cloud = to_cloud_event(cloudy_envelope(*find_kernel_kind("task_waiting"), true)).value();
  EXPECT_EQ(json::string_or(cloud, "source", ""),
            "/workspaces/ws-42:phone:%22%CF%80%22%2F50%25/phone:a%20b%2F%C3%BC%3F");
}

TEST(CloudEvents, RefuseAnEnvelopeThatWouldNotComeBack) {
  const json::Value good = cloudy_envelope(*find_kernel_kind("conductor:tool_requested"), false);
  const auto fault = [](const json::Value& event) {
    const Result<json::Value> cloud = to_cloud_event(event);
    return cloud.ok() ? "" : cloud.error().message();
  };
  json::Value bad = good;
  bad.as_object().set("later", 1);
  EXPECT_EQ(fault(bad), "/later has no place in a CloudEvent");
  for (const char* member :
       {"event_id", "kind", "timestamp", "seq", "emitted_at", "schema_version", "from", "channel", "payload"}) {
    bad = good;
    bad.as_object().erase(member);
    EXPECT_EQ(fault(bad), "/" + std::string(member) + " is required");
  }
  bad = good;
  bad.as_object().set("seq", -1);
  EXPECT_EQ(fault(bad), "/seq must be a count");
  EXPECT_THAT(fault(json::Value("x")), HasSubstr("JSON object"));
}

TEST(CloudEvents, ThatAreNoneOfOursAreRefusedByTheirAttribute) {
  const json::Value good = to_cloud_event(cloudy_envelope(*find_kernel_kind("task_waiting"), true)).value();
  const auto fault = [&good](std::string_view attribute, json::Value value) {
    json::Value bad = good;
    bad.as_object().set(attribute, std::move(value));
    const Result<json::Value> event = from_cloud_event(bad);
    return event.ok() ? "" : event.error().details().at(0).pointer;
  };
  EXPECT_EQ(fault("partitionkey", "a bus may add this"), "");
  EXPECT_EQ(fault("specversion", "0.3"), "/specversion");
  for (const char* source : {"", "/workspaces/", "/workspaces/ws-42", "/workspaces/ws-42/", "/workspaces//sidecar",
                             "/workspaces/a/b/c", "/workspaces/%4/b", "/workspaces/%zz/b", "/elsewhere/a/bcd"})
    EXPECT_EQ(fault("source", source), "/source") << source;
  for (const char* count : {"", "-1", "1.5", "1 ", "99999999999999999999"})
    EXPECT_EQ(fault("sequence", count), "/sequence") << count;
  EXPECT_EQ(fault("sequence", 1), "/sequence");
  EXPECT_EQ(fault("schemaversion", 1), "/schemaversion");
  EXPECT_EQ(fault("data", "x"), "/data");
  EXPECT_EQ(fault("data", json::Object{{"from", "ws-1:operator"}}), "/data");
}

}  // namespace
}  // namespace lumenflow::event
