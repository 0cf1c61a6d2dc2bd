#include "kernel/testing/recorded_session.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "kernel/approval_tools.h"
#include "kernel/outbound.h"
#include "kernel/stop_tools.h"
#include "kernel/task_tools.h"
#include "pack/programs.h"

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
event_types: content/event-types.json
automations:
  - {id: on-said, on: "session:said", when: {n: 3}, do: {tool: session:note, input: {n: {$event: /payload/n}}}}
  - {id: on-primed, on: "session:core-primed", cooldown_ms: 300,
     do: {tool: session:note, input: {n: {$event: /payload/n}}}}
  - {id: on-end, on: "kernel:call-finished", when: {tool: session:read}, do: {tool: session:note}}
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
  - name: session:note
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: session:run
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: session:fetch
    required_scopes: [{type: path, pattern: "data/**", access: read}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: session:act
    permission: write
    timeout_ms: 60000
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: session:burst
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
  - name: session:risky
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {why: {type: string}}}
    summary: session:weigh
  - name: session:weigh
    required_scopes: [{type: path, pattern: "data/**", access: read}]
)";

constexpr std::string_view kSessionTypes = R"({"packSlug": "session", "eventTypes": [
  {"namespace": "session", "name": "core-primed", "version": 1, "schema": "primed.schema.json"},
  {"namespace": "session", "name": "core-brief", "version": 1, "schema": "primed.schema.json", "capacity": 4}]})";
constexpr std::string_view kPrimed =
    R"({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"},
        "pin": {"type": "integer", "writeOnly": true}, "phrase": {"type": "string", "maxLength": 24,
        "writeOnly": true}}})";

// Routines by the clock, as sidekick's.
constexpr std::string_view kRoutinesManifest = R"(
id: sidekick
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["sidekick:routine_due"]
backpressure_policy: {"sidekick:routine_due": queue}
tools:
  - {name: routine:run, required_scopes: [{type: path, pattern: "data/**", access: read}]}
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

json::Object primed_by(std::int64_t n) { return {{"n", n}, {"pin", 40'414'041}, {"phrase", "open-the-lock-slowly"}}; }

ToolResult add_up(ToolContext& context, const json::Value& input) {
  const std::int64_t n = input.find("n")->as_integer();
  Status status = add_to(context.store(), "sum", n);
  if (status.ok()) status = context.emit("session:said", json::Object{{"n", n}, {"id", context.new_ulid()}}, {});
  if (n % 3 == 0) context.wake("sweep", context.now_ms() + 500);
  if (status.ok() && n % 5 == 0) status = context.emit("session:core-primed", primed_by(n), {});
  return answer(status);
}

