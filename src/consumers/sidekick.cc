// Generated from packs/sidekick/manifest.yaml by scripts/contract; change that instead.
#include "lumenflow/consumers/sidekick.h"

#include "json/record_codec.h"

// clang-format off
namespace lumenflow {

template <>
struct json::codec::Words<consumers::sidekick::TaskStatus> {
  static constexpr std::array<std::string_view, 2> kAll{ "pending", "done" };
};

template <>
struct json::codec::Words<consumers::sidekick::TaskPriority> {
  static constexpr std::array<std::string_view, 4> kAll{ "P0", "P1", "P2", "P3" };
};

template <>
struct json::codec::Words<consumers::sidekick::MemoryType> {
  static constexpr std::array<std::string_view, 4> kAll{ "fact", "preference", "note", "snippet" };
};

template <>
struct json::codec::Words<consumers::sidekick::ChannelType> {
  static constexpr std::array<std::string_view, 3> kAll{ "terminal", "conductor", "webhook" };
};

template <>
struct json::codec::Words<consumers::sidekick::MessageDeliveryState> {
  static constexpr std::array<std::string_view, 4> kAll{ "pending", "delivered", "stored", "failed" };
};

template <>
struct json::codec::Words<consumers::sidekick::SidekickStorageAdapter> {
  static constexpr std::array<std::string_view, 2> kAll{ "journal", "filesystem" };
};

template <>
struct json::codec::Words<consumers::sidekick::SidekickHealth> {
  static constexpr std::array<std::string_view, 2> kAll{ "ok", "degraded" };
};

template <>
struct json::codec::Words<consumers::sidekick::SidekickFormat> {
  static constexpr std::array<std::string_view, 2> kAll{ "json", "ndjson" };
};

namespace consumers::sidekick {

std::string_view name(TaskStatus value) { return json::codec::word_of(value); }
std::string_view name(TaskPriority value) { return json::codec::word_of(value); }
std::string_view name(MemoryType value) { return json::codec::word_of(value); }
std::string_view name(ChannelType value) { return json::codec::word_of(value); }
std::string_view name(MessageDeliveryState value) { return json::codec::word_of(value); }
std::string_view name(SidekickStorageAdapter value) { return json::codec::word_of(value); }
std::string_view name(SidekickHealth value) { return json::codec::word_of(value); }
std::string_view name(SidekickFormat value) { return json::codec::word_of(value); }

json::Value to_json(const Task& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("title", value.title);
  out.member("description", value.description);
  out.member("status", value.status);
  out.member("priority", value.priority);
  out.member("tags", value.tags);
  out.member("due_at", value.due_at);
  out.member("cron", value.cron);
  out.member("next_due_at", value.next_due_at);
  out.member("last_due_at", value.last_due_at);
  out.member("note", value.note);
  out.member("created_at", value.created_at);
  out.member("updated_at", value.updated_at);
  out.member("completed_at", value.completed_at);
  return out.take();
}

Status from_json(const json::Value& json, Task& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("title", value.title);
  in.member("description", value.description);
  in.member("status", value.status);
  in.member("priority", value.priority);
  in.member("tags", value.tags);
  in.member("due_at", value.due_at);
  in.member("cron", value.cron);
  in.member("next_due_at", value.next_due_at);
  in.member("last_due_at", value.last_due_at);
  in.member("note", value.note);
  in.member("created_at", value.created_at);
  in.member("updated_at", value.updated_at);
  in.member("completed_at", value.completed_at);
  return in.status();
}

json::Value to_json(const TaskCreateResponse& value) {
  json::codec::ObjectWriter out;
  out.member("task", value.task);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, TaskCreateResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("task", value.task);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const TaskListResponse& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.member("count", value.count);
  out.member("next_cursor", value.next_cursor);
  return out.take();
}

Status from_json(const json::Value& json, TaskListResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.member("count", value.count);
  in.member("next_cursor", value.next_cursor);
  return in.status();
}

json::Value to_json(const TaskCompleteResponse& value) {
  json::codec::ObjectWriter out;
  out.member("task", value.task);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, TaskCompleteResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("task", value.task);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const TaskScheduleResponse& value) {
  json::codec::ObjectWriter out;
  out.member("task", value.task);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, TaskScheduleResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("task", value.task);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const Memory& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("type", value.type);
  out.member("content", value.content);
  out.member("tags", value.tags);
  out.member("created_at", value.created_at);
  return out.take();
}

Status from_json(const json::Value& json, Memory& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("type", value.type);
  in.member("content", value.content);
  in.member("tags", value.tags);
  in.member("created_at", value.created_at);
  return in.status();
}

json::Value to_json(const MemoryStoreResponse& value) {
  json::codec::ObjectWriter out;
  out.member("memory", value.memory);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, MemoryStoreResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("memory", value.memory);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const MemoryRecallResponse& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.member("count", value.count);
  out.member("next_cursor", value.next_cursor);
  return out.take();
}

Status from_json(const json::Value& json, MemoryRecallResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.member("count", value.count);
  in.member("next_cursor", value.next_cursor);
  return in.status();
}

json::Value to_json(const MemoryForgetResponse& value) {
  json::codec::ObjectWriter out;
  out.member("deleted_id", value.deleted_id);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, MemoryForgetResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("deleted_id", value.deleted_id);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const ChannelSettings& value) {
  json::codec::ObjectWriter out;
  out.member("url", value.url);
  out.member("timeout_ms", value.timeout_ms);
  return out.take();
}

Status from_json(const json::Value& json, ChannelSettings& value) {
  json::codec::ObjectReader in(json);
  in.member("url", value.url);
  in.member("timeout_ms", value.timeout_ms);
  return in.status();
}

json::Value to_json(const Channel& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("name", value.name);
  out.member("type", value.type);
  out.member("settings", value.settings);
  out.member("created_at", value.created_at);
  out.member("updated_at", value.updated_at);
  return out.take();
}

Status from_json(const json::Value& json, Channel& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("name", value.name);
  in.member("type", value.type);
  in.member("settings", value.settings);
  in.member("created_at", value.created_at);
  in.member("updated_at", value.updated_at);
  return in.status();
}

json::Value to_json(const ChannelConfigureResponse& value) {
  json::codec::ObjectWriter out;
  out.member("channel", value.channel);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, ChannelConfigureResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("channel", value.channel);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const MessageDelivery& value) {
  json::codec::ObjectWriter out;
  out.member("state", value.state);
  out.member("detail", value.detail);
  out.member("at", value.at);
  return out.take();
}

Status from_json(const json::Value& json, MessageDelivery& value) {
  json::codec::ObjectReader in(json);
  in.member("state", value.state);
  in.member("detail", value.detail);
  in.member("at", value.at);
  return in.status();
}

json::Value to_json(const Message& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("channel", value.channel);
  out.member("provider", value.provider);
  out.member("sender", value.sender);
  out.member("content", value.content);
  out.member("metadata", value.metadata);
  out.member("created_at", value.created_at);
  out.member("delivery", value.delivery);
  return out.take();
}

Status from_json(const json::Value& json, Message& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("channel", value.channel);
  in.member("provider", value.provider);
  in.member("sender", value.sender);
  in.member("content", value.content);
  in.member("metadata", value.metadata);
  in.member("created_at", value.created_at);
  in.member("delivery", value.delivery);
  return in.status();
}

json::Value to_json(const ChannelSendResponse& value) {
  json::codec::ObjectWriter out;
  out.member("message", value.message);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, ChannelSendResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("message", value.message);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const ChannelReceiveResponse& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.member("count", value.count);
  out.member("next_cursor", value.next_cursor);
  return out.take();
}

Status from_json(const json::Value& json, ChannelReceiveResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.member("count", value.count);
  in.member("next_cursor", value.next_cursor);
  return in.status();
}

json::Value to_json(const RoutineStep& value) {
  json::codec::ObjectWriter out;
  out.member("tool", value.tool);
  out.member("input", value.input);
  return out.take();
}

Status from_json(const json::Value& json, RoutineStep& value) {
  json::codec::ObjectReader in(json);
  in.member("tool", value.tool);
  in.member("input", value.input);
  return in.status();
}

json::Value to_json(const Routine& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("name", value.name);
  out.member("steps", value.steps);
  out.member("cron", value.cron);
  out.member("on_event", value.on_event);
  out.member("enabled", value.enabled);
  out.member("next_due_at", value.next_due_at);
  out.member("last_due_at", value.last_due_at);
  out.member("created_at", value.created_at);
  out.member("updated_at", value.updated_at);
  return out.take();
}

Status from_json(const json::Value& json, Routine& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("name", value.name);
  in.member("steps", value.steps);
  in.member("cron", value.cron);
  in.member("on_event", value.on_event);
  in.member("enabled", value.enabled);
  in.member("next_due_at", value.next_due_at);
  in.member("last_due_at", value.last_due_at);
  in.member("created_at", value.created_at);
  in.member("updated_at", value.updated_at);
  return in.status();
}

json::Value to_json(const RoutineCreateResponse& value) {
  json::codec::ObjectWriter out;
  out.member("routine", value.routine);
  out.member("warnings", value.warnings);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, RoutineCreateResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("routine", value.routine);
  in.member("warnings", value.warnings);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const RoutineListResponse& value) {
  json::codec::ObjectWriter out;
  out.member("items", value.items);
  out.member("count", value.count);
  out.member("next_cursor", value.next_cursor);
  return out.take();
}

Status from_json(const json::Value& json, RoutineListResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("items", value.items);
  in.member("count", value.count);
  in.member("next_cursor", value.next_cursor);
  return in.status();
}

json::Value to_json(const RoutinePlanItem& value) {
  json::codec::ObjectWriter out;
  out.member("index", value.index);
  out.member("tool", value.tool);
  out.member("input", value.input);
  return out.take();
}

Status from_json(const json::Value& json, RoutinePlanItem& value) {
  json::codec::ObjectReader in(json);
  in.member("index", value.index);
  in.member("tool", value.tool);
  in.member("input", value.input);
  return in.status();
}

json::Value to_json(const RoutineGovernance& value) {
  json::codec::ObjectWriter out;
  out.member("dispatch_required", value.dispatch_required);
  return out.take();
}

Status from_json(const json::Value& json, RoutineGovernance& value) {
  json::codec::ObjectReader in(json);
  in.member("dispatch_required", value.dispatch_required);
  return in.status();
}

json::Value to_json(const RoutineRunResponse& value) {
  json::codec::ObjectWriter out;
  out.member("routine_id", value.routine_id);
  out.member("name", value.name);
  out.member("plan_only", value.plan_only);
  out.member("plan", value.plan);
  out.member("governance", value.governance);
  return out.take();
}

Status from_json(const json::Value& json, RoutineRunResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("routine_id", value.routine_id);
  in.member("name", value.name);
  in.member("plan_only", value.plan_only);
  in.member("plan", value.plan);
  in.member("governance", value.governance);
  return in.status();
}

json::Value to_json(const SidekickInitResponse& value) {
  json::codec::ObjectWriter out;
  out.member("initialized", value.initialized);
  out.member("root_dir", value.root_dir);
  return out.take();
}

Status from_json(const json::Value& json, SidekickInitResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("initialized", value.initialized);
  in.member("root_dir", value.root_dir);
  return in.status();
}

json::Value to_json(const SidekickCounts& value) {
  json::codec::ObjectWriter out;
  out.member("tasks", value.tasks);
  out.member("memories", value.memories);
  out.member("channels", value.channels);
  out.member("messages", value.messages);
  out.member("routines", value.routines);
  return out.take();
}

Status from_json(const json::Value& json, SidekickCounts& value) {
  json::codec::ObjectReader in(json);
  in.member("tasks", value.tasks);
  in.member("memories", value.memories);
  in.member("channels", value.channels);
  in.member("messages", value.messages);
  in.member("routines", value.routines);
  return in.status();
}

json::Value to_json(const SidekickStatusResponse& value) {
  json::codec::ObjectWriter out;
  out.member("initialized", value.initialized);
  out.member("counts", value.counts);
  out.member("audit_events", value.audit_events);
  out.member("storage_adapter", value.storage_adapter);
  out.member("bytes", value.bytes);
  out.member("health", value.health);
  out.member("problems", value.problems);
  return out.take();
}

Status from_json(const json::Value& json, SidekickStatusResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("initialized", value.initialized);
  in.member("counts", value.counts);
  in.member("audit_events", value.audit_events);
  in.member("storage_adapter", value.storage_adapter);
  in.member("bytes", value.bytes);
  in.member("health", value.health);
  in.member("problems", value.problems);
  return in.status();
}

json::Value to_json(const SidekickData& value) {
  json::codec::ObjectWriter out;
  out.member("tasks", value.tasks);
  out.member("memories", value.memories);
  out.member("channels", value.channels);
  out.member("messages", value.messages);
  out.member("routines", value.routines);
  out.member("audit", value.audit);
  return out.take();
}

Status from_json(const json::Value& json, SidekickData& value) {
  json::codec::ObjectReader in(json);
  in.member("tasks", value.tasks);
  in.member("memories", value.memories);
  in.member("channels", value.channels);
  in.member("messages", value.messages);
  in.member("routines", value.routines);
  in.member("audit", value.audit);
  return in.status();
}

json::Value to_json(const SidekickExportResponse& value) {
  json::codec::ObjectWriter out;
  out.member("exported_at", value.exported_at);
  out.member("version", value.version);
  out.member("data", value.data);
  return out.take();
}

Status from_json(const json::Value& json, SidekickExportResponse& value) {
  json::codec::ObjectReader in(json);
  in.member("exported_at", value.exported_at);
  in.member("version", value.version);
  in.member("data", value.data);
  return in.status();
}

json::Value to_json(const TaskCreateRequest& value) {
  json::codec::ObjectWriter out;
  out.member("title", value.title);
  out.member("description", value.description);
  out.member("priority", value.priority);
  out.member("due_at", value.due_at);
  out.member("tags", value.tags);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, TaskCreateRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("title", value.title);
  in.member("description", value.description);
  in.member("priority", value.priority);
  in.member("due_at", value.due_at);
  in.member("tags", value.tags);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const TaskListRequest& value) {
  json::codec::ObjectWriter out;
  out.member("status", value.status);
  out.member("priority", value.priority);
  out.member("tags", value.tags);
  out.member("search", value.search);
  out.member("due_before", value.due_before);
  out.member("limit", value.limit);
  out.member("cursor", value.cursor);
  return out.take();
}

Status from_json(const json::Value& json, TaskListRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("status", value.status);
  in.member("priority", value.priority);
  in.member("tags", value.tags);
  in.member("search", value.search);
  in.member("due_before", value.due_before);
  in.member("limit", value.limit);
  in.member("cursor", value.cursor);
  return in.status();
}

json::Value to_json(const TaskCompleteRequest& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("note", value.note);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, TaskCompleteRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("note", value.note);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const TaskScheduleRequest& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("due_at", value.due_at);
  out.member("cron", value.cron);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, TaskScheduleRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("due_at", value.due_at);
  in.member("cron", value.cron);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const MemoryStoreRequest& value) {
  json::codec::ObjectWriter out;
  out.member("type", value.type);
  out.member("content", value.content);
  out.member("tags", value.tags);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, MemoryStoreRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("type", value.type);
  in.member("content", value.content);
  in.member("tags", value.tags);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const MemoryRecallRequest& value) {
  json::codec::ObjectWriter out;
  out.member("query", value.query);
  out.member("type", value.type);
  out.member("tags", value.tags);
  out.member("limit", value.limit);
  out.member("cursor", value.cursor);
  return out.take();
}

Status from_json(const json::Value& json, MemoryRecallRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("query", value.query);
  in.member("type", value.type);
  in.member("tags", value.tags);
  in.member("limit", value.limit);
  in.member("cursor", value.cursor);
  return in.status();
}

json::Value to_json(const MemoryForgetRequest& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, MemoryForgetRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const ChannelConfigureRequest& value) {
  json::codec::ObjectWriter out;
  out.member("name", value.name);
  out.member("type", value.type);
  out.member("settings", value.settings);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, ChannelConfigureRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("name", value.name);
  in.member("type", value.type);
  in.member("settings", value.settings);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const ChannelSendRequest& value) {
  json::codec::ObjectWriter out;
  out.member("content", value.content);
  out.member("channel", value.channel);
  out.member("provider", value.provider);
  out.member("sender", value.sender);
  out.member("metadata", value.metadata);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, ChannelSendRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("content", value.content);
  in.member("channel", value.channel);
  in.member("provider", value.provider);
  in.member("sender", value.sender);
  in.member("metadata", value.metadata);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const ChannelReceiveRequest& value) {
  json::codec::ObjectWriter out;
  out.member("channel", value.channel);
  out.member("provider", value.provider);
  out.member("cursor", value.cursor);
  out.member("since", value.since);
  out.member("limit", value.limit);
  return out.take();
}

Status from_json(const json::Value& json, ChannelReceiveRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("channel", value.channel);
  in.member("provider", value.provider);
  in.member("cursor", value.cursor);
  in.member("since", value.since);
  in.member("limit", value.limit);
  return in.status();
}

json::Value to_json(const RoutineCreateStep& value) {
  json::codec::ObjectWriter out;
  out.member("tool", value.tool);
  out.member("input", value.input);
  return out.take();
}

Status from_json(const json::Value& json, RoutineCreateStep& value) {
  json::codec::ObjectReader in(json);
  in.member("tool", value.tool);
  in.member("input", value.input);
  return in.status();
}

json::Value to_json(const RoutineCreateRequest& value) {
  json::codec::ObjectWriter out;
  out.member("name", value.name);
  out.member("steps", value.steps);
  out.member("cron", value.cron);
  out.member("on_event", value.on_event);
  out.member("enabled", value.enabled);
  out.member("dry_run", value.dry_run);
  return out.take();
}

Status from_json(const json::Value& json, RoutineCreateRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("name", value.name);
  in.member("steps", value.steps);
  in.member("cron", value.cron);
  in.member("on_event", value.on_event);
  in.member("enabled", value.enabled);
  in.member("dry_run", value.dry_run);
  return in.status();
}

json::Value to_json(const RoutineListRequest& value) {
  json::codec::ObjectWriter out;
  out.member("enabled_only", value.enabled_only);
  out.member("limit", value.limit);
  out.member("cursor", value.cursor);
  return out.take();
}

Status from_json(const json::Value& json, RoutineListRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("enabled_only", value.enabled_only);
  in.member("limit", value.limit);
  in.member("cursor", value.cursor);
  return in.status();
}

json::Value to_json(const RoutineRunRequest& value) {
  json::codec::ObjectWriter out;
  out.member("id", value.id);
  return out.take();
}

Status from_json(const json::Value& json, RoutineRunRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("id", value.id);
  return in.status();
}

json::Value to_json([[maybe_unused]] const SidekickInitRequest& value) {
  json::codec::ObjectWriter out;
  return out.take();
}

Status from_json(const json::Value& json, [[maybe_unused]] SidekickInitRequest& value) {
  json::codec::ObjectReader in(json);
  return in.status();
}

json::Value to_json([[maybe_unused]] const SidekickStatusRequest& value) {
  json::codec::ObjectWriter out;
  return out.take();
}

Status from_json(const json::Value& json, [[maybe_unused]] SidekickStatusRequest& value) {
  json::codec::ObjectReader in(json);
  return in.status();
}

json::Value to_json(const SidekickExportRequest& value) {
  json::codec::ObjectWriter out;
  out.member("include_audit", value.include_audit);
  out.member("format", value.format);
  return out.take();
}

Status from_json(const json::Value& json, SidekickExportRequest& value) {
  json::codec::ObjectReader in(json);
  in.member("include_audit", value.include_audit);
  in.member("format", value.format);
  return in.status();
}

}  // namespace consumers::sidekick
}  // namespace lumenflow
// clang-format on
