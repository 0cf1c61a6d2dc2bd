// What an agent might try between its gates and the merge that somebody approves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "delivery_world.h"

namespace lumenflow::delivery {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void claim(DeliveryWorld& world) {
  world.open();
  world.data("wu:create", R"({"id": "WU-001", "title": "T", "lane": "content"})");
  world.data("wu:claim", kOne);
}

// The gate may write its worktree, `.git` there included: a repository of its own making has programs of its own.
TEST(DeliveryHostile, AGateThatSwapsTheRepositoryIsNotBelieved) {
  DeliveryWorld world({.gates = "[{id: evil, command: [sh, -c, 'sh evil.sh']}]"});
  claim(world);
  world.commit(kWorktree, "evil.sh", R"sh(set -e
admin="$(sed 's/gitdir: //' .git)"
head="$(git rev-parse HEAD)"
git init -q --bare .evil
echo "$head" > .evil/HEAD
mkdir -p .evil/objects/info .evil/info
echo "$admin/../../objects" > .evil/objects/info/alternates
cp "$admin/index" .evil/index
git -C .evil config core.bare false
git -C .evil config core.worktree "$PWD"
git -C .evil config filter.x.clean "sh -c 'touch $PWD/../../../ESCAPED $PWD/../../../.git/ESCAPED $PWD/RAN; cat'"
echo '* filter=x' > .evil/info/attributes
rm .git
echo "gitdir: $PWD/.evil" > .git
)sh");
  const json::Value gates = world.data("software-delivery:gates", kOne);
  EXPECT_FALSE(json::boolean_or(gates, "counts", true)) << json::serialize(gates);
  EXPECT_THAT(text(gates, "/why"), HasSubstr("link to git"));
  EXPECT_EQ(world.refusal("git:status", kOne), "WORKTREE_BROKEN");
  EXPECT_EQ(world.refusal("wu:release", R"({"wu_id": "WU-001", "reason": "r"})"), "WORKTREE_BROKEN");
  EXPECT_EQ(world.refusal("wu:done", kOne), "WORKTREE_BROKEN");
  world.mend();
  world.data("wu:status", kOne);
  for (const char* trace : {"ESCAPED", ".git/ESCAPED"}) EXPECT_FALSE(world.exists(trace)) << trace;
  EXPECT_FALSE(world.exists(std::string(kWorktree) + "/RAN"));
}

TEST(DeliveryHostile, NobodyTakesAnothersWorkWithoutAConsent) {
  DeliveryWorld world;
  claim(world);
  constexpr std::string_view kRelease = R"({"wu_id": "WU-001", "reason": "the lane is full"})";
  const json::Value refused = world.call_as("ws-42:turn:t-1", "wu:release", kRelease);
  EXPECT_EQ(text(refused, "/error/code"), "NOT_YOURS") << json::serialize(refused);
  EXPECT_TRUE(world.exists(std::string(kWorktree)));
  const json::Value released = world.confirm(text(refused, "/error/details/recovery_id"));
  EXPECT_TRUE(json::boolean_or(released, "success", false)) << json::serialize(released);
  EXPECT_FALSE(world.exists(std::string(kWorktree)));
}

TEST(DeliveryHostile, NobodyGoesAroundThePacksTools) {
  DeliveryWorld world;
  claim(world);
  for (const char* tool : {"kernel:task_complete", "kernel:task_release", "kernel:task_block"})
    for (const char* subject : {"ws-42:local:ana", "ws-42:turn:t-1"}) {
      const std::string reason = std::string(tool).ends_with("complete") ? "" : R"(, "reason": "r")";
      const json::Value refused = world.call_as(subject, tool, R"({"task_id": "WU-001")" + reason + "}");
      EXPECT_EQ(text(refused, "/error/code"), "SCOPE_DENIED") << tool << json::serialize(refused);
    }
  EXPECT_EQ(text(world.data("wu:status", kOne), "/status"), "active");
  const json::Value forged = world.call_as("ws-42:turn:t-1", "kernel:task_create",
                                           R"({"task_id": "WU-2", "type": "work-unit", "title": "T"})");
  EXPECT_EQ(text(forged, "/error/code"), "SCOPE_DENIED");
}

TEST(DeliveryHostile, WhatTheWorkspaceIsRunByIsNotChangedByTheWay) {
  DeliveryWorld world;
  claim(world);
  world.shell("cp lumenflow.yaml " + std::string(kWorktree) + "/ && echo '# laxer' >> " + std::string(kWorktree) +
              "/lumenflow.yaml");
  world.shell("cd " + std::string(kWorktree) +
              " && git add -f lumenflow.yaml && git -c user.name=T -c user.email=t@example.com commit -q -m rules");
  world.data("software-delivery:gates", kOne);
  EXPECT_EQ(world.refusal("wu:done", kOne), "CHANGES_WORKSPACE_RULES");
}

TEST(DeliveryHostile, SixtySendersAtOnceAreAllHeard) {
  DeliveryWorld world({.repository = false});
  world.open();
  std::vector<json::Value> inputs;
  for (int i = 0; i < 60; ++i) inputs.push_back(json::Object{{"mailbox", "m"}, {"text", std::to_string(i)}});
  for (const json::Value& answer : world.call_all("mem:signal", inputs))
    EXPECT_TRUE(json::boolean_or(answer, "success", false)) << json::serialize(answer);
  EXPECT_EQ(json::integer_or(world.data("mem:inbox", R"({"mailbox": "m"})"), "unread", 0), 60);
}

// What is approved is what had passed its gates when the approval was asked for.
TEST(DeliveryHostile, ACommitThatCameAfterTheQuestionIsNotMerged) {
  DeliveryWorld world({.approvals = "console"});
  claim(world);
  const std::string shown = world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  const std::string named = R"({"wu_id": "WU-001", "commit": ")" + shown + "\"}";
  const json::Value asked = world.call("wu:done", kOne), asked_by_name = world.call("wu:done", std::string_view(named));
  world.commit(kWorktree, "b.txt", "something else\n");
  world.data("software-delivery:gates", kOne);
  for (const json::Value& each : {asked, asked_by_name}) {
    const json::Value ended = world.approve(text(each, "/approval_id"));
    EXPECT_EQ(text(ended, "/error/code"), "COMMIT_MOVED") << json::serialize(ended);
  }
  EXPECT_FALSE(world.exists("b.txt"));
  const json::Value again = world.approve(text(world.call("wu:done", kOne), "/approval_id"));
  EXPECT_TRUE(json::boolean_or(again, "success", false)) << json::serialize(again);
  EXPECT_EQ(world.shell("cat b.txt"), "something else");
}

