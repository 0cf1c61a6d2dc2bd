// Events to automations: each becomes one call, on the one path, whatever crashes; and plans of routines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/kernel_world.h"
#include "log/cursor.h"

namespace lumenflow::kernel {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

// A pack whose tool `echo:say` emits echo:said, with the automations of a test.
constexpr std::string_view kEchoManifest = R"(
id: echo
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["echo:said", "echo:was_primed"]
backpressure_policy: {"echo:said": queue, "echo:was_primed": queue}
event_types: content/event-types.json
required_approvals: ["echo:risky"]
tools:
  - {name: echo:say, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: echo:publish, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: echo:publish-now, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: echo:note, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: echo:effect, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: echo:fail, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - name: echo:ask
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["echo:risky"]
  - name: echo:own
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    scope: "echo:special"
)";

// Of the bus alone, and one that is a kernel event, too.
constexpr std::string_view kEventTypes = R"({"packSlug": "echo", "eventTypes": [
  {"namespace": "echo", "name": "core-primed", "version": 1, "schema": "primed.schema.json", "capacity": 4},
  {"namespace": "echo", "name": "core-kept", "version": 1, "schema": "primed.schema.json",
    "kind": "echo:was_primed"}]})";
constexpr std::string_view kPrimedSchema =
    R"({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}})";

std::vector<std::string> g_noted, g_effects_done;  // what the tools saw, in order
pack::StatusHandler g_status;                      // what the pack says of calls that were cut off; empty: nothing

void register_echo(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  const auto note = [](ToolContext& context, const json::Value& input) -> ToolResult {
    g_noted.push_back(context.subject() + " " + json::serialize(input));
    return ToolOutput{json::Object{}, {}};
  };
  registration.tool("echo:say", kStrand, [](ToolContext& context, const json::Value& input) -> ToolResult {
    const Status said = context.emit("echo:said", input, {});
    return said.ok() ? ToolResult(ToolOutput{json::Object{}, {}}) : ToolError{"FAILED", said.error().message(), {}};
  });
  const auto publish = [](ToolContext& context, const json::Value& input) -> ToolResult {
    pack::EmitOptions options;
    if (const json::Value* key = input.find("key")) options.idempotency_key = key->as_string();
    Status said;
    for (std::int64_t i = 0; said.ok() && i < json::integer_or(input, "times", 1); ++i)
      said = context.emit(json::string_or(input, "type", ""), *input.find("payload"), options);
    if (said.ok()) return ToolOutput{json::Object{}, {}};
    return ToolError{std::string(name(said.error().code())), said.error().message(), {}};
  };
  registration.tool("echo:publish", kStrand, publish);
  registration.tool("echo:publish-now", {}, [](ToolContext& context, const json::Value& input) -> ToolResult {
    const auto said = context.emit_now(json::string_or(input, "type", ""), *input.find("payload"), {});
    if (!said.ok()) return ToolError{std::string(name(said.error().code())), said.error().message(), {}};
    return ToolOutput{json::Object{{"event_id", said->event_id}}, {}};
  });
  registration.tool("echo:note", kStrand, note);
  registration.status([](const pack::StartedCall& call) { return g_status ? g_status(call) : pack::Aftermath{}; });
  registration.tool("echo:own", kStrand, note);
  registration.tool("echo:ask", kStrand, note);
  registration.tool("echo:effect", {}, [](ToolContext& context, const json::Value&) -> ToolResult {
    g_effects_done.push_back(context.receipt_id());
    return ToolOutput{json::Object{}, {}};
  });
  registration.tool("echo:fail", kStrand, [](ToolContext&, const json::Value&) -> ToolResult {
    return ToolError{"NO_LUCK", "the tool says no", {}};
  });
}

class Automate : public ::testing::Test {
 protected:
  ~Automate() override {
    g_noted.clear();
    g_effects_done.clear();
    g_status = {};
  }

  // With these automations in the manifest.
  void open(const std::string& automations) {
    manifest_ = std::string(kEchoManifest) + "automations:\n" + automations;
    pack_ = {"echo",
             {{"manifest.yaml", manifest_},
              {"content/event-types.json", kEventTypes},
              {"content/primed.schema.json", kPrimedSchema}},
             register_echo};
    world.pack = &pack_;
    world.open();
  }
  // Until nothing is left to do: an event is read, fires, and its call is recorded.
  void settle() {
    for (int i = 0; i < 40; ++i) world.settle();
  }
  void say(json::Value payload) {
    EXPECT_EQ(world.call("echo:say", std::move(payload)).outcome, journal::Outcome::kSuccess);
    settle();
  }
  std::vector<json::Value> of_type(const std::string& type) const {
    std::vector<json::Value> found;
    for (json::Value& entry : world.entries())
      if (json::string_or(entry, "type", "") == type) found.push_back(std::move(entry));
    return found;
  }
  std::vector<std::string> outcomes() const {
    std::vector<std::string> found;
    for (const json::Value& entry : of_type("handler.done"))
      found.push_back(std::string(json::string_or(entry, "outcome", "")) + " " +
                      std::string(json::string_or(entry, "error", "")));
    return found;
  }

