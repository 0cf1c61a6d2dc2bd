// Generated from packs/sidekick/manifest.yaml by scripts/contract; change that instead.
//
// What the 16 tools of the pack sidekick 0.1.0 take and answer: the stable interface of bridges, pages and
// apps. `Client` of client.h calls a tool by its request: client.call(TaskCreateRequest{.title = "…"}).
//
// Value types without threading rules of their own. What is optional may be left out, or was. Times are RFC 3339.
// Reading refuses, with INVALID_INPUT and the place, what lacks a required member or has one of another type; members
// that are not known here are skipped, so that a newer sidecar is understood.
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
namespace lumenflow::consumers::sidekick {

inline constexpr std::string_view kPackVersion = "0.1.0";

// Records in full, or one text with a line of JSON for each.
using Records = std::variant<std::vector<json::Object>, std::string>;

enum class TaskStatus : std::uint8_t { kPending, kDone };
enum class TaskPriority : std::uint8_t { kP0, kP1, kP2, kP3 };
enum class MemoryType : std::uint8_t { kFact, kPreference, kNote, kSnippet };
enum class ChannelType : std::uint8_t { kTerminal, kConductor, kWebhook };
enum class MessageDeliveryState : std::uint8_t { kPending, kDelivered, kStored, kFailed };
enum class SidekickStorageAdapter : std::uint8_t { kJournal, kFilesystem };
enum class SidekickHealth : std::uint8_t { kOk, kDegraded };
enum class SidekickFormat : std::uint8_t { kJson, kNdjson };
std::string_view name(TaskStatus value);  // as on the wire
std::string_view name(TaskPriority value);  // as on the wire
std::string_view name(MemoryType value);  // as on the wire
std::string_view name(ChannelType value);  // as on the wire
std::string_view name(MessageDeliveryState value);  // as on the wire
std::string_view name(SidekickStorageAdapter value);  // as on the wire
std::string_view name(SidekickHealth value);  // as on the wire
std::string_view name(SidekickFormat value);  // as on the wire

struct Task {
  std::string id{};
  std::string title{};
  std::optional<std::string> description{};
  TaskStatus status{};
  TaskPriority priority{};
  std::vector<std::string> tags{};
  std::optional<std::string> due_at{};  // As it was given.
  std::optional<std::string> cron{};  // The schedule that repeats, in UTC.
  std::optional<std::string> next_due_at{};  // When a scheduled task falls due next.
  std::optional<std::string> last_due_at{};  // The due moment that was announced last.
  std::optional<std::string> note{};  // What was said when it was completed.
  std::string created_at{};
  std::string updated_at{};
  std::optional<std::string> completed_at{};
};
json::Value to_json(const Task& value);
Status from_json(const json::Value& json, Task& value);

// What task:create answers.
struct TaskCreateResponse {
  Task task{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const TaskCreateResponse& value);
Status from_json(const json::Value& json, TaskCreateResponse& value);

// What task:list answers.
struct TaskListResponse {
  std::vector<Task> items{};
  std::int64_t count{};  // How many items this page has.
  std::optional<std::string> next_cursor{};  // Present when more tasks follow.
};
json::Value to_json(const TaskListResponse& value);
Status from_json(const json::Value& json, TaskListResponse& value);

// What task:complete answers.
struct TaskCompleteResponse {
  Task task{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const TaskCompleteResponse& value);
Status from_json(const json::Value& json, TaskCompleteResponse& value);

// What task:schedule answers.
struct TaskScheduleResponse {
  Task task{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const TaskScheduleResponse& value);
Status from_json(const json::Value& json, TaskScheduleResponse& value);

struct Memory {
  std::string id{};
  MemoryType type{};
  std::string content{};
  std::vector<std::string> tags{};
  std::string created_at{};
};
json::Value to_json(const Memory& value);
Status from_json(const json::Value& json, Memory& value);

// What memory:store answers.
struct MemoryStoreResponse {
  Memory memory{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const MemoryStoreResponse& value);
Status from_json(const json::Value& json, MemoryStoreResponse& value);

// What memory:recall answers.
struct MemoryRecallResponse {
  std::vector<Memory> items{};
  std::int64_t count{};  // How many items this page has.
  std::optional<std::string> next_cursor{};  // Present when more memories follow.
};
json::Value to_json(const MemoryRecallResponse& value);
Status from_json(const json::Value& json, MemoryRecallResponse& value);

// What memory:forget answers.
struct MemoryForgetResponse {
  std::string deleted_id{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const MemoryForgetResponse& value);
Status from_json(const json::Value& json, MemoryForgetResponse& value);

// What its type needs; a webhook takes url and timeout_ms, the others nothing.
struct ChannelSettings {
  std::optional<std::string> url{};  // Where a webhook posts to; https, on a host of the allowlist.
  std::optional<std::int64_t> timeout_ms{};
};
json::Value to_json(const ChannelSettings& value);
Status from_json(const json::Value& json, ChannelSettings& value);

struct Channel {
  std::string id{};
  std::string name{};
  ChannelType type{};
  ChannelSettings settings{};  // What its type needs; a webhook takes url and timeout_ms, the others nothing.
  std::string created_at{};
  std::string updated_at{};
};
json::Value to_json(const Channel& value);
Status from_json(const json::Value& json, Channel& value);

// What channel:configure answers.
struct ChannelConfigureResponse {
  Channel channel{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const ChannelConfigureResponse& value);
Status from_json(const json::Value& json, ChannelConfigureResponse& value);

struct MessageDelivery {
  MessageDeliveryState state{};
  std::optional<std::string> detail{};  // What a person may want to know of it.
  std::optional<std::string> at{};  // When it was asked for; absent while pending.
};
json::Value to_json(const MessageDelivery& value);
Status from_json(const json::Value& json, MessageDelivery& value);

struct Message {
  std::string id{};
  std::string channel{};  // The channel's name.
  std::string provider{};  // The transport that took it.
  std::string sender{};
  std::string content{};
  std::optional<json::Object> metadata{};
  std::string created_at{};
  MessageDelivery delivery{};
};
json::Value to_json(const Message& value);
Status from_json(const json::Value& json, Message& value);

// What channel:send answers.
struct ChannelSendResponse {
  Message message{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const ChannelSendResponse& value);
Status from_json(const json::Value& json, ChannelSendResponse& value);

// What channel:receive answers.
struct ChannelReceiveResponse {
  std::vector<Message> items{};
  std::int64_t count{};  // How many items this page has.
  std::string next_cursor{};
};
json::Value to_json(const ChannelReceiveResponse& value);
Status from_json(const json::Value& json, ChannelReceiveResponse& value);

struct RoutineStep {
  std::string tool{};
  json::Object input{};
};
json::Value to_json(const RoutineStep& value);
Status from_json(const json::Value& json, RoutineStep& value);

struct Routine {
  std::string id{};
  std::string name{};
  std::vector<RoutineStep> steps{};
  std::optional<std::string> cron{};
  std::optional<std::string> on_event{};
  bool enabled{};
  std::optional<std::string> next_due_at{};  // When it falls due next.
  std::optional<std::string> last_due_at{};  // The due moment that was announced last.
  std::string created_at{};
  std::string updated_at{};
};
json::Value to_json(const Routine& value);
Status from_json(const json::Value& json, Routine& value);

// What routine:create answers.
struct RoutineCreateResponse {
  Routine routine{};
  std::vector<std::string> warnings{};
  std::optional<bool> dry_run{};  // Present when nothing was changed.
};
json::Value to_json(const RoutineCreateResponse& value);
Status from_json(const json::Value& json, RoutineCreateResponse& value);

// What routine:list answers.
struct RoutineListResponse {
  std::vector<Routine> items{};
  std::int64_t count{};  // How many items this page has.
  std::optional<std::string> next_cursor{};  // Present when more routines follow.
};
json::Value to_json(const RoutineListResponse& value);
Status from_json(const json::Value& json, RoutineListResponse& value);

struct RoutinePlanItem {
  std::int64_t index{};
  std::string tool{};
  json::Object input{};
};
json::Value to_json(const RoutinePlanItem& value);
Status from_json(const json::Value& json, RoutinePlanItem& value);

struct RoutineGovernance {
  bool dispatch_required{};
};
json::Value to_json(const RoutineGovernance& value);
Status from_json(const json::Value& json, RoutineGovernance& value);

// What routine:run answers.
struct RoutineRunResponse {
  std::string routine_id{};
  std::string name{};
  bool plan_only{};
  std::vector<RoutinePlanItem> plan{};
  RoutineGovernance governance{};
};
json::Value to_json(const RoutineRunResponse& value);
Status from_json(const json::Value& json, RoutineRunResponse& value);

// What sidekick:init answers.
struct SidekickInitResponse {
  bool initialized{};
  std::string root_dir{};  // Relative to the workspace.
};
json::Value to_json(const SidekickInitResponse& value);
Status from_json(const json::Value& json, SidekickInitResponse& value);

struct SidekickCounts {
  std::int64_t tasks{};
  std::int64_t memories{};
  std::int64_t channels{};
  std::int64_t messages{};
  std::int64_t routines{};
};
json::Value to_json(const SidekickCounts& value);
Status from_json(const json::Value& json, SidekickCounts& value);

// What sidekick:status answers.
struct SidekickStatusResponse {
  bool initialized{};
  SidekickCounts counts{};
  std::int64_t audit_events{};
  SidekickStorageAdapter storage_adapter{};
  std::int64_t bytes{};  // Of all records, their keys and the audit trail.
  SidekickHealth health{};
  std::vector<std::string> problems{};  // What is wrong; empty when health is ok.
};
json::Value to_json(const SidekickStatusResponse& value);
Status from_json(const json::Value& json, SidekickStatusResponse& value);

struct SidekickData {
  Records tasks{};
  Records memories{};
  Records channels{};
  Records messages{};
  Records routines{};
  std::optional<Records> audit{};
};
json::Value to_json(const SidekickData& value);
Status from_json(const json::Value& json, SidekickData& value);

// What sidekick:export answers.
struct SidekickExportResponse {
  std::string exported_at{};
  std::int64_t version{};
  SidekickData data{};
};
json::Value to_json(const SidekickExportResponse& value);
Status from_json(const json::Value& json, SidekickExportResponse& value);

// task:create: Adds a pending task and answers it with its id. Strings are trimmed; empty ones count as absent.
struct TaskCreateRequest {
  using Response = TaskCreateResponse;
  static constexpr std::string_view kTool = "task:create";
  std::string title{};  // What is to be done.
  std::optional<std::string> description{};  // Whatever else belongs to it.
  std::optional<TaskPriority> priority{};  // P0 is the most urgent.
  std::optional<std::string> due_at{};  // When it is due, RFC 3339.
  // Labels to find it by. Of those that differ in case alone the first is kept.
  std::optional<std::vector<std::string>> tags{};
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const TaskCreateRequest& value);
Status from_json(const json::Value& json, TaskCreateRequest& value);

// task:list: Answers tasks, newest first. A task is shown when it meets every condition given. To go on, call again
// with next_cursor as cursor and the same conditions; tasks created meanwhile shift nothing.
struct TaskListRequest {
  using Response = TaskListResponse;
  static constexpr std::string_view kTool = "task:list";
  std::optional<TaskStatus> status{};
  std::optional<TaskPriority> priority{};
  std::optional<std::vector<std::string>> tags{};  // The task carries all of them, in whatever case.
  std::optional<std::string> search{};  // Stands in the title, the description or the note, in whatever case.
  // The task falls due before this moment. Tasks that are never due are left out, and so are done ones unless status
  // asks for them.
  std::optional<std::string> due_before{};
  std::optional<std::int64_t> limit{};  // How many at most.
  std::optional<std::string> cursor{};  // The next_cursor of the page before.
};
json::Value to_json(const TaskListRequest& value);
Status from_json(const json::Value& json, TaskListRequest& value);

// task:complete: Marks a task as done. Completing a done task changes nothing, its note included.
struct TaskCompleteRequest {
  using Response = TaskCompleteResponse;
  static constexpr std::string_view kTool = "task:complete";
  std::string id{};  // As task:create answers it.
  std::optional<std::string> note{};  // What came of it.
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const TaskCompleteRequest& value);
Status from_json(const json::Value& json, TaskCompleteRequest& value);

// task:schedule: Says when a task falls due: at due_at, or whenever cron matches, or first at due_at and then whenever
// cron matches. It replaces the task's whole schedule, due_at included, and answers when the task falls due next.
struct TaskScheduleRequest {
  using Response = TaskScheduleResponse;
  static constexpr std::string_view kTool = "task:schedule";
  std::string id{};  // As task:create answers it; not of a task that is done.
  std::optional<std::string> due_at{};  // When it is due, RFC 3339.
  // Five fields in UTC: minute, hour, day of month, month, day of week; each a list of values, ranges and steps,
  // months and weekdays also by their English three-letter names. When both day fields are restricted, either one is
  // enough.
  std::optional<std::string> cron{};
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const TaskScheduleRequest& value);
Status from_json(const json::Value& json, TaskScheduleRequest& value);

// memory:store: Keeps a fact, a preference, a note or a snippet and answers it with its id.
struct MemoryStoreRequest {
  using Response = MemoryStoreResponse;
  static constexpr std::string_view kTool = "memory:store";
  MemoryType type{};
  std::string content{};  // What is to be remembered.
  // Labels to find it by. Of those that differ in case alone the first is kept.
  std::optional<std::vector<std::string>> tags{};
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const MemoryStoreRequest& value);
Status from_json(const json::Value& json, MemoryStoreRequest& value);

// memory:recall: With a query, the memories that hold at least one of its words, best match first; without, newest
// first. Words are compared without case and accents, in contents and tags. To go on, call again with next_cursor as
// cursor and the same conditions; memories stored meanwhile shift nothing.
struct MemoryRecallRequest {
  using Response = MemoryRecallResponse;
  static constexpr std::string_view kTool = "memory:recall";
  std::optional<std::string> query{};  // Words to look for.
  std::optional<MemoryType> type{};
  std::optional<std::vector<std::string>> tags{};  // The memory carries all of them, in whatever case.
  std::optional<std::int64_t> limit{};  // How many at most.
  std::optional<std::string> cursor{};  // The next_cursor of the page before.
};
json::Value to_json(const MemoryRecallRequest& value);
Status from_json(const json::Value& json, MemoryRecallRequest& value);

// memory:forget: Removes a memory for good.
struct MemoryForgetRequest {
  using Response = MemoryForgetResponse;
  static constexpr std::string_view kTool = "memory:forget";
  std::string id{};  // As memory:store answers it.
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const MemoryForgetRequest& value);
Status from_json(const json::Value& json, MemoryForgetRequest& value);

// channel:configure: Makes the channel of this name, or changes it: what is left out stays as it is. A new channel is
// a terminal unless a type is given; settings go with their type. A webhook posts to hosts that the operator allows
// (sidekick.webhook_allowlist in lumenflow.yaml), any other is SCOPE_DENIED.
struct ChannelConfigureRequest {
  using Response = ChannelConfigureResponse;
  static constexpr std::string_view kTool = "channel:configure";
  std::string name{};
  std::optional<ChannelType> type{};  // How the channel is delivered.
  // What its type needs; a webhook takes url and timeout_ms, the others nothing.
  std::optional<ChannelSettings> settings{};
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const ChannelConfigureRequest& value);
Status from_json(const json::Value& json, ChannelConfigureRequest& value);

// channel:send: Puts a message into the outbox and takes it where its channel leads. A channel that is missing is
// made, as a terminal. delivery says what is known: delivered, stored (a terminal channel with no terminal attached),
// failed, or pending when the program died in between. PROVIDER_NOT_REGISTERED when nothing serves the channel,
// PROVIDER_SEND_FAILED when it was not taken; the message then stays in the outbox as failed.
struct ChannelSendRequest {
  using Response = ChannelSendResponse;
  static constexpr std::string_view kTool = "channel:send";
  std::string content{};
  std::optional<std::string> channel{};  // The channel's name.
  std::optional<std::string> provider{};  // Which transport of the channel's type; its first one by default.
  std::optional<std::string> sender{};  // Who speaks.
  std::optional<json::Object> metadata{};  // Whatever goes with it.
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const ChannelSendRequest& value);
Status from_json(const json::Value& json, ChannelSendRequest& value);

// channel:receive: Messages oldest first, of one channel or of all. next_cursor is always there: ask again with it for
// what came meanwhile, none is left out. PROVIDER_NOT_REGISTERED for a provider that is not registered,
// PROVIDER_RECEIVE_FAILED when a provider cannot be read.
struct ChannelReceiveRequest {
  using Response = ChannelReceiveResponse;
  static constexpr std::string_view kTool = "channel:receive";
  std::optional<std::string> channel{};  // The channel's name; of all channels by default.
  std::optional<std::string> provider{};  // Only what this provider took.
  std::optional<std::string> cursor{};  // The next_cursor of the page before.
  std::optional<std::string> since{};  // Only what was sent at this moment or later.
  std::optional<std::int64_t> limit{};  // How many at most.
};
json::Value to_json(const ChannelReceiveRequest& value);
Status from_json(const json::Value& json, ChannelReceiveRequest& value);

struct RoutineCreateStep {
  std::string tool{};  // A tool's name.
  std::optional<json::Object> input{};
};
json::Value to_json(const RoutineCreateStep& value);
Status from_json(const json::Value& json, RoutineCreateStep& value);

// routine:create: Keeps a list of calls to be made together. With cron, or at each event of the kind on_event, it
// falls due by itself and says so with the event sidekick:routine_due; nothing is executed by that, unless
// lumenflow.yaml says `routines: {auto_run: true}`. Warnings name tools that no active pack has.
struct RoutineCreateRequest {
  using Response = RoutineCreateResponse;
  static constexpr std::string_view kTool = "routine:create";
  std::string name{};
  std::vector<RoutineCreateStep> steps{};
  std::optional<std::string> cron{};  // Five fields in UTC, as task:schedule takes them.
  std::optional<std::string> on_event{};  // A kind of event.
  std::optional<bool> enabled{};  // Whether it falls due.
  std::optional<bool> dry_run{};  // Check, answer what would be, and change nothing.
};
json::Value to_json(const RoutineCreateRequest& value);
Status from_json(const json::Value& json, RoutineCreateRequest& value);

// routine:list: Routines, newest first.
struct RoutineListRequest {
  using Response = RoutineListResponse;
  static constexpr std::string_view kTool = "routine:list";
  std::optional<bool> enabled_only{};
  std::optional<std::int64_t> limit{};  // How many at most.
  std::optional<std::string> cursor{};  // The next_cursor of the page before.
};
json::Value to_json(const RoutineListRequest& value);
Status from_json(const json::Value& json, RoutineListRequest& value);

// routine:run: Answers the calls that the routine is made of, in order. Nothing is executed: each call goes its own
// way through dispatch, by whoever asked.
struct RoutineRunRequest {
  using Response = RoutineRunResponse;
  static constexpr std::string_view kTool = "routine:run";
  std::string id{};  // As routine:create answers it.
};
json::Value to_json(const RoutineRunRequest& value);
Status from_json(const json::Value& json, RoutineRunRequest& value);

// sidekick:init: Makes what the pack keeps its records in. Calling it again changes nothing; nothing needs it first.
struct SidekickInitRequest {
  using Response = SidekickInitResponse;
  static constexpr std::string_view kTool = "sidekick:init";
};
json::Value to_json(const SidekickInitRequest& value);
Status from_json(const json::Value& json, SidekickInitRequest& value);

// sidekick:status: How much is stored, where, and whether it is sound. Costs the same whatever is stored.
struct SidekickStatusRequest {
  using Response = SidekickStatusResponse;
  static constexpr std::string_view kTool = "sidekick:status";
};
json::Value to_json(const SidekickStatusRequest& value);
Status from_json(const json::Value& json, SidekickStatusRequest& value);

// sidekick:export: All records, oldest first in each store. With ndjson each store is one text with a line for each
// record. Writes no file.
struct SidekickExportRequest {
  using Response = SidekickExportResponse;
  static constexpr std::string_view kTool = "sidekick:export";
  std::optional<bool> include_audit{};  // With the audit trail.
  std::optional<SidekickFormat> format{};
};
json::Value to_json(const SidekickExportRequest& value);
Status from_json(const json::Value& json, SidekickExportRequest& value);

}  // namespace lumenflow::consumers::sidekick
// clang-format on
