// Worktrees that are not as they should be: what wu:status says of them is so, no tool goes on with one, and neither a
// repair nor a release deletes what is on no branch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "delivery_world.h"

namespace lumenflow::delivery {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRelease = R"({"wu_id": "WU-001", "reason": "later"})";
constexpr const char* kGit = "git -c user.name=T -c user.email=t@example.com ";

class DeliveryWorktrees : public ::testing::Test {
 protected:
  DeliveryWorktrees() {
    world.open();
    world.data("wu:create", R"({"id": "WU-001", "title": "T", "lane": "content"})");
    world.data("wu:claim", kOne);
    commit = world.commit(kWorktree, "b.txt", "two\n");
  }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(world.root() + "/" + std::string(kWorktree) + "/" + file) << text;
  }
  // In the worktree.
  std::string there(const std::string& script) const {
    return world.shell("cd " + std::string(kWorktree) + " && " + script);
  }
  std::string fault() { return text(world.data("wu:status", kOne), "/faults/0/code"); }
  std::string consistency() { return text(world.data("wu:status", kOne), "/consistency"); }
  // Nobody works on with it.
  void expect_refused(const std::string& code) {
    EXPECT_EQ(fault(), code);
    EXPECT_EQ(world.refusal("wu:release", kRelease), code);
    EXPECT_EQ(world.refusal("wu:done", kOne), code);
    EXPECT_EQ(world.shell("git rev-parse main"), world.shell("git rev-list --max-parents=0 main"));
  }
  void expect_delivered() {
    EXPECT_EQ(consistency(), "consistent");
    world.data("software-delivery:gates", kOne);
    world.data("wu:done", kOne);
    EXPECT_EQ(world.shell("cat b.txt"), "two");
  }

  DeliveryWorld world;
  std::string commit;
};

TEST_F(DeliveryWorktrees, AFolderThatGitForgotStaysAsItIs) {
  write("new.txt", "precious\n");
  write("b.txt", "changed\n");
  world.shell("rm -rf .git/worktrees/content-WU-001");
  EXPECT_EQ(world.refusal("git:status", kOne), "WORKTREE_UNKNOWN");
  EXPECT_EQ(world.refusal("software-delivery:gates", kOne), "WORKTREE_UNKNOWN");
  expect_refused("WORKTREE_UNKNOWN");
  world.mend();
  EXPECT_EQ(there("cat new.txt b.txt && git rev-parse HEAD"), "precious\nchanged\n" + commit);
  EXPECT_EQ(there("git status --porcelain"), " M b.txt\n?? new.txt");
  there("rm new.txt && git checkout -q b.txt");
  expect_delivered();
}

TEST_F(DeliveryWorktrees, AFolderWithoutItsLinkIsNotTakenForTheWorkspace) {
  write("new.txt", "precious\n");
  there("rm .git");
  EXPECT_EQ(world.refusal("git:status", kOne), "WORKTREE_BROKEN");
  EXPECT_EQ(world.refusal("git:diff", kOne), "WORKTREE_BROKEN");
  EXPECT_EQ(world.refusal("software-delivery:gates", kOne), "WORKTREE_BROKEN");
  expect_refused("WORKTREE_BROKEN");
  world.mend();
  EXPECT_EQ(there("cat new.txt && git rev-parse HEAD"), "precious\n" + commit);
  there("rm new.txt");
  expect_delivered();
}

TEST_F(DeliveryWorktrees, AFolderThatHasBecomeARepositoryIsSetAside) {
  there("rm .git && git init -q -b main . && echo mine > mine.txt && git add . && " + std::string(kGit) +
        "commit -q -m mine");
  expect_refused("WORKTREE_BROKEN");
  const json::Value mended = world.mend();
  EXPECT_THAT(json::serialize(mended), HasSubstr("worktrees/set-aside/content-WU-001-1"));
  EXPECT_EQ(world.shell("git -C .software-delivery/worktrees/set-aside/content-WU-001-1 log -1 --format=%s"), "mine");
  EXPECT_EQ(there("git rev-parse HEAD"), commit);
  expect_delivered();
}

