#include "kernel/task_tools.h"

#include <array>
#include <map>

#include "kernel/kernel.h"
#include "kernel/task_change.h"

namespace lumenflow::kernel {
namespace {

// What the inputs are made of.
constexpr std::string_view kTaskId =
    R"("task_id": {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]*$"})";
constexpr std::string_view kParentId =
    R"("parent_task_id": {"type": "string", "minLength": 1, "maxLength": 256, "description": "of what it is a part"})";
constexpr std::string_view kAsked = R"(
    "type": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[a-z0-9][a-z0-9._-]*$",
             "description": "the kind of work, e.g. work-unit"},
    "title": {"type": "string", "minLength": 1, "maxLength": 500},
    "lane": {"type": "string", "minLength": 1, "maxLength": 200, "description": "one of lumenflow.yaml's lanes"},
    "spec": {"type": "object",
             "description": "what is asked for, for good; its allowed_scopes bind whoever claims it"})";
constexpr std::string_view kReason = R"("reason": {"type": "string", "minLength": 1, "maxLength": 4096})";
constexpr std::string_view kSession = R"(
    "session_id": {"type": "string", "minLength": 1, "maxLength": 256, "description": "default: the subject"},
    "domain_data": {"type": "object", "description": "what the task's type adds, e.g. its branch"})";
constexpr std::string_view kWaitFor =
    R"("wait_for": {"type": "object", "description": "in the form of the task's type"})";
constexpr std::string_view kEvidence = R"(
    "evidence_refs": {"type": "array", "maxItems": 1000,
                      "items": {"type": "string", "minLength": 1, "maxLength": 1024}})";
constexpr std::string_view kTaskOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["task"],
  "properties": {"task": {"type": "object", "required": ["task_id", "type", "title", "state", "spec_hash"]}}})";

struct Shape {
  TaskChange change;
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::string_view required;  // of a JSON array
  std::vector<std::string_view> properties;
};

std::vector<Shape> shapes() {
  return {
      {TaskChange::kCreate,
       "kernel:task_create",
       "Create a task",
       "Records what is asked for; somebody may claim it.",
       R"("task_id", "type", "title")",
       {kTaskId, kAsked}},
      {TaskChange::kClaim,
       "kernel:task_claim",
       "Claim a task",
       "The caller takes a task that is ready; of two at once one wins.",
       R"("task_id")",
       {kTaskId, kSession}},
      {TaskChange::kBlock,
       "kernel:task_block",
       "Block a task",
       "An active task cannot go on.",
       R"("task_id", "reason")",
       {kTaskId, kReason}},
      {TaskChange::kUnblock,
       "kernel:task_unblock",
       "Unblock a task",
       "A blocked task goes on.",
       R"("task_id")",
       {kTaskId}},
      {TaskChange::kWait,
       "kernel:task_wait",
       "Let a task wait",
       "An active task waits for something outside, such as an approval or a time.",
       R"("task_id", "reason")",
       {kTaskId, kReason, kWaitFor}},
      {TaskChange::kResume,
       "kernel:task_resume",
       "Resume a task",
       "A waiting task goes on.",
       R"("task_id")",
       {kTaskId}},
      {TaskChange::kRelease,
       "kernel:task_release",
       "Release a task",
       "An active task is given back; it is ready again.",
       R"("task_id", "reason")",
       {kTaskId, kReason}},
      {TaskChange::kComplete,
       "kernel:task_complete",
       "Complete a task",
       "The task is done, for good.",
       R"("task_id")",
       {kTaskId, kEvidence}},
      {TaskChange::kDelegate,
       "kernel:task_delegate",
       "Delegate a part of a task",
       "Creates a task as part of one that the caller has claimed; somebody else may claim it.",
       R"("parent_task_id", "task_id", "type", "title")",
       {kParentId, kTaskId, kAsked}},
  };
}

std::string input_schema_of(const Shape& shape) {
  std::string schema = R"({"type": "object", "additionalProperties": false, "required": [)";
  schema.append(shape.required).append(R"(], "properties": {)");
  for (std::size_t i = 0; i < shape.properties.size(); ++i)
    schema.append(i == 0 ? "" : ", ").append(shape.properties[i]);
  return schema.append("}}");
}

constexpr std::string_view kList = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "state": {"enum": ["ready", "active", "blocked", "waiting", "done"]},
    "after": {"type": "string", "maxLength": 256, "description": "the 'next' of the page before"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "description": "default: 100"}
  }})";
constexpr std::string_view kListed = R"({
  "type": "object", "additionalProperties": false, "required": ["items", "next"],
  "properties": {"items": {"type": "array", "items": {"type": "object"}}, "next": {"type": ["string", "null"]}}})";

pack::ToolResult list_for(Kernel& kernel, const Call& by) {
  const auto limit = static_cast<std::size_t>(json::integer_or(by.input, "limit", 100));
  const Result<journal::TaskPage> page =
      kernel.tasks().list(journal::task_state_from_name(json::string_or(by.input, "state", "")),
                          json::string_or(by.input, "after", ""), limit);
  if (!page.ok()) return refused(page.error());
  json::Array items;
  for (const journal::Task& task : page->items) items.push_back(journal::document_of(task));
  return pack::ToolOutput{
      json::Object{{"items", std::move(items)}, {"next", page->next.empty() ? json::Value() : json::Value(page->next)}},
      {}};
}