// Whoever decides sees what is merged, and is not asked for what cannot be.
TEST(DeliveryHostile, AnApprovalShowsWhatIsMerged) {
  DeliveryWorld world({.gates = "[{id: lint, command: [test, -f, a.txt]}, {id: extra, command: 'false', required: "
                                "false}]",
                       .approvals = "console"});
  world.shell("echo '*.local' >> .git/info/exclude");
  claim(world);
  world.commit(kWorktree, "a.txt", "one\ntwo\nthree\n");
  const std::string tip = world.commit(kWorktree, "b.bin", std::string("a\0b", 3));
  std::ofstream(world.root() + "/" + std::string(kWorktree) + "/x.local") << "goes";
  EXPECT_EQ(world.refusal("wu:done", kOne), "GATES_NOT_GREEN");  // nobody was asked
  world.data("software-delivery:gates", kOne);
  const json::Value told = world.data("wu:summary", kOne);
  const json::Value asked = world.call("wu:done", kOne);
  const json::Value shown = world.covered(text(asked, "/approval_id"));
  const json::Value* summary = shown.at_pointer("/summary/data");
  ASSERT_NE(summary, nullptr) << json::serialize(shown);
  EXPECT_EQ(*summary, told);
  EXPECT_EQ(text(told, "/commit"), tip);
  EXPECT_EQ(text(told, "/branch"), "lane/content/WU-001");
  EXPECT_EQ(text(told, "/base"), world.shell("git rev-parse main"));
  EXPECT_EQ(json::integer_or(told, "files_changed", 0), 2);
  EXPECT_EQ(json::integer_or(told, "insertions", 0), 2);
  EXPECT_THAT(json::serialize(*told.find("files")), AllOf(HasSubstr(R"({"path":"a.txt","insertions":2,"deletions":0})"),
                                                          HasSubstr(R"({"path":"b.bin","binary":true})")));
  EXPECT_EQ(text(told, "/commits/0/subject"), "change b.bin");
  EXPECT_EQ(json::integer_or(told, "commit_count", 0), 2);
  EXPECT_EQ(text(told, "/gates/0/status"), "passed");
  EXPECT_EQ(text(told, "/gates/1/status"), "not_passed");
  EXPECT_EQ(text(told, "/deletes/0"), "x.local");
  // Gates that are run once more on the same commit change nothing of what was approved.
  world.data("software-delivery:gates", R"({"wu_id": "WU-001", "fresh": true})");
  const json::Value merged = world.approve(text(asked, "/approval_id"));
  EXPECT_TRUE(json::boolean_or(merged, "success", false)) << json::serialize(merged);
  EXPECT_EQ(world.shell("git rev-parse main"), tip);
}

