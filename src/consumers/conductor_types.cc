// Generated from schemas/http/conductor.schema.json by scripts/contract; change that instead.
#include "lumenflow/consumers/conductor_types.h"

#include "json/record_codec.h"

// clang-format off
namespace lumenflow {

template <>
struct json::codec::Words<consumers::conductor::Role> {
  static constexpr std::array<std::string_view, 3> kAll{ "viewer", "operator", "admin" };
};

template <>
struct json::codec::Words<consumers::conductor::WorkspaceState> {
  static constexpr std::array<std::string_view, 2> kAll{ "active", "revoked" };
};

template <>
struct json::codec::Words<consumers::conductor::CommandStateName> {
  static constexpr std::array<std::string_view, 7> kAll{
      "queued", "delivered", "running", "done", "refused", "expired", "cancelled"
  };
};

template <>
struct json::codec::Words<consumers::conductor::ApprovalState> {
  static constexpr std::array<std::string_view, 3> kAll{ "pending", "resolved", "expired" };
};

template <>
struct json::codec::Words<consumers::conductor::ApprovalDecisionDecision> {
  static constexpr std::array<std::string_view, 2> kAll{ "approve", "deny" };
};

template <>
struct json::codec::Words<consumers::conductor::WorkspaceEventClass> {
  static constexpr std::array<std::string_view, 2> kAll{ "queue", "ephemeral" };
};

namespace consumers::conductor {

std::string_view name(Role value) { return json::codec::word_of(value); }
std::string_view name(WorkspaceState value) { return json::codec::word_of(value); }
std::string_view name(CommandStateName value) { return json::codec::word_of(value); }
std::string_view name(ApprovalState value) { return json::codec::word_of(value); }
std::string_view name(ApprovalDecisionDecision value) { return json::codec::word_of(value); }
std::string_view name(WorkspaceEventClass value) { return json::codec::word_of(value); }

json::Value to_json(const SignIn& value) {
  json::codec::ObjectWriter out;
  out.member("name", value.name);
  out.member("passphrase", value.passphrase);
  return out.take();
}

Status from_json(const json::Value& json, SignIn& value) {
  json::codec::ObjectReader in(json);
  in.member("name", value.name);
  in.member("passphrase", value.passphrase);
  return in.status();
}

json::Value to_json(const OpenedSession& value) {
  json::codec::ObjectWriter out;
  out.member("name", value.name);
  out.member("role", value.role);
  out.member("csrf", value.csrf);
  out.member("expires_at", value.expires_at);
  return out.take();
}

Status from_json(const json::Value& json, OpenedSession& value) {
  json::codec::ObjectReader in(json);
  in.member("name", value.name);
  in.member("role", value.role);
  in.member("csrf", value.csrf);
  in.member("expires_at", value.expires_at);
  return in.status();
}

json::Value to_json(const SignedOut& value) {
  json::codec::ObjectWriter out;
  out.member("signed_out", value.signed_out);
  return out.take();
}

Status from_json(const json::Value& json, SignedOut& value) {
  json::codec::ObjectReader in(json);
  in.member("signed_out", value.signed_out);
  return in.status();
}

json::Value to_json(const Fork& value) {
  json::codec::ObjectWriter out;
  out.member("log_id", value.log_id);
  out.member("reason", value.reason);
  out.member("since", value.since);
  return out.take();
}

Status from_json(const json::Value& json, Fork& value) {
  json::codec::ObjectReader in(json);
  in.member("log_id", value.log_id);
  in.member("reason", value.reason);
  in.member("since", value.since);
  return in.status();
}

json::Value to_json(const Workspace& value) {
  json::codec::ObjectWriter out;
  out.member("workspace_id", value.workspace_id);
  out.member("state", value.state);
  out.member("enrolled_at", value.enrolled_at);
  out.member("revoked_at", value.revoked_at);
  out.member("sidecar_url", value.sidecar_url);
  out.member("scopes", value.scopes);
  out.member("calls_until", value.calls_until);
  out.nullable("log_id", value.log_id);
  out.member("connected", value.connected);
  out.nullable("last_seen", value.last_seen);
  out.member("status", value.status);
  out.member("versions", value.versions);
  out.member("lag", value.lag);
  out.member("fork", value.fork);
  return out.take();
}

Status from_json(const json::Value& json, Workspace& value) {
  json::codec::ObjectReader in(json);
  in.member("workspace_id", value.workspace_id);
  in.member("state", value.state);
  in.member("enrolled_at", value.enrolled_at);
  in.member("revoked_at", value.revoked_at);
  in.member("sidecar_url", value.sidecar_url);
  in.member("scopes", value.scopes);
  in.member("calls_until", value.calls_until);
  in.nullable("log_id", value.log_id);
  in.member("connected", value.connected);
  in.nullable("last_seen", value.last_seen);
  in.member("status", value.status);
  in.member("versions", value.versions);
  in.member("lag", value.lag);
  in.member("fork", value.fork);
  return in.status();
}

json::Value to_json(const WorkspacePage& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.nullable("next", value.next);
  return out.take();
}

Status from_json(const json::Value& json, WorkspacePage& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.nullable("next", value.next);
  return in.status();
}

json::Value to_json(const ToolEntry& value) {
  json::codec::ObjectWriter out;
  out.member("name", value.name);
  out.member("aliases", value.aliases);
  out.member("pack", value.pack);
  out.member("version", value.version);
  out.member("title", value.title);
  out.member("description", value.description);
  out.member("permission", value.permission);
  out.member("scope", value.scope);
  out.member("required_scopes", value.required_scopes);
  out.member("required_approvals", value.required_approvals);
  out.member("input_schema", value.input_schema);
  out.member("output_schema", value.output_schema);
  out.member("surfaces", value.surfaces);
  out.member("callable", value.callable);
  out.others(value.others);
  return out.take();
}

Status from_json(const json::Value& json, ToolEntry& value) {
  json::codec::ObjectReader in(json);
  in.member("name", value.name);
  in.member("aliases", value.aliases);
  in.member("pack", value.pack);
  in.member("version", value.version);
  in.member("title", value.title);
  in.member("description", value.description);
  in.member("permission", value.permission);
  in.member("scope", value.scope);
  in.member("required_scopes", value.required_scopes);
  in.member("required_approvals", value.required_approvals);
  in.member("input_schema", value.input_schema);
  in.member("output_schema", value.output_schema);
  in.member("surfaces", value.surfaces);
  in.member("callable", value.callable);
  in.others(value.others, {
      "name", "aliases", "pack", "version", "title", "description", "permission", "scope", "required_scopes",
      "required_approvals", "input_schema", "output_schema", "surfaces", "callable"
  });
  return in.status();
}

json::Value to_json(const ToolRegistry& value) {
  json::codec::ObjectWriter out;
  out.member("workspace_id", value.workspace_id);
  out.member("registry_hash", value.registry_hash);
  out.member("tools", value.tools);
  out.others(value.others);
  return out.take();
}

Status from_json(const json::Value& json, ToolRegistry& value) {
  json::codec::ObjectReader in(json);
  in.member("workspace_id", value.workspace_id);
  in.member("registry_hash", value.registry_hash);
  in.member("tools", value.tools);
  in.others(value.others, { "workspace_id", "registry_hash", "tools" });
  return in.status();
}

json::Value to_json(const NewCommand& value) {
  json::codec::ObjectWriter out;
  out.member("kind", value.kind);
  out.member("payload", value.payload);
  out.member("idempotency_key", value.idempotency_key);
  out.member("signature", value.signature);
  out.member("decided_at", value.decided_at);
  return out.take();
}

Status from_json(const json::Value& json, NewCommand& value) {
  json::codec::ObjectReader in(json);
  in.member("kind", value.kind);
  in.member("payload", value.payload);
  in.member("idempotency_key", value.idempotency_key);
  in.member("signature", value.signature);
  in.member("decided_at", value.decided_at);
  return in.status();
}

json::Value to_json(const QueuedCommand& value) {
  json::codec::ObjectWriter out;
  out.member("command_id", value.command_id);
  out.member("state", value.state);
  out.member("expires_at", value.expires_at);
  return out.take();
}

Status from_json(const json::Value& json, QueuedCommand& value) {
  json::codec::ObjectReader in(json);
  in.member("command_id", value.command_id);
  in.member("state", value.state);
  in.member("expires_at", value.expires_at);
  return in.status();
}

json::Value to_json(const CommandError& value) {
  json::codec::ObjectWriter out;
  out.member("code", value.code);
  out.member("message", value.message);
  out.member("details", value.details);
  out.others(value.others);
  return out.take();
}

Status from_json(const json::Value& json, CommandError& value) {
  json::codec::ObjectReader in(json);
  in.member("code", value.code);
  in.member("message", value.message);
  in.member("details", value.details);
  in.others(value.others, { "code", "message", "details" });
  return in.status();
}

json::Value to_json(const Command& value) {
  json::codec::ObjectWriter out;
  out.member("command_id", value.command_id);
  out.member("workspace_id", value.workspace_id);
  out.member("kind", value.kind);
  out.member("state", value.state);
  out.member("position", value.position);
  out.member("created_at", value.created_at);
  out.member("expires_at", value.expires_at);
  out.member("expires_ms", value.expires_ms);
  out.member("on_behalf_of", value.on_behalf_of);
  out.member("tool", value.tool);
  out.member("device_id", value.device_id);
  out.member("delivered_at", value.delivered_at);
  out.member("changed_at", value.changed_at);
  out.member("receipt_id", value.receipt_id);
  out.member("result", value.result);
  out.member("error", value.error);
  out.member("from", value.from);
  return out.take();
}

Status from_json(const json::Value& json, Command& value) {
  json::codec::ObjectReader in(json);
  in.member("command_id", value.command_id);
  in.member("workspace_id", value.workspace_id);
  in.member("kind", value.kind);
  in.member("state", value.state);
  in.member("position", value.position);
  in.member("created_at", value.created_at);
  in.member("expires_at", value.expires_at);
  in.member("expires_ms", value.expires_ms);
  in.member("on_behalf_of", value.on_behalf_of);
  in.member("tool", value.tool);
  in.member("device_id", value.device_id);
  in.member("delivered_at", value.delivered_at);
  in.member("changed_at", value.changed_at);
  in.member("receipt_id", value.receipt_id);
  in.member("result", value.result);
  in.member("error", value.error);
  in.member("from", value.from);
  return in.status();
}

json::Value to_json(const ResultMetadata& value) {
  json::codec::ObjectWriter out;
  out.member("receipt_id", value.receipt_id);
  out.member("duration_ms", value.duration_ms);
  out.others(value.others);
  return out.take();
}

Status from_json(const json::Value& json, ResultMetadata& value) {
  json::codec::ObjectReader in(json);
  in.member("receipt_id", value.receipt_id);
  in.member("duration_ms", value.duration_ms);
  in.others(value.others, { "receipt_id", "duration_ms" });
  return in.status();
}

json::Value to_json(const ToolResult& value) {
  json::codec::ObjectWriter out;
  out.member("success", value.success);
  out.member("data", value.data);
  out.member("content", value.content);
  out.member("error", value.error);
  out.member("metadata", value.metadata);
  out.others(value.others);
  return out.take();
}

Status from_json(const json::Value& json, ToolResult& value) {
  json::codec::ObjectReader in(json);
  in.member("success", value.success);
  in.member("data", value.data);
  in.member("content", value.content);
  in.member("error", value.error);
  in.member("metadata", value.metadata);
  in.others(value.others, { "success", "data", "content", "error", "metadata" });
  return in.status();
}

json::Value to_json(const ToolOutcome& value) {
  json::codec::ObjectWriter out;
  out.member("command_id", value.command_id);
  out.member("state", value.state);
  out.member("receipt_id", value.receipt_id);
  out.member("result", value.result);
  out.member("error", value.error);
  return out.take();
}

Status from_json(const json::Value& json, ToolOutcome& value) {
  json::codec::ObjectReader in(json);
  in.member("command_id", value.command_id);
  in.member("state", value.state);
  in.member("receipt_id", value.receipt_id);
  in.member("result", value.result);
  in.member("error", value.error);
  return in.status();
}

json::Value to_json(const Approval& value) {
  json::codec::ObjectWriter out;
  out.member("approval_id", value.approval_id);
  out.member("receipt_id", value.receipt_id);
  out.member("surface", value.surface);
  out.member("tool_name", value.tool_name);
  out.member("call_digest", value.call_digest);
  out.member("preview", value.preview);
  out.member("requested_by", value.requested_by);
  out.member("expires_at", value.expires_at);
  out.member("workspace_id", value.workspace_id);
  out.member("state", value.state);
  out.member("position", value.position);
  out.member("requested_at", value.requested_at);
  out.member("outcome", value.outcome);
  out.member("decision", value.decision);
  out.member("decided_by", value.decided_by);
  out.member("resolved_at", value.resolved_at);
  return out.take();
}

Status from_json(const json::Value& json, Approval& value) {
  json::codec::ObjectReader in(json);
  in.member("approval_id", value.approval_id);
  in.member("receipt_id", value.receipt_id);
  in.member("surface", value.surface);
  in.member("tool_name", value.tool_name);
  in.member("call_digest", value.call_digest);
  in.member("preview", value.preview);
  in.member("requested_by", value.requested_by);
  in.member("expires_at", value.expires_at);
  in.member("workspace_id", value.workspace_id);
  in.member("state", value.state);
  in.member("position", value.position);
  in.member("requested_at", value.requested_at);
  in.member("outcome", value.outcome);
  in.member("decision", value.decision);
  in.member("decided_by", value.decided_by);
  in.member("resolved_at", value.resolved_at);
  return in.status();
}

json::Value to_json(const ApprovalPage& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.nullable("next", value.next);
  return out.take();
}

Status from_json(const json::Value& json, ApprovalPage& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.nullable("next", value.next);
  return in.status();
}

json::Value to_json(const ApprovalDecision& value) {
  json::codec::ObjectWriter out;
  out.member("decision", value.decision);
  out.member("signature", value.signature);
  out.member("decided_by", value.decided_by);
  out.member("reason", value.reason);
  out.member("decided_at", value.decided_at);
  out.member("workspace_id", value.workspace_id);
  return out.take();
}

Status from_json(const json::Value& json, ApprovalDecision& value) {
  json::codec::ObjectReader in(json);
  in.member("decision", value.decision);
  in.member("signature", value.signature);
  in.member("decided_by", value.decided_by);
  in.member("reason", value.reason);
  in.member("decided_at", value.decided_at);
  in.member("workspace_id", value.workspace_id);
  return in.status();
}

json::Value to_json(const WorkspaceEvent& value) {
  json::codec::ObjectWriter out;
  out.member("schema_version", value.schema_version);
  out.member("kind", value.kind);
  out.member("event_id", value.event_id);
  out.member("timestamp", value.timestamp);
  out.member("channel", value.channel);
  out.member("seq", value.seq);
  out.member("queue_seq", value.queue_seq);
  out.member("emitted_at", value.emitted_at);
  out.member("payload", value.payload);
  out.member("on_behalf_of", value.on_behalf_of);
  out.member("trace", value.trace);
  out.member("from", value.from);
  out.member("class", value.class_);
  out.member("log_id", value.log_id);
  out.member("position", value.position);
  out.others(value.others);
  return out.take();
}

Status from_json(const json::Value& json, WorkspaceEvent& value) {
  json::codec::ObjectReader in(json);
  in.member("schema_version", value.schema_version);
  in.member("kind", value.kind);
  in.member("event_id", value.event_id);
  in.member("timestamp", value.timestamp);
  in.member("channel", value.channel);
  in.member("seq", value.seq);
  in.member("queue_seq", value.queue_seq);
  in.member("emitted_at", value.emitted_at);
  in.member("payload", value.payload);
  in.member("on_behalf_of", value.on_behalf_of);
  in.member("trace", value.trace);
  in.member("from", value.from);
  in.member("class", value.class_);
  in.member("log_id", value.log_id);
  in.member("position", value.position);
  in.others(value.others, {
      "schema_version", "kind", "event_id", "timestamp", "channel", "seq", "queue_seq", "emitted_at", "payload",
      "on_behalf_of", "trace", "from", "class", "log_id", "position"
  });
  return in.status();
}

json::Value to_json(const EventMark& value) {
  json::codec::ObjectWriter out;
  out.member("type", value.type);
  out.member("channel", value.channel);
  out.member("seq", value.seq);
  out.member("queue_seq", value.queue_seq);
  out.member("reason", value.reason);
  out.member("first_seq", value.first_seq);
  out.member("last_seq", value.last_seq);
  out.member("log_id", value.log_id);
  out.member("position", value.position);
  return out.take();
}

Status from_json(const json::Value& json, EventMark& value) {
  json::codec::ObjectReader in(json);
  in.member("type", value.type);
  in.member("channel", value.channel);
  in.member("seq", value.seq);
  in.member("queue_seq", value.queue_seq);
  in.member("reason", value.reason);
  in.member("first_seq", value.first_seq);
  in.member("last_seq", value.last_seq);
  in.member("log_id", value.log_id);
  in.member("position", value.position);
  return in.status();
}

json::Value to_json(const EventPage& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.nullable("next", value.next);
  return out.take();
}

Status from_json(const json::Value& json, EventPage& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.nullable("next", value.next);
  return in.status();
}

json::Value to_json(const RotatedKey& value) {
  json::codec::ObjectWriter out;
  out.member("key_id", value.key_id);
  return out.take();
}

Status from_json(const json::Value& json, RotatedKey& value) {
  json::codec::ObjectReader in(json);
  in.member("key_id", value.key_id);
  return in.status();
}

}  // namespace consumers::conductor
}  // namespace lumenflow
// clang-format on