  KernelWorld world;
  std::string manifest_;
  pack::BuiltinPack pack_;
};

TEST_F(Automate, AnEventBecomesACallWithWhatItSays) {
  open(R"(
  - id: on-said
    on: echo:said
    do:
      tool: echo:note
      input:
        {n: {$event: /payload/n}, kind: {$event: /kind}, none: {$event: /payload/x}, fixed: [1, {$event: /payload/n}]}
)");
  say(json::Object{{"n", 7}});
  EXPECT_THAT(g_noted, ElementsAre(R"(ws-42:automation:echo.on-said {"n":7,"kind":"echo:said","fixed":[1,7]})"));
  EXPECT_THAT(outcomes(), ElementsAre("applied "));
  const auto requested = of_type("call.requested");
  ASSERT_FALSE(requested.empty());
  EXPECT_EQ(json::string_or(requested.back(), "subject", ""), "ws-42:automation:echo.on-said");
}

json::Object primed(const char* type, std::int64_t n) { return {{"type", type}, {"payload", json::Object{{"n", n}}}}; }

TEST_F(Automate, ATypeOfTheBusFiresWhereItIsSaid) {
  open(R"(
  - {id: on-primed, on: "echo:core-primed", when: {n: 7}, do: {tool: echo:note,
     input: {n: {$event: /payload/n}, of: {$event: /kind}}}}
)");
  EXPECT_EQ(world.call("echo:publish", primed("echo:core-primed", 6)).outcome, journal::Outcome::kSuccess);
  EXPECT_EQ(world.call("echo:publish", primed("echo:core-primed", 7)).outcome, journal::Outcome::kSuccess);
  settle();
  const char* const noted = R"(ws-42:automation:echo.on-primed {"n":7,"of":"echo:core-primed"})";
  EXPECT_THAT(g_noted, ElementsAre(noted));
  EXPECT_THAT(outcomes(), IsEmpty()) << "nothing was delivered from the journal";
  for (const json::Value& entry : world.entries()) EXPECT_NE(json::string_or(entry, "kind", ""), "echo:core-primed");
  EXPECT_EQ(world.call("echo:publish-now", primed("echo:core-primed", 7)).outcome, journal::Outcome::kSuccess);
  settle();
  EXPECT_THAT(g_noted, ElementsAre(noted, noted)) << "in the middle of a call, too";
}

TEST_F(Automate, ATypeWithAKindIsItsKernelEventAndFiresFromTheJournal) {
  open(R"(
  - {id: on-kept, on: "echo:core-kept", do: {tool: echo:note, input: {of: {$event: /kind}}}}
)");
  EXPECT_EQ(world.call("echo:publish", primed("echo:core-kept", 1)).outcome, journal::Outcome::kSuccess);
  settle();
  EXPECT_THAT(g_noted, ElementsAre(R"(ws-42:automation:echo.on-kept {"of":"echo:was_primed"})"));
  EXPECT_THAT(outcomes(), ElementsAre("applied "));
}

TEST_F(Automate, WhatIsSaidUnderOneKeyIsOnTheBusOnce) {
  open("  - {id: never, on: echo:said, when: {n: nought}, do: {tool: echo:note}}\n");
  std::vector<std::int64_t> heard;
  ASSERT_TRUE(world.kernel->bell()
                  .listen(
                      "echo:core-kept",
                      [&heard](const bus::Event& event) { heard.push_back(event.json().find("n")->as_integer()); },
                      "test")
                  .ok());
  json::Object kept = primed("echo:core-kept", 3);
  kept.set("key", "once");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(world.call("echo:publish", kept).outcome, journal::Outcome::kSuccess);
  EXPECT_THAT(heard, ElementsAre(3));
}

