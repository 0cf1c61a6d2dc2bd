// Tasks through the kernel: who may take them where, what it records, and what is left after a crash.
#include "kernel/tasks.h"

#include <gmock/gmock.h>

#include "kernel/task_tools.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Array;
using json::Object;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TaskCalls : public ::testing::Test {
 protected:
  TaskCalls() {
    world.kernel_tools = *make_task_tools();
    world.credential.scopes = {"tools:read", "tools:write"};
    world.config.lanes = {{.id = "site", .title = "", .allowed_scopes = {}, .wip_limit = 1, .policies = Array{}}};
    world.open();
  }
  void as(const char* subject) { world.credential.subject = Subject(subject); }
  // The code of what came of it, "ok", and the message in `said`.
  std::string change(const std::string& step, Object input) {
    const CallResult result = world.call("kernel:task_" + step, std::move(input));
    const json::Value body = *json::parse(result.body);
    if (result.outcome == journal::Outcome::kSuccess) {
      task = *body.at_pointer("/data/task");
      return "ok";
    }
    said = body.at_pointer("/error/message")->as_string();
    return body.at_pointer("/error/code")->as_string();
  }
  void created(const char* id, Object more = {}) {
    Object input{{"task_id", id}, {"type", "work-unit"}, {"title", "T"}};
    for (const json::Member& member : more) input.set(member.key, member.value);
    ASSERT_EQ(change("create", std::move(input)), "ok") << said;
  }
  std::string state() const { return std::string(json::string_or(task, "state", "")); }
  // Kinds of the events of tasks, in order, with the class.
  std::vector<std::string> events() const {
    std::vector<std::string> out;
    for (const json::Value& entry : world.entries()) {
      const json::Value* kind = entry.at_pointer("/event/kind");
      if (kind != nullptr && kind->as_string().starts_with("task_"))
        out.push_back(kind->as_string() + " " + std::string(json::string_or(entry, "class", "")));
    }
    return out;
  }

  KernelWorld world;
  json::Value task;
  std::string said;
};

TEST_F(TaskCalls, AreRefusedWithACredentialInTheirWords) {
  const std::string secret = "ghp_" + std::string(36, 'a');
  EXPECT_EQ(change("create", {{"task_id", "T-1"}, {"type", "work-unit"}, {"title", "use " + secret}}), "INVALID_INPUT");
  EXPECT_THAT(said, HasSubstr("leave out what looks like a credential"));
  const json::Value spec = Object{{"steps", Array{"a", Object{{"b", secret}}}}};
  const CallResult nested = world.call(
      "kernel:task_create", Object{{"task_id", "T-1"}, {"type", "work-unit"}, {"title", "T"}, {"spec", spec}});
  EXPECT_EQ(*json::parse(nested.body)->at_pointer("/error/details/0/pointer"), json::Value("/spec/steps/1/b"));
  created("T-1");
  ASSERT_EQ(change("claim", {{"task_id", "T-1"}}), "ok");
  EXPECT_EQ(change("block", {{"task_id", "T-1"}, {"reason", secret}}), "INVALID_INPUT");
  ASSERT_EQ(change("block", {{"task_id", "T-1"}, {"reason", "the token is missing"}}), "ok") << said;
  EXPECT_EQ(world.bytes().find(secret), std::string::npos);
}

TEST_F(TaskCalls, GoTheWholeWayAndEachStepIsAnEventOfClassQueue) {
  created("WU-1", {{"spec", Object{{"acceptance", "green"}}}});
  EXPECT_EQ(state(), "ready");
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}, {"session_id", "s-1"}, {"domain_data", Object{{"branch", "b"}}}}),
            "ok");
  EXPECT_EQ(json::string_or(task, "claimed_by", ""), "ws-42:test");
  EXPECT_EQ(change("block", {{"task_id", "WU-1"}, {"reason", "no key"}}), "ok");
  EXPECT_EQ(json::string_or(task, "reason", ""), "no key");
  EXPECT_EQ(change("unblock", {{"task_id", "WU-1"}}), "ok");
  EXPECT_EQ(change("wait", {{"task_id", "WU-1"}, {"reason", "review"}, {"wait_for", Object{{"pr", 7}}}}), "ok");
  EXPECT_EQ(task.at_pointer("/wait_for/pr")->as_integer(), 7);
  EXPECT_EQ(change("resume", {{"task_id", "WU-1"}}), "ok");
  EXPECT_EQ(task.find("wait_for"), nullptr);
  EXPECT_EQ(change("release", {{"task_id", "WU-1"}, {"reason", "home"}}), "ok");
  EXPECT_EQ(task.find("claimed_by"), nullptr);
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  EXPECT_EQ(change("complete", {{"task_id", "WU-1"}, {"evidence_refs", Array{"sha256:aa"}}}), "ok");
  EXPECT_EQ(state(), "done");
  EXPECT_THAT(events(), ElementsAre("task_created queue", "task_claimed queue", "task_blocked queue",
                                    "task_unblocked queue", "task_waiting queue", "task_resumed queue",
                                    "task_released queue", "task_claimed queue", "task_completed queue"));
}

