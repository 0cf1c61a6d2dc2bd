// Work units from their making to their merge, over a real repository and the machine's own sandbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "delivery_world.h"

namespace lumenflow::delivery {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

void create(DeliveryWorld& world, const std::string& id = "WU-001", const std::string& lane = "content",
            const std::string& more = "") {
  world.data("wu:create", R"({"id": ")" + id + R"(", "title": "Say hello", "lane": ")" + lane + "\"" + more + "}");
}

std::string member(const json::Value& value, std::string_view name) {
  return std::string(json::string_or(value, name, ""));
}

TEST(Delivery, GoesFromAnIdeaToAMerge) {
  DeliveryWorld world;
  world.open();
  const json::Value made = world.data("wu:create", R"({"title": "Say hello", "lane": "Content: Site Comms",
    "acceptance": ["it says \"hello\": twice"], "code_paths": ["src/**"], "priority": "P1"})");
  EXPECT_EQ(text(made, "/path"), ".software-delivery/wu/WU-001.yaml");
  const json::Value claimed =
      world.data("software-delivery:wu_claim", R"({"wu_id": "WU-001", "lane": "Content: Site Comms"})");
  EXPECT_EQ(member(claimed, "branch"), "lane/content/WU-001");
  EXPECT_EQ(member(claimed, "worktree_path"), world.root() + "/.software-delivery/worktrees/content-WU-001");
  EXPECT_EQ(text(claimed, "/wu/acceptance/0"), "it says \"hello\": twice");
  EXPECT_EQ(member(world.data("wu:status", kOne), "status"), "active");

  const std::string commit = world.commit(".software-delivery/worktrees/content-WU-001", "b.txt", "two\n");
  EXPECT_EQ(world.refusal("wu:done", kOne), "GATES_NOT_GREEN");
  const json::Value gates = world.data("software-delivery:gates", kOne);
  EXPECT_EQ(member(gates, "commit"), commit);
  EXPECT_TRUE(json::boolean_or(gates, "passed", false)) << json::serialize(gates);
  EXPECT_TRUE(json::boolean_or(gates, "counts", false)) << json::serialize(gates);
  EXPECT_THAT(json::serialize(world.data("git:log", kOne)), AllOf(HasSubstr(commit), Not(HasSubstr("a.txt"))));
  EXPECT_THAT(member(world.data("git:diff", kOne), "diff"), HasSubstr("+two"));
  EXPECT_EQ(text(world.data("software-delivery:gates", kOne), "/gates/0/status"), "cached");

  const json::Value done = world.data("wu:done", kOne);
  EXPECT_EQ(member(done, "commit"), commit);
  EXPECT_EQ(world.shell("git rev-parse main"), commit);
  EXPECT_EQ(world.shell("cat b.txt && git status --porcelain --untracked-files=no"), "two");
  EXPECT_FALSE(world.exists(".software-delivery/worktrees/content-WU-001"));
  EXPECT_EQ(world.shell("git branch --list 'lane/*'"), "");
  EXPECT_THAT(world.shell("cat .software-delivery/done/WU-001.json"), AllOf(HasSubstr(commit), HasSubstr("sha256:")));
  const json::Value status = world.data("wu:status", kOne);
  EXPECT_EQ(member(status, "status"), "done");
  EXPECT_EQ(member(status, "consistency"), "consistent");
  EXPECT_THAT(world.kinds(), ElementsAre("wu_created", "wu_claimed", "gate_started", "gate_passed", "wu_completed"));
}

