// Generated from schemas/events/ by scripts/contract; change those instead.
//
// The 41 kinds of events that the kernel and the first-party packs emit or receive, as types: for those who read events
// of a workspace. What makes events is the kernel; nothing written here is an event that happened.
//
// Value types without threading rules of their own. What is optional may be left out, or was. Times are RFC 3339.
// Reading refuses, with INVALID_INPUT and the place, what lacks a required member or has one of another type; members
// that are not known here are skipped, so that a newer workspace is understood. Lengths and patterns are the schemas'.
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
namespace lumenflow::events {

enum class AgentRuntimeToolCalledOutcome : std::uint8_t {
    kSuccess, kFailure, kDenied, kPending, kCancelled, kStopped, kTimeout, kCrashed, kUnknown
};
enum class AgentRuntimeTurnAbortedCleanupStatus : std::uint8_t { kClean, kPartial, kNeedsRecovery };
enum class AgentRuntimeTurnCompletedStatus : std::uint8_t { kReply, kToolRequest, kComplete, kEscalate };
enum class AgentRuntimeTurnCompletedToolCallOutcome : std::uint8_t {
    kSuccess, kFailure, kDenied, kPending, kCancelled, kStopped, kTimeout, kCrashed, kUnknown
};
enum class ConductorApprovalResolvedDecision : std::uint8_t { kApprove, kDeny };
std::string_view name(AgentRuntimeToolCalledOutcome value);  // as on the wire
std::string_view name(AgentRuntimeTurnAbortedCleanupStatus value);  // as on the wire
std::string_view name(AgentRuntimeTurnCompletedStatus value);  // as on the wire
std::string_view name(AgentRuntimeTurnCompletedToolCallOutcome value);  // as on the wire
std::string_view name(ConductorApprovalResolvedDecision value);  // as on the wire

// agent-runtime:tool_called: A call ended, one way or another. Emitted by the kernel with the result of every call.
struct AgentRuntimeToolCalled {
  static constexpr std::string_view kKind = "agent-runtime:tool_called";
  static constexpr int kSchemaVersion = 2;
  std::string receipt_id{};  // The call: the id of its entries in the journal.
  std::string tool_name{};  // The name under which the tool was called.
  std::string envelope_hash{};  // SHA-256 of the canonical JSON of what was asked: tool, input and who asked.
  AgentRuntimeToolCalledOutcome outcome{};  // How it ended.
  std::optional<std::string> code{};  // The error's code, when it did not succeed.
  double duration_ms{};  // From its arrival to its end, in milliseconds, with what decimals the clock gives.
  std::optional<std::string> turn_id{};  // The turn.
};
json::Value to_json(const AgentRuntimeToolCalled& value);
Status from_json(const json::Value& json, AgentRuntimeToolCalled& value);

// agent-runtime:turn_aborted: A turn ended before it had an answer.
struct AgentRuntimeTurnAborted {
  static constexpr std::string_view kKind = "agent-runtime:turn_aborted";
  static constexpr int kSchemaVersion = 2;
  std::string turn_id{};  // The turn.
  std::string reason{};  // Why, for people.
  // What was left behind: nothing (clean), a consistent but incomplete state (partial), an inconsistent one
  // (needs_recovery).
  AgentRuntimeTurnAbortedCleanupStatus cleanup_status{};
  std::optional<std::string> recovery_action{};  // The next step, for people.
};
json::Value to_json(const AgentRuntimeTurnAborted& value);
Status from_json(const json::Value& json, AgentRuntimeTurnAborted& value);

// What the provider counted.
struct AgentRuntimeTurnCompletedUsage {
  std::optional<std::int64_t> input_tokens{};  // Read.
  std::optional<std::int64_t> output_tokens{};  // Written.
  std::optional<std::int64_t> total_tokens{};  // Both.
};
json::Value to_json(const AgentRuntimeTurnCompletedUsage& value);
Status from_json(const json::Value& json, AgentRuntimeTurnCompletedUsage& value);

struct AgentRuntimeTurnCompletedToolCall {
  std::string tool{};  // The name of the tool, namespace:name.
  std::string receipt_id{};  // The call: the id of its entries in the journal.
  AgentRuntimeTurnCompletedToolCallOutcome outcome{};  // How it ended.
};
json::Value to_json(const AgentRuntimeTurnCompletedToolCall& value);
Status from_json(const json::Value& json, AgentRuntimeTurnCompletedToolCall& value);

// agent-runtime:turn_completed: A turn ended with an answer.
struct AgentRuntimeTurnCompleted {
  static constexpr std::string_view kKind = "agent-runtime:turn_completed";
  static constexpr int kSchemaVersion = 2;
  std::string turn_id{};  // The turn.
  // How it ended: with a reply, a tool that the caller is to call, the goal reached, or a question for a person.
  AgentRuntimeTurnCompletedStatus status{};
  std::optional<AgentRuntimeTurnCompletedUsage> usage{};  // What the provider counted.
  std::vector<AgentRuntimeTurnCompletedToolCall> tool_calls{};  // The calls it made, in order.
};
json::Value to_json(const AgentRuntimeTurnCompleted& value);
Status from_json(const json::Value& json, AgentRuntimeTurnCompleted& value);

// agent-runtime:turn_started: A governed turn of an agent began.
struct AgentRuntimeTurnStarted {
  static constexpr std::string_view kKind = "agent-runtime:turn_started";
  static constexpr int kSchemaVersion = 2;
  std::string turn_id{};  // The turn.
  std::string session_id{};  // The session it belongs to.
  std::optional<std::string> goal{};  // What it is to reach.
  std::string model{};  // The model's profile.
};
json::Value to_json(const AgentRuntimeTurnStarted& value);
Status from_json(const json::Value& json, AgentRuntimeTurnStarted& value);

// checkpoint: Somebody at work on a task noted how far it is.
struct Checkpoint {
  static constexpr std::string_view kKind = "checkpoint";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::optional<std::string> run_id{};  // The run of the task.
  std::string note{};  // How far, for people.
  std::optional<double> progress{};  // The part that is done.
};
json::Value to_json(const Checkpoint& value);
Status from_json(const json::Value& json, Checkpoint& value);

// conductor:approval_resolved: Somebody decided on an approval. It counts when the signature does.
struct ConductorApprovalResolved {
  static constexpr std::string_view kKind = "conductor:approval_resolved";
  static constexpr int kSchemaVersion = 2;
  std::string approval_id{};  // The approval.
  ConductorApprovalResolvedDecision decision{};  // What was decided.
  std::string decided_by{};  // The subject who decided, as signed.
  std::optional<std::string> reason{};  // Why, for people.
  std::string signature{};  // Signature of what was decided, by a key that the workspace has pinned.
};
json::Value to_json(const ConductorApprovalResolved& value);
Status from_json(const json::Value& json, ConductorApprovalResolved& value);

// conductor:command_cancelled: A command that was sent before is not to be carried out any more.
struct ConductorCommandCancelled {
  static constexpr std::string_view kKind = "conductor:command_cancelled";
  static constexpr int kSchemaVersion = 2;
  std::string command_id{};  // The command: the event_id of its envelope.
  std::string reason{};  // Why, for people.
};
json::Value to_json(const ConductorCommandCancelled& value);
Status from_json(const json::Value& json, ConductorCommandCancelled& value);

// conductor:device_requested: A device asks to be paired. The workspace pins its key when an operator consents.
struct ConductorDeviceRequested {
  static constexpr std::string_view kKind = "conductor:device_requested";
  static constexpr int kSchemaVersion = 2;
  std::string device_id{};  // The device.
  std::optional<std::string> name{};  // What its owner calls it.
  std::optional<std::string> public_key{};  // Its key, as SPKI in PEM or base64.
};
json::Value to_json(const ConductorDeviceRequested& value);
Status from_json(const json::Value& json, ConductorDeviceRequested& value);

// conductor:device_revoked: A device is not to be trusted any more.
struct ConductorDeviceRevoked {
  static constexpr std::string_view kKind = "conductor:device_revoked";
  static constexpr int kSchemaVersion = 2;
  std::string device_id{};  // The device.
  std::optional<std::string> name{};  // What its owner calls it.
  std::optional<std::string> public_key{};  // Its key, as SPKI in PEM or base64.
};
json::Value to_json(const ConductorDeviceRevoked& value);
Status from_json(const json::Value& json, ConductorDeviceRevoked& value);

// conductor:recovery_confirmed: Somebody consented to a proposed recovery, which is then carried out once.
struct ConductorRecoveryConfirmed {
  static constexpr std::string_view kKind = "conductor:recovery_confirmed";
  static constexpr int kSchemaVersion = 2;
  std::string recovery_id{};  // The proposal.
  std::string decided_by{};  // The subject who decided, as signed.
  std::optional<std::string> reason{};  // Why, for people; as signed.
  std::string signature{};  // Signature of what was decided, by a key that the workspace has pinned.
};
json::Value to_json(const ConductorRecoveryConfirmed& value);
Status from_json(const json::Value& json, ConductorRecoveryConfirmed& value);

// conductor:recovery_requested: Somebody asks a pack to propose a recovery. Nothing is repaired by it.
struct ConductorRecoveryRequested {
  static constexpr std::string_view kKind = "conductor:recovery_requested";
  static constexpr int kSchemaVersion = 2;
  std::string target_pack{};  // The pack's slug.
  std::string target_id{};  // What to recover, by the pack's own id.
  std::optional<std::string> turn_id{};  // The turn.
  std::string reason{};  // Why, for people.
  std::string requested_by{};  // Who asks.
};
json::Value to_json(const ConductorRecoveryRequested& value);
Status from_json(const json::Value& json, ConductorRecoveryRequested& value);

// conductor:stop_requested: A tool, a subject or everything is to be stopped; or, signed, to be allowed again.
struct ConductorStopRequested {
  static constexpr std::string_view kKind = "conductor:stop_requested";
  static constexpr int kSchemaVersion = 2;
  std::string target{};  // The name of a tool, a subject, or all.
  std::optional<bool> resume{};  // True: allow it again.
  std::optional<std::string> signature{};  // Stopping needs none, resuming does.
};
json::Value to_json(const ConductorStopRequested& value);
Status from_json(const json::Value& json, ConductorStopRequested& value);

// conductor:tool_requested: A tool is to be called, with the rights of whoever sent this.
struct ConductorToolRequested {
  static constexpr std::string_view kKind = "conductor:tool_requested";
  static constexpr int kSchemaVersion = 2;
  std::string tool{};  // The name of the tool, namespace:name.
  json::Object input{};  // The tool's input.
  std::optional<std::string> idempotency_key{};  // The same key again gives the recorded result.
  // Of a device: ES256, base64url, over the canonical JSON of {purpose: command, kind, payload without this,
  // decided_by, decided_at}.
  std::optional<std::string> signature{};
};
json::Value to_json(const ConductorToolRequested& value);
Status from_json(const json::Value& json, ConductorToolRequested& value);

// run_failed: A run ended without success.
struct RunFailed {
  static constexpr std::string_view kKind = "run_failed";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string run_id{};  // The run of the task.
  std::string reason{};  // Why, for people.
  // What shows it: content addresses or paths, as the tool that made them names them.
  std::optional<std::vector<std::string>> evidence_refs{};
};
json::Value to_json(const RunFailed& value);
Status from_json(const json::Value& json, RunFailed& value);

// run_paused: A run stopped for now.
struct RunPaused {
  static constexpr std::string_view kKind = "run_paused";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string run_id{};  // The run of the task.
  std::string reason{};  // Why, for people.
};
json::Value to_json(const RunPaused& value);
Status from_json(const json::Value& json, RunPaused& value);

// run_started: Work on a task began: one attempt, with an id of its own.
struct RunStarted {
  static constexpr std::string_view kKind = "run_started";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string run_id{};  // The run of the task.
  std::string by{};  // The subject who acts, from its token.
  std::string session_id{};  // The session in which it acts.
};
json::Value to_json(const RunStarted& value);
Status from_json(const json::Value& json, RunStarted& value);

// run_succeeded: A run ended with success.
struct RunSucceeded {
  static constexpr std::string_view kKind = "run_succeeded";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string run_id{};  // The run of the task.
  // What shows it: content addresses or paths, as the tool that made them names them.
  std::optional<std::vector<std::string>> evidence_refs{};
};
json::Value to_json(const RunSucceeded& value);
Status from_json(const json::Value& json, RunSucceeded& value);

// sidekick:approval_requested: A call waits until somebody approves it. Emitted when the call is parked.
struct SidekickApprovalRequested {
  static constexpr std::string_view kKind = "sidekick:approval_requested";
  static constexpr int kSchemaVersion = 2;
  std::string approval_id{};  // The approval.
  std::string receipt_id{};  // The call: the id of its entries in the journal.
  std::string surface{};  // Where it may be decided, by the name that the policy gives it.
  std::string tool_name{};  // The name of the tool, namespace:name.
  std::string call_digest{};  // What a decision is bound to: SHA-256 of the canonical JSON of exactly this call.
  json::Object preview{};  // What the digest covers, for whoever decides; secrets are left out.
  std::string requested_by{};  // The subject who called.
  std::string expires_at{};  // When waiting becomes a denial.
};
json::Value to_json(const SidekickApprovalRequested& value);
Status from_json(const json::Value& json, SidekickApprovalRequested& value);

// sidekick:command_received: Somebody wrote to a sidekick channel from outside. It is appended to that channel; with a
// tool it is also a call.
struct SidekickCommandReceived {
  static constexpr std::string_view kKind = "sidekick:command_received";
  static constexpr int kSchemaVersion = 2;
  std::string sidekick_channel{};  // The sidekick channel, by its name.
  std::string sender{};  // Who wrote, as the channel's network names them.
  std::string text{};  // What they wrote.
  std::optional<std::string> tool{};  // The name of the tool, namespace:name.
  std::optional<json::Object> input{};  // The tool's input.
  // Of a device: ES256, base64url, over the canonical JSON of {purpose: command, kind, payload without this,
  // decided_by, decided_at}.
  std::optional<std::string> signature{};
};
json::Value to_json(const SidekickCommandReceived& value);
Status from_json(const json::Value& json, SidekickCommandReceived& value);

// sidekick:message_sent: A message was written to a sidekick channel.
struct SidekickMessageSent {
  static constexpr std::string_view kKind = "sidekick:message_sent";
  static constexpr int kSchemaVersion = 2;
  std::string message_id{};  // The message.
  std::string sidekick_channel{};  // The sidekick channel, by its name.
  std::string sender{};  // Who wrote it.
};
json::Value to_json(const SidekickMessageSent& value);
Status from_json(const json::Value& json, SidekickMessageSent& value);

// sidekick:routine_due: A task or a routine fell due. Emitted once for each due moment; nothing is carried out by it.
struct SidekickRoutineDue {
  static constexpr std::string_view kKind = "sidekick:routine_due";
  static constexpr int kSchemaVersion = 2;
  std::string routine_id{};  // The routine, or the task, that falls due.
  std::string due_at{};  // When.
};
json::Value to_json(const SidekickRoutineDue& value);
Status from_json(const json::Value& json, SidekickRoutineDue& value);

// software-delivery:gate_failed: A gate did not hold, or could not be run.
struct SoftwareDeliveryGateFailed {
  static constexpr std::string_view kKind = "software-delivery:gate_failed";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string gate{};  // The gate, by its id.
  std::string commit{};  // The git commit.
  std::optional<std::int64_t> duration_ms{};  // How long it ran, in whole milliseconds.
  std::optional<std::int64_t> exit_code{};  // Of its command; negative: minus the signal that ended it.
  std::optional<std::string> evidence_ref{};  // Its output, by content address.
};
json::Value to_json(const SoftwareDeliveryGateFailed& value);
Status from_json(const json::Value& json, SoftwareDeliveryGateFailed& value);

// software-delivery:gate_passed: A gate held.
struct SoftwareDeliveryGatePassed {
  static constexpr std::string_view kKind = "software-delivery:gate_passed";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string gate{};  // The gate, by its id.
  std::string commit{};  // The git commit.
  std::optional<std::int64_t> duration_ms{};  // How long it ran, in whole milliseconds.
  std::optional<std::int64_t> exit_code{};  // Of its command; negative: minus the signal that ended it.
  std::optional<std::string> evidence_ref{};  // Its output, by content address.
};
json::Value to_json(const SoftwareDeliveryGatePassed& value);
Status from_json(const json::Value& json, SoftwareDeliveryGatePassed& value);

// software-delivery:gate_started: A gate began to run for a work unit.
struct SoftwareDeliveryGateStarted {
  static constexpr std::string_view kKind = "software-delivery:gate_started";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string gate{};  // The gate, by its id.
  std::string commit{};  // The git commit.
  std::optional<std::int64_t> duration_ms{};  // How long it ran, in whole milliseconds.
  std::optional<std::int64_t> exit_code{};  // Of its command; negative: minus the signal that ended it.
  std::optional<std::string> evidence_ref{};  // Its output, by content address.
};
json::Value to_json(const SoftwareDeliveryGateStarted& value);
Status from_json(const json::Value& json, SoftwareDeliveryGateStarted& value);

// software-delivery:wu_blocked: A work unit cannot go on.
struct SoftwareDeliveryWuBlocked {
  static constexpr std::string_view kKind = "software-delivery:wu_blocked";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string lane{};  // The lane it is in.
  std::string by{};  // The subject who acts, from its token.
  std::optional<std::string> worktree_path{};  // Its git worktree, relative to the workspace.
  std::optional<std::string> commit{};  // The git commit.
  std::optional<std::string> reason{};  // Why, for people.
};
json::Value to_json(const SoftwareDeliveryWuBlocked& value);
Status from_json(const json::Value& json, SoftwareDeliveryWuBlocked& value);

// software-delivery:wu_claimed: Somebody took a work unit and its lane; its worktree is there.
struct SoftwareDeliveryWuClaimed {
  static constexpr std::string_view kKind = "software-delivery:wu_claimed";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string lane{};  // The lane it is in.
  std::string by{};  // The subject who acts, from its token.
  std::optional<std::string> worktree_path{};  // Its git worktree, relative to the workspace.
  std::optional<std::string> commit{};  // The git commit.
  std::optional<std::string> reason{};  // Why, for people.
};
json::Value to_json(const SoftwareDeliveryWuClaimed& value);
Status from_json(const json::Value& json, SoftwareDeliveryWuClaimed& value);

// software-delivery:wu_completed: A work unit is done and merged.
struct SoftwareDeliveryWuCompleted {
  static constexpr std::string_view kKind = "software-delivery:wu_completed";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string lane{};  // The lane it is in.
  std::string by{};  // The subject who acts, from its token.
  std::optional<std::string> worktree_path{};  // Its git worktree, relative to the workspace.
  std::optional<std::string> commit{};  // The git commit.
  std::optional<std::string> reason{};  // Why, for people.
};
json::Value to_json(const SoftwareDeliveryWuCompleted& value);
Status from_json(const json::Value& json, SoftwareDeliveryWuCompleted& value);

// software-delivery:wu_created: A work unit was created.
struct SoftwareDeliveryWuCreated {
  static constexpr std::string_view kKind = "software-delivery:wu_created";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string lane{};  // The lane it is in.
  std::string by{};  // The subject who acts, from its token.
  std::optional<std::string> worktree_path{};  // Its git worktree, relative to the workspace.
  std::optional<std::string> commit{};  // The git commit.
  std::optional<std::string> reason{};  // Why, for people.
};
json::Value to_json(const SoftwareDeliveryWuCreated& value);
Status from_json(const json::Value& json, SoftwareDeliveryWuCreated& value);

// software-delivery:wu_released: Whoever had claimed a work unit gave it back.
struct SoftwareDeliveryWuReleased {
  static constexpr std::string_view kKind = "software-delivery:wu_released";
  static constexpr int kSchemaVersion = 2;
  std::string wu_id{};  // The work unit, e.g. WU-042.
  std::string lane{};  // The lane it is in.
  std::string by{};  // The subject who acts, from its token.
  std::optional<std::string> worktree_path{};  // Its git worktree, relative to the workspace.
  std::optional<std::string> commit{};  // The git commit.
  std::optional<std::string> reason{};  // Why, for people.
};
json::Value to_json(const SoftwareDeliveryWuReleased& value);
Status from_json(const json::Value& json, SoftwareDeliveryWuReleased& value);

// spec_tampered: A file that was accepted is no longer what it was; calls are refused until an operator accepts the
// change.
struct SpecTampered {
  static constexpr std::string_view kKind = "spec_tampered";
  static constexpr int kSchemaVersion = 1;
  std::string spec{};  // The file.
  std::string id{};  // What it specifies, e.g. the workspace's id.
  std::string expected_hash{};  // SHA-256 of the bytes that were accepted.
  std::string actual_hash{};  // SHA-256 of the bytes found; empty when the file is gone.
};
json::Value to_json(const SpecTampered& value);
Status from_json(const json::Value& json, SpecTampered& value);

// task_blocked: A task cannot go on. Emitted when that is recorded.
struct TaskBlocked {
  static constexpr std::string_view kKind = "task_blocked";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string reason{};  // Why, for people.
};
json::Value to_json(const TaskBlocked& value);
Status from_json(const json::Value& json, TaskBlocked& value);

// task_claimed: Somebody took a task. Emitted when the claim is recorded; of two at once one wins.
struct TaskClaimed {
  static constexpr std::string_view kKind = "task_claimed";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string by{};  // The subject who acts, from its token.
  std::string session_id{};  // The session in which it acts.
  std::optional<json::Object> domain_data{};  // What the task's type adds, e.g. its branch.
};
json::Value to_json(const TaskClaimed& value);
Status from_json(const json::Value& json, TaskClaimed& value);

// task_completed: A task is done. Emitted when its completion is recorded.
struct TaskCompleted {
  static constexpr std::string_view kKind = "task_completed";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  // What shows it: content addresses or paths, as the tool that made them names them.
  std::optional<std::vector<std::string>> evidence_refs{};
};
json::Value to_json(const TaskCompleted& value);
Status from_json(const json::Value& json, TaskCompleted& value);

// task_created: A task was created. Emitted when the kernel takes it in.
struct TaskCreated {
  static constexpr std::string_view kKind = "task_created";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string spec_hash{};  // SHA-256 of the canonical JSON of what the task asks for.
};
json::Value to_json(const TaskCreated& value);
Status from_json(const json::Value& json, TaskCreated& value);

// task_delegated: A task was handed on as part of another.
struct TaskDelegated {
  static constexpr std::string_view kKind = "task_delegated";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string parent_task_id{};  // The task it is part of.
  std::string delegation_id{};  // The act of handing it on.
};
json::Value to_json(const TaskDelegated& value);
Status from_json(const json::Value& json, TaskDelegated& value);

// task_released: Whoever had claimed a task gave it back.
struct TaskReleased {
  static constexpr std::string_view kKind = "task_released";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string reason{};  // Why, for people.
};
json::Value to_json(const TaskReleased& value);
Status from_json(const json::Value& json, TaskReleased& value);

// task_resumed: A waiting task goes on.
struct TaskResumed {
  static constexpr std::string_view kKind = "task_resumed";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
};
json::Value to_json(const TaskResumed& value);
Status from_json(const json::Value& json, TaskResumed& value);

// task_unblocked: A blocked task can go on.
struct TaskUnblocked {
  static constexpr std::string_view kKind = "task_unblocked";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
};
json::Value to_json(const TaskUnblocked& value);
Status from_json(const json::Value& json, TaskUnblocked& value);

// task_waiting: A task waits for something outside, such as an approval or a time.
struct TaskWaiting {
  static constexpr std::string_view kKind = "task_waiting";
  static constexpr int kSchemaVersion = 1;
  std::string task_id{};  // The task.
  std::string reason{};  // Why, for people.
  std::optional<json::Object> wait_for{};  // What it waits for, in the form of the task's type.
};
json::Value to_json(const TaskWaiting& value);
Status from_json(const json::Value& json, TaskWaiting& value);

// workspace_updated: The workspace's configuration, or what its tools are, changed. Emitted after the change is in
// force.
struct WorkspaceUpdated {
  static constexpr std::string_view kKind = "workspace_updated";
  static constexpr int kSchemaVersion = 1;
  std::string config_hash{};  // SHA-256 of the bytes of lumenflow.yaml.
  std::string changes_summary{};  // What changed, for people.
};
json::Value to_json(const WorkspaceUpdated& value);
Status from_json(const json::Value& json, WorkspaceUpdated& value);

// workspace_warning: Something about the workspace needs attention and stops nothing.
struct WorkspaceWarning {
  static constexpr std::string_view kKind = "workspace_warning";
  static constexpr int kSchemaVersion = 1;
  std::string message{};  // What, for people.
};
json::Value to_json(const WorkspaceWarning& value);
Status from_json(const json::Value& json, WorkspaceWarning& value);

// In byte order of their kinds.
using Payload = std::variant<
    AgentRuntimeToolCalled,
    AgentRuntimeTurnAborted,
    AgentRuntimeTurnCompleted,
    AgentRuntimeTurnStarted,
    Checkpoint,
    ConductorApprovalResolved,
    ConductorCommandCancelled,
    ConductorDeviceRequested,
    ConductorDeviceRevoked,
    ConductorRecoveryConfirmed,
    ConductorRecoveryRequested,
    ConductorStopRequested,
    ConductorToolRequested,
    RunFailed,
    RunPaused,
    RunStarted,
    RunSucceeded,
    SidekickApprovalRequested,
    SidekickCommandReceived,
    SidekickMessageSent,
    SidekickRoutineDue,
    SoftwareDeliveryGateFailed,
    SoftwareDeliveryGatePassed,
    SoftwareDeliveryGateStarted,
    SoftwareDeliveryWuBlocked,
    SoftwareDeliveryWuClaimed,
    SoftwareDeliveryWuCompleted,
    SoftwareDeliveryWuCreated,
    SoftwareDeliveryWuReleased,
    SpecTampered,
    TaskBlocked,
    TaskClaimed,
    TaskCompleted,
    TaskCreated,
    TaskDelegated,
    TaskReleased,
    TaskResumed,
    TaskUnblocked,
    TaskWaiting,
    WorkspaceUpdated,
    WorkspaceWarning>;

std::string_view kind_of(const Payload& payload);
// UNKNOWN_KIND for what is none of these kinds; INVALID_INPUT. Of a flat kind (kSchemaVersion 1) its members as an
// object.
Result<Payload> parse_payload(std::string_view kind, const json::Value& payload);
json::Value to_json(const Payload& payload);

// What an event's envelope says besides its kind and its payload.
struct Envelope {
  // SHA-256 of what was emitted under an idempotency key, in hex; without a key a UUID version 7.
  std::string event_id{};
  std::string timestamp{};  // When it happened, in UTC.
  // A label of the person behind a command that the conductor built; no authority.
  std::optional<std::string> on_behalf_of{};
  std::optional<std::string> expires_at{};  // Of a command only: from then on it is not to be carried out, in UTC.
  // The subject, from the token: of the workspace for what it emits, of the device or caller for what comes in.
  std::string from{};
  std::string channel{};  // The stream that carries it.
  std::int64_t seq{};  // Its position in that stream.
  // Of the queue class only: its position among those of the stream, without a gap.
  std::optional<std::int64_t> queue_seq{};
  std::string emitted_at{};  // When it was put on the stream, in UTC.
  std::optional<std::string> trace{};  // W3C traceparent.
};
json::Value to_json(const Envelope& value);
Status from_json(const json::Value& json, Envelope& value);

struct Event {
  Envelope envelope;
  Payload payload;
};

// An envelope as it travels, flat kinds included. UNKNOWN_KIND, INVALID_INPUT as above, the payload's places under
// /payload.
Result<Event> parse_event(const json::Value& envelope);
// The same envelope again, without what parsing skipped.
json::Value to_json(const Event& event);

}  // namespace lumenflow::events
// clang-format on