TEST_F(TaskCalls, AnIllegalStepNamesTheLegalOnesAndChangesNothing) {
  created("WU-1");
  EXPECT_EQ(change("complete", {{"task_id", "WU-1"}}), "ILLEGAL_TRANSITION");
  EXPECT_THAT(said, HasSubstr("is ready and cannot be taken to 'complete'; legal: claim"));
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  EXPECT_EQ(change("complete", {{"task_id", "WU-1"}}), "ok");
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ILLEGAL_TRANSITION");
  EXPECT_THAT(said, HasSubstr("it is final"));
  EXPECT_EQ(change("claim", {{"task_id", "WU-2"}}), "NOT_FOUND");
  EXPECT_EQ(change("claim", {{"task_id", "../x"}}), "INVALID_INPUT");
  EXPECT_EQ(events().size(), 3u);
}

TEST_F(TaskCalls, WhatIsAskedForNeverChanges) {
  created("WU-1");
  EXPECT_EQ(change("create", {{"task_id", "WU-1"}, {"type", "work-unit"}, {"title", "other"}}), "ALREADY_EXISTS");
  EXPECT_THAT(said, HasSubstr("something else"));
  EXPECT_EQ(change("create", {{"task_id", "WU-1"}, {"type", "work-unit"}, {"title", "T"}}), "ALREADY_EXISTS");
  EXPECT_THAT(said, HasSubstr("the same"));
  EXPECT_EQ(change("create", {{"task_id", "WU-2"}, {"type", "work-unit"}, {"title", "T"}, {"lane", "sites"}}),
            "INVALID_INPUT");
  EXPECT_THAT(said, HasSubstr("did you mean 'site'?"));
  EXPECT_EQ(change("create", {{"task_id", "WU-2"},
                              {"type", "work-unit"},
                              {"title", "T"},
                              {"spec", Object{{"allowed_scopes", Array{Object{{"type", "path"}}}}}}}),
            "INVALID_INPUT");
}

TEST_F(TaskCalls, OfManyClaimsAtOnceOneWins) {
  created("WU-1");
  int won = 0, lost = 0;
  for (int i = 0; i < 20; ++i) {
    world.credential.subject = Subject("ws-42:agent" + std::to_string(i));
    world.submit("kernel:task_claim", Object{{"task_id", "WU-1"}}, {},
                 [&](const CallResult& result) { ++(result.outcome == journal::Outcome::kSuccess ? won : lost); });
  }
  world.settle();  // one batch
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 19);
}

TEST_F(TaskCalls, AnothersTaskIsLeftAloneExceptByAnOperator) {
  created("WU-1");
  as("ws-42:bob");
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  as("ws-42:eve");
  EXPECT_EQ(change("complete", {{"task_id", "WU-1"}}), "SCOPE_DENIED");
  EXPECT_THAT(said, HasSubstr("claimed by ws-42:bob"));
  EXPECT_EQ(change("delegate", {{"parent_task_id", "WU-1"}, {"task_id", "WU-2"}, {"type", "t"}, {"title", "T"}}),
            "SCOPE_DENIED");
  world.surface = Surface::kSocket;
  EXPECT_EQ(change("release", {{"task_id", "WU-1"}, {"reason", "stuck"}}), "ok");
  world.surface = Surface::kHttp;
  world.credential.scopes = {"tools:read"};
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "TOKEN_SCOPE_DENIED");
}