TEST_F(Automate, AWrongRuntimeEventIsRefusedWhereItIsSaid) {
  open("  - {id: never, on: echo:said, when: {n: nought}, do: {tool: echo:note}}\n");
  const auto said = [this](json::Object what) { return world.call("echo:publish", std::move(what)).body; };
  EXPECT_THAT(said({{"type", "echo:core-primed"}, {"payload", json::Object{{"n", "x"}}}}),
              HasSubstr("INVALID_PAYLOAD"));
  json::Object keyed = primed("echo:core-primed", 1);
  keyed.set("key", "k");
  EXPECT_THAT(said(keyed), HasSubstr("is said on the bus alone"));
  EXPECT_THAT(said(primed("echo:core-molten", 1)), HasSubstr("UNKNOWN_KIND"));
  EXPECT_THAT(said(primed("kernel:call-finished", 1)), HasSubstr("UNKNOWN_KIND")) << "not the pack's own";
}

TEST_F(Automate, WhatItsBusChannelCannotHoldIsRefusedWhereItIsSaid) {
  open("  - {id: on-primed, on: \"echo:core-primed\", do: {tool: echo:note}}\n");
  json::Object many = primed("echo:core-primed", 7);
  many.set("times", 5);  // its channel holds four
  EXPECT_THAT(world.call("echo:publish", many).body, HasSubstr("EVENT_BUFFER_OVERFLOW"));
  settle();
  EXPECT_THAT(g_noted, IsEmpty()) << "the tool failed, and nothing of it is said";
  json::Object kept = primed("echo:core-kept", 7);
  kept.set("times", 257);
  EXPECT_EQ(world.call("echo:publish", kept).outcome, journal::Outcome::kSuccess) << "the journal has those";
  many.set("times", 4);
  EXPECT_EQ(world.call("echo:publish", many).outcome, journal::Outcome::kSuccess);
  settle();
  EXPECT_THAT(g_noted, SizeIs(4));
}

// Else each call would fire it again.
TEST_F(Automate, WhatTheKernelSaysOfItsOwnCallDoesNotFireItAgain) {
  open(R"(
  - {id: on-end, on: "kernel:call-finished", when: {outcome: success}, cooldown_ms: 1000,
     do: {tool: echo:note, input: {tool: {$event: /payload/tool}}}}
)");
  say(json::Object{{"n", 1}});
  const char* const noted = R"(ws-42:automation:echo.on-end {"tool":"echo:say"})";
  EXPECT_THAT(g_noted, ElementsAre(noted));
  say(json::Object{{"n", 2}});
  EXPECT_THAT(g_noted, SizeIs(1)) << "it cools down";
  world.clock.advance(2s);
  say(json::Object{{"n", 3}});
  EXPECT_THAT(g_noted, ElementsAre(noted, noted));
}

TEST_F(Automate, OneOfTheBusThatSaysWhatItWaitsForIsStopped) {
  open(R"(
  - {id: circle, on: "echo:core-primed", do: {tool: echo:publish, input: {type: "echo:core-primed", payload: {n: 1}}}}
)");
  EXPECT_EQ(world.call("echo:publish", primed("echo:core-primed", 1)).outcome, journal::Outcome::kSuccess);
  settle();
  EXPECT_THAT(of_type("call.requested"), SizeIs(9)) << "eight rounds";
  EXPECT_EQ(world.kernel->counters().deliveries_by_outcome.at("not_fired"), 1u);
}

TEST_F(Automate, OnlyWhatTheConditionHoldsForFires) {
  open(R"(
  - {id: failed, on: echo:said, when: {status: failed, /deep/n: 1}, do: {tool: echo:note}}
  - {id: never, on: echo:said, enabled: false, do: {tool: echo:note}}
)");
  say(json::Object{{"status", "fine"}, {"deep", json::Object{{"n", 1}}}});
  say(json::Object{{"status", "failed"}, {"deep", json::Object{{"n", 2}}}});
  say(json::Object{{"status", "failed"}});
  EXPECT_THAT(g_noted, IsEmpty());
  EXPECT_THAT(outcomes(), IsEmpty()) << "what does not fire leaves no record";
  say(json::Object{{"status", "failed"}, {"deep", json::Object{{"n", 1}}}});
  EXPECT_THAT(g_noted, SizeIs(1));
}

TEST_F(Automate, ACooldownHoldsOverARestart) {
  open("  - {id: rare, on: echo:said, cooldown_ms: 60000, do: {tool: echo:note}}\n");
  say(json::Object{{"n", 1}});
  say(json::Object{{"n", 2}});
  EXPECT_THAT(g_noted, SizeIs(1));
  world.crash();
  world.open();
  say(json::Object{{"n", 3}});
  EXPECT_THAT(g_noted, SizeIs(1));
  world.clock.advance(61s);
  say(json::Object{{"n", 4}});
  EXPECT_THAT(g_noted, SizeIs(2));
}

