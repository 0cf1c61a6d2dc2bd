#include "kernel/approve.h"

#include <gmock/gmock.h>

#include <utility>

#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Approving : public ::testing::Test, public ApprovalWorld {};

TEST_F(Approving, ACallWaitsAndRunsOnceWhenItIsApproved) {
  ask_for("probe:effect");
  open();
  const std::string id = parked("probe:effect");
  EXPECT_TRUE(effects.empty());
  EXPECT_EQ(end_of(id), "open");
  const CallResult approved = approve(id);
  EXPECT_EQ(error_of(approved), "none") << approved.body;
  EXPECT_EQ(effects.size(), 1u);
  EXPECT_EQ(end_of(id), "success - 12");
  EXPECT_EQ(error_of(approve(id)), "ALREADY_DECIDED");
  EXPECT_EQ(error_of(decide(false, decision(id, false))), "ALREADY_DECIDED");
  EXPECT_EQ(effects.size(), 1u);

  std::vector<std::string> types;
  for (const json::Value& entry : entries_of(*journal::receipt_of_approval(id)))
    types.emplace_back(journal::type_of(entry));
  EXPECT_THAT(types, ElementsAre("call.requested", "call.parked", "event.emitted", "call.decided", "call.started",
                                 "call.finished", "event.emitted"));
}

TEST_F(Approving, WhatToolsThemselvesAskForWaitsToo) {
  open();
  const std::string id = parked("probe:risky");
  EXPECT_EQ(*record(id).covered.at_pointer("/surfaces/0"), json::Value("probe:risky"));
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(end_of(id), "success - 12");
}

TEST_F(Approving, ADenialEndsTheCallWithItsReason) {
  open();
  const std::string id = parked("probe:risky");
  EXPECT_EQ(error_of(decide(false, decision(id, false, "ws-42:local:ana", operator_key(), "not today"))), "none");
  EXPECT_EQ(end_of(id), "denied APPROVAL_DENIED 7");
  const auto recorded = kernel->reader().call(*journal::receipt_of_approval(id));
  ASSERT_TRUE(recorded.ok());
  EXPECT_THAT(recorded->body.result, HasSubstr("not today"));
  EXPECT_EQ(error_of(approve(id)), "ALREADY_DECIDED");
}

TEST_F(Approving, NoAnswerIsADenialAlsoAfterARestart) {
  open();
  const std::string first = parked("probe:risky");
  clock.advance(hours(1));
  const std::string second = parked("probe:risky");
  ASSERT_TRUE(kernel->next_deadline());
  clock.advance(hours(23) + std::chrono::seconds(1));
  crash();
  open();
  settle();
  EXPECT_EQ(end_of(first), "denied APPROVAL_EXPIRED 7");
  EXPECT_EQ(end_of(second), "open");
  EXPECT_EQ(error_of(approve(first)), "APPROVAL_EXPIRED");
  EXPECT_EQ(error_of(approve(second)), "none");
}

TEST_F(Approving, TheDecisionIsForThisCallByAPinnedKeyAndInTheNameOfWhoSendsIt) {
  open();
  const std::string id = parked("probe:risky"), other = parked("probe:risky");
  const auto refused = [&](json::Value input, const std::string& by = "ws-42:local:ana") {
    const std::string code = error_of(decide(true, std::move(input), by));
    EXPECT_EQ(end_of(id), "open");
    return code;
  };
  json::Value for_other = decision(other, true);
  for_other.as_object().set("approval_id", id);
  EXPECT_EQ(refused(for_other), "UNAUTHENTICATED");
  EXPECT_EQ(refused(decision(id, false)), "UNAUTHENTICATED") << "a denial turned around by a relay";
  EXPECT_EQ(refused(decision(id, true, "ws-42:local:ana", *generate_p256())), "UNAUTHENTICATED");
  EXPECT_EQ(refused(decision(id, true), "ws-42:local:bob"), "UNAUTHENTICATED");
  json::Value reason = decision(id, true);
  reason.as_object().set("reason", "another");
  EXPECT_EQ(refused(reason), "UNAUTHENTICATED");
  json::Value nothing = decision(id, true);
  nothing.as_object().set("signature", "AAAA");
  EXPECT_EQ(refused(nothing), "UNAUTHENTICATED");
  json::Value unknown = decision(id, true);
  unknown.as_object().set("approval_id", "appr-01J9ZK3M7Q8W2X4Y6A8C0E2G4H");
  EXPECT_EQ(refused(unknown), "NOT_FOUND");
  EXPECT_EQ(refused(decision(id, true, "ws-42:test"), "ws-42:test"), "TOKEN_SCOPE_DENIED") << "its own request";
}

