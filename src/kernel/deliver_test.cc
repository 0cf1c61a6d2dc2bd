// Events to handlers: in order, applied once through crashes and failed commits, set aside when they cannot be applied.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/kernel_world.h"
#include "log/cursor.h"

namespace lumenflow::kernel {
namespace {

using pack::HandlerContext;
using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::string_view kBellManifest = R"(
id: bell
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["bell:rung", "bell:echoed"]
backpressure_policy: {"bell:rung": queue, "bell:echoed": ephemeral}
subscribed_event_kinds: ["bell:rung"]
tools:
  - name: bell:ring
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}, key: {type: string}}}
  - name: bell:announce
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";

// The same, but the delivery waits for an approval.
const std::string& approved_manifest() {
  static const std::string text =
      std::string(kBellManifest) +
      "required_approvals: [\"bell:hear\"]\nhandler_approvals: {\"bell:rung\": bell:hear}\n";
  return text;
}

// What the pack's code does; a test sets it. One test at a time.
struct Behaviour {
  pack::HandlerTraits traits{.idempotent = true, .store_only = true, .bounded = true};
  pack::EventHandler hear;
  pack::ReplayKey replay_key;
  std::function<ToolResult(ToolContext&)> announce;
};
Behaviour g_behaviour;

std::int64_t number_of(const pack::Event& event) { return event.payload.find("n")->as_integer(); }

void register_bell(pack::Registration& registration) {
  registration.tool("bell:ring", {.store_only = true, .bounded = true},
                    [](ToolContext& context, const json::Value& input) -> ToolResult {
                      pack::EmitOptions options;
                      if (const json::Value* key = input.find("key")) options.idempotency_key = key->as_string();
                      const Status status = context.emit("bell:rung", json::Object{{"n", *input.find("n")}}, options);
                      if (!status.ok()) return ToolError{"FAILED", status.error().message(), {}};
                      return ToolOutput{json::Object{}, {}};
                    });
  registration.tool("bell:announce", {},
                    [](ToolContext& context, const json::Value&) { return g_behaviour.announce(context); });
  registration.handler(
      "bell:rung", g_behaviour.traits,
      [](HandlerContext& context, const pack::Event& event) { return g_behaviour.hear(context, event); },
      g_behaviour.replay_key);
}

const pack::BuiltinPack& bell_pack() {
  static const pack::BuiltinPack pack{"bell", {{"manifest.yaml", kBellManifest}}, register_bell};
  return pack;
}

// Adds the event's number to a list in the store: done twice it shows.
Status note(HandlerContext& context, const pack::Event& event) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<json::Value> heard, context.store().get("heard"));
  json::Array list = heard ? *heard->if_array() : json::Array();
  list.push_back(number_of(event));
  return context.store().put("heard", std::move(list));
}

class Deliver : public ::testing::Test {
 protected:
  Deliver() {
    world.pack = &bell_pack();
    g_behaviour.hear = note;
    g_behaviour.announce = [](ToolContext&) { return ToolOutput{json::Object{}, {}}; };
  }
  ~Deliver() override { g_behaviour = {}; }

  void ring(std::int64_t n) {
    EXPECT_EQ(world.call("bell:ring", json::Object{{"n", n}}).outcome, journal::Outcome::kSuccess);
  }
  // Settles, and lets as much time pass as every pause between attempts takes.
  void settle() {
    for (int i = 0; i < 12; ++i) {
      world.settle();
      world.clock.advance(30s);
    }
    world.settle();
  }
  std::vector<std::int64_t> heard() {
    const auto text = *world.log->tables().get(journal::kStoreTable, journal::store_key("bell", "heard"));
    std::vector<std::int64_t> out;
    if (!text) return out;
    const json::Value list = *json::parse(*text);
    for (const json::Value& n : *list.if_array()) out.push_back(n.as_integer());
    return out;
  }
  std::vector<std::string> outcomes() {
    std::vector<std::string> out;
    for (const json::Value& entry : world.entries())
      if (journal::type_of(entry) == "handler.done") out.emplace_back(json::string_or(entry, "outcome", ""));
    return out;
  }
  std::vector<log::DeadLetter> dead_letters() {
    return *log::Cursor(*world.log, handler_cursor("bell", "sidecar")).dead_letters(Position(0), 100);
  }

  KernelWorld world;
};

std::vector<std::int64_t> up_to(std::int64_t n) {
  std::vector<std::int64_t> out;
  for (std::int64_t i = 1; i <= n; ++i) out.push_back(i);
  return out;
}

TEST_F(Deliver, AppliesEveryEventOnceAndInOrder) {
  world.open();
  for (std::int64_t n = 1; n <= 5; ++n) ring(n);
  world.settle();
  EXPECT_EQ(heard(), up_to(5));
  EXPECT_EQ(outcomes(), std::vector<std::string>(5, "applied"));
}