TEST_F(Automate, TheCallHappensOnceWhereverTheProcessDies) {
  int steps_until_done = 0;
  for (int steps = 0; steps < 60; ++steps) {
    KernelWorld fresh;
    g_effects_done.clear();
    manifest_ = std::string(kEchoManifest) + "automations:\n  - {id: act, on: echo:said, do: {tool: echo:effect}}\n";
    pack_ = {"echo",
             {{"manifest.yaml", manifest_},
              {"content/event-types.json", kEventTypes},
              {"content/primed.schema.json", kPrimedSchema}},
             register_echo};
    fresh.pack = &pack_;
    fresh.open();
    fresh.submit("echo:say", json::Object{{"n", 1}}, {}, [](const CallResult&) {});
    for (int i = 0; i < steps; ++i) {
      if (i % 2 == 0) {
        fresh.kernel->run_pending();
      } else {
        fresh.running_task = true;
        fresh.executor.run_one();
        fresh.running_task = false;
      }
    }
    const bool said = [&] {
      for (const json::Value& entry : fresh.entries())
        if (json::string_or(entry, "type", "") == "event.emitted") return true;
      return false;
    }();
    fresh.crash();
    fresh.open();
    for (int i = 0; i < 40; ++i) fresh.settle();
    EXPECT_LE(g_effects_done.size(), 1u) << steps;
    int done = 0;
    for (const json::Value& entry : fresh.entries()) done += json::string_or(entry, "type", "") == "handler.done";
    EXPECT_EQ(done, said ? 1 : 0) << steps;
    if (done == 0) ++steps_until_done;
  }
  EXPECT_GT(steps_until_done, 0) << "some died before anything was said";
}

TEST_F(Automate, WhatBrokeOffWithoutAnyEffectIsDoneAgain) {
  open("  - {id: act, on: echo:said, do: {tool: echo:effect}}\n");
  pack::Aftermath::Effect effect = pack::Aftermath::Effect::kNone;
  g_status = [&effect](const pack::StartedCall&) { return pack::Aftermath{effect, {}}; };
  world.submit("echo:say", json::Object{{"n", 1}}, {}, [](const CallResult&) {});
  const auto started = [this] { return of_type("call.started").size(); };
  for (int i = 0; i < 40 && started() == 0; ++i) {
    world.kernel->run_pending();
    if (started() == 0) world.executor.run_one();
  }
  ASSERT_EQ(started(), 1u);
  ASSERT_THAT(g_effects_done, IsEmpty()) << "it was cut off before it did anything";
  world.crash();
  world.open();
  settle();
  EXPECT_THAT(g_effects_done, SizeIs(1));
  EXPECT_THAT(outcomes(), ElementsAre("applied "));
}

TEST_F(Automate, WhatACallEndsAsIsItsOwnMatter) {
  open(R"(
  - {id: fails, on: echo:said, do: {tool: echo:fail}}
  - {id: gone, on: echo:said, do: {tool: echo:nothing}}
  - {id: waits, on: echo:said, do: {tool: echo:ask}}
)");
  world.config.approval_providers = json::Object{{"*", "console"}};
  world.crash();
  world.open();
  say(json::Object{});
  EXPECT_THAT(outcomes(),
              ElementsAre(HasSubstr(": it failed"), HasSubstr(": TOOL_NOT_FOUND"), HasSubstr("applied rcpt-")));
  EXPECT_THAT(g_noted, IsEmpty());
  say(json::Object{});
  EXPECT_THAT(outcomes(), SizeIs(6)) << "nothing is tried again";
}

TEST_F(Automate, ItHoldsTheScopesOfItsOwnPackAndNoMore) {
  open(R"(
  - {id: own, on: echo:said, do: {tool: echo:own}}
  - {id: stops, on: echo:said, do: {tool: 'kernel:stop', input: {all: true}}}
)");
  say(json::Object{});
  EXPECT_THAT(g_noted, ElementsAre("ws-42:automation:echo.own {}"));
  EXPECT_THAT(outcomes(), ElementsAre("applied ", HasSubstr(": TOOL_NOT_FOUND")))
      << "the kernel's tools are not a pack's";
}

