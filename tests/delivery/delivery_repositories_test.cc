// Repositories as people have them: each is worked with, or refused with a code that says what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "delivery_world.h"

namespace lumenflow::delivery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void make_work_unit(DeliveryWorld& world) { world.data("wu:create", R"({"title": "T", "lane": "content"})"); }

// From claim to merge.
void expect_delivered(DeliveryWorld& world) {
  make_work_unit(world);
  world.data("wu:claim", kOne);
  const std::string commit = world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  world.data("wu:done", kOne);
  EXPECT_EQ(world.shell("git rev-parse main"), commit);
  EXPECT_EQ(json::string_or(world.data("wu:status", kOne), "consistency", ""), "consistent");
}

TEST(DeliveryRepositories, APathWithSpacesAndUnicode) {
  DeliveryWorld world({.folder = "my wörk späce ✓"});
  world.open();
  expect_delivered(world);
}

TEST(DeliveryRepositories, FilesWithOddNames) {
  DeliveryWorld world;
  world.commit(".", "with space ü.txt", "x");
  world.open();
  std::ofstream(world.root() + "/with space ü.txt") << "y";
  EXPECT_EQ(text(world.data("git:status", "{}"), "/entries/0/path"), "with space ü.txt");
  world.shell("git checkout -q .");
  expect_delivered(world);
}

TEST(DeliveryRepositories, NoRepository) {
  DeliveryWorld world({.repository = false});
  world.open();
  make_work_unit(world);
  EXPECT_EQ(world.refusal("wu:claim", kOne), "NO_REPOSITORY");
  EXPECT_EQ(world.refusal("git:status", "{}"), "NO_REPOSITORY");
  EXPECT_FALSE(world.exists(".git"));
}

TEST(DeliveryRepositories, NoCommits) {
  DeliveryWorld world({.repository = false});
  world.shell("git init -q -b main .");
  world.open();
  make_work_unit(world);
  EXPECT_EQ(world.refusal("wu:claim", kOne), "NO_COMMITS");
  EXPECT_EQ(text(world.data("git:status", "{}"), "/branch"), "main");
  EXPECT_TRUE(world.data("git:log", "{}").find("commits")->as_array().empty());
  EXPECT_EQ(json::string_or(world.data("wu:status", kOne), "status", ""), "ready");
}

TEST(DeliveryRepositories, ADetachedHead) {
  DeliveryWorld world;
  world.shell("git checkout -q --detach");
  world.open();
  make_work_unit(world);
  EXPECT_EQ(world.refusal("wu:claim", kOne), "DETACHED_HEAD");
}

TEST(DeliveryRepositories, ADetachedHeadBesideANamedBranch) {
  DeliveryWorld world({.more = "software_delivery: {main_branch: main}"});
  world.shell("git checkout -q --detach");
  world.open();
  expect_delivered(world);
}

TEST(DeliveryRepositories, ALinkedWorktree) {
  DeliveryWorld world({.repository = false});
  world.shell(
      "git init -q -b main ../elsewhere && cd ../elsewhere && git -c user.name=T -c user.email=t@example.com commit -q "
      "--allow-empty -m first && git worktree add -q ../linked && cp ../linked/.git '" +
      world.root() + "/.git'");
  world.open();
  make_work_unit(world);
  EXPECT_EQ(world.refusal("wu:claim", kOne), "UNSUPPORTED_REPOSITORY");
}

// Git writes down a worktree bit by bit, and refuses to list any while one of them is half written.
TEST(DeliveryRepositories, AWorktreeThatAnotherGitMakesAtTheMomentIsNoFault) {
  DeliveryWorld world({.confined = false});
  world.open();
  make_work_unit(world);
  world.shell(
      "git worktree add -q --detach ../other && cd .git/worktrees/other && mv commondir whole && mkfifo commondir");
  const std::string half = world.root() + "/.git/worktrees/other/commondir";
  std::thread other([&half] {
    const int reader_is_there = ::open(half.c_str(), O_WRONLY | O_CLOEXEC);  // who reads it now finds it empty
    std::filesystem::rename(half.substr(0, half.rfind('/')) + "/whole", half);
    ::close(reader_is_there);
  });
  EXPECT_EQ(text(world.data("wu:status", kOne), "/consistency"), "consistent");
  other.join();
}

TEST(DeliveryRepositories, AWorktreeThatAGitThatDiedLeftHalfMadeIsNamed) {
  DeliveryWorld world({.confined = false});
  world.open();
  make_work_unit(world);
  world.shell("git worktree add -q --detach ../other && : > .git/worktrees/other/commondir");
  const json::Value refused = world.call("wu:status", kOne);
  EXPECT_EQ(text(refused, "/error/code"), "GIT_FAILED") << json::serialize(refused);
  EXPECT_THAT(text(refused, "/error/message"), HasSubstr(".git/worktrees/other/commondir"));
  EXPECT_THAT(text(refused, "/error/message"), HasSubstr("remove"));
  world.shell("rm -r .git/worktrees/other");
  world.data("wu:claim", kOne);
}

TEST(DeliveryRepositories, ARepositoryThatSaysThatItIsBare) {
  DeliveryWorld world;
  world.open();
  make_work_unit(world);
  world.shell("git config core.bare true");
  EXPECT_EQ(world.refusal("wu:claim", kOne), "UNSUPPORTED_REPOSITORY");
}

