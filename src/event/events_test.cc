// The generated types against the schemas they are generated from.
#include "lumenflow/events.h"

#include <gmock/gmock.h>

#include "event/event.h"
#include "event/testing/sample_payload.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

std::vector<const KnownKind*> all_kinds() {
  std::vector<const KnownKind*> out;
  for (const KnownKind& kind : kernel_kinds()) out.push_back(&kind);
  for (const KnownKind& kind : first_party_kinds()) out.push_back(&kind);
  return out;
}

json::Value envelope_of(const KnownKind& kind, bool with_optional) {
  BuildOptions options;
  options.timestamp = Timestamp{1'772'366'400'000};
  const Event event = build_kernel_event_v2(kind.kind, samples::sample_payload(kind, with_optional), options).value();
  Stamp stamp;
  stamp.from = "ws-42";
  stamp.stream = kind.inbound ? "phone:pixel-8" : "sidecar";
  stamp.seq = 3;
  if (kind.event_class == EventClass::kQueue) stamp.queue_seq = 2;
  stamp.emitted_at = Timestamp{1'772'366'400'001};
  if (with_optional) {
    stamp.on_behalf_of = "operator:ana";
    stamp.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  }
  return envelope(event, stamp);
}

TEST(EventTypes, OfEveryKindAreReadAndWrittenWithoutLoss) {
  for (const KnownKind* kind : all_kinds())
    for (const bool with_optional : {false, true}) {
      const json::Value before = envelope_of(*kind, with_optional);
      const Result<events::Event> event = events::parse_event(before);
      ASSERT_TRUE(event.ok()) << kind->kind << ": " << event.error().message();
      EXPECT_EQ(events::kind_of(event->payload), kind->kind);
      EXPECT_EQ(json::canonical(events::to_json(*event)).value(), json::canonical(before).value());
    }
}

TEST(EventTypes, TheUnionHasEachKindOnce) { EXPECT_EQ(std::variant_size_v<events::Payload>, all_kinds().size()); }

// What the schema requires is what reading asks for: the two come from one source by two ways.
TEST(EventTypes, LackWhatTheirSchemaRequires) {
  for (const KnownKind* kind : all_kinds()) {
    const Result<events::Payload> read = events::parse_payload(kind->kind, json::Object{});
    ASSERT_FALSE(read.ok()) << kind->kind;
    const json::Value schema = json::parse(kind->payload_schema).value();
    EXPECT_EQ(read.error().details().size(), schema.find("required")->as_array().size()) << kind->kind;
  }
}

TEST(EventTypes, ReadWhatTheySay) {
  const json::Value json = envelope_of(*find_kernel_kind("agent-runtime:tool_called"), true);
  const events::Event event = events::parse_event(json).value();
  EXPECT_EQ(event.envelope.from, "ws-42");
  EXPECT_EQ(event.envelope.queue_seq, std::nullopt);
  const auto& called = std::get<events::AgentRuntimeToolCalled>(event.payload);
  EXPECT_EQ(called.outcome, events::AgentRuntimeToolCalledOutcome::kUnknown);
  EXPECT_EQ(called.duration_ms, 0.25);
  EXPECT_EQ(called.code, "NOT_FOUND");
}

TEST(EventTypes, SkipMembersOfANewerWorkspace) {
  json::Value json = envelope_of(*find_kernel_kind("task_blocked"), false);
  json.as_object().set("later", 1);
  EXPECT_TRUE(events::parse_event(json).ok());
}

TEST(EventTypes, SayWhereTheFaultIs) {
  const auto fault = [](json::Value json) {
    const Result<events::Event> event = events::parse_event(json);
    return event.ok() ? "" : std::string(name(event.error().code())) + " " + event.error().message();
  };
  const json::Value good = envelope_of(*find_kernel_kind("conductor:tool_requested"), false);
  json::Value bad = good;
  bad.as_object().set("kind", "acme-demo:job_completed");
  EXPECT_EQ(fault(bad), "UNKNOWN_KIND no event kind 'acme-demo:job_completed' is known here");
  bad = good;
  bad.as_object().set("schema_version", 1);
  EXPECT_EQ(fault(bad), "INVALID_INPUT /schema_version must be 2");
  bad = good;
  bad.as_object().erase("payload");
  EXPECT_EQ(fault(bad), "INVALID_INPUT /payload is required");
  bad = good;
  bad.as_object().find("payload")->as_object().set("input", "x");
  EXPECT_EQ(fault(bad), "INVALID_INPUT /payload/input must be an object");
  bad = good;
  bad.as_object().set("seq", "3");
  EXPECT_EQ(fault(bad), "INVALID_INPUT /seq must be an integer");
  EXPECT_EQ(fault(json::Array{}), "UNKNOWN_KIND no event kind '' is known here");
}

}  // namespace
}  // namespace lumenflow::event