TEST_F(Deliver, RunsOffTheStrandWhatIsNotBounded) {
  g_behaviour.traits.bounded = g_behaviour.traits.store_only = false;
  world.open();
  for (std::int64_t n = 1; n <= 5; ++n) ring(n);
  world.settle();
  EXPECT_EQ(heard(), up_to(5));
}

TEST_F(Deliver, ABacklogLongerThanAQueueComesWholeAndInOrder) {
  bool broken = true;
  g_behaviour.hear = [&broken](HandlerContext& context, const pack::Event& event) -> Status {
    if (broken) return Error(ErrorCode::kUnreachable, "not yet");
    return note(context, event);
  };
  world.open();
  for (std::int64_t n = 1; n <= 1'000; ++n) ring(n);
  broken = false;
  settle();
  EXPECT_EQ(heard(), up_to(1'000));
}

TEST_F(Deliver, GoesOnWhereAProcessThatDiedLeftOff) {
  g_behaviour.traits.bounded = g_behaviour.traits.store_only = false;
  world.open();
  ring(1);
  for (std::int64_t n = 2; n <= 4; ++n) {
    world.submit("bell:ring", json::Object{{"n", n}}, {}, [](const CallResult&) {});
    world.kernel->run_pending();  // the event is durable, its handler has not run
    world.crash();
    world.open();
  }
  world.settle();
  EXPECT_EQ(heard(), up_to(4));
  world.crash();
  world.open();
  ring(5);
  world.settle();
  EXPECT_EQ(outcomes(), std::vector<std::string>(5, "applied"));  // none came again: the cursor moved with the effect
}

TEST_F(Deliver, AResultFromBeforeAFailedCommitCountsForNothing) {
  g_behaviour.traits.bounded = g_behaviour.traits.store_only = false;
  int runs = 0;
  g_behaviour.hear = [&runs](HandlerContext& context, const pack::Event& event) {
    ++runs;
    return note(context, event);
  };
  world.open();
  world.submit("bell:ring", json::Object{{"n", 1}}, {}, [](const CallResult&) {});
  world.kernel->run_pending();
  world.kernel->run_pending();  // asks for the events
  EXPECT_TRUE(world.executor.run_one());
  world.kernel->run_pending();  // the handler waits in the executor
  world.submit("bell:ring", json::Object{{"n", 2}}, {}, [](const CallResult&) {});
  world.faults.fail_commit = true;
  world.kernel->run_pending();
  world.faults.fail_commit = false;
  world.clock.advance(2s);
  world.settle();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(heard(), up_to(1));
  EXPECT_THAT(outcomes(), ElementsAre("applied"));
}

TEST_F(Deliver, WhatAFailedCommitUndidIsAppliedOnce) {
  for (const bool on_strand : {true, false}) {
    SCOPED_TRACE(on_strand);
    g_behaviour.traits.bounded = g_behaviour.traits.store_only = on_strand;
    KernelWorld fresh;
    fresh.pack = &bell_pack();
    fresh.open();
    fresh.submit("bell:ring", json::Object{{"n", 1}}, {}, [](const CallResult&) {});
    fresh.kernel->run_pending();
    fresh.faults.fail_commit = true;
    fresh.settle();
    fresh.faults.fail_commit = false;
    for (int i = 0; i < 5; ++i) {
      fresh.clock.advance(2s);
      fresh.settle();
    }
    const auto text = *fresh.log->tables().get(journal::kStoreTable, journal::store_key("bell", "heard"));
    EXPECT_EQ(text.value_or("nothing"), "[1]");
  }
}

TEST_F(Deliver, EqualReplayKeysAreAppliedOnceAlsoAfterARestart) {
  g_behaviour.traits.idempotent = false;
  for (const bool on_strand : {true, false}) {
    SCOPED_TRACE(on_strand);
    g_behaviour.traits.bounded = g_behaviour.traits.store_only = on_strand;
    g_behaviour.replay_key = [](const pack::Event& event) { return std::to_string(number_of(event) % 2); };
    KernelWorld fresh;
    fresh.pack = &bell_pack();
    fresh.open();
    for (std::int64_t n = 1; n <= 3; ++n) fresh.call("bell:ring", json::Object{{"n", n}});
    fresh.settle();
    fresh.crash();
    fresh.open();
    for (std::int64_t n = 4; n <= 5; ++n) fresh.call("bell:ring", json::Object{{"n", n}});
    fresh.settle();
    const auto text = *fresh.log->tables().get(journal::kStoreTable, journal::store_key("bell", "heard"));
    EXPECT_EQ(text.value_or("nothing"), "[1,2]");
  }
}

TEST_F(Deliver, TriesAgainAndThenSetsAside) {
  std::map<std::int64_t, int> tries;
  g_behaviour.hear = [&tries](HandlerContext& context, const pack::Event& event) -> Status {
    EXPECT_EQ(context.attempt(), ++tries[number_of(event)]);
    if (number_of(event) == 1 || (number_of(event) == 2 && context.attempt() < 3))
      return Error(ErrorCode::kUnreachable, "the other side is away");
    return note(context, event);
  };
  world.open();
  for (std::int64_t n = 1; n <= 3; ++n) ring(n);
  settle();
  EXPECT_EQ(tries[1], 8);
  EXPECT_EQ(tries[2], 3);
  EXPECT_THAT(heard(), ElementsAre(2, 3));
  ASSERT_EQ(dead_letters().size(), 1u);
  EXPECT_THAT(dead_letters()[0].reason, HasSubstr("the other side is away"));
  EXPECT_EQ(world.kernel->counters().deliveries_by_outcome.at("dead_lettered"), 1u);
}

TEST_F(Deliver, ADeadLetterThatIsSentAgainIsAppliedAndIsNoneAnyMore) {
  bool broken = true;
  g_behaviour.hear = [&broken](HandlerContext& context, const pack::Event& event) -> Status {
    if (broken && number_of(event) == 1) return Error(ErrorCode::kUnreachable, "away");
    return note(context, event);
  };
  world.open();
  ring(1);
  ring(2);
  settle();
  ASSERT_EQ(dead_letters().size(), 1u);
  const Position at = dead_letters()[0].position;
  EXPECT_EQ(world.kernel->requeue_delivery("bell", "sidecar", at.next()).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(world.kernel->requeue_delivery("bell", "sidecar", at).ok());
  world.settle();
  ASSERT_EQ(dead_letters().size(), 1u) << "still broken";
  EXPECT_EQ(dead_letters()[0].attempts, 2u);

  ASSERT_TRUE(world.kernel->requeue_delivery("bell", "sidecar", at).ok());
  world.crash();  // before it ran
  world.open();
  ASSERT_EQ(dead_letters().size(), 1u);
  broken = false;
  ASSERT_TRUE(world.kernel->requeue_delivery("bell", "sidecar", at).ok());
  ASSERT_TRUE(world.kernel->requeue_delivery("bell", "sidecar", at).ok());  // twice is once
  world.settle();
  EXPECT_THAT(heard(), ElementsAre(2, 1));
  EXPECT_THAT(dead_letters(), IsEmpty());
  ring(3);
  world.settle();
  EXPECT_THAT(heard(), ElementsAre(2, 1, 3));
}

TEST_F(Deliver, FailedAttemptsAreCountedOverARestart) {
  int tries = 0;
  g_behaviour.hear = [&tries](HandlerContext&, const pack::Event&) -> Status {
    ++tries;
    return Error(ErrorCode::kUnreachable, "away");
  };
  world.open();
  ring(1);
  for (int i = 0; i < 20; ++i) {
    world.crash();
    world.open();
    world.settle();
    world.clock.advance(30s);
  }
  EXPECT_EQ(tries, 8);
  EXPECT_EQ(dead_letters().size(), 1u);
}

TEST_F(Deliver, AHandlerThatThrowsFailsItsDeliveryAlone) {
  g_behaviour.hear = [](HandlerContext& context, const pack::Event& event) -> Status {
    if (number_of(event) == 1) throw std::runtime_error("thrown by a test's handler");
    return note(context, event);
  };
  world.open();
  ring(1);
  ring(2);
  settle();
  EXPECT_THAT(heard(), ElementsAre(2));
  EXPECT_EQ(dead_letters().size(), 1u);
}

TEST_F(Deliver, APausedHandlerHoldsUpNoCall) {
  g_behaviour.hear = [](HandlerContext&, const pack::Event&) -> Status {
    return Error(ErrorCode::kUnreachable, "away");
  };
  world.open();
  ring(1);
  EXPECT_TRUE(world.kernel->next_deadline().has_value());
  EXPECT_GT(*world.kernel->next_deadline(), world.clock.monotonic());
  ring(2);
}

TEST_F(Deliver, ParksWhatWaitsForAnApprovalAndGoesOn) {
  static const pack::BuiltinPack approved{"bell", {{"manifest.yaml", approved_manifest()}}, register_bell};
  world.pack = &approved;
  world.open();
  ring(1);
  ring(2);
  world.settle();
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(outcomes(), ElementsAre("parked", "parked"));
  EXPECT_EQ(dead_letters().size(), 2u);
  EXPECT_EQ(world.kernel->handler_backlogs().at(0).waiting, 0u);
}

TEST_F(Deliver, APackThatIsNewHearsFromNowOn) {
  world.pack = &probe_pack();
  world.open();
  world.call("probe:emit", json::Object{{"n", 1}});
  world.crash();
  world.pack = &bell_pack();
  world.open();
  ring(7);
  world.settle();
  EXPECT_THAT(heard(), ElementsAre(7));
}

TEST_F(Deliver, WhatAHandlerEmitsCommitsWithItsEffectAndFollowsItsTrace) {
  g_behaviour.hear = [](HandlerContext& context, const pack::Event& event) -> Status {
    LUMENFLOW_TRY(context.emit("bell:echoed", json::Object{{"of", event.event_id}}));
    return note(context, event);
  };
  world.open();
  ring(1);
  world.settle();
  const auto entries = world.entries();
  const auto echoed = std::ranges::find_if(entries, [](const json::Value& entry) {
    const json::Value* kind = entry.at_pointer("/event/kind");
    return kind != nullptr && *kind == json::Value("bell:echoed");
  });
  ASSERT_NE(echoed, entries.end());
  EXPECT_EQ(journal::type_of(*(echoed - 1)), "handler.done");
}

TEST_F(Deliver, TheJournalTellsEachDelivery) {
  world.open();
  ring(1);
  world.settle();
  const auto entries = world.entries();
  const auto done =
      std::ranges::find_if(entries, [](const json::Value& entry) { return journal::type_of(entry) == "handler.done"; });
  ASSERT_NE(done, entries.end());
  EXPECT_EQ(json::string_or(*done, "pack", ""), "bell");
  EXPECT_EQ(json::string_or(*done, "kind", ""), "bell:rung");
  EXPECT_EQ(json::string_or(*done, "stream", ""), "sidecar");
  EXPECT_EQ(json::integer_or(*done, "attempt", 0), 1);
  const auto position = static_cast<std::size_t>(json::integer_or(*done, "position", 0));
  EXPECT_EQ(*entries[position - 1].at_pointer("/event/event_id"), *done->find("event_id"));
  EXPECT_EQ(json::string_or(*done, "delivery_id", ""), "dlv-bell-" + std::to_string(position));
}

TEST_F(Deliver, TheCursorOfAPackThatHearsNothingStillMoves) {
  world.open();
  for (int i = 0; i < 2'000; ++i) world.call("bell:announce");
  EXPECT_GT(log::Cursor(*world.log, handler_cursor("bell")).position()->value(), 4'000u);
}

// --- emissions that commit by themselves ---

TEST_F(Deliver, AnEventEmittedAtOnceStaysWhenItsCallFails) {
  g_behaviour.announce = [](ToolContext& context) -> ToolResult {
    const Result<pack::Emitted> emitted = context.emit_now("bell:rung", json::Object{{"n", 1}});
    EXPECT_TRUE(emitted.ok());
    return ToolError{"NO_LUCK", "after the fact", {}};
  };
  world.open();
  EXPECT_EQ(world.call("bell:announce").outcome, journal::Outcome::kFailure);
  world.settle();
  EXPECT_THAT(heard(), ElementsAre(1));
}

TEST_F(Deliver, TheSameEmissionTwiceIsOneEvent) {
  std::vector<pack::Emitted> emitted;
  g_behaviour.announce = [&emitted](ToolContext& context) -> ToolResult {
    pack::EmitOptions options;
    options.idempotency_key = "first";
    Result<pack::Emitted> event = context.emit_now("bell:rung", json::Object{{"n", 1}}, options);
    EXPECT_TRUE(event.ok());
    if (event.ok()) emitted.push_back(*std::move(event));
    const Result<pack::Emitted> other = context.emit_now("bell:rung", json::Object{{"n", 2}}, options);
    EXPECT_EQ(other.ok() ? ErrorCode::kInternal : other.error().code(), ErrorCode::kIdempotencyConflict);
    return ToolOutput{json::Object{}, {}};
  };
  world.open();
  world.call("bell:announce");
  world.clock.advance(1h);
  world.call("bell:announce");
  world.crash();
  world.open();
  world.call("bell:announce");
  world.settle();
  ASSERT_EQ(emitted.size(), 3u);
  for (const pack::Emitted& event : emitted) {
    EXPECT_EQ(event.event_id, emitted[0].event_id);
    EXPECT_EQ(event.timestamp, emitted[0].timestamp);
    EXPECT_EQ(event.seq, emitted[0].seq);
  }
  EXPECT_THAT(heard(), ElementsAre(1));
}

}  // namespace
}  // namespace lumenflow::kernel
