#include "kernel/testing/recorded_session.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "kernel/approval_tools.h"
#include "kernel/stop_tools.h"
#include "kernel/task_tools.h"

namespace lumenflow::kernel {
namespace {

using pack::HandlerContext;
using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;

constexpr std::string_view kSessionManifest = R"(
id: session
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["session:said", "session:swept"]
backpressure_policy: {"session:said": queue, "session:swept": ephemeral}
subscribed_event_kinds: ["session:said", "session:swept"]
tools:
  - name: session:add
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema:
      type: object
      required: [n]
      properties:
        n: {type: integer, minimum: 0}
        note: {type: string}
        password: {type: string, pattern: "^[a-z]+$", writeOnly: true}
  - name: session:read
    required_scopes: [{type: path, pattern: "data/**", access: read}]
    input_schema: {type: object, properties: {key: {type: string}}}
    output_schema: {type: object, properties: {token: {type: string, maxLength: 8, writeOnly: true}}}
  - name: session:count
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: session:send
    permission: write
    timeout_ms: 3000
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: session:fail
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {how: {type: integer}}}
  - name: session:risky
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {why: {type: string}}}
)";

std::int64_t number_at(const pack::StoreItem* item) { return item == nullptr ? 0 : item->value.as_integer(); }

Status add_to(pack::Store& store, std::string_view key, std::int64_t n) {
  LUMENFLOW_TRY_ASSIGN(const auto before, store.get(key));
  return store.put(key, (before ? before->as_integer() : 0) + n);
}

ToolResult answer(const Status& status) {
  if (!status.ok()) return ToolError{std::string(name(status.error().code())), status.error().message(), {}};
  return ToolOutput{json::Object{{"done", true}}, {}};
}

ToolResult add_up(ToolContext& context, const json::Value& input) {
  const std::int64_t n = input.find("n")->as_integer();
  Status status = add_to(context.store(), "sum", n);
  if (status.ok()) status = context.emit("session:said", json::Object{{"n", n}, {"id", context.new_ulid()}}, {});
  if (n % 3 == 0) context.wake("sweep", context.now_ms() + 500);
  return answer(status);
}

ToolResult read_all(ToolContext& context, const json::Value&) {
  const auto items = context.store().scan("", "", 10);
  if (!items.ok()) return answer(items.error());
  const std::int64_t first = items->empty() ? 0 : number_at(&items->front());
  return ToolOutput{json::Object{{"first", first}, {"token", "tk-" + std::to_string(first % 100)}}, {}};
}

ToolResult send_off(ToolContext& context, const json::Value& input) {
  const std::int64_t n = json::integer_or(input, "n", 0);
  Status status = context.transact([n](pack::Store& store) { return add_to(store, "sent", n); });
  if (status.ok() && n % 2 == 0)
    status = context.emit_now("session:said", json::Object{{"n", n}, {"id", "now"}}, {}).ok()
                 ? Status()
                 : Status(Error(ErrorCode::kInternal, "not emitted"));
  return answer(status);
}

ToolResult fall_short(ToolContext&, const json::Value& input) {
  switch (json::integer_or(input, "how", 0)) {
    case 0:
      return ToolError{"NO_LUCK", "the password is AKIAIOSFODNN7EXAMPLE", json::Object{{"why", "dice"}}};
    case 1:
      throw std::runtime_error("thrown by a session's tool");
    case 2:
      return pack::ToolCrash{ErrorCode::kToolCrashed, "it is gone", true};
    default:
      return ToolOutput{json::Object{{"key", "AKIAIOSFODNN7EXAMPLE"}}, {}};
  }
}

void register_session(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  constexpr pack::ToolTraits kStoreOnly{.store_only = true, .bounded = false};
  registration.tool("session:add", kStrand, add_up);
  registration.tool("session:read", kStoreOnly, read_all);
  registration.tool("session:count", kStoreOnly,
                    [](ToolContext& context, const json::Value&) { return answer(add_to(context.store(), "c", 1)); });
  registration.tool("session:send", {}, send_off);
  registration.tool("session:fail", {}, fall_short);
  registration.tool("session:risky", kStrand, [](ToolContext&, const json::Value&) {
    return ToolOutput{json::Object{}, {}};
  });
  registration.timer("sweep", [](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    const std::string id = context.new_ulid();
    LUMENFLOW_TRY(context.transact([](pack::Store& store) { return add_to(store, "swept", 1); }));
    LUMENFLOW_TRY(context.emit_now("session:swept", json::Object{{"id", id}}, {}));
    return std::optional<std::int64_t>();
  });
  registration.handler("session:said", {.idempotent = true, .store_only = true, .bounded = true},
                       [](HandlerContext& context, const pack::Event& event) -> Status {
                         const std::int64_t n = json::integer_or(event.payload, "n", 0);
                         if (n % 7 == 6 && context.attempt() < 3) return Error(ErrorCode::kInternal, "not yet");
                         return add_to(context.store(), "heard", n);
                       });
  registration.handler(
      "session:swept", {.idempotent = false, .store_only = true, .bounded = false},
      [](HandlerContext& context, const pack::Event&) { return add_to(context.store(), "swept_heard", 1); },
      [](const pack::Event& event) { return std::string(json::string_or(event.payload, "id", "?")); });
}

const pack::BuiltinPack& session_pack() {
  static const pack::BuiltinPack pack{"session", {{"manifest.yaml", kSessionManifest}}, register_session};
  return pack;
}