TEST_F(DeliveryWorktrees, AWorkspaceThatWasMovedKeepsWhatWasStaged) {
  write("c.txt", "three\n");
  there("git add c.txt");
  world.shell("sed -i s,/delivery-,/elsewhere-delivery-, .git/worktrees/content-WU-001/gitdir " +
              std::string(kWorktree) + "/.git");
  expect_refused("WORKTREE_BROKEN");
  world.mend();
  EXPECT_EQ(there("git status --porcelain"), "A  c.txt");
}

TEST_F(DeliveryWorktrees, AFolderThatIsGoneComesBackWithWhatWasStaged) {
  write("c.txt", "three\n");
  there("git add c.txt");
  world.shell("rm -rf " + std::string(kWorktree));
  EXPECT_EQ(fault(), "WORKTREE_MISSING");
  world.mend();
  EXPECT_EQ(there("cat b.txt c.txt && git status --porcelain"), "two\nthree\nA  c.txt");
  world.shell("rm -rf " + std::string(kWorktree) + " .git/worktrees/content-WU-001");
  world.mend();  // git knows nothing of it either: from the branch
  expect_delivered();
}

TEST_F(DeliveryWorktrees, ABranchThatIsGoneIsMadeAgainAtItsLastCommit) {
  write("new.txt", "precious\n");
  world.shell("git update-ref -d refs/heads/lane/content/WU-001");
  EXPECT_EQ(world.refusal("software-delivery:gates", kOne), "BRANCH_MISSING");
  expect_refused("BRANCH_MISSING");
  world.mend();
  EXPECT_EQ(world.shell("git rev-parse lane/content/WU-001"), commit);
  EXPECT_EQ(there("cat new.txt && git status --porcelain"), "precious\n?? new.txt");
  there("rm new.txt");
  expect_delivered();
}

TEST_F(DeliveryWorktrees, ADetachedHeadThatWentOnIsTakenAsTheBranch) {
  there("git checkout -q --detach");
  commit = world.commit(kWorktree, "c.txt", "three\n");
  expect_refused("WRONG_BRANCH");
  EXPECT_THAT(text(world.call("wu:done", kOne), "/error/message"), HasSubstr("a detached HEAD at "));
  EXPECT_EQ(text(world.data("wu:status", kOne), "/checked_out/commit"), commit);
  world.mend();
  EXPECT_EQ(world.shell("git rev-parse lane/content/WU-001"), commit);
  expect_delivered();
}

TEST_F(DeliveryWorktrees, ADetachedHeadThatWentElsewhereIsKeptOnABranch) {
  there("git checkout -q --detach main");
  const std::string stray = world.commit(kWorktree, "c.txt", "three\n");
  expect_refused("WRONG_BRANCH");
  EXPECT_THAT(json::serialize(world.mend()), HasSubstr("kept/WU-001-" + stray.substr(0, 12)));
  EXPECT_EQ(world.shell("git branch --contains " + stray), "  kept/WU-001-" + stray.substr(0, 12));
  EXPECT_EQ(there("git rev-parse HEAD"), commit);
  expect_delivered();
}

TEST_F(DeliveryWorktrees, AnotherBranchStaysAndTheWorkUnitsIsCheckedOut) {
  there("git checkout -q -b mine");
  const std::string other = world.commit(kWorktree, "c.txt", "three\n");
  expect_refused("WRONG_BRANCH");
  world.mend();
  EXPECT_EQ(world.shell("git rev-parse mine"), other);
  expect_delivered();
}