// Git's paths and texts are bytes; an approval and a record are text.
TEST(DeliveryHostile, NamesThatAreNoTextAreShownAllTheSame) {
  DeliveryWorld world({.approvals = "console"});
  claim(world);
  world.commit(kWorktree, "b\xff.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  const json::Value asked = world.call("wu:done", kOne);
  EXPECT_EQ(text(asked, "/status"), "pending_approval") << json::serialize(asked);
  EXPECT_EQ(text(world.covered(text(asked, "/approval_id")), "/summary/data/files/0/path"), "b\uFFFD.txt");
  std::ofstream(world.root() + "/" + std::string(kWorktree) + "/new\xff.txt") << "x";
  EXPECT_THAT(json::serialize(world.data("wu:status", kOne)), HasSubstr("new\uFFFD"));
  EXPECT_THAT(json::serialize(world.data("git:status", kOne)), HasSubstr("new\uFFFD"));
  EXPECT_EQ(world.refusal("wu:done", kOne), "WORKTREE_DIRTY");
}

TEST(DeliveryHostile, WhatCannotBeMergedIsNotAskedFor) {
  DeliveryWorld world({.approvals = "console"});
  claim(world);
  world.shell("mkdir " + std::string(kWorktree) + "/.lumenflow && echo x > " + std::string(kWorktree) +
              "/.lumenflow/mine");
  world.commit(kWorktree, ".lumenflow/mine", "x");
  world.data("software-delivery:gates", kOne);
  const json::Value kernels = world.call("wu:done", kOne);
  EXPECT_EQ(text(kernels, "/error/code"), "SCOPE_DENIED") << json::serialize(kernels);
  EXPECT_EQ(text(kernels, "/error/details/files/0"), ".lumenflow/mine");
  EXPECT_TRUE(world.open_recoveries().empty());
  world.shell("cd " + std::string(kWorktree) + " && git reset -q --hard main");
  world.shell("cp lumenflow.yaml " + std::string(kWorktree));
  world.shell("cd " + std::string(kWorktree) +
              " && git add -f lumenflow.yaml && git -c user.name=T -c user.email=t@example.com commit -q -m rules");
  world.data("software-delivery:gates", kOne);
  const json::Value rules = world.call("wu:done", kOne);
  EXPECT_EQ(text(rules, "/error/code"), "CHANGES_WORKSPACE_RULES");
  EXPECT_THAT(text(rules, "/error/details/diff"), HasSubstr("+approval_providers"));
}

TEST(DeliveryHostile, AFileThatGitIgnoresIsNotWrittenOver) {
  DeliveryWorld world;
  world.shell("echo '*.local' >> .git/info/exclude");
  claim(world);
  world.shell("cd " + std::string(kWorktree) + " && echo theirs > x.local && git add -f x.local");
  world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  std::ofstream(world.root() + "/x.local") << "mine\n";
  EXPECT_EQ(world.refusal("wu:done", kOne), "WORKSPACE_DIRTY");
  EXPECT_EQ(world.shell("cat x.local"), "mine");
}

TEST(DeliveryHostile, PassedIsWhatPassed) {
  DeliveryWorld world({.gates = "[{id: lint, command: [test, -f, a.txt]}, {id: extra, command: 'false', required: "
                                "false}, {id: unit, command: 'true'}]"});
  claim(world);
  const json::Value extra = world.data("software-delivery:gates", R"({"wu_id": "WU-001", "only": ["extra"]})");
  EXPECT_FALSE(json::boolean_or(extra, "passed", true));
  EXPECT_EQ(extra.find("missing")->as_array().size(), 2U);
  const json::Value unit = world.data("software-delivery:gates", R"({"wu_id": "WU-001", "only": ["unit"]})");
  EXPECT_TRUE(json::boolean_or(unit, "passed", false));
  EXPECT_EQ(text(unit, "/missing/0"), "lint");
}

TEST(DeliveryHostile, AMergeIntoABranchThatAnotherWorktreeHasIsRefused) {
  DeliveryWorld world({.more = "software_delivery: {main_branch: main}"});
  world.shell("git checkout -q -b elsewhere && git worktree add -q ../mine main");
  claim(world);
  world.commit(kWorktree, "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  EXPECT_EQ(world.refusal("wu:done", kOne), "TARGET_IN_USE");
}

}  // namespace
}  // namespace lumenflow::delivery
