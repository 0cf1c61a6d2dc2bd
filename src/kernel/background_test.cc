// Transactions in the middle of a call, and timers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using pack::HostContext;
using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::string_view kClockworkManifest = R"(
id: clockwork
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["clockwork:struck"]
backpressure_policy: {"clockwork:struck": queue}
tools:
  - name: clockwork:send
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: clockwork:wind
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";

// What the pack's code does; a test sets it. One test at a time.
struct ClockBehaviour {
  std::function<ToolResult(ToolContext&)> send;
  std::function<Result<std::optional<std::int64_t>>(HostContext&)> strike;
};
ClockBehaviour g_clock;

void register_clockwork(pack::Registration& registration) {
  registration.tool("clockwork:send", {},
                    [](ToolContext& context, const json::Value&) { return g_clock.send(context); });
  registration.tool("clockwork:wind", {.store_only = true, .bounded = true},
                    [](ToolContext& context, const json::Value&) {
                      context.wake("strike", context.now_ms() + 1'000);
                      const Status refused = context.transact([](pack::Store&) { return Status(); });
                      return ToolOutput{json::Object{{"refused", !refused.ok()}}, {}};
                    });
  registration.timer("strike", [](HostContext& context) { return g_clock.strike(context); });
}

const pack::BuiltinPack& clockwork_pack() {
  static const pack::BuiltinPack pack{"clockwork", {{"manifest.yaml", kClockworkManifest}}, register_clockwork};
  return pack;
}

class Background : public ::testing::Test {
 protected:
  Background() {
    world.pack = &clockwork_pack();
    g_clock.send = [](ToolContext&) { return ToolOutput{json::Object{}, {}}; };
    g_clock.strike = [this](HostContext& context) {
      struck.push_back(context.now_ms() - start_ms);
      return next;
    };
  }
  ~Background() override { g_clock = {}; }

  std::optional<std::string> stored(std::string_view key) {
    return *world.log->tables().get(journal::kStoreTable, journal::store_key("clockwork", key));
  }
  std::size_t events() {
    std::size_t count = 0;
    for (const json::Value& entry : world.entries())
      if (json::string_or(entry, "type", {}) == "event.emitted" &&
          entry.at_pointer("/event/kind")->as_string() == "clockwork:struck")
        ++count;
    return count;
  }
  void advance(std::chrono::milliseconds by) {
    world.clock.advance(by);
    world.settle();
  }

  KernelWorld world;
  const std::int64_t start_ms = world.clock.now().ms;
  std::vector<std::int64_t> struck;  // milliseconds after the start
  std::optional<std::int64_t> next;
};

Status put_value(pack::Store& store, std::string_view key, json::Value value) {
  return store.put(key, std::move(value));
}

TEST_F(Background, AChangeIsDurableBeforeTheToolGoesOn) {
  g_clock.send = [this](ToolContext& context) {
    EXPECT_TRUE(context.transact([](pack::Store& store) { return put_value(store, "message", "pending"); }).ok());
    EXPECT_EQ(stored("message"), R"("pending")");
    EXPECT_EQ(*context.store().get("message").value(), json::Value("pending")) << "it reads what it wrote";
    world.effects.push_back("sent");
    EXPECT_TRUE(context.transact([](pack::Store& store) { return put_value(store, "message", "delivered"); }).ok());
    return ToolOutput{json::Object{}, {}};
  };
  world.open();
  EXPECT_EQ(world.call("clockwork:send").outcome, journal::Outcome::kSuccess);
  EXPECT_EQ(stored("message"), R"("delivered")");
}

TEST_F(Background, ADeathAfterTheEffectLeavesWhatWasSaidBefore) {
  g_clock.send = [this](ToolContext& context) {
    EXPECT_TRUE(context.transact([](pack::Store& store) { return put_value(store, "message", "pending"); }).ok());
    world.effects.push_back("sent");
    world.running_task = false;  // its end waits for the strand
    return ToolOutput{json::Object{}, {}};
  };
  world.open();
  std::optional<CallResult> answer;
  world.submit("clockwork:send", json::Object{}, {}, [&](const CallResult& result) { answer = result; });
  world.kernel->run_pending();
  world.running_task = true;
  EXPECT_TRUE(world.executor.run_one());
  world.crash();
  EXPECT_FALSE(answer.has_value());
  EXPECT_THAT(world.effects, ElementsAre("sent"));
  EXPECT_EQ(stored("message"), R"("pending")");
  world.open();
  bool unknown = false;
  for (const json::Value& entry : world.entries())
    unknown = unknown || json::string_or(entry, "outcome", {}) == "unknown";
  EXPECT_TRUE(unknown) << "the trail says that nobody knows";
}

TEST_F(Background, ATimerThatHasNotBegunDoesNotRunOnceTheKernelIsGone) {
  world.open();
  world.settle();
  ASSERT_EQ(world.call("clockwork:wind").outcome, journal::Outcome::kSuccess);
  world.clock.advance(1s);
  world.kernel->run_pending();
  ASSERT_GT(world.executor.pending(), 0u);
  const std::size_t before = struck.size();
  world.kernel.reset();
  while (world.executor.run_one()) {
  }
  EXPECT_EQ(struck.size(), before);
}

TEST_F(Background, AChangeThatFailsLeavesNothingAndSaysWhy) {
  g_clock.send = [](ToolContext& context) -> ToolResult {
    const Status status = context.transact([&](pack::Store& store) -> Status {
      LUMENFLOW_TRY(put_value(store, "half", 1));
      LUMENFLOW_TRY(context.emit("clockwork:struck", json::Object{}));
      return Error(ErrorCode::kNotFound, "no such bell");
    });
    return ToolError{std::string(name(status.error().code())), status.error().message(), {}};
  };
  world.open();
  EXPECT_THAT(world.call("clockwork:send").body, HasSubstr("no such bell"));
  EXPECT_FALSE(stored("half").has_value());
  EXPECT_EQ(events(), 0u);
}

TEST_F(Background, AChangeSaysWhenTheJournalCannotBeWritten) {
  std::optional<ErrorCode> code;
  g_clock.send = [&](ToolContext& context) {
    world.faults.fail_commit = true;
    const Status status = context.transact([](pack::Store& store) { return put_value(store, "message", "pending"); });
    world.faults.fail_commit = false;
    if (!status.ok()) code = status.error().code();
    return ToolOutput{json::Object{}, {}};
  };
  world.open();
  world.call("clockwork:send");
  EXPECT_EQ(code, ErrorCode::kJournalUnavailable);
  EXPECT_FALSE(stored("message").has_value());
}

TEST_F(Background, ACallThatHasEndedChangesNothingMore) {
  std::optional<ErrorCode> code;
  g_clock.send = [&](ToolContext& context) {
    world.clock.advance(31s);
    world.kernel->run_pending();  // its deadline has passed
    const Status status = context.transact([](pack::Store& store) { return put_value(store, "message", "late"); });
    if (!status.ok()) code = status.error().code();
    return ToolOutput{json::Object{}, {}};
  };
  world.open();
  EXPECT_EQ(world.call("clockwork:send").outcome, journal::Outcome::kTimeout);
  EXPECT_EQ(code, ErrorCode::kToolCancelled);
  EXPECT_FALSE(stored("message").has_value());
}

TEST_F(Background, StoreOnlyToolsHaveNoTransactions) {
  world.open();
  EXPECT_THAT(world.call("clockwork:wind").body, HasSubstr(R"("refused":true)"));
}

TEST_F(Background, ATimerRunsAtTheOpeningAndThenWhenItAskedTo) {
  next = start_ms + 5'000;
  world.open();
  world.settle();
  EXPECT_THAT(struck, ElementsAre(0));
  EXPECT_EQ(*world.kernel->next_deadline(), world.clock.monotonic() + 5s);
  advance(4'999ms);
  EXPECT_THAT(struck, ElementsAre(0));
  next.reset();
  advance(1ms);
  EXPECT_THAT(struck, ElementsAre(0, 5'000));
  EXPECT_FALSE(world.kernel->next_deadline().has_value());
  advance(100h);
  EXPECT_THAT(struck, ElementsAre(0, 5'000));
}

TEST_F(Background, AToolWakesATimer) {
  world.open();
  world.settle();
  world.call("clockwork:wind");
  advance(999ms);
  EXPECT_THAT(struck, ElementsAre(0));
  advance(1ms);
  EXPECT_THAT(struck, ElementsAre(0, 1'000));
}

TEST_F(Background, ATimersEventAndItsMarkCommitTogether) {
  g_clock.strike = [](HostContext& context) -> Result<std::optional<std::int64_t>> {
    const auto strike = [&](pack::Store& store) -> Status {
      LUMENFLOW_TRY(put_value(store, "mark", context.now_ms()));
      return context.emit("clockwork:struck", json::Object{});
    };
    LUMENFLOW_TRY(context.transact(strike));
    return std::optional<std::int64_t>();
  };
  world.open();
  world.kernel->run_pending();  // it is launched
  world.faults.fail_commit = true;
  world.settle();
  world.faults.fail_commit = false;
  EXPECT_FALSE(stored("mark").has_value());
  EXPECT_EQ(events(), 0u);
  advance(1s);
  EXPECT_TRUE(stored("mark").has_value()) << "a run that failed is repeated";
  EXPECT_EQ(events(), 1u);
}

TEST_F(Background, AFailingTimerWaitsLongerEachTime) {
  g_clock.strike = [this](HostContext& context) -> Result<std::optional<std::int64_t>> {
    struck.push_back(context.now_ms() - start_ms);
    if (struck.size() == 2) throw std::runtime_error("thrown by a test's timer");
    return Error(ErrorCode::kIo, "no");
  };
  world.open();
  world.settle();
  for (int i = 0; i < 130; ++i) advance(1s);
  EXPECT_THAT(struck, ElementsAre(0, 1'000, 3'000, 7'000, 15'000, 31'000, 63'000, 123'000));
}

TEST_F(Background, DrainingWaitsForATimerThatRuns) {
  world.open();
  world.kernel->run_pending();
  bool idle = false;
  world.kernel->drain([&] { idle = true; });
  world.kernel->run_pending();
  EXPECT_FALSE(idle);
  world.settle();
  EXPECT_TRUE(idle);
  EXPECT_THAT(struck, ElementsAre(0));
}

}  // namespace
}  // namespace lumenflow::kernel