TEST_F(Automate, OneThatFiresAtItsOwnCallsIsStopped) {
  open("  - {id: loop, on: echo:said, do: {tool: echo:say, input: {again: true}}}\n");
  say(json::Object{});
  for (int i = 0; i < 20; ++i) settle();
  const std::vector<std::string> found = outcomes();
  ASSERT_THAT(found, SizeIs(9));
  EXPECT_THAT(found.back(), HasSubstr("dead_lettered it fires at what its own calls lead to"));
  world.crash();
  world.open();
  settle();
  EXPECT_THAT(outcomes(), SizeIs(9)) << "the end holds over a restart";
}

TEST_F(Automate, CallsThatCameTooOftenAreMadeLater) {
  world.config.limits.rate_per_second = 1;
  world.config.limits.rate_burst = 1;
  open("  - {id: many, on: echo:said, do: {tool: echo:note}}\n");
  for (int n = 0; n < 3; ++n) {
    say(json::Object{{"n", n}});
    world.clock.advance(1s);
  }
  for (int i = 0; i < 20; ++i) {
    world.clock.advance(10s);
    settle();
  }
  EXPECT_THAT(g_noted, SizeIs(3));
}

// --- routines ---

constexpr std::string_view kRoutines = R"(
id: sidekick
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["sidekick:routine_due"]
backpressure_policy: {"sidekick:routine_due": queue}
tools:
  - {name: sidekick:due, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: sidekick:step, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: sidekick:fail, permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: routine:run, required_scopes: [{type: path, pattern: "data/**", access: read}]}
)";

json::Value g_plan;

void register_routines(pack::Registration& registration) {
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  registration.tool("sidekick:due", kStrand, [](ToolContext& context, const json::Value& input) -> ToolResult {
    static_cast<void>(context.emit("sidekick:routine_due", input, {}));
    return ToolOutput{json::Object{}, {}};
  });
  registration.tool("sidekick:step", kStrand, [](ToolContext& context, const json::Value& input) -> ToolResult {
    g_noted.push_back(context.subject() + " " + json::serialize(input));
    return ToolOutput{json::Object{}, {}};
  });
  registration.tool("sidekick:fail", kStrand, [](ToolContext&, const json::Value&) -> ToolResult {
    return ToolError{"NO_LUCK", "no", {}};
  });
  registration.tool("routine:run", kStrand, [](ToolContext&, const json::Value& input) -> ToolResult {
    return ToolOutput{json::Object{{"routine_id", *input.find("id")}, {"plan", g_plan}}, {}};
  });
}

class Routines : public Automate {
 protected:
  static json::Value step(const char* tool, std::int64_t n) {
    return json::Object{{"tool", tool}, {"input", json::Object{{"n", n}}}};
  }
  void open_with(bool auto_run) {
    pack_ = {"sidekick", {{"manifest.yaml", kRoutines}}, register_routines};
    world.pack = &pack_;
    if (auto_run) world.config.pack_sections.insert_or_assign("routines", json::Object{{"auto_run", true}});
    world.open();
  }
  void due(const std::string& id) {
    EXPECT_EQ(world.call("sidekick:due", json::Object{{"routine_id", id}}).outcome, journal::Outcome::kSuccess);
    settle();
  }
};

TEST_F(Routines, StepsAreCalledInTheirOrderByTheRoutine) {
  open_with(true);
  g_plan = json::Array{step("sidekick:step", 1), step("sidekick:step", 2)};
  due("routine-A");
  EXPECT_THAT(g_noted, ElementsAre(R"(ws-42:routine:routine-A {"n":1})", R"(ws-42:routine:routine-A {"n":2})"));
  EXPECT_THAT(outcomes(), ElementsAre("applied "));
}

TEST_F(Routines, AStepThatFailsIsTheLast) {
  open_with(true);
  g_plan = json::Array{step("sidekick:step", 1), step("sidekick:fail", 2), step("sidekick:step", 3)};
  due("routine-A");
  EXPECT_THAT(g_noted, SizeIs(1));
  EXPECT_THAT(outcomes(), ElementsAre(HasSubstr(": it failed")));
}

TEST_F(Routines, NothingRunsByItselfUnlessTheWorkspaceSaysSo) {
  open_with(false);
  g_plan = json::Array{step("sidekick:step", 1)};
  due("routine-A");
  EXPECT_THAT(g_noted, IsEmpty());
}

TEST_F(Routines, ATaskThatFallsDueHasNoSteps) {
  open_with(true);
  g_plan = json::Array{step("sidekick:step", 1)};
  due("task-A");
  EXPECT_THAT(g_noted, IsEmpty());
  EXPECT_THAT(outcomes(), IsEmpty());
}

}  // namespace
}  // namespace lumenflow::kernel