TEST_F(TaskCalls, ALaneHoldsAsManyAsItsLimitAllows) {
  created("a", {{"lane", "site"}});
  created("b", {{"lane", "site"}});
  EXPECT_EQ(change("claim", {{"task_id", "a"}}), "ok");
  EXPECT_EQ(change("claim", {{"task_id", "b"}}), "ILLEGAL_TRANSITION");
  EXPECT_THAT(said, HasSubstr("wip_limit (1)"));
  EXPECT_EQ(change("block", {{"task_id", "a"}, {"reason", "x"}}), "ok");
  EXPECT_EQ(change("claim", {{"task_id", "b"}}), "ILLEGAL_TRANSITION") << "blocked work is work in progress";
  EXPECT_EQ(change("complete", {{"task_id", "a"}}), "ok");
  EXPECT_EQ(change("claim", {{"task_id", "b"}}), "ok");
}

TEST_F(TaskCalls, APartIsATaskOfItsOwn) {
  created("WU-1");
  EXPECT_EQ(change("delegate", {{"parent_task_id", "WU-1"}, {"task_id", "WU-2"}, {"type", "t"}, {"title", "T"}}),
            "ILLEGAL_TRANSITION");
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  EXPECT_EQ(change("delegate", {{"parent_task_id", "WU-1"}, {"task_id", "WU-2"}, {"type", "t"}, {"title", "T"}}), "ok");
  EXPECT_EQ(json::string_or(task, "parent_task_id", ""), "WU-1");
  EXPECT_EQ(state(), "ready");
  EXPECT_THAT(events(),
              ElementsAre("task_created queue", "task_claimed queue", "task_created queue", "task_delegated queue"));
}

TEST_F(TaskCalls, AreTheSameAfterARestartAndAfterACommitThatFailed) {
  created("WU-1", {{"lane", "site"}});
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  world.faults.fail_commit = true;
  EXPECT_EQ(change("release", {{"task_id", "WU-1"}, {"reason", "x"}}), "JOURNAL_UNAVAILABLE");
  world.faults.fail_commit = false;
  EXPECT_TRUE(world.kernel->tasks().holds("ws-42:test", "WU-1"));
  EXPECT_EQ(world.kernel->tasks().claimed_in("site"), 1u);
  world.crash();
  world.open();
  EXPECT_TRUE(world.kernel->tasks().holds("ws-42:test", "WU-1"));
  EXPECT_EQ(world.kernel->tasks().claimed_in("site"), 1u);
  world.clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(change("complete", {{"task_id", "WU-1"}}), "ok");
  EXPECT_FALSE(world.kernel->tasks().holds("ws-42:test", "WU-1"));
  EXPECT_THAT(world.kernel->tasks().claims_of("ws-42:test"), IsEmpty());
  EXPECT_EQ(world.kernel->tasks().claimed_in("site"), 0u);
}

// --- what a claim brings with it ---

json::Value path(const char* pattern, const char* access) {
  return Object{{"type", "path"}, {"pattern", pattern}, {"access", access}};
}

TEST_F(TaskCalls, ATasksScopesBindWhoeverHasClaimedItAndNobodyElse) {
  created("WU-1", {{"spec", Object{{"allowed_scopes", Array{path("docs/**", "write")}}}}});
  EXPECT_EQ(world.call("probe:effect").outcome, journal::Outcome::kSuccess);
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  const CallResult bound = world.call("probe:effect");
  EXPECT_EQ(bound.code, ErrorCode::kScopeDenied);
  EXPECT_THAT(bound.body, HasSubstr("task:WU-1"));
  as("ws-42:bob");
  EXPECT_EQ(world.call("probe:effect").outcome, journal::Outcome::kSuccess);
  as("ws-42:test");
  world.crash();
  world.open();
  EXPECT_EQ(world.call("probe:effect").code, ErrorCode::kScopeDenied) << "after a restart too";
  EXPECT_EQ(change("release", {{"task_id", "WU-1"}, {"reason", "x"}}), "ok");
  EXPECT_EQ(world.call("probe:effect").outcome, journal::Outcome::kSuccess);
}

class TaskPolicies : public TaskCalls {
 protected:
  json::Value rule(const char* id, const char* trigger, const char* decision, Object when = {}) {
    return Object{{"id", id}, {"trigger", trigger}, {"decision", decision}, {"when", std::move(when)}};
  }
  void reopen() {
    world.crash();
    world.open();
  }
};