TEST_F(Approving, APersonsOwnCallTakesASecondStepOrAnotherPerson) {
  credential.subject = Subject("ws-42:local:ana");
  open();
  EXPECT_EQ(error_of(approve(parked("probe:risky"))), "none");
  crash();
  config.approval_providers = Object{{"*", provider("console", 2)}};
  open();
  const std::string id = parked("probe:risky");
  EXPECT_EQ(error_of(approve(id)), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(end_of(id), "open") << "whose keys count is in approve_keys_test.cc";
}

// What was signed for the history that went on elsewhere does not count in the one that was restored.
TEST_F(Approving, ADecisionOfBeforeARestoreDoesNotCountAfterIt) {
  config.approval_providers = Object{{"*", provider("console")}, {"policy:ask", provider("console", 2)}};
  ask_for("probe:effect");
  open();
  const std::string id = parked("probe:risky"), half = parked("probe:effect");
  const json::Value approval = decision(id, true), denial = decision(id, false), first = decision(half, true);
  EXPECT_EQ(error_of(decide(true, first)), "none");
  const std::string digest = record(id).digest;
  restore("02RESTORED");
  open();
  EXPECT_NE(record(id).digest, digest);
  EXPECT_EQ(*record(id).covered.find("log_id"), json::Value("02RESTORED"));
  EXPECT_TRUE(record(half).decisions.empty()) << "that was given to the other history";
  EXPECT_EQ(error_of(decide(true, approval)), "UNAUTHENTICATED");
  EXPECT_EQ(error_of(decide(false, denial)), "UNAUTHENTICATED");
  EXPECT_EQ(error_of(decide(true, first)), "UNAUTHENTICATED");
  EXPECT_EQ(end_of(id), "open");
  int asked = 0;
  for (const json::Value& entry : entries())
    if (const json::Value* payload = entry.at_pointer("/event/payload"))
      asked += json::string_or(*payload, "call_digest", "") == record(id).digest ? 1 : 0;
  EXPECT_EQ(asked, 1) << "whoever decides is told of the new digest";

  const std::string now = record(id).digest;
  crash();
  open();
  EXPECT_EQ(record(id).digest, now) << "a restart is no restore";
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(end_of(id), "success - 12");
}

TEST_F(Approving, EveryOtherStageStillHasItsSay) {
  const auto after = [this](const std::function<void()>& change) {
    crash();
    config.policies = json::Array{};
    ask_for("probe:effect");
    open();
    const std::string id = parked("probe:effect");
    crash();
    change();
    open();
    EXPECT_EQ(error_of(approve(id)), "none");
    EXPECT_EQ(effects.size(), end_of(id).starts_with("success") ? 1u : 0u);
    return end_of(id);
  };
  open();
  const auto rule = [this](const char* decision) {
    json::Array rules = config.policies.as_array();
    rules.push_back(Object{{"id", "later"}, {"trigger", "on_tool_request"}, {"decision", decision}});
    config.policies = std::move(rules);
  };
  EXPECT_EQ(after([&] { rule("deny"); }), "denied POLICY_DENIED 5");
  EXPECT_EQ(after([&] { rule("allow"); }), "denied APPROVAL_DENIED 7") << "another rule has matched";
  EXPECT_EQ(after([&] { config.policies = json::Array{}; }), "denied APPROVAL_DENIED 7")
      << "another call than approved";
  EXPECT_EQ(after([&] {
              config.approval_providers = Object{{"*", provider("console", 1, hours(1))}};
            }),
            "success - 12");
}

TEST_F(Approving, ARevokedTokenIsNotHelpedByAnApproval) {
  ask_for("probe:effect");
  open();
  const std::string id = parked("probe:effect");
  ASSERT_TRUE(log->put(journal::kStoreTable, journal::store_key("kernel", "revoked/token-1"), "0").ok());
  ASSERT_TRUE(log->commit().ok());
  crash();
  open();
  approve(id);
  EXPECT_EQ(end_of(id), "denied TOKEN_REVOKED 2");
  EXPECT_TRUE(effects.empty());
}

TEST_F(Approving, TheSameKeyGivesTheSameApprovalAndThenTheResult) {
  open();
  const std::string id = parked("probe:risky", Object{}, "k");
  EXPECT_EQ(parked("probe:risky", Object{}, "k"), id);
  crash();
  open();
  EXPECT_EQ(parked("probe:risky", Object{}, "k"), id);
  approve(id);
  const CallResult again = call("probe:risky", Object{}, "k");
  EXPECT_FALSE(again.code) << again.body;
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.receipt, *journal::receipt_of_approval(id));
}

