// sidekick:routine_due in a real kernel: once for each due moment, also across restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidekick_world.h"

namespace lumenflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class SidekickDue : public ::testing::TestWithParam<const char*> {
 protected:
  SidekickDue() {
    world.open();
    world.settle();
  }
  void advance(std::chrono::milliseconds by) {
    world.clock.advance(by);
    world.settle();
  }
  void restart() {
    world.crash();
    world.open();
    world.settle();
  }
  std::vector<std::string> announced() const { return world.payloads("sidekick:routine_due"); }

  SidekickWorld world{GetParam()};
};

TEST_P(SidekickDue, ATaskIsAnnouncedWhenItsMomentComes) {
  const std::string id =
      text(world.data("task:create", R"({"title":"x","due_at":"2026-03-01T12:00:30Z"})"), "/task/id");
  EXPECT_EQ(*world.kernel->next_deadline(), world.clock.monotonic() + 30s) << "nothing looks before";
  advance(29s);
  EXPECT_THAT(announced(), IsEmpty());
  advance(1s);
  const std::string payload = R"({"due_at":"2026-03-01T12:00:30.000Z","routine_id":")" + id + R"("})";
  EXPECT_THAT(announced(), ElementsAre(payload));
  advance(48h);
  restart();
  EXPECT_THAT(announced(), ElementsAre(payload));
}

TEST_P(SidekickDue, ARoutineIsAnnouncedAtEachOfItsMoments) {
  world.data("routine:create", R"({"name":"r","cron":"*/5 * * * *","steps":[{"tool":"task:list"}]})");
  for (int i = 0; i < 11; ++i) advance(1min);
  EXPECT_THAT(announced(), SizeIs(2));
  EXPECT_THAT(world.payloads("agent-runtime:tool_called"), SizeIs(1)) << "nothing was executed";
}

TEST_P(SidekickDue, WhatFellDueWhileNothingRanIsAnnouncedOnce) {
  world.data("routine:create", R"({"name":"r","cron":"*/5 * * * *","steps":[{"tool":"task:list"}]})");
  world.data("task:create", R"({"title":"x","due_at":"2026-03-01T12:30:00Z"})");
  world.crash();
  world.clock.advance(72h);
  world.open();
  world.settle();
  EXPECT_THAT(announced(), SizeIs(2));
  advance(2min);
  EXPECT_THAT(announced(), SizeIs(2));
  advance(3min);
  EXPECT_THAT(announced(), SizeIs(3)) << "the schedule goes on";
}

// The process dies after each of the commits that an announcement is made of, and comes back when the idempotency
// window is over.
TEST_P(SidekickDue, ACrashAnywhereNeitherLosesNorRepeats) {
  for (int work = 0; work < 6; ++work) {
    SidekickWorld crashing(GetParam());
    crashing.open();
    crashing.settle();
    crashing.data("task:create", R"({"title":"x","due_at":"2026-03-01T12:01:00Z"})");
    crashing.data("routine:create", R"({"name":"r","cron":"1 12 1 3 *","steps":[{"tool":"task:list"}]})");
    crashing.clock.advance(1min);
    crashing.kernel->run_pending();
    crashing.fail_commits_after = work;
    crashing.running_task = true;
    (void)crashing.executor.run_one();
    crashing.running_task = false;
    crashing.fail_commits_after.reset();
    crashing.faults.fail_commit = false;
    crashing.crash();
    crashing.clock.advance(48h);
    crashing.open();
    crashing.settle();
    EXPECT_THAT(crashing.payloads("sidekick:routine_due"), SizeIs(2)) << "after " << work << " commits";
  }
}

INSTANTIATE_TEST_SUITE_P(Adapters, SidekickDue, ::testing::Values("journal", "filesystem"),
                         [](const auto& adapter) { return std::string(adapter.param); });

}  // namespace
}  // namespace lumenflow::testing