TEST_F(TaskPolicies, RulesOfALaneHoldForWhoWorksInIt) {
  world.config.lanes[0].policies = Array{rule("quiet", "on_tool_request", "deny", {{"tool", "probe:risky"}})};
  reopen();
  created("WU-1", {{"lane", "site"}});
  EXPECT_EQ(world.call("probe:count").outcome, journal::Outcome::kSuccess);
  const auto before = world.call("probe:count").outcome;
  EXPECT_EQ(change("claim", {{"task_id", "WU-1"}}), "ok");
  world.config.lanes[0].policies = Array{rule("quiet", "on_tool_request", "deny", {{"tool", "probe:count"}})};
  reopen();
  const CallResult bound = world.call("probe:count");
  EXPECT_EQ(before, journal::Outcome::kSuccess);
  EXPECT_EQ(bound.code, ErrorCode::kPolicyDenied);
  EXPECT_THAT(bound.body, HasSubstr("lane:site:quiet"));
  EXPECT_FALSE(world.kernel->callable(*world.kernel->registry().find("probe:count"), world.credential));
  as("ws-42:bob");
  EXPECT_EQ(world.call("probe:count").outcome, journal::Outcome::kSuccess);
}

TEST_F(TaskPolicies, AreAskedWhenATaskIsClaimedAndWhenItIsDone) {
  world.config.policies =
      Array{rule("frozen", "on_claim", "deny", {{"lane", "site"}}),
            rule("proof", "on_completion", "deny", {{"input", Object{{"/evidence_refs", Object{{"exists", false}}}}}})};
  reopen();
  created("a", {{"lane", "site"}});
  created("b");
  EXPECT_EQ(change("claim", {{"task_id", "a"}}), "POLICY_DENIED");
  EXPECT_EQ(change("claim", {{"task_id", "b"}}), "ok");
  EXPECT_EQ(change("complete", {{"task_id", "b"}}), "POLICY_DENIED");
  EXPECT_THAT(said, HasSubstr("workspace:proof"));
  EXPECT_EQ(change("complete", {{"task_id", "b"}, {"evidence_refs", Array{"x"}}}), "ok");
}

TEST_F(TaskPolicies, AreAskedWhenEvidenceIsAdded) {
  world.config.policies =
      Array{rule("own", "on_evidence_added", "deny",
                 {{"not", Object{{"input", Object{{"/evidence_refs/0", Object{{"equals", "x"}}}}}}}})};
  reopen();
  created("a");
  ASSERT_EQ(change("claim", {{"task_id", "a"}}), "ok");
  EXPECT_EQ(change("complete", {{"task_id", "a"}, {"evidence_refs", Array{"y"}}}), "POLICY_DENIED");
  EXPECT_THAT(said, HasSubstr("workspace:own"));
  EXPECT_EQ(change("complete", {{"task_id", "a"}, {"evidence_refs", Array{"x"}}}), "ok");
  created("b");
  ASSERT_EQ(change("claim", {{"task_id", "b"}}), "ok");
  EXPECT_EQ(change("complete", {{"task_id", "b"}, {"evidence_refs", Array{}}}), "ok") << "there is none";
}

TEST_F(TaskPolicies, AClaimMayWaitForAnApprovalLikeAnyCall) {
  ApprovalWorld asked;
  asked.kernel_tools.insert(asked.kernel_tools.end(), world.kernel_tools.begin(), world.kernel_tools.end());
  asked.config.policies = Array{rule("ask", "on_claim", "approval_required")};
  asked.open();
  asked.call("kernel:task_create", Object{{"task_id", "WU-1"}, {"type", "t"}, {"title", "T"}});
  const std::string id = asked.parked("kernel:task_claim", Object{{"task_id", "WU-1"}});
  EXPECT_FALSE(asked.kernel->tasks().holds("ws-42:test", "WU-1"));
  asked.crash();
  asked.open();
  const CallResult approved = asked.approve(id);
  EXPECT_EQ(error_of(approved), "none");
  EXPECT_TRUE(asked.kernel->tasks().holds("ws-42:test", "WU-1"));
  EXPECT_THAT(asked.end_of(id), HasSubstr("success"));
}

}  // namespace
}  // namespace lumenflow::kernel
