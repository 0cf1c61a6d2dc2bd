// Generated from schemas/events/ by scripts/contract; change those instead.
#include "lumenflow/events.h"

#include <algorithm>
#include <utility>

#include "json/record_codec.h"

// clang-format off
namespace lumenflow {

template <>
struct json::codec::Words<events::AgentRuntimeToolCalledOutcome> {
  static constexpr std::array<std::string_view, 9> kAll{
      "success", "failure", "denied", "pending", "cancelled", "stopped", "timeout", "crashed", "unknown"
  };
};

template <>
struct json::codec::Words<events::AgentRuntimeTurnAbortedCleanupStatus> {
  static constexpr std::array<std::string_view, 3> kAll{ "clean", "partial", "needs_recovery" };
};

template <>
struct json::codec::Words<events::AgentRuntimeTurnCompletedStatus> {
  static constexpr std::array<std::string_view, 4> kAll{ "reply", "tool_request", "complete", "escalate" };
};

template <>
struct json::codec::Words<events::AgentRuntimeTurnCompletedToolCallOutcome> {
  static constexpr std::array<std::string_view, 9> kAll{
      "success", "failure", "denied", "pending", "cancelled", "stopped", "timeout", "crashed", "unknown"
  };
};

template <>
struct json::codec::Words<events::ConductorApprovalResolvedDecision> {
  static constexpr std::array<std::string_view, 2> kAll{ "approve", "deny" };
};

namespace events {

std::string_view name(AgentRuntimeToolCalledOutcome value) { return json::codec::word_of(value); }
std::string_view name(AgentRuntimeTurnAbortedCleanupStatus value) { return json::codec::word_of(value); }
std::string_view name(AgentRuntimeTurnCompletedStatus value) { return json::codec::word_of(value); }
std::string_view name(AgentRuntimeTurnCompletedToolCallOutcome value) { return json::codec::word_of(value); }
std::string_view name(ConductorApprovalResolvedDecision value) { return json::codec::word_of(value); }

json::Value to_json(const AgentRuntimeToolCalled& value) {
  json::codec::ObjectWriter out;
  out.member("receipt_id", value.receipt_id);
  out.member("tool_name", value.tool_name);
  out.member("envelope_hash", value.envelope_hash);
  out.member("outcome", value.outcome);
  out.member("code", value.code);
  out.member("duration_ms", value.duration_ms);
  out.member("turn_id", value.turn_id);
  return out.take();
}

Status from_json(const json::Value& json, AgentRuntimeToolCalled& value) {
  json::codec::ObjectReader in(json);
  in.member("receipt_id", value.receipt_id);
  in.member("tool_name", value.tool_name);
  in.member("envelope_hash", value.envelope_hash);
  in.member("outcome", value.outcome);
  in.member("code", value.code);
  in.member("duration_ms", value.duration_ms);
  in.member("turn_id", value.turn_id);
  return in.status();
}

json::Value to_json(const AgentRuntimeTurnAborted& value) {
  json::codec::ObjectWriter out;
  out.member("turn_id", value.turn_id);
  out.member("reason", value.reason);
  out.member("cleanup_status", value.cleanup_status);
  out.member("recovery_action", value.recovery_action);
  return out.take();
}

Status from_json(const json::Value& json, AgentRuntimeTurnAborted& value) {
  json::codec::ObjectReader in(json);
  in.member("turn_id", value.turn_id);
  in.member("reason", value.reason);
  in.member("cleanup_status", value.cleanup_status);
  in.member("recovery_action", value.recovery_action);
  return in.status();
}

json::Value to_json(const AgentRuntimeTurnCompletedUsage& value) {
  json::codec::ObjectWriter out;
  out.member("input_tokens", value.input_tokens);
  out.member("output_tokens", value.output_tokens);
  out.member("total_tokens", value.total_tokens);
  return out.take();
}

Status from_json(const json::Value& json, AgentRuntimeTurnCompletedUsage& value) {
  json::codec::ObjectReader in(json);
  in.member("input_tokens", value.input_tokens);
  in.member("output_tokens", value.output_tokens);
  in.member("total_tokens", value.total_tokens);
  return in.status();
}

json::Value to_json(const AgentRuntimeTurnCompletedToolCall& value) {
  json::codec::ObjectWriter out;
  out.member("tool", value.tool);
  out.member("receipt_id", value.receipt_id);
  out.member("outcome", value.outcome);
  return out.take();
}

Status from_json(const json::Value& json, AgentRuntimeTurnCompletedToolCall& value) {
  json::codec::ObjectReader in(json);
  in.member("tool", value.tool);
  in.member("receipt_id", value.receipt_id);
  in.member("outcome", value.outcome);
  return in.status();
}

json::Value to_json(const AgentRuntimeTurnCompleted& value) {
  json::codec::ObjectWriter out;
  out.member("turn_id", value.turn_id);
  out.member("status", value.status);
  out.member("usage", value.usage);
  out.member("tool_calls", value.tool_calls);
  return out.take();
}

Status from_json(const json::Value& json, AgentRuntimeTurnCompleted& value) {
  json::codec::ObjectReader in(json);
  in.member("turn_id", value.turn_id);
  in.member("status", value.status);
  in.member("usage", value.usage);
  in.member("tool_calls", value.tool_calls);
  return in.status();
}

json::Value to_json(const AgentRuntimeTurnStarted& value) {
  json::codec::ObjectWriter out;
  out.member("turn_id", value.turn_id);
  out.member("session_id", value.session_id);
  out.member("goal", value.goal);
  out.member("model", value.model);
  return out.take();
}

Status from_json(const json::Value& json, AgentRuntimeTurnStarted& value) {
  json::codec::ObjectReader in(json);
  in.member("turn_id", value.turn_id);
  in.member("session_id", value.session_id);
  in.member("goal", value.goal);
  in.member("model", value.model);
  return in.status();
}

json::Value to_json(const Checkpoint& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("run_id", value.run_id);
  out.member("note", value.note);
  out.member("progress", value.progress);
  return out.take();
}

Status from_json(const json::Value& json, Checkpoint& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("run_id", value.run_id);
  in.member("note", value.note);
  in.member("progress", value.progress);
  return in.status();
}

json::Value to_json(const ConductorApprovalResolved& value) {
  json::codec::ObjectWriter out;
  out.member("approval_id", value.approval_id);
  out.member("decision", value.decision);
  out.member("decided_by", value.decided_by);
  out.member("reason", value.reason);
  out.member("signature", value.signature);
  return out.take();
}

Status from_json(const json::Value& json, ConductorApprovalResolved& value) {
  json::codec::ObjectReader in(json);
  in.member("approval_id", value.approval_id);
  in.member("decision", value.decision);
  in.member("decided_by", value.decided_by);
  in.member("reason", value.reason);
  in.member("signature", value.signature);
  return in.status();
}

json::Value to_json(const ConductorCommandCancelled& value) {
  json::codec::ObjectWriter out;
  out.member("command_id", value.command_id);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, ConductorCommandCancelled& value) {
  json::codec::ObjectReader in(json);
  in.member("command_id", value.command_id);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const ConductorDeviceRequested& value) {
  json::codec::ObjectWriter out;
  out.member("device_id", value.device_id);
  out.member("name", value.name);
  out.member("public_key", value.public_key);
  return out.take();
}

Status from_json(const json::Value& json, ConductorDeviceRequested& value) {
  json::codec::ObjectReader in(json);
  in.member("device_id", value.device_id);
  in.member("name", value.name);
  in.member("public_key", value.public_key);
  return in.status();
}

json::Value to_json(const ConductorDeviceRevoked& value) {
  json::codec::ObjectWriter out;
  out.member("device_id", value.device_id);
  out.member("name", value.name);
  out.member("public_key", value.public_key);
  return out.take();
}

Status from_json(const json::Value& json, ConductorDeviceRevoked& value) {
  json::codec::ObjectReader in(json);
  in.member("device_id", value.device_id);
  in.member("name", value.name);
  in.member("public_key", value.public_key);
  return in.status();
}

json::Value to_json(const ConductorRecoveryConfirmed& value) {
  json::codec::ObjectWriter out;
  out.member("recovery_id", value.recovery_id);
  out.member("decided_by", value.decided_by);
  out.member("reason", value.reason);
  out.member("signature", value.signature);
  return out.take();
}

Status from_json(const json::Value& json, ConductorRecoveryConfirmed& value) {
  json::codec::ObjectReader in(json);
  in.member("recovery_id", value.recovery_id);
  in.member("decided_by", value.decided_by);
  in.member("reason", value.reason);
  in.member("signature", value.signature);
  return in.status();
}

json::Value to_json(const ConductorRecoveryRequested& value) {
  json::codec::ObjectWriter out;
  out.member("target_pack", value.target_pack);
  out.member("target_id", value.target_id);
  out.member("turn_id", value.turn_id);
  out.member("reason", value.reason);
  out.member("requested_by", value.requested_by);
  return out.take();
}

Status from_json(const json::Value& json, ConductorRecoveryRequested& value) {
  json::codec::ObjectReader in(json);
  in.member("target_pack", value.target_pack);
  in.member("target_id", value.target_id);
  in.member("turn_id", value.turn_id);
  in.member("reason", value.reason);
  in.member("requested_by", value.requested_by);
  return in.status();
}

json::Value to_json(const ConductorStopRequested& value) {
  json::codec::ObjectWriter out;
  out.member("target", value.target);
  out.member("resume", value.resume);
  out.member("signature", value.signature);
  return out.take();
}

Status from_json(const json::Value& json, ConductorStopRequested& value) {
  json::codec::ObjectReader in(json);
  in.member("target", value.target);
  in.member("resume", value.resume);
  in.member("signature", value.signature);
  return in.status();
}

json::Value to_json(const ConductorToolRequested& value) {
  json::codec::ObjectWriter out;
  out.member("tool", value.tool);
  out.member("input", value.input);
  out.member("idempotency_key", value.idempotency_key);
  out.member("signature", value.signature);
  return out.take();
}

Status from_json(const json::Value& json, ConductorToolRequested& value) {
  json::codec::ObjectReader in(json);
  in.member("tool", value.tool);
  in.member("input", value.input);
  in.member("idempotency_key", value.idempotency_key);
  in.member("signature", value.signature);
  return in.status();
}

json::Value to_json(const RunFailed& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("run_id", value.run_id);
  out.member("reason", value.reason);
  out.member("evidence_refs", value.evidence_refs);
  return out.take();
}

Status from_json(const json::Value& json, RunFailed& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("run_id", value.run_id);
  in.member("reason", value.reason);
  in.member("evidence_refs", value.evidence_refs);
  return in.status();
}

json::Value to_json(const RunPaused& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("run_id", value.run_id);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, RunPaused& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("run_id", value.run_id);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const RunStarted& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("run_id", value.run_id);
  out.member("by", value.by);
  out.member("session_id", value.session_id);
  return out.take();
}

Status from_json(const json::Value& json, RunStarted& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("run_id", value.run_id);
  in.member("by", value.by);
  in.member("session_id", value.session_id);
  return in.status();
}

json::Value to_json(const RunSucceeded& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("run_id", value.run_id);
  out.member("evidence_refs", value.evidence_refs);
  return out.take();
}

Status from_json(const json::Value& json, RunSucceeded& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("run_id", value.run_id);
  in.member("evidence_refs", value.evidence_refs);
  return in.status();
}

json::Value to_json(const SidekickApprovalRequested& value) {
  json::codec::ObjectWriter out;
  out.member("approval_id", value.approval_id);
  out.member("receipt_id", value.receipt_id);
  out.member("surface", value.surface);
  out.member("tool_name", value.tool_name);
  out.member("call_digest", value.call_digest);
  out.member("preview", value.preview);
  out.member("requested_by", value.requested_by);
  out.member("expires_at", value.expires_at);
  return out.take();
}

Status from_json(const json::Value& json, SidekickApprovalRequested& value) {
  json::codec::ObjectReader in(json);
  in.member("approval_id", value.approval_id);
  in.member("receipt_id", value.receipt_id);
  in.member("surface", value.surface);
  in.member("tool_name", value.tool_name);
  in.member("call_digest", value.call_digest);
  in.member("preview", value.preview);
  in.member("requested_by", value.requested_by);
  in.member("expires_at", value.expires_at);
  return in.status();
}

json::Value to_json(const SidekickCommandReceived& value) {
  json::codec::ObjectWriter out;
  out.member("sidekick_channel", value.sidekick_channel);
  out.member("sender", value.sender);
  out.member("text", value.text);
  out.member("tool", value.tool);
  out.member("input", value.input);
  out.member("signature", value.signature);
  return out.take();
}

Status from_json(const json::Value& json, SidekickCommandReceived& value) {
  json::codec::ObjectReader in(json);
  in.member("sidekick_channel", value.sidekick_channel);
  in.member("sender", value.sender);
  in.member("text", value.text);
  in.member("tool", value.tool);
  in.member("input", value.input);
  in.member("signature", value.signature);
  return in.status();
}

json::Value to_json(const SidekickMessageSent& value) {
  json::codec::ObjectWriter out;
  out.member("message_id", value.message_id);
  out.member("sidekick_channel", value.sidekick_channel);
  out.member("sender", value.sender);
  return out.take();
}

Status from_json(const json::Value& json, SidekickMessageSent& value) {
  json::codec::ObjectReader in(json);
  in.member("message_id", value.message_id);
  in.member("sidekick_channel", value.sidekick_channel);
  in.member("sender", value.sender);
  return in.status();
}

json::Value to_json(const SidekickRoutineDue& value) {
  json::codec::ObjectWriter out;
  out.member("routine_id", value.routine_id);
  out.member("due_at", value.due_at);
  return out.take();
}

Status from_json(const json::Value& json, SidekickRoutineDue& value) {
  json::codec::ObjectReader in(json);
  in.member("routine_id", value.routine_id);
  in.member("due_at", value.due_at);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryGateFailed& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("gate", value.gate);
  out.member("commit", value.commit);
  out.member("duration_ms", value.duration_ms);
  out.member("exit_code", value.exit_code);
  out.member("evidence_ref", value.evidence_ref);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryGateFailed& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("gate", value.gate);
  in.member("commit", value.commit);
  in.member("duration_ms", value.duration_ms);
  in.member("exit_code", value.exit_code);
  in.member("evidence_ref", value.evidence_ref);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryGatePassed& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("gate", value.gate);
  out.member("commit", value.commit);
  out.member("duration_ms", value.duration_ms);
  out.member("exit_code", value.exit_code);
  out.member("evidence_ref", value.evidence_ref);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryGatePassed& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("gate", value.gate);
  in.member("commit", value.commit);
  in.member("duration_ms", value.duration_ms);
  in.member("exit_code", value.exit_code);
  in.member("evidence_ref", value.evidence_ref);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryGateStarted& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("gate", value.gate);
  out.member("commit", value.commit);
  out.member("duration_ms", value.duration_ms);
  out.member("exit_code", value.exit_code);
  out.member("evidence_ref", value.evidence_ref);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryGateStarted& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("gate", value.gate);
  in.member("commit", value.commit);
  in.member("duration_ms", value.duration_ms);
  in.member("exit_code", value.exit_code);
  in.member("evidence_ref", value.evidence_ref);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryWuBlocked& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("lane", value.lane);
  out.member("by", value.by);
  out.member("worktree_path", value.worktree_path);
  out.member("commit", value.commit);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryWuBlocked& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("lane", value.lane);
  in.member("by", value.by);
  in.member("worktree_path", value.worktree_path);
  in.member("commit", value.commit);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryWuClaimed& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("lane", value.lane);
  out.member("by", value.by);
  out.member("worktree_path", value.worktree_path);
  out.member("commit", value.commit);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryWuClaimed& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("lane", value.lane);
  in.member("by", value.by);
  in.member("worktree_path", value.worktree_path);
  in.member("commit", value.commit);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryWuCompleted& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("lane", value.lane);
  out.member("by", value.by);
  out.member("worktree_path", value.worktree_path);
  out.member("commit", value.commit);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryWuCompleted& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("lane", value.lane);
  in.member("by", value.by);
  in.member("worktree_path", value.worktree_path);
  in.member("commit", value.commit);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryWuCreated& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("lane", value.lane);
  out.member("by", value.by);
  out.member("worktree_path", value.worktree_path);
  out.member("commit", value.commit);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryWuCreated& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("lane", value.lane);
  in.member("by", value.by);
  in.member("worktree_path", value.worktree_path);
  in.member("commit", value.commit);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const SoftwareDeliveryWuReleased& value) {
  json::codec::ObjectWriter out;
  out.member("wu_id", value.wu_id);
  out.member("lane", value.lane);
  out.member("by", value.by);
  out.member("worktree_path", value.worktree_path);
  out.member("commit", value.commit);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, SoftwareDeliveryWuReleased& value) {
  json::codec::ObjectReader in(json);
  in.member("wu_id", value.wu_id);
  in.member("lane", value.lane);
  in.member("by", value.by);
  in.member("worktree_path", value.worktree_path);
  in.member("commit", value.commit);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const SpecTampered& value) {
  json::codec::ObjectWriter out;
  out.member("spec", value.spec);
  out.member("id", value.id);
  out.member("expected_hash", value.expected_hash);
  out.member("actual_hash", value.actual_hash);
  return out.take();
}

Status from_json(const json::Value& json, SpecTampered& value) {
  json::codec::ObjectReader in(json);
  in.member("spec", value.spec);
  in.member("id", value.id);
  in.member("expected_hash", value.expected_hash);
  in.member("actual_hash", value.actual_hash);
  return in.status();
}

json::Value to_json(const TaskBlocked& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, TaskBlocked& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const TaskClaimed& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("by", value.by);
  out.member("session_id", value.session_id);
  out.member("domain_data", value.domain_data);
  return out.take();
}

Status from_json(const json::Value& json, TaskClaimed& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("by", value.by);
  in.member("session_id", value.session_id);
  in.member("domain_data", value.domain_data);
  return in.status();
}

json::Value to_json(const TaskCompleted& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("evidence_refs", value.evidence_refs);
  return out.take();
}

Status from_json(const json::Value& json, TaskCompleted& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("evidence_refs", value.evidence_refs);
  return in.status();
}

json::Value to_json(const TaskCreated& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("spec_hash", value.spec_hash);
  return out.take();
}

Status from_json(const json::Value& json, TaskCreated& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("spec_hash", value.spec_hash);
  return in.status();
}

json::Value to_json(const TaskDelegated& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("parent_task_id", value.parent_task_id);
  out.member("delegation_id", value.delegation_id);
  return out.take();
}

Status from_json(const json::Value& json, TaskDelegated& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("parent_task_id", value.parent_task_id);
  in.member("delegation_id", value.delegation_id);
  return in.status();
}

json::Value to_json(const TaskReleased& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("reason", value.reason);
  return out.take();
}

Status from_json(const json::Value& json, TaskReleased& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("reason", value.reason);
  return in.status();
}

json::Value to_json(const TaskResumed& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  return out.take();
}

Status from_json(const json::Value& json, TaskResumed& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  return in.status();
}

json::Value to_json(const TaskUnblocked& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  return out.take();
}

Status from_json(const json::Value& json, TaskUnblocked& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  return in.status();
}

json::Value to_json(const TaskWaiting& value) {
  json::codec::ObjectWriter out;
  out.member("task_id", value.task_id);
  out.member("reason", value.reason);
  out.member("wait_for", value.wait_for);
  return out.take();
}

Status from_json(const json::Value& json, TaskWaiting& value) {
  json::codec::ObjectReader in(json);
  in.member("task_id", value.task_id);
  in.member("reason", value.reason);
  in.member("wait_for", value.wait_for);
  return in.status();
}

json::Value to_json(const WorkspaceUpdated& value) {
  json::codec::ObjectWriter out;
  out.member("config_hash", value.config_hash);
  out.member("changes_summary", value.changes_summary);
  return out.take();
}

Status from_json(const json::Value& json, WorkspaceUpdated& value) {
  json::codec::ObjectReader in(json);
  in.member("config_hash", value.config_hash);
  in.member("changes_summary", value.changes_summary);
  return in.status();
}

json::Value to_json(const WorkspaceWarning& value) {
  json::codec::ObjectWriter out;
  out.member("message", value.message);
  return out.take();
}

Status from_json(const json::Value& json, WorkspaceWarning& value) {
  json::codec::ObjectReader in(json);
  in.member("message", value.message);
  return in.status();
}

json::Value to_json(const Envelope& value) {
  json::codec::ObjectWriter out;
  out.member("event_id", value.event_id);
  out.member("timestamp", value.timestamp);
  out.member("on_behalf_of", value.on_behalf_of);
  out.member("expires_at", value.expires_at);
  out.member("from", value.from);
  out.member("channel", value.channel);
  out.member("seq", value.seq);
  out.member("queue_seq", value.queue_seq);
  out.member("emitted_at", value.emitted_at);
  out.member("trace", value.trace);
  return out.take();
}

Status from_json(const json::Value& json, Envelope& value) {
  json::codec::ObjectReader in(json);
  in.member("event_id", value.event_id);
  in.member("timestamp", value.timestamp);
  in.member("on_behalf_of", value.on_behalf_of);
  in.member("expires_at", value.expires_at);
  in.member("from", value.from);
  in.member("channel", value.channel);
  in.member("seq", value.seq);
  in.member("queue_seq", value.queue_seq);
  in.member("emitted_at", value.emitted_at);
  in.member("trace", value.trace);
  return in.status();
}

namespace {

template <class T>
Result<Payload> parse_as(const json::Value& json) {
  T payload;
  LUMENFLOW_TRY(from_json(json, payload));
  return Payload(std::move(payload));
}

struct Reader {
  std::string_view kind;
  int schema_version;
  Result<Payload> (*parse)(const json::Value&);
};

template <class... T>
constexpr std::array<Reader, sizeof...(T)> readers_of(const std::variant<T...>*) {
  return {Reader{T::kKind, T::kSchemaVersion, &parse_as<T>}...};
}

constexpr auto kReaders = readers_of(static_cast<const Payload*>(nullptr));

const Reader* find_reader(std::string_view kind) {
  const auto found = std::ranges::lower_bound(kReaders, kind, {}, &Reader::kind);
  return found != kReaders.end() && found->kind == kind ? &*found : nullptr;
}

Error unknown_kind(std::string_view kind) {
  return Error(ErrorCode::kUnknownKind, "no event kind '" + std::string(kind) + "' is known here");
}

Error invalid(std::string pointer, std::string reason) {
  std::string message = pointer + " " + reason;
  return Error(ErrorCode::kInvalidInput, std::move(message), {{std::move(pointer), std::move(reason)}});
}

}  // namespace

std::string_view kind_of(const Payload& payload) { return kReaders.at(payload.index()).kind; }

Result<Payload> parse_payload(std::string_view kind, const json::Value& payload) {
  const Reader* reader = find_reader(kind);
  return reader == nullptr ? unknown_kind(kind) : reader->parse(payload);
}

json::Value to_json(const Payload& payload) {
  return std::visit([](const auto& each) { return to_json(each); }, payload);
}

Result<Event> parse_event(const json::Value& envelope) {
  const std::string_view kind = json::string_or(envelope, "kind", "");
  const Reader* reader = find_reader(kind);
  if (reader == nullptr) return unknown_kind(kind);
  if (json::integer_or(envelope, "schema_version", 0) != reader->schema_version)
    return invalid("/schema_version", "must be " + std::to_string(reader->schema_version));
  Event event;
  LUMENFLOW_TRY(from_json(envelope, event.envelope));
  if (reader->schema_version == 1) {
    LUMENFLOW_TRY_ASSIGN(event.payload, reader->parse(envelope));
    return event;
  }
  const json::Value* payload = envelope.find("payload");
  if (payload == nullptr) return invalid("/payload", "is required");
  Result<Payload> parsed = reader->parse(*payload);
  if (!parsed.ok()) {
    std::vector<ErrorDetail> faults = parsed.error().details();
    for (ErrorDetail& fault : faults) fault.pointer.insert(0, "/payload");
    std::string message = faults.front().pointer + " " + faults.front().reason;
    return Error(ErrorCode::kInvalidInput, std::move(message), std::move(faults));
  }
  event.payload = *std::move(parsed);
  return event;
}

json::Value to_json(const Event& event) {
  const Reader& reader = kReaders.at(event.payload.index());
  json::Value out = to_json(event.envelope);
  json::Object& members = out.as_object();
  members.append("kind", reader.kind);
  members.append("schema_version", reader.schema_version);
  json::Value payload = to_json(event.payload);
  if (reader.schema_version == 1) {
    for (json::Member& member : payload.as_object()) members.append(std::move(member.key), std::move(member.value));
  } else {
    members.append("payload", std::move(payload));
  }
  return out;
}

}  // namespace events
}  // namespace lumenflow
// clang-format on
