#include "sidecar/reading_tools.h"

#include <string>
#include <utility>

#include "base/encoding.h"
#include "journal/recoveries.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kListedMax = 200;
constexpr std::size_t kShownBytesMax = 64 * 1024;

constexpr std::string_view kRecoveriesInput = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "state": {"enum": ["open", "all"], "description": "default: open"},
    "after": {"type": "string", "maxLength": 200, "pattern": "^([0-9a-f]{2})*$",
              "description": "the 'next' of the page before"}
  }})";
constexpr std::string_view kRecoveriesOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["items", "next"],
  "properties": {"items": {"type": "array", "items": {"type": "object"}}, "next": {"type": ["string", "null"]}}})";
constexpr std::string_view kCallInput = R"({
  "type": "object", "additionalProperties": false, "required": ["receipt_id"],
  "properties": {"receipt_id": {"type": "string", "minLength": 1, "maxLength": 100}}})";
constexpr std::string_view kCallOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["receipt_id", "status", "requested"],
  "properties": {
    "receipt_id": {"type": "string"}, "status": {"type": "string"},
    "requested": {"type": "object"}, "finished": {"type": "object"},
    "input": {}, "result": {}, "left_out": {"type": "array", "items": {"type": "string"}}
  }})";

constexpr std::string_view kNothingInput = R"({"type": "object", "additionalProperties": false, "properties": {}})";
constexpr std::string_view kDiagnosticsOutput = R"({
  "type": "object", "required": ["items", "packs", "configuration", "operator_key", "journal"],
  "properties": {
    "items": {"type": "array"}, "packs": {"type": "array"}, "configuration": {"type": "object"},
    "operator_key": {"type": "object"}, "journal": {"type": "object"}
  }})";
constexpr std::string_view kKindsOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["kinds", "event_types"],
  "properties": {
    "kinds": {"type": "array", "items": {"type": "object"}},
    "event_types": {"type": "array", "items": {"type": "object"}}
  }})";

Result<pack::ToolOutput> list_recoveries(const JournalAccess& journal, const json::Value& input) {
  const std::optional<std::string> after = from_hex(json::string_or(input, "after", ""));
  if (!after) return Error(ErrorCode::kInvalidInput, "'after' must be the 'next' of a page");
  const bool all = json::string_or(input, "state", "open") == "all";
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, journal.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto page, journal::list_recoveries(*snapshot, all, *after, kListedMax));
  json::Array items;
  for (const journal::Recovery& recovery : page.items) items.push_back(journal::document_of(recovery));
  json::Value next = page.next.empty() ? json::Value() : json::Value(to_hex(as_bytes(page.next)));
  return pack::ToolOutput{json::Object{{"items", std::move(items)}, {"next", std::move(next)}}, {}};
}

Result<pack::ToolOutput> show_call(const JournalAccess& journal, const json::Value& input) {
  const ReceiptId receipt{std::string(json::string_or(input, "receipt_id", ""))};
  LUMENFLOW_TRY_ASSIGN(const journal::RecordedCall call, journal.reader().call(receipt));
  const std::string_view outcome =
      call.finished ? json::string_or(*call.finished, "outcome", "") : std::string_view("running");
  json::Object document{{"receipt_id", receipt.str()}, {"status", outcome}, {"requested", call.requested}};
  if (call.finished) document.set("finished", *call.finished);
  json::Array left_out;
  const auto add = [&](const char* member, const std::string& text, bool let_go) {
    if (let_go || text.size() > kShownBytesMax) return left_out.push_back(member);
    if (text.empty()) return;
    if (Result<json::Value> value = json::parse(text, {.depth_max = 256}); value.ok())
      document.set(member, *std::move(value));
  };
  add("input", call.body.input, call.input_let_go);
  add("result", call.body.result, call.result_let_go);
  if (!left_out.empty()) document.set("left_out", std::move(left_out));
  return pack::ToolOutput{std::move(document), {}};
}

// With what GET /packs says, in one answer.
Result<pack::ToolOutput> show_diagnostics(const JournalAccess& journal, const json::Value&) {
  const auto facts = journal.facts();
  if (facts == nullptr) return Error(ErrorCode::kNotFound, "the workspace has not looked at itself yet; ask again");
  const pack::Diagnostics changed = changed_sources(*facts->registry);
  json::Value document = diagnostics_document(*facts, changed);
  document.as_object().set("packs", *packs_document(*facts->registry, changed).find("items"));
  return pack::ToolOutput{std::move(document), {}};
}

Result<pack::ToolOutput> list_kinds(const JournalAccess& journal, const json::Value&) {
  const auto facts = journal.facts();
  if (facts == nullptr) return Error(ErrorCode::kNotFound, "the workspace has not looked at itself yet; ask again");
  return pack::ToolOutput{kinds_document(*facts->registry), {}};
}

using Reads = Result<pack::ToolOutput> (*)(const JournalAccess&, const json::Value&);

pack::ToolHandler handler_of(const JournalAccess& journal, Reads read) {
  return [journal, read](pack::ToolContext&, const json::Value& input) -> pack::ToolResult {
    Result<pack::ToolOutput> output = read(journal, input);
    if (!output.ok()) return kernel::refused(output.error());
    return *std::move(output);
  };
}

}  // namespace

Result<std::vector<kernel::KernelTool>> make_reading_tools(const JournalAccess& journal) {
  kernel::KernelToolSpec spec;
  spec.name = "kernel:recovery_list";
  spec.title = "List what was left half done";
  spec.description = "What calls left behind, what is proposed about it, and the digest that a consent signs.";
  spec.permission = pack::Permission::kRead;
  spec.scope = "audit:read";
  spec.operator_key = false;
  spec.input_schema = kRecoveriesInput;
  spec.output_schema = kRecoveriesOutput;
  std::vector<kernel::KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool lists, kernel::make_kernel_tool(spec, handler_of(journal, list_recoveries)));
  tools.push_back(std::move(lists));
  spec.name = "kernel:call_show";
  spec.title = "Show a call";
  spec.description = "What the journal has of a call: who asked, how it ended, its input and its result.";
  spec.input_schema = kCallInput;
  spec.output_schema = kCallOutput;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool shows, kernel::make_kernel_tool(spec, handler_of(journal, show_call)));
  tools.push_back(std::move(shows));
  spec.scope = "tools:read";
  spec.input_schema = kNothingInput;
  spec.name = "kernel:diagnostics_show";
  spec.title = "Show what is wrong";
  spec.description = "What is wrong with the configuration, the packs and the journal, and which packs there are.";
  spec.output_schema = kDiagnosticsOutput;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool judges,
                       kernel::make_kernel_tool(spec, handler_of(journal, show_diagnostics)));
  tools.push_back(std::move(judges));
  spec.name = "kernel:kind_list";
  spec.title = "List what packs say";
  spec.description =
      "The kinds of events and the runtime event types that the active packs declare, with their schemas.";
  spec.output_schema = kKindsOutput;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool kinds, kernel::make_kernel_tool(spec, handler_of(journal, list_kinds)));
  tools.push_back(std::move(kinds));
  for (kernel::KernelTool& tool : tools) {
    tool.on_http = true;
    // On the executor: what it reads is durable, and what it answers is a fact from outside.
    tool.tool.traits = {};
  }
  return tools;
}

}  // namespace lumenflow::sidecar
