#include <gmock/gmock.h>

#include "event/event.h"
#include "event/testing/sample_payload.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

using samples::kNoon;
using samples::object;

Event built(std::string_view kind, std::string_view payload) {
  BuildOptions options;
  options.timestamp = kNoon;
  return build_kernel_event_v2(kind, object(payload), options).value();
}

Stamp full_stamp() {
  Stamp stamp;
  stamp.from = "ws-42:phone:\"π\"";
  stamp.stream = "phone:pixel-8";
  stamp.seq = 9'007'199'254'740'991;
  stamp.queue_seq = 7;
  stamp.emitted_at = Timestamp{kNoon.ms + 5};
  stamp.on_behalf_of = "operator:ana";
  stamp.expires_at = Timestamp{kNoon.ms + 60'000};
  stamp.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return stamp;
}

Stamp plain_stamp() {
  Stamp stamp;
  stamp.from = "ws-42";
  stamp.stream = "sidecar";
  stamp.seq = 1;
  stamp.emitted_at = kNoon;
  return stamp;
}

std::string text_of(const Event& event, const Stamp& stamp) {
  std::string out;
  append_envelope(event, stamp, out);
  return out;
}

TEST(Envelope, IsCanonicalJsonWithTheMembersOfVersionTwo) {
  EXPECT_EQ(text_of(built("acme-demo:job_completed", R"({"b":[1.0,"x"],"a":{}})"), plain_stamp()),
            R"({"channel":"sidecar","emitted_at":"2026-03-01T12:00:00.000Z",)"
            R"("event_id":"019ca945-0a00-7000-8000-000000000000","from":"ws-42","kind":"acme-demo:job_completed",)"
            R"("payload":{"a":{},"b":[1,"x"]},"schema_version":2,"seq":1,"timestamp":"2026-03-01T12:00:00.000Z"})");
}

TEST(Envelope, OfAFlatKindHasItsMembersBesideTheEnvelopes) {
  EXPECT_EQ(text_of(built("task_waiting", R"({"wait_for":{"b":1,"a":2},"task_id":"t-1","reason":"r"})"), plain_stamp()),
            R"({"channel":"sidecar","emitted_at":"2026-03-01T12:00:00.000Z",)"
            R"("event_id":"019ca945-0a00-7000-8000-000000000000","from":"ws-42","kind":"task_waiting",)"
            R"("reason":"r","schema_version":1,"seq":1,"task_id":"t-1","timestamp":"2026-03-01T12:00:00.000Z",)"
            R"("wait_for":{"a":2,"b":1}})");
}

TEST(Envelope, TextAndValueAgreeForEveryKernelKind) {
  for (const KnownKind& kind : kernel_kinds()) {
    BuildOptions options;
    options.timestamp = kNoon;
    const Event event = build_kernel_event_v2(kind.kind, samples::sample_payload(kind, true), options).value();
    EXPECT_EQ(event.schema_version, kind.schema_version) << kind.kind;
    for (const Stamp& stamp : {plain_stamp(), full_stamp()})
      EXPECT_EQ(text_of(event, stamp), json::canonical(envelope(event, stamp)).value()) << kind.kind;
  }
}

TEST(Envelope, CarriesTheOptionalMembersOnlyWhenTheyAreSet) {
  const Event event = built("acme-demo:job_completed", "{}");
  const json::Value plain = envelope(event, plain_stamp()), full = envelope(event, full_stamp());
  for (const char* member : {"queue_seq", "on_behalf_of", "trace"}) {
    EXPECT_EQ(plain.find(member), nullptr) << member;
    EXPECT_NE(full.find(member), nullptr) << member;
  }
  EXPECT_EQ(full.find("queue_seq")->as_integer(), 7);
  EXPECT_EQ(json::string_or(full, "from", ""), "ws-42:phone:\"π\"");
}

TEST(Envelope, IsAppendedBehindWhatIsThere) {
  std::string out = "before ";
  const Event event = built("acme-demo:job_completed", "{}");
  append_envelope(event, plain_stamp(), out);
  EXPECT_EQ(out, "before " + text_of(event, plain_stamp()));
}

TEST(Envelope, OfAnEventReadBackIsTheSameAsThatOfTheBuiltOne) {
  Event event = built("acme-demo:job_completed", R"({"b":1,"a":2})");
  const std::string text = text_of(event, full_stamp());
  event.canonical_payload.clear();
  EXPECT_EQ(text_of(event, full_stamp()), text);
}

}  // namespace
}  // namespace lumenflow::event
