#include "kernel/testing/kernel_world.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace lumenflow::kernel {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;

constexpr std::string_view kProbeManifest = R"(
id: probe
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["probe:happened"]
backpressure_policy: {"probe:happened": queue}
event_schemas:
  "probe:happened": {type: object, required: [n], properties: {n: {type: integer}}}
required_approvals: ["probe:risky"]
tools:
  - &write
    name: probe:put
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema:
      type: object
      required: [key, value]
      additionalProperties: false
      properties: {key: {type: string}, value: {}, secret: {type: string, writeOnly: true}}
    output_schema: {type: object}
  - name: probe:get
    required_scopes: [{type: path, pattern: "data/**", access: read}]
    input_schema: {type: object, required: [key], properties: {key: {type: string}}}
  - name: probe:slow
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    timeout_ms: 5000
  - name: probe:effect
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    timeout_ms: 5000
  - name: probe:look
    permission: read
    idempotent: true
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: probe:fail
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: probe:throw
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: probe:lie
    required_scopes: [{type: path, pattern: "data/**", access: read}]
    output_schema: {type: object, required: [truth], properties: {truth: {type: boolean}}}
  - name: probe:big
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: probe:emit
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {}, kind: {type: string}, key: {type: string}}}
  - name: probe:elsewhere
    permission: write
    required_scopes:
      - {type: path, pattern: "data/**", access: write}
      - {type: path, pattern: "forbidden/**", access: write}
  - name: probe:risky
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["probe:risky"]
  - name: probe:count
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";

ToolResult put_record(ToolContext& context, const json::Value& input) {
  const Status status = context.store().put(input.find("key")->as_string(), *input.find("value"));
  if (!status.ok()) return ToolError{std::string(name(status.error().code())), status.error().message(), {}};
  return ToolOutput{json::Object{{"stored", true}}, {}};
}

ToolResult get(ToolContext& context, const json::Value& input) {
  const auto value = context.store().get(input.find("key")->as_string());
  if (!value.ok() || !*value) return ToolError{"NOT_FOUND", "no such key", {}};
  return ToolOutput{json::Object{{"value", **value}}, {}};
}

// Adds one to a counter in the store: a read-modify-write that two calls can race for.
ToolResult count(ToolContext& context, const json::Value&) {
  const auto value = context.store().get("count");
  const std::int64_t next = (value.ok() && *value ? (*value)->as_integer() : 0) + 1;
  if (!context.store().put("count", next).ok()) return ToolError{"IO_ERROR", "put", {}};
  return ToolOutput{json::Object{{"count", next}}, {}};
}

ToolResult emit(ToolContext& context, const json::Value& input) {
  pack::EmitOptions options;
  if (const json::Value* key = input.find("key")) options.idempotency_key = key->as_string();
  const std::string kind(json::string_or(input, "kind", "probe:happened"));
  const json::Value* n = input.find("n");
  const Status status = context.emit(kind, json::Object{{"n", n == nullptr ? json::Value() : *n}}, options);
  if (!status.ok()) return ToolError{std::string(name(status.error().code())), status.error().message(), {}};
  return ToolOutput{json::Object{}, {}};
}

ToolResult done(ToolContext&, const json::Value&) { return ToolOutput{json::Object{{"done", true}}, {}}; }

std::vector<std::string>* g_effects = nullptr;  // handlers are plain functions; the one world of a test is told here

const pack::StatusHandler* g_status = nullptr;  // likewise

ToolResult effect(ToolContext& context, const json::Value&) {
  g_effects->push_back(context.receipt_id());
  return ToolOutput{json::Object{{"done", true}}, {}};
}