constexpr std::string_view kNoInput = R"({"type": "object", "additionalProperties": false, "properties": {}})";
constexpr std::string_view kLanes = R"({
  "type": "object", "additionalProperties": false, "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object", "additionalProperties": false, "required": ["id", "title", "claimed"],
    "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "wip_limit": {"type": "integer"},
                   "claimed": {"type": "integer", "description": "tasks of it that somebody is at"},
                   "holders": {"type": "array", "description": "the first of these",
                               "items": {"type": "object"}}}}}}})";
constexpr std::size_t kHoldersMax = 1'000;  // of all lanes

// {task_id, claimed_by, state, claimed_at?} of those that take a place in a lane.
Result<std::map<std::string, json::Array>> holders_by_lane(const Kernel& kernel) {
  std::map<std::string, json::Array> out;
  LUMENFLOW_TRY_ASSIGN(const journal::TaskPage page, kernel.tasks().claimed("", kHoldersMax));
  for (const journal::Task& task : page.items) {
    json::Object holder{{"task_id", task.id}, {"claimed_by", task.claimed_by}, {"state", journal::name(task.state)}};
    if (task.claimed_at.ms != 0) holder.set("claimed_at", format_rfc3339(task.claimed_at));
    out[task.lane].push_back(std::move(holder));
  }
  return out;
}

pack::ToolResult lanes_for(Kernel& kernel, const Call&) {
  json::Array items;
  Result<std::map<std::string, json::Array>> holders = holders_by_lane(kernel);
  if (!holders.ok()) return refused(holders.error());
  for (const Lane& lane : kernel.config().lanes) {
    json::Object item{{"id", lane.id}, {"title", lane.title}};
    if (lane.wip_limit) item.set("wip_limit", *lane.wip_limit);
    item.set("claimed", std::uint64_t{kernel.tasks().claimed_in(lane.id)});
    if (const auto found = holders->find(lane.id); found != holders->end()) item.set("holders", found->second);
    items.push_back(std::move(item));
  }
  return pack::ToolOutput{json::Object{{"items", std::move(items)}}, {}};
}

pack::ToolResult show_for(Kernel& kernel, const Call& by) {
  const std::string id(json::string_or(by.input, "task_id", ""));
  const Result<std::optional<journal::Task>> task = kernel.tasks().find(id);
  if (!task.ok()) return refused(task.error());
  if (!*task) return refused(Error(ErrorCode::kNotFound, "there is no task '" + id + "'"));
  return pack::ToolOutput{json::Object{{"task", journal::document_of(**task)}}, {}};
}

Result<KernelTool> reading_tool(std::string_view name, std::string_view title, std::string_view input,
                                std::string_view output, KernelDecision read) {
  KernelToolSpec spec;
  spec.name = name;
  spec.title = title;
  spec.description = "Tasks as they are now.";
  spec.permission = pack::Permission::kRead;
  spec.scope = "tools:read";
  spec.input_schema = input;
  spec.output_schema = output;
  spec.operator_key = false;
  LUMENFLOW_TRY_ASSIGN(KernelTool tool, make_deciding_kernel_tool(spec, std::move(read)));
  tool.for_packs = true;
  return tool;
}

}  // namespace

Result<std::vector<KernelTool>> make_task_tools() {
  std::vector<KernelTool> tools;
  const std::string show_input =
      R"({"type": "object", "additionalProperties": false, "required": ["task_id"], "properties": {)" +
      std::string(kTaskId) + "}}";
  LUMENFLOW_TRY_ASSIGN(KernelTool show,
                       reading_tool("kernel:task_show", "Show a task", show_input, kTaskOutput, show_for));
  LUMENFLOW_TRY_ASSIGN(KernelTool list, reading_tool("kernel:task_list", "List tasks", kList, kListed, list_for));
  LUMENFLOW_TRY_ASSIGN(KernelTool lanes, reading_tool("kernel:task_lanes", "List lanes", kNoInput, kLanes, lanes_for));
  tools.push_back(std::move(lanes));
  tools.push_back(std::move(show));
  tools.push_back(std::move(list));
  for (const Shape& shape : shapes()) {
    const std::string input_schema = input_schema_of(shape);
    KernelToolSpec spec;
    spec.name = shape.name;
    spec.title = shape.title;
    spec.description = shape.description;
    spec.permission = pack::Permission::kWrite;
    spec.scope = "tools:write";
    spec.input_schema = input_schema;
    spec.output_schema = kTaskOutput;
    spec.operator_key = false;
    const TaskChange change = shape.change;
    const auto decide = [change](Kernel& kernel, const Call& by) { return kernel.change_task(change, by); };
    LUMENFLOW_TRY_ASSIGN(KernelTool tool, make_deciding_kernel_tool(spec, decide));
    tool.for_packs = true;
    tools.push_back(std::move(tool));
  }
  return tools;
}

}  // namespace lumenflow::kernel