TEST(Delivery, ListsWhatThereIs) {
  DeliveryWorld world;
  world.open();
  create(world);
  create(world, "WU-007", "narrow");
  EXPECT_THAT(text(world.data("wu:create", R"({"title": "t", "lane": "narrow"})"), "/wu/id"), "WU-008");
  std::ofstream(world.root() + "/.software-delivery/wu/WU-009.yaml") << "id: WU-009\ntitle: t\nlane: x\nstatus: done\n";
  std::ofstream(world.root() + "/.software-delivery/wu/WU-010.yaml") << "id: WU-010\ntitle: By hand\nlane: narrow\n";
  world.data("wu:claim", kOne);
  const json::Value all = world.data("wu:list", "{}");
  EXPECT_EQ(all.find("items")->as_array().size(), 4U);
  EXPECT_EQ(text(all, "/items/0/status"), "active");
  EXPECT_EQ(text(all, "/items/3/status"), "ready");  // its task is made when it is claimed
  EXPECT_THAT(text(all, "/problems/0"), HasSubstr("'status' is not kept in the file"));
  EXPECT_EQ(world.data("wu:list", R"({"status": "ready", "lane": "narrow"})").find("items")->as_array().size(), 3U);
  const json::Value page = world.data("wu:list", R"({"limit": 2})");
  EXPECT_EQ(member(page, "next"), "WU-007");
  EXPECT_EQ(text(world.data("wu:list", R"({"limit": 2, "after": "WU-007"})"), "/items/0/id"), "WU-008");
  EXPECT_THAT(
      json::serialize(world.data("lane:list", "{}")),
      HasSubstr(
          R"({"id":"content","title":"Content: Site Comms","slug":"content","claimed":1,"wip_limit":2,"free":1,)"));
  EXPECT_EQ(world.refusal("wu:create", R"({"id": "WU-001", "title": "t", "lane": "content"})"), "ALREADY_EXISTS");
  EXPECT_EQ(world.refusal("wu:create", R"({"title": "t", "lane": "elsewhere"})"), "UNKNOWN_LANE");
  EXPECT_EQ(world.refusal("wu:status", R"({"wu_id": "WU-099"})"), "NOT_FOUND");
}

TEST(Delivery, AWorkUnitIsBlockedGoesOnAndIsGivenBack) {
  DeliveryWorld world;
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  world.data("wu:block", R"({"wu_id": "WU-001", "reason": "waits for Ben"})");
  EXPECT_EQ(text(world.data("wu:status", kOne), "/task/reason"), "waits for Ben");
  EXPECT_EQ(world.refusal("wu:done", kOne), "ILLEGAL_TRANSITION");
  world.data("wu:unblock", kOne);
  const std::string worktree = ".software-delivery/worktrees/content-WU-001";
  const std::string commit = world.commit(worktree, "b.txt", "two\n");
  std::ofstream(world.root() + "/" + worktree + "/c.txt") << "three\n";
  EXPECT_EQ(world.refusal("wu:release", R"({"wu_id": "WU-001", "reason": "later"})"), "WORKTREE_DIRTY");
  world.shell("rm " + worktree + "/c.txt");
  EXPECT_EQ(member(world.data("wu:release", R"({"wu_id": "WU-001", "reason": "later"})"), "commit"), commit);
  EXPECT_FALSE(world.exists(worktree));
  // Whoever claims it next goes on from there.
  EXPECT_EQ(member(world.data("wu:claim", kOne), "commit"), commit);
  EXPECT_TRUE(world.exists(worktree + "/b.txt"));
}

TEST(Delivery, GatesSayWhatTheyFoundAndRunApart) {
  DeliveryWorld world({.gates = R"([
    {id: ok, command: [sh, -c, 'echo fine; until test -e ../b; do :; done; touch ../a 2>&1; echo $LUMENFLOW_GATE']},
    {id: bad, command: [sh, -c, 'touch made; echo oops >&2; exit 3']},
    {id: slow, command: sleep 1000, timeout: 300ms, required: false},
    {id: missing, command: no-such-program},
    {id: outside, command: [sh, -c, 'cat ../../../lumenflow.yaml; ls ../../../.lumenflow; touch ../../../x; env']},
    {id: shellish, command: [sh, -c, 'git rev-parse HEAD && git diff --stat']}])"});
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  EXPECT_EQ(world.refusal("software-delivery:gates", R"({"wu_id": "WU-001", "only": ["none"]})"), "NOT_FOUND");
  const json::Value gates = world.data(
      "software-delivery:gates", R"({"wu_id": "WU-001", "only": ["bad", "slow", "missing", "outside", "shellish"]})");
  const auto of = [&](std::string_view id) {
    for (const json::Value& each : gates.find("gates")->as_array())
      if (json::string_or(each, "gate", "") == id) return each;
    return json::Value();
  };
  const auto log_of = [&](std::string_view id) {
    return world.shell("cat .software-delivery/evidence/" + member(of(id), "evidence_ref").substr(7) + ".log");
  };
  EXPECT_FALSE(json::boolean_or(gates, "passed", true));
  EXPECT_EQ(json::integer_or(of("bad"), "exit_code", 0), 3);
  EXPECT_EQ(log_of("bad"), "oops");
  EXPECT_EQ(member(of("slow"), "limit"), "time");
  EXPECT_EQ(member(of("missing"), "status"), "failed");
  EXPECT_EQ(json::integer_or(of("missing"), "exit_code", 0), 127);
  EXPECT_EQ(member(of("shellish"), "status"), "passed") << log_of("shellish");
  EXPECT_THAT(log_of("outside"), AllOf(Not(HasSubstr("approval_providers")), HasSubstr("HOME=/tmp")));
  EXPECT_FALSE(world.exists("x"));
  EXPECT_THAT(world.kinds(), AllOf(Contains("gate_started").Times(5), Contains("gate_failed").Times(3)));
}