void register_probe(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  constexpr pack::ToolTraits kStoreOnly{.store_only = true, .bounded = false};
  constexpr pack::ToolTraits kOutside{};
  registration.status([](const pack::StartedCall& call) { return *g_status ? (*g_status)(call) : pack::Aftermath{}; });
  registration.input_rule([](const json::Value& input) -> std::optional<json::Value> {
    if (json::string_or(input, "key", "x") != "empty counts as absent") return std::nullopt;
    return json::Value(json::Object{});
  });
  registration.tool("probe:put", kStrand, put_record);
  registration.tool("probe:get", kStrand, get);
  registration.tool("probe:slow", kStoreOnly, done);
  registration.tool("probe:effect", kOutside, effect);
  registration.tool("probe:look", kOutside, done);
  registration.tool("probe:fail", kStrand, [](ToolContext&, const json::Value&) -> ToolResult {
    return ToolError{"NO_LUCK", "the tool says no", json::Object{{"why", "test"}}};
  });
  registration.tool("probe:throw", kStrand, [](ToolContext&, const json::Value&) -> ToolResult {
    throw std::runtime_error("thrown by a test's tool");
  });
  registration.tool("probe:lie", kStrand, done);
  registration.tool("probe:big", kStrand, [](ToolContext&, const json::Value& input) -> ToolResult {
    const json::Value big = json::Object{{"text", std::string(100'000, 'x')}};
    const std::string_view as = json::string_or(input, "as", "data");
    if (as == "details") return pack::ToolError{"BIG", "it failed at length", big};
    if (as == "content") return ToolOutput{json::Object{}, json::Array{big}};
    return ToolOutput{big, {}};
  });
  registration.tool("probe:emit", kStrand, emit);
  registration.tool("probe:elsewhere", kStrand, done);
  registration.tool("probe:risky", kStrand, done);
  registration.tool("probe:count", kStoreOnly, count);
}

pack::Scope path_scope(const char* pattern, const char* access) {
  return *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", pattern}, {"access", access}});
}

}  // namespace

const pack::BuiltinPack& probe_pack() {
  static const pack::BuiltinPack pack{"probe", {{"manifest.yaml", kProbeManifest}}, register_probe};
  return pack;
}

std::shared_ptr<const pack::Registry> registry_of(const pack::BuiltinPack& pack, const WorkspaceConfig& config) {
  pack::RegistryBuilder builder;
  builder.add_builtin(pack);
  const auto anything = [](std::string_view) { return true; };
  const pack::Activation activation{anything, anything, config.pack_sections};
  return builder.build(&activation);
}

KernelWorld::KernelWorld() {
  g_effects = &effects;
  g_status = &status;
  EXPECT_TRUE(files->make_directories("/blobs").ok());
  log = log::make_faulty_log(log::make_memory_log("01TESTLOG"), faults);
  config.id = WorkspaceId("ws-42");
  config.allowed_scopes = {path_scope("data/**", "read"), path_scope("data/**", "write")};
  config.approval_providers = json::Object{};
  config.hash = std::string(64, '0');
  credential.subject = Subject("ws-42:test");
  credential.scopes = {"workspace"};
}

KernelWorld::~KernelWorld() {
  g_effects = nullptr;
  g_status = nullptr;
}

void KernelWorld::open() {
  KernelOptions options;
  options.config = config;
  options.registry = registry != nullptr ? registry : registry_of(*pack, config);
  ASSERT_EQ(options.registry->refused().size(), 0u) << pack::render_text(options.registry->diagnostics(), false);
  options.kernel_tools = kernel_tools;
  options.workspace_root = root;
  options.redaction_key = std::string(32, 'k');
  options.operator_public_pem = operator_public_pem;
  options.version = "test";
  options.outbox = outbox;
  options.doorbell = [this] {
    rung_ = true;
    if (!running_task || on_strand_) return;
    if (fail_commits_after && (*fail_commits_after)-- == 0) faults.fail_commit = true;
    run_strand();
    while (waits_for_tools && executor.run_one()) run_strand();
  };
  options.on_notice = [this](std::string_view line) {
    if (has_terminal) notices.emplace_back(line);
    return has_terminal;
  };
  const KernelPorts ports{*log, blobs, clock, random, executor, outbound, programs};
  Result<std::unique_ptr<Kernel>> opened = Kernel::open(ports, std::move(options));
  ASSERT_TRUE(opened.ok()) << opened.error().to_string();
  kernel = *std::move(opened);
}

void KernelWorld::crash() {
  kernel.reset();
  log->rollback();
  executor = ManualExecutor();
}

void KernelWorld::submit(const std::string& tool, json::Value input, const std::string& idempotency_key,
                         Completion done) {
  Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::make_shared<const Credential>(credential);
  call.surface = surface;
  call.idempotency_key = idempotency_key;
  ASSERT_TRUE(kernel->submit(std::move(call), std::move(done)).ok());
}

CallResult KernelWorld::call(const std::string& tool, json::Value input, const std::string& idempotency_key) {
  std::optional<CallResult> result;
  submit(tool, std::move(input), idempotency_key, [&result](const CallResult& done) { result = done; });
  settle();
  EXPECT_TRUE(result.has_value()) << tool << " was not answered";
  return result.value_or(CallResult{});
}

// What rings while it runs makes it run once more: a task would wait for ever behind an item that nobody looks at.
void KernelWorld::run_strand() {
  on_strand_ = true;
  do {
    rung_ = false;
    kernel->run_pending();
  } while (rung_);
  on_strand_ = false;
}

void KernelWorld::settle() {
  const auto run_one = [this] {
    running_task = true;
    const bool ran = executor.run_one();
    running_task = false;
    return ran;
  };
  do run_strand();
  while (run_one());
  run_strand();
}

std::vector<log::StoredRow> KernelWorld::rows() const {
  Result<std::vector<log::StoredRow>> rows = log->read(Position(0), 100'000, 1u << 30);
  EXPECT_TRUE(rows.ok());
  return rows.ok() ? *std::move(rows) : std::vector<log::StoredRow>();
}

std::vector<json::Value> KernelWorld::entries() const {
  std::vector<json::Value> out;
  for (const log::StoredRow& row : rows())
    for (const std::string& bytes : row.entries) out.push_back(*journal::decode(bytes));
  return out;
}

std::string KernelWorld::bytes() const {
  std::string out;
  for (const log::StoredRow& row : rows()) {
    for (const std::string& entry : row.entries) out += entry + "\n";
    out += row.body + "\n";
  }
  return out;
}

std::vector<json::Value> KernelWorld::entries_of(const ReceiptId& receipt) const {
  std::vector<json::Value> out;
  for (json::Value& entry : entries()) {
    const json::Value* of_event = entry.at_pointer("/event/payload/receipt_id");
    if (json::string_or(entry, "receipt_id", "") == receipt.str() ||
        (of_event != nullptr && *of_event == json::Value(receipt.str())))
      out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace lumenflow::kernel
