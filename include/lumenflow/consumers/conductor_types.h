// Generated from schemas/http/conductor.schema.json by scripts/contract; change that instead.
//
// What the routes of a conductor take and answer that `ConductorClient` of conductor.h speaks to.
//
// Value types without threading rules of their own. What is optional may be left out, or was, or is null where the
// document says null. Times are RFC 3339. Reading refuses, with INVALID_INPUT and the place, what lacks a required
// member or has one of another type; members that are not known here are skipped, so that a newer conductor is
// understood, or stand in `others` of what is open. Of a variant, the first that can be read is meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

// clang-format off
namespace lumenflow::consumers::conductor {

enum class Role : std::uint8_t { kViewer, kOperator, kAdmin };
enum class WorkspaceState : std::uint8_t { kActive, kRevoked };
enum class CommandStateName : std::uint8_t { kQueued, kDelivered, kRunning, kDone, kRefused, kExpired, kCancelled };
enum class ApprovalState : std::uint8_t { kPending, kResolved, kExpired };
enum class ApprovalDecisionDecision : std::uint8_t { kApprove, kDeny };
enum class WorkspaceEventClass : std::uint8_t { kQueue, kEphemeral };
std::string_view name(Role value);  // as on the wire
std::string_view name(WorkspaceState value);  // as on the wire
std::string_view name(CommandStateName value);  // as on the wire
std::string_view name(ApprovalState value);  // as on the wire
std::string_view name(ApprovalDecisionDecision value);  // as on the wire
std::string_view name(WorkspaceEventClass value);  // as on the wire

// An operator's name and passphrase.
struct SignIn {
  std::string name{};
  std::string passphrase{};
};
json::Value to_json(const SignIn& value);
Status from_json(const json::Value& json, SignIn& value);

// Who is signed in now. The cookie comes in Set-Cookie.
struct OpenedSession {
  std::string name{};
  Role role{};
  std::string csrf{};  // For the header X-CSRF-Token of whatever is no GET.
  std::string expires_at{};  // When the session is over.
};
json::Value to_json(const OpenedSession& value);
Status from_json(const json::Value& json, OpenedSession& value);

// The session is over.
struct SignedOut {
  bool signed_out{};
};
json::Value to_json(const SignedOut& value);
Status from_json(const json::Value& json, SignedOut& value);

// Another journal goes by this workspace's name: a clone, or one that was restored.
struct Fork {
  std::string log_id{};  // Of the one that is not heard.
  std::string reason{};
  std::string since{};
};
json::Value to_json(const Fork& value);
Status from_json(const json::Value& json, Fork& value);

// A workspace of this conductor.
struct Workspace {
  std::string workspace_id{};
  WorkspaceState state{};
  std::string enrolled_at{};  // When it enrolled last.
  std::optional<std::string> revoked_at{};  // When it was revoked.
  std::optional<std::string> sidecar_url{};  // Where the conductor can reach it; empty when it cannot.
  std::vector<std::string> scopes{};  // Of the token that the workspace minted for the conductor.
  // Until when that token is good; its workspace renews it. Afterwards nothing is called directly.
  std::optional<std::string> calls_until{};
  std::optional<std::string> log_id{};  // The journal that counts; null before the first hello.
  bool connected{};  // It was heard within 30 seconds.
  std::optional<std::string> last_seen{};  // When it was heard last, since the conductor runs.
  std::optional<json::Value> status{};  // Whatever the sidecar says of itself.
  std::optional<json::Value> versions{};  // Of the program and its packs.
  std::optional<json::Value> lag{};  // What waits to be sent.
  std::optional<Fork> fork{};
};
json::Value to_json(const Workspace& value);
Status from_json(const json::Value& json, Workspace& value);

// The fleet.
struct WorkspacePage {
  std::vector<Workspace> items{};
  std::optional<std::string> next{};  // The id to go on from; null at the end.
};
json::Value to_json(const WorkspacePage& value);
Status from_json(const json::Value& json, WorkspacePage& value);

// A tool, as the sidecar lists it.
struct ToolEntry {
  std::string name{};  // namespace:name.
  std::optional<std::vector<std::string>> aliases{};
  std::optional<std::string> pack{};
  std::optional<std::string> version{};
  std::optional<std::string> title{};
  std::optional<std::string> description{};
  std::optional<std::string> permission{};  // read, write or admin.
  std::optional<std::string> scope{};
  std::optional<std::vector<json::Value>> required_scopes{};
  std::optional<std::vector<json::Value>> required_approvals{};
  std::optional<json::Value> input_schema{};  // JSON Schema of the input.
  std::optional<json::Value> output_schema{};  // JSON Schema of the output.
  std::optional<json::Value> surfaces{};  // Where it may be called from.
  std::optional<bool> callable{};  // Whether the conductor's token may call it.
  json::Object others{};  // Members that are not among these.
};
json::Value to_json(const ToolEntry& value);
Status from_json(const json::Value& json, ToolEntry& value);

// What GET /tools of the workspace's sidecar answered.
struct ToolRegistry {
  std::string workspace_id{};
  std::string registry_hash{};
  std::vector<ToolEntry> tools{};
  json::Object others{};  // Members that are not among these.
};
json::Value to_json(const ToolRegistry& value);
Status from_json(const json::Value& json, ToolRegistry& value);

// A command of an inbound kind.
struct NewCommand {
  std::string kind{};  // conductor:tool_requested, sidekick:command_received, …
  std::optional<json::Object> payload{};  // What the kind says (schemas/events).
  std::optional<std::string> idempotency_key{};  // The same key again is the same command.
  std::optional<std::string> signature{};  // Of the payload, by a key that the workspace has pinned.
  std::optional<std::string> decided_at{};  // The time that was signed.
};
json::Value to_json(const NewCommand& value);
Status from_json(const json::Value& json, NewCommand& value);

// A command that goes its way.
struct QueuedCommand {
  std::string command_id{};
  CommandStateName state{};
  std::string expires_at{};  // When it is too late to carry it out.
};
json::Value to_json(const QueuedCommand& value);
Status from_json(const json::Value& json, QueuedCommand& value);

// Why it was not done.
struct CommandError {
  std::string code{};  // docs/reference/errors.md, or the tool's own.
  std::string message{};
  std::optional<json::Value> details{};  // What else is known.
  json::Object others{};  // Members that are not among these.
};
json::Value to_json(const CommandError& value);
Status from_json(const json::Value& json, CommandError& value);

// A command and what came of it.
struct Command {
  std::string command_id{};
  std::string workspace_id{};
  std::string kind{};
  CommandStateName state{};
  std::int64_t position{};
  std::string created_at{};  // When it was asked.
  std::string expires_at{};  // When it is too late.
  std::int64_t expires_ms{};  // The same, in milliseconds of the epoch.
  std::optional<std::string> on_behalf_of{};  // operator:NAME.
  std::optional<std::string> tool{};
  std::optional<std::string> device_id{};
  std::optional<std::string> delivered_at{};  // When it was durable in the workspace.
  std::optional<std::string> changed_at{};  // When its state changed last.
  std::optional<std::string> receipt_id{};  // The call, in the workspace's journal.
  std::optional<json::Value> result{};  // Of a tool: its result.
  std::optional<CommandError> error{};
  std::string from{};  // The subject.
};
json::Value to_json(const Command& value);
Status from_json(const json::Value& json, Command& value);

// The call that gave it.
struct ResultMetadata {
  std::string receipt_id{};
  std::optional<double> duration_ms{};
  json::Object others{};  // Members that are not among these.
};
json::Value to_json(const ResultMetadata& value);
Status from_json(const json::Value& json, ResultMetadata& value);

// What the tool answered.
struct ToolResult {
  bool success{};  // False where the tool itself says so.
  std::optional<json::Value> data{};  // As the tool's output_schema says.
  std::optional<std::vector<json::Object>> content{};
  std::optional<CommandError> error{};
  std::optional<ResultMetadata> metadata{};
  json::Object others{};  // Members that are not among these.
};
json::Value to_json(const ToolResult& value);
Status from_json(const json::Value& json, ToolResult& value);

// How a call ended.
struct ToolOutcome {
  std::optional<std::string> command_id{};  // Absent where the workspace's sidecar was asked directly.
  CommandStateName state{};
  std::optional<std::string> receipt_id{};  // The call, in the workspace's journal.
  std::optional<ToolResult> result{};
  std::optional<CommandError> error{};
};
json::Value to_json(const ToolOutcome& value);
Status from_json(const json::Value& json, ToolOutcome& value);

// An approval that a workspace asked for.
struct Approval {
  std::string approval_id{};
  std::string receipt_id{};  // The call.
  std::string surface{};  // Where it may be decided.
  std::string tool_name{};
  std::string call_digest{};  // What a decision is bound to.
  json::Object preview{};  // What the digest covers; secrets are left out.
  std::string requested_by{};  // The subject who called.
  std::string expires_at{};  // When waiting becomes a denial.
  std::string workspace_id{};
  ApprovalState state{};
  std::int64_t position{};
  std::string requested_at{};  // When.
  std::optional<std::string> outcome{};  // How the call ended.
  std::optional<std::string> decision{};  // What was decided: approve or deny; none where it expired.
  // Whose signature that was, where it came through this conductor; else somebody's at the workspace.
  std::optional<std::string> decided_by{};
  std::optional<std::string> resolved_at{};  // When it went on.
};
json::Value to_json(const Approval& value);
Status from_json(const json::Value& json, Approval& value);

// Approvals, the newest first.
struct ApprovalPage {
  std::vector<Approval> items{};
  std::optional<std::int64_t> next{};  // The position to go on from; null at the end.
};
json::Value to_json(const ApprovalPage& value);
Status from_json(const json::Value& json, ApprovalPage& value);

// A signed decision. ES256 over the canonical JSON (RFC 8785) of {purpose: approval, approval_id, call_digest,
// decision, decided_by, reason, decided_at}.
struct ApprovalDecision {
  ApprovalDecisionDecision decision{};
  std::string signature{};  // base64url.
  std::optional<std::string> decided_by{};  // The subject, as signed; the caller's own when left out.
  std::optional<std::string> reason{};  // As signed; empty and left out are the same.
  std::optional<std::string> decided_at{};  // The time that was signed.
  std::optional<std::string> workspace_id{};  // Where more than one workspace could be meant.
};
json::Value to_json(const ApprovalDecision& value);
Status from_json(const json::Value& json, ApprovalDecision& value);

// An event as the workspace emitted it, and where it stands here. Of a flat kind (schema_version 1) what it says
// stands among the members.
struct WorkspaceEvent {
  std::int64_t schema_version{};
  std::string kind{};
  std::string event_id{};
  std::string timestamp{};  // When it happened.
  std::string channel{};  // The stream.
  std::int64_t seq{};
  std::optional<std::int64_t> queue_seq{};
  std::string emitted_at{};  // When it was put on the stream.
  std::optional<json::Object> payload{};  // What the kind says.
  std::optional<std::string> on_behalf_of{};
  std::optional<std::string> trace{};  // W3C traceparent.
  std::string from{};  // The subject.
  WorkspaceEventClass class_{};
  std::string log_id{};  // Of the workspace's journal.
  std::int64_t position{};  // In the conductor's Log.
  json::Object others{};  // Members that are not among these.
};
json::Value to_json(const WorkspaceEvent& value);
Status from_json(const json::Value& json, WorkspaceEvent& value);

// Where events are missing for a reason: a tombstone, or ephemeral ones that were dropped.
struct EventMark {
  std::string type{};  // What stands here.
  std::string channel{};  // The stream.
  std::optional<std::int64_t> seq{};
  std::optional<std::int64_t> queue_seq{};
  std::optional<std::string> reason{};
  std::optional<std::int64_t> first_seq{};
  std::optional<std::int64_t> last_seq{};
  std::string log_id{};
  std::int64_t position{};
};
json::Value to_json(const EventMark& value);
Status from_json(const json::Value& json, EventMark& value);

using EventItem = std::variant<WorkspaceEvent, EventMark>;

// Events by position.
struct EventPage {
  std::vector<EventItem> items{};
  std::optional<std::int64_t> next{};  // The position to go on from; null at the end.
};
json::Value to_json(const EventPage& value);
Status from_json(const json::Value& json, EventPage& value);

// What tokens are signed with from now on.
struct RotatedKey {
  std::string key_id{};
};
json::Value to_json(const RotatedKey& value);
Status from_json(const json::Value& json, RotatedKey& value);

}  // namespace lumenflow::consumers::conductor
// clang-format on
