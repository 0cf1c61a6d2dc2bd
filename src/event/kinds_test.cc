#include <gmock/gmock.h>

#include "event/event.h"

namespace lumenflow::event {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

json::Value object(std::string_view text) { return json::parse(text).value(); }

TEST(KindName, IsSlugColonSnakeCase) {
  for (const char* good : {"a:b", "acme-demo:job_completed", "a1-2:b2_3c", "a-:b", "sidekick:routine_due"})
    EXPECT_TRUE(is_well_formed_kind(good)) << good;
  for (const char* bad :
       {"",     ":",    "a",      "a:",    ":b",    "1a:b", "-a:b", "A:b",          "a_b:c", "a:B", "a:1b",
        "a:_b", "a:b_", "a:b__c", "a:b-c", "a:b:c", "a:b ", " a:b", "task_created", "a.b:c", "ä:b"})
    EXPECT_FALSE(is_well_formed_kind(bad)) << bad;
}

TEST(KernelKinds, AreFoundByNameAndPacksKindsAreNot) {
  for (const KernelKind& kind : kernel_kinds()) {
    EXPECT_EQ(find_kernel_kind(kind.kind), &kind);
    EXPECT_EQ(is_flat_kernel_kind(kind.kind), kind.schema_version == 1) << kind.kind;
    EXPECT_EQ(is_well_formed_kind(kind.kind), kind.schema_version == 2) << kind.kind;
  }
  EXPECT_EQ(kernel_kinds().size(), 28u);
  for (const char* other : {"", "task_", "task_createdx", "agent-runtime:turn_started", "zzz"})
    EXPECT_EQ(find_kernel_kind(other), nullptr) << other;
}

// task_* and spec_tampered must not be lost; what can be recomputed from later events may be.
TEST(KernelKinds, FlatOnesAreQueuedWhenTheyAreAboutTasksOrTampering) {
  for (const KernelKind& kind : kernel_kinds()) {
    if (kind.schema_version != 1) continue;
    const bool queued = kind.kind.starts_with("task_") || kind.kind == "spec_tampered";
    EXPECT_EQ(kind.event_class, queued ? EventClass::kQueue : EventClass::kEphemeral) << kind.kind;
    EXPECT_FALSE(kind.inbound) << kind.kind;
  }
}

TEST(KernelKinds, PrefixedOnesAreQueuedExceptToolCalled) {
  for (const KernelKind& kind : kernel_kinds()) {
    if (kind.schema_version != 2) continue;
    const bool queued = kind.kind != "agent-runtime:tool_called";
    EXPECT_EQ(kind.event_class, queued ? EventClass::kQueue : EventClass::kEphemeral) << kind.kind;
    EXPECT_EQ(kind.inbound, kind.kind.starts_with("conductor:") || kind.kind == "sidekick:command_received")
        << kind.kind;
  }
}

TEST(KernelKinds, KnowTheirMembers) {
  const KernelKind* called = find_kernel_kind("agent-runtime:tool_called");
  ASSERT_NE(called, nullptr);
  EXPECT_THAT(called->required, ElementsAre("receipt_id", "tool_name", "envelope_hash", "outcome", "duration_ms"));
  EXPECT_THAT(called->optional, ElementsAre("code", "turn_id"));
  const KernelKind* stop = find_kernel_kind("conductor:stop_requested");
  EXPECT_THAT(stop->required, ElementsAre("target"));
  EXPECT_THAT(stop->optional, ElementsAre("resume", "signature"));
  EXPECT_THAT(find_kernel_kind("sidekick:approval_requested")->required, testing::SizeIs(8));
  EXPECT_THAT(find_kernel_kind("task_resumed")->optional, IsEmpty());
}

TEST(KernelPayload, NeedsEveryRequiredMemberAndMayHaveTheOptionalOnes) {
  EXPECT_TRUE(validate_kernel_payload("checkpoint", object(R"({"task_id":"t","note":"n"})")).ok());
  EXPECT_TRUE(
      validate_kernel_payload("checkpoint", object(R"({"progress":1,"run_id":"r","task_id":"t","note":"n"})")).ok());
  const Status missing = validate_kernel_payload("checkpoint", object(R"({"run_id":"r"})"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kInvalidPayload);
  EXPECT_THAT(missing.error().details(), testing::SizeIs(2));
  EXPECT_THAT(missing.error().message(), HasSubstr("'task_id'"));
}

TEST(KernelPayload, RefusesUnknownMembersByTheirPointer) {
  const Status unknown = validate_kernel_payload("task_resumed", object(R"({"task_id":"t","a/b":1})"));
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().details(), ElementsAre(ErrorDetail{"/a~1b", "is no member of this kind"}));
}

TEST(KernelPayload, RefusesWhatIsNoObjectAndWhatIsNoKernelKind) {
  EXPECT_EQ(validate_kernel_payload("task_resumed", json::Value("x")).error().code(), ErrorCode::kInvalidPayload);
  EXPECT_EQ(validate_kernel_payload("acme-demo:job_completed", object("{}")).error().code(), ErrorCode::kUnknownKind);
}

TEST(EventClassName, IsTheWordOfManifests) {
  EXPECT_EQ(name(EventClass::kQueue), "queue");
  EXPECT_EQ(name(EventClass::kEphemeral), "ephemeral");
}

}  // namespace
}  // namespace lumenflow::event