// A gate that says more than a shell may is refused before anything runs.
TEST(Delivery, ACommandIsNeverGuessedAt) {
  DeliveryWorld world({.gates = "[{id: two, command: 'make lint && make test'}]"});
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  EXPECT_EQ(world.refusal("software-delivery:gates", kOne), "CONFIGURATION_ERROR");
}

TEST(Delivery, WhatIsNotCommittedDoesNotCount) {
  DeliveryWorld world({.gates = "[{id: lint, command: [sh, -c, 'test -f a.txt']}, {id: meddler, command: [sh, -c, "
                                "'echo x > a.txt'], required: false}]"});
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  const std::string worktree = ".software-delivery/worktrees/content-WU-001";
  std::ofstream(world.root() + "/" + worktree + "/new.txt") << "x";
  const json::Value dirty = world.data("software-delivery:gates", R"({"wu_id": "WU-001", "only": ["lint"]})");
  EXPECT_TRUE(json::boolean_or(dirty, "passed", false));
  EXPECT_FALSE(json::boolean_or(dirty, "counts", true));
  EXPECT_EQ(world.refusal("wu:done", kOne), "WORKTREE_DIRTY");
  world.shell("rm " + worktree + "/new.txt");
  EXPECT_EQ(world.refusal("wu:done", kOne), "GATES_NOT_GREEN");
  const json::Value meddled = world.data("software-delivery:gates", kOne);
  EXPECT_FALSE(json::boolean_or(meddled, "counts", true));
  EXPECT_THAT(member(meddled, "why"), HasSubstr("changed while the gates ran"));
  world.shell("cd " + worktree + " && git checkout -q a.txt");
  EXPECT_TRUE(json::boolean_or(world.data("software-delivery:gates", R"({"wu_id": "WU-001", "only": ["lint"]})"),
                               "counts", false));
  // Another commit has to pass anew.
  world.commit(worktree, "b.txt", "two\n");
  EXPECT_EQ(world.refusal("wu:done", kOne), "GATES_NOT_GREEN");
}

