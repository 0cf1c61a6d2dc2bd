// The process dies before or after any program that a claim, the gates or a merge has run. What wu:status says then is
// what somebody finds who looks at the repository and the journal without the pack; and a confirmed recovery mends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "delivery_world.h"

namespace lumenflow::delivery {
namespace {

constexpr std::string_view kTask = R"({"task_id": "WU-001"})";
constexpr int kStepsMax = 200;
constexpr int kDied = 77;

// What is so, found out by git, the files and the kernel alone.
struct Seen {
  std::string state;  // of the task
  bool folder = false, known = false, branch = false, whole = false, merged = false;
};

Seen look(DeliveryWorld& world) {
  Seen seen;
  const json::Value task = world.call("kernel:task_show", kTask);
  seen.state = text(task, "/data/task/state");
  seen.folder = world.exists(std::string(kWorktree));
  seen.known = world.shell("git worktree list --porcelain | grep -c '/content-WU-001$' || true") == "1";
  seen.branch = world.shell("git branch --list lane/content/WU-001") != "";
  seen.whole = seen.folder && seen.known &&
               world.shell("cd " + std::string(kWorktree) +
                           " && git status --porcelain && git log -1 --format=%H >/dev/null") == "" &&
               !world.exists(".git/worktrees/content-WU-001/index.lock") &&
               !world.exists(".git/worktrees/content-WU-001/locked");
  seen.merged = world.exists("b.txt");
  return seen;
}

// Runs `act` in a process of its own, which dies at the step; whether it got that far.
bool dies_at(DeliveryWorld& world, int step, const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    world.open([step](int nth) {
      if (nth == step) ::_exit(kDied);
    });
    act();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status) == kDied;
}

void expect_status_is_what_is_seen(DeliveryWorld& world, const std::string& where) {
  const Seen seen = look(world);
  const json::Value status = world.data("wu:status", kOne);
  EXPECT_EQ(json::string_or(status, "status", ""), seen.state.empty() ? "ready" : seen.state) << where;
  EXPECT_EQ(status.find("branch") != nullptr, seen.branch) << where;
  EXPECT_EQ(status.find("worktree_path") != nullptr, seen.folder && seen.known) << where;
  // Claimed and workable, or free with nothing lying about, or done with nothing lying about.
  const bool claimed = seen.state == "active";
  const bool good = claimed ? seen.whole : !seen.folder && !seen.known;
  const bool consistent = json::string_or(status, "consistency", "") == "consistent";
  EXPECT_TRUE(good || !consistent) << where << json::serialize(status);
}

// Until nothing is left to mend; every repair by a consent. What the dead process was at proposes its own.
void mend(DeliveryWorld& world, const std::string& where) {
  const bool begun = json::string_or(world.data("wu:status", kOne), "consistency", "") == "needs_recovery";
  const std::vector<std::string> proposed = world.open_recoveries();
  EXPECT_TRUE(!begun || !proposed.empty()) << where;  // what was begun may have come to nothing
  for (const std::string& recovery : proposed) world.confirm(recovery);
  for (int i = 0; i < 3; ++i) {
    const json::Value answer = world.call("wu:recover", kOne);
    if (json::boolean_or(answer, "success", false)) break;
    ASSERT_EQ(text(answer, "/error/code"), "RECOVERY_PROPOSED") << where << json::serialize(answer);
    const json::Value repaired = world.confirm(text(answer, "/error/details/recovery_id"));
    EXPECT_TRUE(json::boolean_or(repaired, "success", false)) << where << json::serialize(repaired);
  }
  EXPECT_EQ(json::string_or(world.data("wu:status", kOne), "consistency", ""), "consistent") << where;
  expect_status_is_what_is_seen(world, where + " after its recovery: ");
}

DeliveryWorld::Options quick() {
  DeliveryWorld::Options options;
  options.confined = false;
  return options;
}

void prepare(DeliveryWorld& world, bool claim, bool gates) {
  world.open();
  world.data("wu:create", R"({"id": "WU-001", "title": "T", "lane": "content"})");
  if (claim) {
    world.data("wu:claim", kOne);
    world.commit(kWorktree, "b.txt", "two\n");
  }
  if (gates) world.data("software-delivery:gates", kOne);
  world.close();
}

// From any state that a recovery leaves, the work goes on to its merge.
void go_on_to_the_merge(DeliveryWorld& world) {
  const std::string state = std::string(json::string_or(world.data("wu:status", kOne), "status", ""));
  if (state == "done") return;
  if (state == "ready") world.data("wu:claim", kOne);
  if (world.shell("git -C " + std::string(kWorktree) + " log -1 --format=%s") != "change b.txt")
    world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  world.data("wu:done", kOne);
  EXPECT_EQ(world.shell("cat b.txt"), "two");
}

void kill_at_every_step(const std::string& tool, bool claim, bool gates) {
  int steps = 0;
  for (; steps < kStepsMax; ++steps) {
    DeliveryWorld world(quick());
    prepare(world, claim, gates);
    const bool died = dies_at(world, steps, [&] { world.call(tool, kOne); });
    const std::string where = tool + " at step " + std::to_string(steps) + ": ";
    world.open();
    // A merge that git had not begun has changed nothing, whatever was written down: nobody is asked to mend that.
    const bool did_nothing = tool == "software-delivery:gates" || (tool == "wu:done" && !world.exists("b.txt"));
    EXPECT_TRUE(!did_nothing || world.open_recoveries().empty()) << where;
    expect_status_is_what_is_seen(world, where);
    mend(world, where);
    go_on_to_the_merge(world);
    if (!died || ::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(steps, 4);
  EXPECT_LT(steps, kStepsMax);
}

TEST(DeliveryCrash, AClaimThatIsKilledAnywhere) { kill_at_every_step("wu:claim", false, false); }
TEST(DeliveryCrash, GatesThatAreKilledAnywhere) { kill_at_every_step("software-delivery:gates", true, false); }
TEST(DeliveryCrash, AMergeThatIsKilledAnywhere) { kill_at_every_step("wu:done", true, true); }

// Git itself dies in the middle: what it leaves are locks, and half of what it was writing.
TEST(DeliveryCrash, GitThatIsKilledInTheMiddleOfAMerge) {
  DeliveryWorld world;  // confined: what mends it has to reach the files
  prepare(world, true, true);
  const bool died = dies_at(world, 0, [] {});
  EXPECT_FALSE(died);
  // After the pack has written down that it merges, and before git has.
  int before_merge = 0;
  for (; before_merge < kStepsMax; ++before_merge) {
    DeliveryWorld probe(quick());
    prepare(probe, true, true);
    dies_at(probe, before_merge, [&] { probe.call("wu:done", kOne); });
    if (probe.exists("b.txt")) break;
  }
  ASSERT_TRUE(dies_at(world, before_merge - 1, [&] { world.call("wu:done", kOne); }));
  ASSERT_FALSE(world.exists("b.txt"));
  std::ofstream(world.root() + "/b.txt") << "tw";
  world.shell("touch .git/index.lock");
  world.open();
  const json::Value status = world.data("wu:status", kOne);
  EXPECT_EQ(text(status, "/faults/0/code"), "STALE_LOCK");
  EXPECT_EQ(text(status, "/faults/1/code"), "MERGE_UNFINISHED");
  // Somebody works on with it before they confirm anything: none of that is lost, and what is not of the merge stays.
  std::ofstream(world.root() + "/b.txt") << "tw, and my own words";
  std::ofstream(world.root() + "/a.txt") << "mine";
  const json::Value proposed = world.call("wu:recover", kOne);
  EXPECT_EQ(text(proposed, "/error/details/recovery_call/tool"), "wu:done");
  EXPECT_EQ(text(world.confirm(text(proposed, "/error/details/recovery_id")), "/error/code"), "WORKSPACE_DIRTY");
  EXPECT_EQ(world.shell("cat a.txt"), "mine");
  world.shell("git checkout -q a.txt");
  mend(world, "half a merge: ");
  EXPECT_EQ(world.shell("cat .software-delivery/worktrees/set-aside/WU-001-merge-1/b.txt"), "tw, and my own words");
  EXPECT_EQ(json::string_or(world.data("wu:status", kOne), "status", ""), "done");
  EXPECT_EQ(world.shell("cat b.txt && git status --porcelain --untracked-files=no"), "two");
}

}  // namespace
}  // namespace lumenflow::delivery