TEST_F(DeliveryWorktrees, ARebaseInProgressIsForWhoeverWorksThere) {
  world.commit(".", "b.txt", "another\n");
  world.shell("cd " + std::string(kWorktree) + " && ! " + kGit + "rebase -q main");
  EXPECT_EQ(fault(), "OPERATION_IN_PROGRESS");
  EXPECT_EQ(consistency(), "needs_attention");
  EXPECT_EQ(text(world.data("wu:status", kOne), "/checked_out/operation"), "rebase");
  EXPECT_EQ(world.refusal("wu:release", kRelease), "OPERATION_IN_PROGRESS");
  EXPECT_EQ(world.refusal("wu:done", kOne), "OPERATION_IN_PROGRESS");
  const json::Value nothing = world.data("wu:recover", kOne);
  EXPECT_FALSE(json::boolean_or(nothing, "repaired", true));
  EXPECT_EQ(text(nothing, "/faults/0/code"), "OPERATION_IN_PROGRESS");
  there("git rebase --abort");
  EXPECT_EQ(consistency(), "consistent");
}

TEST_F(DeliveryWorktrees, AReleaseKeepsWhatGitIgnores) {
  world.shell("echo '*.env' >> .git/info/exclude");
  write("local.env", "precious\n");
  EXPECT_EQ(text(world.data("wu:status", kOne), "/ignored/0"), "local.env");
  const json::Value released = world.data("wu:release", kRelease);
  EXPECT_THAT(json::serialize(released), HasSubstr("set-aside/content-WU-001-1"));
  EXPECT_EQ(world.shell("cat .software-delivery/worktrees/set-aside/content-WU-001-1/local.env"), "precious");
  EXPECT_FALSE(world.exists(std::string(kWorktree)));
  EXPECT_EQ(world.shell("git worktree list | wc -l"), "1");
  EXPECT_EQ(world.shell("git status --porcelain --untracked-files=all | grep set-aside || true"), "");
  EXPECT_EQ(text(world.data("wu:claim", kOne), "/commit"), commit);
  expect_delivered();
}

// No program sees it, git neither: it can be neither judged nor removed by one.
TEST_F(DeliveryWorktrees, AReleaseKeepsSecretsThatNoProgramSees) {
  write(".env", "TOKEN=precious\n");
  EXPECT_THAT(json::serialize(world.data("wu:release", kRelease)), HasSubstr("set-aside/content-WU-001-1"));
  EXPECT_EQ(world.shell("cat .software-delivery/worktrees/set-aside/content-WU-001-1/.env"), "TOKEN=precious");
}

TEST_F(DeliveryWorktrees, WhatTheIndexIsToldNotToLookAtIsSeen) {
  for (const char* flag : {"--skip-worktree", "--assume-unchanged"}) {
    there("git update-index " + std::string(flag) + " b.txt");
    write("b.txt", "better than what is committed\n");
    const json::Value gates = world.data("software-delivery:gates", kOne);
    EXPECT_FALSE(json::boolean_or(gates, "counts", true)) << json::serialize(gates);
    EXPECT_THAT(text(gates, "/why"), HasSubstr("b.txt"));
    EXPECT_EQ(text(gates, "/missing/0"), "lint");
    EXPECT_EQ(world.refusal("wu:done", kOne), "GATES_NOT_GREEN");
    EXPECT_EQ(world.refusal("wu:release", kRelease), "WORKTREE_DIRTY");
    there(
        "git update-index --no-skip-worktree b.txt && git update-index --no-assume-unchanged b.txt && git checkout -q "
        "b.txt");
  }
  expect_delivered();
}

TEST_F(DeliveryWorktrees, AWorktreeThatIsALinkIsNotFollowed) {
  there("git stash -q || true");
  world.shell("mv " + std::string(kWorktree) + " ../elsewhere && ln -s \"$(cd ../elsewhere && pwd)\" " +
              std::string(kWorktree));
  expect_refused("WORKTREE_BROKEN");
  EXPECT_THAT(text(world.call("wu:done", kOne), "/error/message"), HasSubstr("symbolic link"));
  EXPECT_TRUE(world.open_recoveries().empty());
  EXPECT_EQ(world.shell("cat ../elsewhere/b.txt"), "two");
}