TEST_F(Approving, AutoDecidesByItselfAndIsRecorded) {
  config.approval_providers = Object{{"*", provider("auto")}};
  open();
  const CallResult result = call("probe:risky");
  EXPECT_FALSE(result.code) << result.body;
  const auto recorded = entries_of(result.receipt);
  ASSERT_GE(recorded.size(), 2u);
  EXPECT_EQ(journal::type_of(recorded[1]), "call.decided");
  EXPECT_EQ(json::string_or(recorded[1], "decided_by", ""), "auto");
}

TEST_F(Approving, SecretsDoNotWaitInTheClear) {
  ask_for("probe:put");
  open();
  const std::string id = parked("probe:put", Object{{"key", "a"}, {"value", 1}, {"secret", "hunter2hunter2"}});
  EXPECT_TRUE(record(id).sealed);
  const auto text = log->snapshot().value()->scan(journal::kApprovalsTable, "", "", 10);
  for (const log::KeyValue& item : *text) EXPECT_THAT(item.value, Not(HasSubstr("hunter2")));
  EXPECT_THAT(bytes(), Not(HasSubstr("hunter2")));
  approve(id);
  EXPECT_EQ(end_of(id), "success - 12");
  EXPECT_FALSE(call("probe:get", Object{{"key", "a"}}).code);
}

// The schema of `probe:put` does not call `value` a secret; its look does.
TEST_F(Approving, WhatLooksLikeACredentialDoesNotWaitInTheClearAndIsGivenToTheToolAsItWas) {
  ask_for("probe:put");
  open();
  const std::string secret = "ghp_" + std::string(36, 'x');
  const std::string id = parked("probe:put", Object{{"key", "a"}, {"value", secret}});
  EXPECT_TRUE(record(id).sealed);
  const auto text = log->snapshot().value()->scan(journal::kApprovalsTable, "", "", 10);
  for (const log::KeyValue& item : *text) EXPECT_THAT(item.value, Not(HasSubstr(secret)));
  crash();
  open();
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(end_of(id), "success - 12");
  EXPECT_THAT(bytes(), Not(HasSubstr(secret)));
  const auto kept = log->tables().get(journal::kStoreTable, journal::store_key("probe", "a"));
  EXPECT_EQ(kept->value(), "\"" + secret + "\"") << "the tool's own";
}

TEST_F(Approving, ACommitThatFailsLeavesTheCallParked) {
  ask_for("probe:effect");
  open();
  const std::string id = parked("probe:effect");
  faults.fail_commit = true;
  approve(id);
  EXPECT_TRUE(effects.empty());
  faults.fail_commit = false;
  settle();
  clock.advance(std::chrono::seconds(2));
  settle();
  EXPECT_EQ(end_of(id), "open");
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(effects.size(), 1u);
}