ToolResult burst(ToolContext& context, const json::Value& input) {
  for (std::int64_t i = 0; i < json::integer_or(input, "n", 0); ++i)
    if (Status said = context.emit("session:core-brief", json::Object{{"n", i}}, {}); !said.ok()) return answer(said);
  return answer({});
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

ToolResult run_program(ToolContext& context, const json::Value& input) {
  pack::ProgramRequest request;
  request.command = {"count", std::to_string(json::integer_or(input, "n", 0))};
  const Result<pack::ProgramEnd> end = context.run_program(request);
  if (!end.ok()) return answer(end.error());
  return ToolOutput{json::Object{{"exit_code", end->exit_code}, {"out", end->output}}, {}};
}

ToolResult fetch_page(ToolContext& context, const json::Value& input) {
  pack::HttpRequest request;
  request.url = "https://example.invalid/" + std::to_string(json::integer_or(input, "n", 0));
  const Result<pack::HttpResponse> response = context.fetch(request);
  if (!response.ok()) return answer(response.error());
  return ToolOutput{json::Object{{"status", response->status}, {"body", response->body}}, {}};
}

// A turn of an agent: calls of other tools, on a session that goes on; and every fifth breaks off.
ToolResult act(ToolContext& context, const json::Value& input) {
  const std::int64_t n = json::integer_or(input, "n", 0);
  pack::TurnOpening opening;
  opening.session_id = "s-" + std::to_string(n % 2);
  opening.tool_calls_max = n % 3 == 0 ? 3 : 6;
  const Result<pack::Turn> turn = context.turns()->open(opening);
  if (!turn.ok()) return answer(turn.error());
  json::Array outcomes;
  for (const char* tool : {"session:nowhere", "session:read", "session:add", "session:risky"}) {
    const Result<pack::Invoked> invoked = context.invoke(tool, json::Object{{"n", n}});
    outcomes.push_back(invoked.ok() ? json::Value(invoked->outcome) : json::Value(invoked.error().message()));
  }
  if (n % 5 == 4) throw std::runtime_error("the agent broke off");
  return ToolOutput{json::Object{{"turn", turn->turn_id}, {"outcomes", std::move(outcomes)}}, {}};
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
  registration.tool("session:note", kStrand, [](ToolContext& context, const json::Value&) {
    return answer(add_to(context.store(), "noted", 1));
  });
  registration.tool("session:burst", kStrand, burst);
  registration.tool("session:run", {.programs = true}, run_program);
  registration.tool("session:fetch", {}, fetch_page);
  registration.tool("session:act", {}, act);
  registration.tool("session:risky", kStrand, [](ToolContext&, const json::Value&) {
    return ToolOutput{json::Object{}, {}};
  });
  registration.tool("session:weigh", {}, [](ToolContext& context, const json::Value& input) -> ToolResult {
    if (json::string_or(input, "why", "").empty()) return ToolError{"NO_REASON", "say why", {}};
    return ToolOutput{json::Object{{"weighed", context.new_ulid()}}, {}};
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
  static const pack::BuiltinPack pack{"session",
                                      {{"manifest.yaml", kSessionManifest},
                                       {"content/event-types.json", kSessionTypes},
                                       {"content/primed.schema.json", kPrimed}},
                                      register_session};
  return pack;
}

void register_cron(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  registration.tool("routine:run", kStrand, [](ToolContext&, const json::Value&) -> ToolResult {
    return ToolOutput{json::Object{{"plan", json::Array{json::Object{{"tool", "session:note"}},
                                                        json::Object{{"tool", "session:count"}}}}},
                      {}};
  });
  registration.timer("cron", [](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    LUMENFLOW_TRY(context.emit_now("sidekick:routine_due", json::Object{{"routine_id", "routine-A"}}, {}));
    return std::optional(context.now_ms() + 900);
  });
}

const pack::BuiltinPack& routines_pack() {
  static const pack::BuiltinPack pack{"sidekick", {{"manifest.yaml", kRoutinesManifest}}, register_cron};
  return pack;
}

std::shared_ptr<const pack::Registry> session_registry() {
  pack::RegistryBuilder builder;
  builder.add_builtin(session_pack());
  builder.add_builtin(routines_pack());
  auto registry = builder.build();
  EXPECT_EQ(registry->packs().size(), 2u) << pack::render_text(registry->diagnostics(), false);
  return registry;
}

class CannedHosts final : public Outbound {
 public:
  Status check(const pack::HttpRequest&) const override { return {}; }
  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request, Cancellation*) override {
    if (request.url.ends_with("7")) return Error(ErrorCode::kIo, "no route to the host");
    pack::HttpResponse response;
    response.status = 200;
    response.body = "page of " + request.url + ", its key is AKIAIOSFODNN7EXAMPLE";
    return response;
  }
};

class CannedPrograms final : public pack::Programs {
 public:
  std::vector<Result<pack::ProgramEnd>> run(const std::string&, pack::HostedRun& run,
                                            const std::vector<pack::ProgramRequest>& requests, std::size_t) override {
    run.held_by("a box");
    std::vector<Result<pack::ProgramEnd>> ends;
    for (const pack::ProgramRequest& request : requests) {
      pack::ProgramEnd end;
      end.exit_code = static_cast<int>(request.command.back().size());
      end.output = request.command.back();
      ends.emplace_back(std::move(end));
    }
    return ends;
  }
};

CannedHosts g_hosts;  // without state
CannedPrograms g_programs;

void add_tools(std::vector<KernelTool>& tools, Result<std::vector<KernelTool>> more) {
  ASSERT_TRUE(more.ok());
  for (KernelTool& tool : *more) tools.push_back(std::move(tool));
}

void arrange_session(ApprovalWorld& world) {
  world.registry = session_registry();
  world.outbound = &g_hosts;
  world.programs = &g_programs;
  world.waits_for_tools = true;
  world.config.pack_sections.insert_or_assign("routines", json::Object{{"auto_run", true}});
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
  switch (draw(22)) {
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
    case 17:
      return world.submit("session:run", json::Object{{"n", n}}, {}, nothing);
    case 18:
      return world.submit("session:fetch", json::Object{{"n", n}}, {}, nothing);
    case 19:
      return world.submit("session:act", json::Object{{"n", n}}, {}, nothing);
    case 16:
      return world.submit(n % 2 ? "session:nowhere" : "AKIAIOSFODNN7EXAMPLE:nowhere", json::Object{},
                          "AKIAIOSFODNN7EXAMPLE", nothing);
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
  options.kernel.registry = session_registry();
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
  options.kernel.registry = session_registry();
  options.kernel.kernel_tools = world.kernel_tools;
  options.kernel.version = "test";
  options.kernel.workspace_root = "/elsewhere";
  return options;
}

}  // namespace lumenflow::kernel