TEST(Delivery, OnlyWhatFollowsIsMerged) {
  DeliveryWorld world;
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  world.commit(".software-delivery/worktrees/content-WU-001", "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  std::ofstream(world.root() + "/a.txt") << "changed\n";
  EXPECT_EQ(world.refusal("wu:done", kOne), "WORKSPACE_DIRTY");
  world.commit(".", "a.txt", "moved on\n");
  EXPECT_EQ(world.refusal("wu:done", kOne), "NOT_FAST_FORWARD");
  EXPECT_EQ(member(world.data("wu:status", kOne), "consistency"), "consistent");
}

// Another branch is checked out in the workspace: the files there stay as they are.
TEST(Delivery, ABranchThatIsNotCheckedOutIsMovedAlone) {
  DeliveryWorld world({.more = "software_delivery: {main_branch: main}"});
  world.shell("git checkout -q -b elsewhere");
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  const std::string commit = world.commit(".software-delivery/worktrees/content-WU-001", "b.txt", "two\n");
  world.data("software-delivery:gates", kOne);
  world.data("wu:done", kOne);
  EXPECT_EQ(world.shell("git rev-parse main"), commit);
  EXPECT_FALSE(world.exists("b.txt"));
}

TEST(Delivery, OfFiftyClaimsOfOneWorkUnitOneWins) {
  DeliveryWorld world;
  world.open();
  create(world);
  const std::vector<json::Value> inputs(50, json::parse(kOne).value());
  int won = 0;
  for (const json::Value& answer : world.call_all("wu:claim", inputs)) {
    if (json::boolean_or(answer, "success", false))
      ++won;
    else
      EXPECT_THAT(text(answer, "/error/code"), ::testing::AnyOf("WU_BUSY", "ILLEGAL_TRANSITION", "RATE_LIMITED"))
          << json::serialize(answer);
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(world.shell("git worktree list | wc -l"), "2");
  EXPECT_EQ(member(world.data("wu:status", kOne), "consistency"), "consistent");
}

TEST(Delivery, OfFiftyClaimsInALaneForOneOneWins) {
  DeliveryWorld world({.confined = false});
  world.open();
  std::vector<json::Value> inputs;
  for (int i = 1; i <= 50; ++i) {
    const std::string id = "WU-" + std::to_string(100 + i);
    create(world, id, "narrow");
    inputs.push_back(json::Object{{"wu_id", id}});
  }
  int won = 0;
  for (const json::Value& answer : world.call_all("wu:claim", inputs)) {
    if (json::boolean_or(answer, "success", false))
      ++won;
    else
      EXPECT_THAT(text(answer, "/error/code"), ::testing::AnyOf("ILLEGAL_TRANSITION", "RATE_LIMITED"))
          << json::serialize(answer);
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(world.shell("git worktree list | wc -l"), "2");
  EXPECT_EQ(world.shell("git branch --list 'lane/*' | wc -l"), "1");
}

// A claim that fails takes back all that it did.
TEST(Delivery, AClaimThatFailsLeavesNothing) {
  DeliveryWorld world;
  world.open();
  create(world);
  world.shell("git branch lane main");  // in the way of lane/content/WU-001
  const json::Value failed = world.call("wu:claim", kOne);
  EXPECT_EQ(text(failed, "/error/code"), "GIT_FAILED");
  EXPECT_EQ(text(failed, "/error/details/cleanup_status"), "clean") << json::serialize(failed);
  const json::Value status = world.data("wu:status", kOne);
  EXPECT_EQ(member(status, "status"), "ready");
  EXPECT_EQ(member(status, "consistency"), "consistent");
  world.shell("git branch -d -q lane");
  world.data("wu:claim", kOne);
}

TEST(Delivery, DependenciesComeFirst) {
  DeliveryWorld world;
  world.open();
  create(world);
  create(world, "WU-002", "content", R"(, "depends_on": ["WU-001"])");
  EXPECT_EQ(world.refusal("wu:claim", R"({"wu_id": "WU-002"})"), "DEPENDENCY_OPEN");
  EXPECT_EQ(world.refusal("wu:claim", R"({"wu_id": "WU-001", "lane": "narrow"})"), "LANE_MISMATCH");
}

// Work units that wait for each other could never be begun.
TEST(Delivery, ACircleOfDependenciesIsRefusedAndNamed) {
  DeliveryWorld world({.confined = false});
  world.open();
  create(world, "WU-002", "content", R"(, "depends_on": ["WU-001"])");
  const json::Value closing = world.call_as(
      "ws-42:local:ana", "wu:create", R"({"id": "WU-001", "title": "t", "lane": "content", "depends_on": ["WU-002"]})");
  EXPECT_EQ(text(closing, "/error/code"), "DEPENDENCY_CYCLE");
  EXPECT_THAT(text(closing, "/error/message"), HasSubstr("WU-001 -> WU-002 -> WU-001"));
  EXPECT_FALSE(world.exists(".software-delivery/wu/WU-001.yaml"));
  EXPECT_EQ(
      world.refusal("wu:create", R"({"id": "WU-009", "title": "t", "lane": "content", "depends_on": ["WU-009"]})"),
      "DEPENDENCY_CYCLE");
  // Written by hand.
  std::ofstream(world.root() + "/.software-delivery/wu/WU-001.yaml")
      << "id: WU-001\ntitle: T\nlane: content\ndepends_on: [WU-003]\n";
  std::ofstream(world.root() + "/.software-delivery/wu/WU-003.yaml")
      << "id: WU-003\ntitle: T\nlane: content\ndepends_on: [WU-002]\n";
  const json::Value listed = world.data("wu:list", "{}");
  EXPECT_EQ(listed.find("problems")->as_array().size(), 1U) << json::serialize(listed);
  EXPECT_THAT(text(listed, "/problems/0"), HasSubstr("WU-001 -> WU-003 -> WU-002 -> WU-001"));
  const json::Value status = world.data("wu:status", kOne);
  EXPECT_EQ(text(status, "/faults/0/code"), "DEPENDENCY_CYCLE");
  EXPECT_EQ(text(status, "/consistency"), "needs_attention");
  EXPECT_EQ(world.refusal("wu:claim", kOne), "DEPENDENCY_CYCLE");
}

TEST(Delivery, ALaneSaysWhoHoldsItsPlaces) {
  DeliveryWorld world({.confined = false});
  world.open();
  create(world);
  EXPECT_EQ(world.data("lane:list", "{}").at_pointer("/items/0/holders"), nullptr);
  world.data("wu:claim", kOne);
  const json::Value lanes = world.data("lane:list", "{}");
  EXPECT_EQ(text(lanes, "/items/0/holders/0/task_id"), "WU-001");
  EXPECT_EQ(text(lanes, "/items/0/holders/0/claimed_by"), "ws-42:local:ana");
  const std::string since = text(lanes, "/items/0/holders/0/claimed_at");
  EXPECT_EQ(since.size(), 24U) << since;
  world.data("wu:block", R"({"wu_id": "WU-001", "reason": "waits"})");
  const json::Value blocked = world.data("lane:list", "{}");
  EXPECT_EQ(text(blocked, "/items/0/holders/0/claimed_at"), since);
  EXPECT_EQ(text(blocked, "/items/0/holders/0/state"), "blocked");
}

TEST(Delivery, ARecoveryIsProposedAndRunsWhenItIsConfirmed) {
  DeliveryWorld world;
  world.open();
  create(world);
  world.data("wu:claim", kOne);
  const std::string worktree = ".software-delivery/worktrees/content-WU-001";
  const std::string commit = world.commit(worktree, "b.txt", "two\n");
  world.shell("rm -rf " + worktree);
  EXPECT_EQ(text(world.data("wu:status", kOne), "/faults/0/code"), "WORKTREE_MISSING");
  const json::Value proposed = world.call("wu:recover", kOne);
  EXPECT_EQ(text(proposed, "/error/code"), "RECOVERY_PROPOSED");
  const std::string recovery = text(proposed, "/error/details/recovery_id");
  EXPECT_THAT(text(proposed, "/error/details/recovery_action"), EndsWith(recovery));
  EXPECT_FALSE(world.exists(worktree));  // nothing was done
  // Its id alone lets nobody do it.
  EXPECT_EQ(world.refusal("wu:recover", R"({"wu_id": "WU-001", "confirmation_id": ")" + recovery + "\"}"),
            "NOT_CONFIRMED");
  const json::Value repaired = world.confirm(recovery);
  EXPECT_TRUE(json::boolean_or(*repaired.find("data"), "repaired", false)) << json::serialize(repaired);
  EXPECT_EQ(world.shell("git -C " + worktree + " rev-parse HEAD"), commit);
  EXPECT_EQ(member(world.data("wu:status", kOne), "consistency"), "consistent");
  EXPECT_TRUE(world.data("wu:recover", kOne).find("faults")->as_array().empty());
}

TEST(Delivery, MailboxesKeepWhatNobodyHasAcknowledged) {
  DeliveryWorld world({.repository = false});
  world.open();
  world.data("mem:signal", R"({"mailbox": "reviewer", "text": "one"})");
  world.data("mem:signal", R"({"mailbox": "reviewer", "text": "two", "data": {"wu_id": "WU-001"}})");
  world.data("mem:signal", R"({"mailbox": "another", "text": "three"})");
  for (int i = 0; i < 2; ++i) {
    const json::Value read = world.data("mem:inbox", R"({"mailbox": "reviewer"})");
    EXPECT_EQ(json::integer_or(read, "unread", 0), 2);
    EXPECT_EQ(text(read, "/messages/1/text"), "two");
    EXPECT_EQ(text(read, "/messages/0/from"), "ws-42:local:ana");
  }
  const json::Value rest = world.data("mem:inbox", R"({"mailbox": "reviewer", "acknowledge": 1})");
  EXPECT_EQ(text(rest, "/messages/0/text"), "two");
  EXPECT_EQ(world.refusal("mem:inbox", R"({"mailbox": "reviewer", "acknowledge": 9})"), "INVALID_INPUT");
  world.close();
  world.open();
  EXPECT_EQ(json::integer_or(world.data("mem:inbox", R"({"mailbox": "reviewer", "acknowledge": 2})"), "unread", 9), 0);
}

TEST(Delivery, NobodyAcknowledgesAnothersMailAway) {
  DeliveryWorld world({.repository = false});
  world.open();
  const std::string ana = "ws-42:local:ana", bob = "ws-42:local:bob";
  const auto read = [&](const std::string& who, const std::string& more) {
    return world.call_as(who, "mem:inbox", R"({"mailbox": "m")" + more + "}");
  };
  for (const char* text : {"one", "two"})
    world.data("mem:signal", R"({"mailbox": "m", "text": ")" + std::string(text) + "\"}");
  // Not what one has not been shown.
  EXPECT_EQ(text(read(ana, R"(, "acknowledge": 2)"), "/error/code"), "INVALID_INPUT");
  read(ana, "");
  EXPECT_EQ(json::integer_or(*read(ana, R"(, "acknowledge": 2)").find("data"), "unread", 9), 0);
  const json::Value others = read(bob, "");
  EXPECT_EQ(json::integer_or(*others.find("data"), "unread", 0), 2) << json::serialize(others);
  EXPECT_EQ(text(others, "/data/messages/0/text"), "one");
  EXPECT_EQ(text(others, "/data/reader"), bob);
  // A name is a cursor of its own, of whoever uses it.
  EXPECT_EQ(json::integer_or(*read(ana, R"(, "reader": "reviewer")").find("data"), "unread", 0), 2);
  read(ana, R"(, "reader": "reviewer", "acknowledge": 1)");
  EXPECT_EQ(json::integer_or(*read(ana, R"(, "reader": "reviewer")").find("data"), "unread", 0), 1);
  EXPECT_EQ(json::integer_or(*read(bob, R"(, "reader": "reviewer")").find("data"), "unread", 0), 2);
}

TEST(Delivery, AFullMailboxMakesRoomOfWhatAllHaveRead) {
  DeliveryWorld world({.repository = false});
  world.open();
  std::vector<json::Value> inputs(500, json::Object{{"mailbox", "m"}, {"text", "t"}});
  std::size_t heard = 0;
  while (heard < 1'000)  // as many at once as the rate allows
    for (const json::Value& answer : world.call_all("mem:signal", inputs))
      if (json::boolean_or(answer, "success", false))
        ++heard;
      else if (text(answer, "/error/code") == "MAILBOX_FULL")
        heard = 1'000;
  EXPECT_EQ(world.refusal("mem:signal", R"({"mailbox": "m", "text": "more"})"), "MAILBOX_FULL");
  world.call_as("ws-42:local:bob", "mem:inbox", R"({"mailbox": "m"})");
  world.data("mem:inbox", R"({"mailbox": "m", "limit": 5})");
  world.data("mem:inbox", R"({"mailbox": "m", "acknowledge": 5})");
  const json::Value full = world.call_as("ws-42:local:ana", "mem:signal", R"({"mailbox": "m", "text": "more"})");
  EXPECT_THAT(text(full, "/error/message"), HasSubstr("ws-42:local:bob")) << json::serialize(full);
  world.call_as("ws-42:local:bob", "mem:inbox", R"({"mailbox": "m", "acknowledge": 1})");
  EXPECT_EQ(json::integer_or(world.data("mem:signal", R"({"mailbox": "m", "text": "more"})"), "position", 0), 1'001);
  EXPECT_EQ(world.refusal("mem:signal", R"({"mailbox": "m", "text": "more"})"), "MAILBOX_FULL");
  const json::Value rest = world.call_as("ws-42:local:bob", "mem:inbox", R"({"mailbox": "m", "limit": 1})");
  EXPECT_EQ(json::integer_or(*rest.at_pointer("/data/messages/0"), "position", 0), 2);
}

}  // namespace
}  // namespace lumenflow::delivery