// A process that dies between the decision and the effect: the call is closed as one that may have run, never again.
TEST_F(Approving, ACrashAfterTheDecisionNeverRunsItAgain) {
  ask_for("probe:effect");
  open();
  const std::string id = parked("probe:effect");
  const json::Value input = decision(id, true);
  surface = Surface::kSocket;
  credential.subject = Subject("ws-42:local:ana");
  submit("kernel:approve", input, "", [](const CallResult&) {});
  kernel->run_pending();  // decided and started, durably; the tool has not run
  crash();
  open();
  settle();
  EXPECT_TRUE(effects.empty());
  EXPECT_EQ(end_of(id), "unknown TOOL_CRASHED 9");
  EXPECT_EQ(error_of(approve(id)), "ALREADY_DECIDED");
  EXPECT_TRUE(effects.empty());
}

// A process that dies after any step: what was durable counts, the rest is asked for again, and nothing runs twice.
TEST_F(Approving, KilledBetweenAnyTwoStepsItRunsAtMostOnce) {
  for (const char* tool : {"probe:effect", "probe:count", "probe:put"})
    for (int steps = 0; steps <= 6; ++steps) {
      SCOPED_TRACE(std::string(tool) + " killed after step " + std::to_string(steps));
      effects.clear();
      ask_for(tool);
      open();
      const json::Value input = tool == std::string("probe:put") ? Object{{"key", "k"}, {"value", steps}} : Object{};
      int left = steps;
      const auto step = [&left](const auto& run) {
        if (left-- > 0) run();
      };
      std::string id;
      step([&] { submit(tool, input, "key", [](const CallResult&) {}); });
      step([&] { kernel->run_pending(); });  // parked
      if (left >= 0) id = parked(tool, input, "key");
      step([&] {
        const Credential asker = std::exchange(credential, Credential{});
        credential.subject = Subject("ws-42:local:ana");
        surface = Surface::kSocket;
        submit("kernel:approve", decision(id, true), "", [](const CallResult&) {});
        credential = asker;
        surface = Surface::kHttp;
      });
      step([&] { kernel->run_pending(); });  // decided, and begun or done
      step([&] { executor.run_one(); });     // the effect
      step([&] { kernel->run_pending(); });  // its record
      crash();
      open();
      settle();
      if (steps < 2) id = parked(tool, input, "key");
      approve(id);  // refused where it was decided
      settle();
      EXPECT_LE(effects.size(), 1u);
      std::size_t ends = 0;
      for (const json::Value& entry : entries_of(*journal::receipt_of_approval(id)))
        ends += journal::type_of(entry) == "call.finished" ? 1 : 0;
      EXPECT_EQ(ends, 1u);
      EXPECT_EQ(end_of(id).starts_with("success"), steps < 4 || steps == 6 || tool == std::string("probe:put"));
      EXPECT_EQ(error_of(approve(id)), "ALREADY_DECIDED");
      clock.advance(hours(25));  // past the key's window, for the next round
      crash();
    }
}

TEST_F(Approving, ManyParkedCallsAreListedByTheMomentTheyExpire) {
  open();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(parked("probe:risky"));
    clock.advance(std::chrono::seconds(1));
  }
  approve(ids[2]);
  const auto first = journal::open_approvals(*log->snapshot().value(), "", 3);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->items.size(), 3u);
  EXPECT_EQ(first->items[2].approval_id(), ids[3]);
  const auto rest = journal::open_approvals(*log->snapshot().value(), first->next, 3);
  ASSERT_EQ(rest->items.size(), 1u);
  EXPECT_EQ(rest->items[0].approval_id(), ids[4]);
  EXPECT_EQ(rest->next, "");
}

}  // namespace
}  // namespace lumenflow::kernel