TEST(DeliveryRepositories, Submodules) {
  DeliveryWorld world;
  world.shell(
      "git init -q -b main ../sub && cd ../sub && git -c user.name=T -c user.email=t@example.com commit -q "
      "--allow-empty -m s");
  world.shell(
      "git -c protocol.file.allow=always submodule --quiet add ../sub sub && "
      "git -c user.name=T -c user.email=t@example.com commit -q -m sub");
  world.open();
  expect_delivered(world);
}

// Hooks are programs that somebody has put into the repository: none of them runs.
TEST(DeliveryRepositories, HooksThatFailOrSpy) {
  DeliveryWorld world;
  for (const char* hook : {"post-checkout", "post-merge", "reference-transaction", "pre-commit", "fsmonitor-watchman"})
    world.shell("printf '#!/bin/sh\\ntouch hooked; exit 1\\n' > .git/hooks/" + std::string(hook) +
                " && chmod +x .git/hooks/" + hook);
  world.shell(
      "git config core.fsmonitor .git/hooks/fsmonitor-watchman && git config core.pager 'touch paged' && "
      "git config diff.external 'touch diffed' && git config core.sshCommand 'touch sshed'");
  world.open();
  make_work_unit(world);
  world.data("wu:claim", kOne);
  world.shell("git config --unset core.fsmonitor && rm .git/hooks/*");  // what the test itself does with git
  world.commit(kWorktree, "b.txt", "two\n");
  world.shell("printf '#!/bin/sh\\ntouch hooked; exit 1\\n' > .git/hooks/post-merge && chmod +x .git/hooks/post-merge");
  world.data("git:diff", kOne);
  world.data("software-delivery:gates", kOne);
  world.data("wu:done", kOne);
  for (const char* trace : {"hooked", "paged", "diffed", "sshed"}) EXPECT_FALSE(world.exists(trace)) << trace;
}

TEST(DeliveryRepositories, ADirtyTree) {
  DeliveryWorld world;
  std::ofstream(world.root() + "/a.txt") << "not yet\n";
  std::ofstream(world.root() + "/untracked.txt") << "mine\n";
  world.open();
  make_work_unit(world);
  world.data("wu:claim", kOne);  // it starts from what is committed
  EXPECT_EQ(world.shell("cat " + std::string(kWorktree) + "/a.txt"), "one");
  world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  EXPECT_EQ(world.refusal("wu:done", kOne), "WORKSPACE_DIRTY");
  world.shell("git checkout -q a.txt");
  world.data("wu:done", kOne);
  EXPECT_EQ(world.shell("cat untracked.txt"), "mine");
}

// A file that nobody knows of is in the way of one that the merge makes.
TEST(DeliveryRepositories, AnUntrackedFileInTheWay) {
  DeliveryWorld world;
  world.open();
  make_work_unit(world);
  world.data("wu:claim", kOne);
  world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  std::ofstream(world.root() + "/b.txt") << "mine\n";
  const json::Value refused = world.call("wu:done", kOne);
  EXPECT_EQ(text(refused, "/error/code"), "WORKSPACE_DIRTY") << json::serialize(refused);
  EXPECT_THAT(text(refused, "/error/message"), HasSubstr("b.txt"));
  EXPECT_EQ(world.shell("cat b.txt"), "mine");
}

TEST(DeliveryRepositories, AHugeFile) {
  DeliveryWorld world;
  world.shell(
      "seq 1 700000 > huge.txt && git add huge.txt && git -c user.name=T -c user.email=t@example.com commit -q -m "
      "huge");
  world.open();
  make_work_unit(world);
  world.data("wu:claim", kOne);
  world.shell("seq 2 700001 | sed s/1/7/ > " + std::string(kWorktree) + "/huge.txt");
  EXPECT_EQ(world.refusal("git:diff", kOne), "OUTPUT_TOO_LARGE");
  EXPECT_THAT(text(world.data("git:diff", R"({"wu_id": "WU-001", "stat": true})"), "/diff"), HasSubstr("huge.txt"));
  world.commit(kWorktree, "b.txt", "two\n");
}

TEST(DeliveryRepositories, AFolderThatIsALink) {
  DeliveryWorld world;
  world.shell("mkdir ../outside && ln -s ../outside .software-delivery");
  world.open();
  EXPECT_EQ(world.refusal("wu:create", R"({"title": "T", "lane": "content"})"), "SCOPE_DENIED");
  EXPECT_EQ(world.shell("ls ../outside"), "");
}

TEST(DeliveryRepositories, NamesAreNeverOptions) {
  DeliveryWorld world;
  world.open();
  EXPECT_EQ(world.refusal("git:diff", R"({"from": "--output=x"})"), "INVALID_INPUT");
  EXPECT_EQ(world.refusal("git:diff", R"({"from": "no-such-branch"})"), "NOT_FOUND");
  EXPECT_EQ(text(world.data("git:diff", R"({"paths": ["--output=x", ":(top)a.txt"]})"), "/diff"), "");
  EXPECT_FALSE(world.exists("x"));
}

}  // namespace
}  // namespace lumenflow::delivery
