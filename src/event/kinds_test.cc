#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "event/event.h"
#include "event/testing/sample_payload.h"

namespace lumenflow::event {
namespace {

using samples::object;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

TEST(KindName, IsSlugColonSnakeCase) {
  for (const char* good : {"a:b", "acme-demo:job_completed", "a1-2:b2_3c", "a-:b", "sidekick:routine_due"})
    EXPECT_TRUE(is_well_formed_kind(good)) << good;
  for (const char* bad :
       {"",     ":",    "a",      "a:",    ":b",    "1a:b", "-a:b", "A:b",          "a_b:c", "a:B", "a:1b",
        "a:_b", "a:b_", "a:b__c", "a:b-c", "a:b:c", "a:b ", " a:b", "task_created", "a.b:c", "ä:b"})
    EXPECT_FALSE(is_well_formed_kind(bad)) << bad;
}

TEST(KernelKinds, AreFoundByNameAndPacksKindsAreNot) {
  for (const KnownKind& kind : kernel_kinds()) {
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
  for (const KnownKind& kind : kernel_kinds()) {
    if (kind.schema_version != 1) continue;
    const bool queued = kind.kind.starts_with("task_") || kind.kind == "spec_tampered";
    EXPECT_EQ(kind.event_class, queued ? EventClass::kQueue : EventClass::kEphemeral) << kind.kind;
    EXPECT_FALSE(kind.inbound) << kind.kind;
  }
}

TEST(KernelKinds, PrefixedOnesAreQueuedExceptToolCalled) {
  for (const KnownKind& kind : kernel_kinds()) {
    if (kind.schema_version != 2) continue;
    const bool queued = kind.kind != "agent-runtime:tool_called";
    EXPECT_EQ(kind.event_class, queued ? EventClass::kQueue : EventClass::kEphemeral) << kind.kind;
    EXPECT_EQ(kind.inbound, kind.kind.starts_with("conductor:") || kind.kind == "sidekick:command_received")
        << kind.kind;
  }
}

TEST(FirstPartyKinds, AreNoneOfTheKernels) {
  EXPECT_EQ(first_party_kinds().size(), 13u);
  for (const KnownKind& kind : first_party_kinds()) {
    EXPECT_EQ(find_first_party_kind(kind.kind), &kind);
    EXPECT_EQ(find_kernel_kind(kind.kind), nullptr) << kind.kind;
    EXPECT_EQ(kind.schema_version, 2) << kind.kind;
    EXPECT_FALSE(kind.inbound) << kind.kind;
    const bool queued = kind.kind == "sidekick:routine_due";
    EXPECT_EQ(kind.event_class, queued ? EventClass::kQueue : EventClass::kEphemeral) << kind.kind;
  }
}

// The members of the reference's table; "code?" is optional.
std::string members_of(std::string_view kind) {
  const json::Value schema = json::parse(find_kernel_kind(kind)->payload_schema).value();
  std::string out;
  for (const json::Member& member : schema.find("properties")->as_object()) {
    const json::Array& required = schema.find("required")->as_array();
    const bool needed = std::ranges::find(required, json::Value(member.key)) != required.end();
    out += (out.empty() ? "" : " ") + member.key + (needed ? "" : "?");
  }
  return out;
}

TEST(KernelKinds, HaveTheMembersOfTheReference) {
  const std::map<std::string_view, std::string_view> reference = {
      {"agent-runtime:tool_called", "receipt_id tool_name envelope_hash outcome code? duration_ms turn_id?"},
      {"checkpoint", "task_id run_id? note progress?"},
      {"conductor:approval_resolved", "approval_id decision decided_by reason? signature"},
      {"conductor:command_cancelled", "command_id reason"},
      {"conductor:device_requested", "device_id name? public_key?"},
      {"conductor:device_revoked", "device_id name? public_key?"},
      {"conductor:recovery_confirmed", "recovery_id decided_by reason? signature"},
      {"conductor:recovery_requested", "target_pack target_id turn_id? reason requested_by"},
      {"conductor:stop_requested", "target resume? signature?"},
      {"conductor:tool_requested", "tool input idempotency_key? signature?"},
      {"run_failed", "task_id run_id reason evidence_refs?"},
      {"run_paused", "task_id run_id reason"},
      {"run_started", "task_id run_id by session_id"},
      {"run_succeeded", "task_id run_id evidence_refs?"},
      {"sidekick:approval_requested",
       "approval_id receipt_id surface tool_name call_digest preview requested_by expires_at"},
      {"sidekick:command_received", "sidekick_channel sender text tool? input? signature?"},
      {"spec_tampered", "spec id expected_hash actual_hash"},
      {"task_blocked", "task_id reason"},
      {"task_claimed", "task_id by session_id domain_data?"},
      {"task_completed", "task_id evidence_refs?"},
      {"task_created", "task_id spec_hash"},
      {"task_delegated", "task_id parent_task_id delegation_id"},
      {"task_released", "task_id reason"},
      {"task_resumed", "task_id"},
      {"task_unblocked", "task_id"},
      {"task_waiting", "task_id reason wait_for?"},
      {"workspace_updated", "config_hash changes_summary"},
      {"workspace_warning", "message"},
  };
  ASSERT_EQ(reference.size(), kernel_kinds().size());
  for (const auto& [kind, members] : reference) {
    ASSERT_NE(find_kernel_kind(kind), nullptr) << kind;
    EXPECT_EQ(members_of(kind), members) << kind;
  }
}

TEST(KernelPayload, OfEveryKindIsAcceptedWithAndWithoutTheOptionalMembers) {
  for (const KnownKind& kind : kernel_kinds())
    for (const bool with_optional : {false, true}) {
      const Status status = validate_kernel_payload(kind.kind, samples::sample_payload(kind, with_optional));
      EXPECT_TRUE(status.ok()) << kind.kind << ": " << status.error().message();
    }
}

TEST(KernelPayload, OfEveryKindIsRefusedWithAMemberTooFewOrTooMany) {
  for (const KnownKind& kind : kernel_kinds()) {
    json::Value more = samples::sample_payload(kind, true);
    more.as_object().set("a/b", 1);
    const Status unknown = validate_kernel_payload(kind.kind, more);
    ASSERT_FALSE(unknown.ok()) << kind.kind;
    EXPECT_THAT(unknown.error().details(), ElementsAre(Field(&ErrorDetail::pointer, "/a~1b"))) << kind.kind;
    const json::Value fewest = samples::sample_payload(kind, false);
    for (const json::Member& member : fewest.as_object()) {
      json::Object fewer = fewest.as_object();
      fewer.erase(member.key);
      const Status missing = validate_kernel_payload(kind.kind, fewer);
      ASSERT_FALSE(missing.ok()) << kind.kind << " without " << member.key;
      EXPECT_EQ(missing.error().code(), ErrorCode::kInvalidPayload);
      EXPECT_THAT(missing.error().message(), HasSubstr(member.key));
    }
  }
}

TEST(KernelPayload, IsCheckedForWhatStandsInItsMembers) {
  const auto refused = [](std::string_view kind, std::string_view payload) {
    const Status status = validate_kernel_payload(kind, object(payload));
    return status.ok() ? "" : status.error().details().at(0).pointer;
  };
  EXPECT_EQ(refused("task_resumed", R"({"task_id":7})"), "/task_id");
  EXPECT_EQ(refused("task_resumed", R"({"task_id":""})"), "/task_id");
  EXPECT_EQ(refused("task_created", R"({"task_id":"t","spec_hash":"ABC"})"), "/spec_hash");
  EXPECT_EQ(refused("checkpoint", R"({"task_id":"t","note":"n","progress":1.1})"), "/progress");
  EXPECT_EQ(refused("conductor:approval_resolved",
                    R"({"approval_id":"a","decision":"maybe","decided_by":"ws-1:x","signature":"s"})"),
            "/decision");
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