TEST_F(DeliveryWorktrees, NorIsALinkAboveIt) {
  world.shell(
      "mv .software-delivery/worktrees ../worktrees && ln -s \"$(cd ../worktrees && pwd)\" "
      ".software-delivery/worktrees");
  expect_refused("WORKTREE_LINKED");
  EXPECT_EQ(world.refusal("software-delivery:gates", kOne), "WORKTREE_LINKED");
  EXPECT_EQ(consistency(), "needs_attention");
  world.data("wu:create", R"({"id": "WU-002", "title": "T", "lane": "content"})");
  EXPECT_EQ(world.refusal("wu:claim", R"({"wu_id": "WU-002"})"), "WORKTREE_LINKED");
  EXPECT_TRUE(world.open_recoveries().empty());
  world.shell("rm .software-delivery/worktrees && mv ../worktrees .software-delivery/worktrees");
  expect_delivered();
}

// Gates count for a commit, so they have all of it.
TEST_F(DeliveryWorktrees, ASparseWorktreePassesNoGatesUntilItIsWhole) {
  there("git sparse-checkout set --no-cone /a.txt");
  EXPECT_FALSE(world.exists(std::string(kWorktree) + "/b.txt"));
  const json::Value refused = world.call("software-delivery:gates", kOne);
  EXPECT_EQ(text(refused, "/error/code"), "SPARSE_CHECKOUT") << json::serialize(refused);
  EXPECT_EQ(world.refusal("wu:done", kOne), "GATES_NOT_GREEN");
  there("git sparse-checkout disable");
  expect_delivered();
}

TEST(DeliverySparse, AWorktreeOfASparseWorkspaceIsWhole) {
  DeliveryWorld world({.gates = "[{id: both, command: [sh, -c, 'test -f a.txt && test -f far/c.txt']}]"});
  world.shell("mkdir far");
  world.commit(".", "far/c.txt", "three\n");
  world.shell("git sparse-checkout set --no-cone /a.txt /b.txt /lumenflow.yaml");
  ASSERT_FALSE(world.exists("far/c.txt"));
  world.open();
  world.data("wu:create", R"({"id": "WU-001", "title": "T", "lane": "content"})");
  world.data("wu:claim", kOne);
  EXPECT_TRUE(world.exists(std::string(kWorktree) + "/far/c.txt"));
  const std::string tip = world.commit(kWorktree, "b.txt", "two\n");
  const json::Value gates = world.data("software-delivery:gates", kOne);
  EXPECT_TRUE(json::boolean_or(gates, "counts", false)) << json::serialize(gates);
  world.data("wu:done", kOne);
  EXPECT_EQ(world.shell("git rev-parse main && git status --porcelain --untracked-files=no"), tip);
  EXPECT_FALSE(world.exists("far/c.txt"));  // the workspace is as sparse as before
}

// Else its place in the lane would be held for ever.
TEST_F(DeliveryWorktrees, AWorkUnitWithoutItsFileCanBeGivenBack) {
  world.shell("rm .software-delivery/wu/WU-001.yaml");
  EXPECT_EQ(fault(), "WU_FILE_MISSING");
  EXPECT_EQ(consistency(), "needs_attention");
  EXPECT_EQ(text(world.data("wu:list", "{}"), "/problems/0"),
            "WU-001 is claimed by ws-42:local:ana, and its file is gone; put it back, or release the work unit");
  world.data("wu:release", kRelease);
  EXPECT_EQ(world.refusal("wu:status", kOne), "NOT_FOUND");
  EXPECT_TRUE(world.data("wu:list", "{}").find("problems")->as_array().empty());
}

}  // namespace
}  // namespace lumenflow::delivery