void add_tools(std::vector<KernelTool>& tools, Result<std::vector<KernelTool>> more) {
  ASSERT_TRUE(more.ok());
  for (KernelTool& tool : *more) tools.push_back(std::move(tool));
}

void arrange_session(ApprovalWorld& world) {
  world.pack = &session_pack();
  add_tools(world.kernel_tools, make_task_tools());
  add_tools(world.kernel_tools, make_stop_tools());
  world.config.approval_providers = json::Object{{"*", ApprovalWorld::provider("console")}};
  world.config.limits.rate_per_second = 50;
  world.config.limits.rate_burst = 20;
  world.ask_for("session:risky");
}

}  // namespace

RecordedWorld::RecordedWorld(std::uint64_t seed) : dice_(seed ^ 0x5EED) {
  arrange_session(world);
  world.random = SeededRandom(seed);
  world.open();
  world.settle();
}

RecordedWorld::~RecordedWorld() {
  if (world.kernel != nullptr) world.kernel->stop_recording("the test is over");
}

std::uint64_t RecordedWorld::draw(std::uint64_t below) {
  const auto bytes = dice_.draw16();
  return (std::uint64_t{bytes[0]} << 8 | bytes[1]) % below;
}

void RecordedWorld::begin() {
  Status begun = Error(ErrorCode::kInternal, "not yet");
  RecordingRequest request;
  request.begin = [this](json::Object start) -> Result<FrameTaker*> {
    recorder = std::make_unique<Recorder>(std::make_unique<TextSink>(recording), std::move(start));
    return recorder.get();
  };
  request.begun = [&begun](const Status& status) { begun = status; };
  world.kernel->record(std::move(request));
  world.settle();
  ASSERT_TRUE(begun.ok()) << begun.error().to_string();
}

void RecordedWorld::work(int steps) {
  for (int i = 0; i < steps; ++i) step();
  world.settle();
}

void RecordedWorld::step() {
  const auto nothing = [](const CallResult&) {};
  const auto n = static_cast<std::int64_t>(draw(100));
  world.clock.advance(std::chrono::milliseconds(draw(200)));
  world.credential.subject = Subject("ws-42:local:u" + std::to_string(draw(3)));
  switch (draw(18)) {
    case 0:
    case 1:
    case 2:
      return world.submit("session:add", json::Object{{"n", n}, {"note", "x"}},
                          n % 4 == 0 ? "key-" + std::to_string(n % 12) : std::string(), nothing);
    case 3:
      return world.submit("session:add", json::Object{{"n", n}, {"password", "hunter"}}, {}, nothing);
    case 4:
      return world.submit("session:add", json::Object{{"n", -1}, {"password", "AKIAIOSFODNN7EXAMPLE"}}, {}, nothing);
    case 5:
      return world.submit("session:add", json::Object{{"note", "AKIAIOSFODNN7EXAMPLE"}, {"n", n}}, {}, nothing);
    case 6:
      return world.submit("session:read", json::Object{{"key", "a"}}, {}, nothing);
    case 7:
    case 8:
      return world.submit("session:count", json::Object{}, {}, nothing);
    case 9:
      return world.submit("session:send", json::Object{{"n", n}}, {}, nothing);
    case 10:
      return world.submit("session:fail", json::Object{{"how", n % 4}}, {}, nothing);
    case 11:
      return world.submit("session:risky", json::Object{{"why", n % 2 ? "AKIAIOSFODNN7EXAMPLE" : "no reason"}}, {},
                          [this](const CallResult& result) {
                            const auto body = json::parse(result.body);
                            if (body.ok() && body->find("approval_id") != nullptr)
                              waiting_.push_back(body->find("approval_id")->as_string());
                          });
    case 12:
      if (waiting_.empty()) return world.settle();
      world.decide(n % 3 != 0, world.decision(waiting_.back(), n % 3 != 0));
      return waiting_.pop_back();
    case 13:
      world.kernel->run_pending();
      for (const ReceiptId& receipt : world.kernel->running_receipts())
        return world.kernel->cancel(receipt, Subject("ws-42:test"));
      return;
    case 14:
      return world.kernel->change_journal(
          [n](log::Log& log) { return log.put(journal::kStoreTable, "elsewhere\0k", std::to_string(n)); },
          [](const Status&) {});
    case 15:
      return world.kernel->configuration_on_disk(n % 2 == 0 ? world.config.hash : std::string(64, 'f'));
    case 16:
      return world.submit("session:nowhere", json::Object{}, "AKIAIOSFODNN7EXAMPLE", nothing);
    default:
      return world.settle();
  }
}

std::string RecordedWorld::end(const std::string& reason) {
  world.settle();
  world.kernel->stop_recording(reason);
  recorder->finish();
  return recording;
}

ReplayOptions RecordedWorld::replay_options() const {
  ReplayOptions options;
  options.kernel.config = world.config;
  options.kernel.registry = registry_of(session_pack(), world.config);
  options.kernel.kernel_tools = world.kernel_tools;
  options.kernel.version = "test";
  options.kernel.workspace_root = "/elsewhere";
  return options;
}

std::string record_session(std::uint64_t seed, int steps) {
  RecordedWorld session(seed);
  session.begin();
  session.work(steps);
  return session.end();
}

ReplayOptions session_replay_options() {
  ApprovalWorld world;
  arrange_session(world);
  ReplayOptions options;
  options.kernel.config = world.config;
  options.kernel.registry = registry_of(session_pack(), world.config);
  options.kernel.kernel_tools = world.kernel_tools;
  options.kernel.version = "test";
  options.kernel.workspace_root = "/elsewhere";
  return options;
}

}  // namespace lumenflow::kernel
