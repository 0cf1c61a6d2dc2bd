#include "kernel/kernel.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/sha256.h"
#include "journal/retention.h"
#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;

std::vector<std::string> types_of(const std::vector<json::Value>& entries) {
  std::vector<std::string> types;
  for (const json::Value& entry : entries) types.emplace_back(journal::type_of(entry));
  return types;
}

json::Value parsed(const CallResult& result) {
  auto value = json::parse(result.body);
  EXPECT_TRUE(value.ok()) << result.body;
  return value.ok() ? *value : json::Value();
}

class KernelTest : public testing::Test, public KernelWorld {
 protected:
  void SetUp() override { open(); }

  // The call was refused with this code, at this stage, and that is what the journal says.
  void expect_refused(const CallResult& result, ErrorCode code, int stage) {
    ASSERT_TRUE(result.code.has_value()) << result.body;
    EXPECT_EQ(name(*result.code), name(code)) << result.body;
    const auto recorded = entries_of(result.receipt);
    ASSERT_GE(recorded.size(), 2u);
    EXPECT_EQ(types_of(recorded)[0], "call.requested");
    EXPECT_EQ(json::integer_or(recorded[1], "stage", -1), stage);
    EXPECT_EQ(json::string_or(recorded[1], "code", ""), name(code));
    EXPECT_NE(json::string_or(recorded[1], "decided_by", ""), "");
  }
};

const Object kPut{{"key", "a"}, {"value", 1}};

// Law 1: one path, and a record of every call.
TEST_F(KernelTest, Law1EveryCallLeavesItsRecord) {
  const CallResult result = call("probe:put", kPut);
  EXPECT_FALSE(result.code);
  const json::Value body = parsed(result);
  EXPECT_TRUE(json::boolean_or(body, "success", false));
  EXPECT_EQ(body.at_pointer("/metadata/receipt_id")->as_string(), result.receipt.str());
  const auto recorded = entries_of(result.receipt);
  EXPECT_EQ(types_of(recorded), (std::vector<std::string>{"call.requested", "call.finished", "event.emitted"}));
  EXPECT_EQ(json::string_or(recorded[0], "subject", ""), "ws-42:test");
  EXPECT_EQ(json::string_or(recorded[0], "pack", ""), "probe");
  EXPECT_EQ(json::string_or(recorded[1], "outcome", ""), "success");
  EXPECT_EQ(json::string_or(recorded[1], "policy", ""), "allow by default:development");
  EXPECT_EQ(recorded[2].at_pointer("/event/kind")->as_string(), "agent-runtime:tool_called");
  EXPECT_EQ(*recorded[2].at_pointer("/event/payload/duration_ms"), *body.at_pointer("/metadata/duration_ms"));
}

TEST_F(KernelTest, TheJournalIsTriedAgainUntilItIsBack) {
  faults.fail_commit = true;
  call("probe:put", kPut);
  ASSERT_FALSE(kernel->journal_available());
  const auto a_second_later = [&] {
    ASSERT_TRUE(kernel->next_deadline().has_value()) << "somebody must wake it";
    clock.advance(std::chrono::seconds(1));
    settle();
  };
  a_second_later();
  EXPECT_FALSE(kernel->journal_available());
  faults.fail_commit = false;
  const std::string before = bytes();
  a_second_later();
  EXPECT_TRUE(kernel->journal_available()) << "without a call";
  EXPECT_EQ(bytes(), before) << "and without an entry";
}

TEST_F(KernelTest, TextsThatAreNotUtf8AreNotTaken) {
  const std::uint64_t before = log->head().size;
  for (const bool in_key : {true, false}) {
    Call call;
    call.tool = in_key ? "probe:put" : "probe:\xe9";
    call.input = kPut;
    call.credential = std::make_shared<const Credential>(credential);
    if (in_key) call.idempotency_key = "caf\xe9";
    const Status taken = kernel->submit(std::move(call), [](const CallResult&) { FAIL(); });
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), ErrorCode::kInvalidRequest);
  }
  settle();
  EXPECT_EQ(log->head().size, before);
}

TEST_F(KernelTest, LongTextsAreCutBetweenCharacters) {
  std::string wide = "x";
  for (int i = 0; i < 300; ++i) wide += "\u00e9";
  expect_refused(call(wide, kPut), ErrorCode::kToolNotFound, 1);
  expect_refused(call("probe:put", kPut, wide), ErrorCode::kInvalidInput, 6);
}

// Law 2: the answer leaves after the commit that records it.
TEST_F(KernelTest, Law2NoAnswerBeforeTheCommit) {
  const std::uint64_t before = log->head().size;
  std::uint64_t at_answer = 0;
  submit("probe:put", kPut, "", [&](const CallResult&) { at_answer = log->head().size; });
  settle();
  EXPECT_EQ(at_answer, before + 3);
}

TEST_F(KernelTest, Law2AFailedCommitAnswersUnavailableAndChangesNothing) {
  const std::string before = bytes();
  faults.fail_commit = true;
  const CallResult result = call("probe:put", kPut);
  EXPECT_EQ(name(*result.code), "JOURNAL_UNAVAILABLE");
  EXPECT_FALSE(kernel->journal_available());
  faults.fail_commit = false;
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(parsed(call("probe:get", Object{{"key", "a"}})).at_pointer("/error/code")->as_string(), "NOT_FOUND");
  EXPECT_FALSE(call("probe:put", kPut).code) << "it heals without a restart";
  EXPECT_TRUE(kernel->journal_available());
}

TEST_F(KernelTest, Law2AFailedAppendAnswersUnavailableToTheWholeBatch) {
  faults.fail_append = true;
  std::vector<std::string> codes;
  for (int i = 0; i < 3; ++i)
    submit("probe:put", kPut, "", [&](const CallResult& result) { codes.emplace_back(name(*result.code)); });
  settle();
  EXPECT_EQ(codes, std::vector<std::string>(3, "JOURNAL_UNAVAILABLE"));
}

// Law 3: identity comes from the credential.
TEST_F(KernelTest, Law3ABodyCannotSayWhoActs) {
  Object input = kPut;
  input.set("from", "ws-42:admin");
  expect_refused(call("probe:put", std::move(input)), ErrorCode::kInvalidInput, 3);
  const auto entries = this->entries();
  for (const json::Value& entry : entries) EXPECT_NE(json::string_or(entry, "subject", ""), "ws-42:admin");
}

// Law 4: the manifest is the contract.
TEST_F(KernelTest, Law4WhatNoManifestDeclaresIsNotCalled) {
  const CallResult result = call("probe:nothing");
  expect_refused(result, ErrorCode::kToolNotFound, 1);
  EXPECT_EQ(entries_of(result.receipt).size(), 2u) << "no tool_called, no pack";
}

TEST_F(KernelTest, Law4WhatNoManifestDeclaresIsNotEmitted) {
  const json::Value body = parsed(call("probe:emit", Object{{"n", 1}, {"kind", "probe:undeclared"}}));
  EXPECT_EQ(body.at_pointer("/error/code")->as_string(), "UNKNOWN_KIND");
  const json::Value wrong = parsed(call("probe:emit", Object{{"n", "x"}}));
  EXPECT_EQ(wrong.at_pointer("/error/code")->as_string(), "INVALID_PAYLOAD");
}

// Law 5: the same thing said twice is one thing.
TEST_F(KernelTest, Law5TheSameKeyGivesTheRecordedResult) {
  const CallResult first = call("probe:put", kPut, "k1");
  const CallResult again = call("probe:put", kPut, "k1");
  EXPECT_EQ(again.receipt, first.receipt);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(*parsed(again).find("data"), *parsed(first).find("data"));
  Object other = kPut;
  other.set("value", 2);
  expect_refused(call("probe:put", std::move(other), "k1"), ErrorCode::kIdempotencyConflict, 6);
}

TEST_F(KernelTest, Law5AKeyWhoseResultIsOverItsRetentionDoesNotRunTheCallAgain) {
  call("probe:put", kPut, "k1");
  const Position end(log->head().size);
  const journal::PlannedCut all{{end, end}, {end, end}, false, {}};
  std::optional<Status> done;
  kernel->change_journal(
      [&all](log::Log& journal_log) -> Status {
        LUMENFLOW_TRY(journal::record_cut(journal_log, all, R"({"type":"workspace.retention"})"));
        LUMENFLOW_TRY_ASSIGN(const journal::RetentionState state, journal::retention_state(journal_log.tables()));
        LUMENFLOW_TRY_ASSIGN(const journal::BodySlice slice, journal::plan_bodies(journal_log, state, 100));
        return journal::apply_bodies(journal_log, slice);
      },
      [&done](const Status& said) { done = said; });
  kernel->run_pending();
  ASSERT_TRUE(done && done->ok());
  const CallResult again = call("probe:put", kPut, "k1");
  expect_refused(again, ErrorCode::kRetentionEnded, 6);
  EXPECT_FALSE(again.replayed);
}

TEST_F(KernelTest, Law5AToolsOwnFailureIsRepeatedAsItWas) {
  const CallResult first = call("probe:get", Object{{"key", "none"}}, "k1");
  crash();
  open();
  const CallResult again = call("probe:get", Object{{"key", "none"}}, "k1");
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.code, first.code) << "its NOT_FOUND is the tool's, not the kernel's";
  EXPECT_EQ(again.outcome, first.outcome);
  EXPECT_EQ(*parsed(again).find("error"), *parsed(first).find("error"));
}

TEST_F(KernelTest, Law5TheKeyHoldsOverARestartAndEndsWithItsWindow) {
  const CallResult first = call("probe:put", kPut, "k1");
  crash();
  open();
  EXPECT_EQ(call("probe:put", kPut, "k1").receipt, first.receipt);
  clock.advance(std::chrono::hours(25));
  const CallResult later = call("probe:put", kPut, "k1");
  EXPECT_NE(later.receipt, first.receipt);
  EXPECT_FALSE(later.replayed);
}

TEST_F(KernelTest, Law5TwoEqualCallsInOneBatchAreOne) {
  std::vector<std::string> receipts;
  for (int i = 0; i < 2; ++i)
    submit("probe:put", kPut, "k1", [&](const CallResult& result) { receipts.push_back(result.receipt.str()); });
  settle();
  ASSERT_EQ(receipts.size(), 2u);
  EXPECT_EQ(receipts[0], receipts[1]);
}

TEST_F(KernelTest, Law5AnEqualCallWaitsForTheOneThatRuns) {
  std::vector<std::string> receipts;
  const auto note = [&](const CallResult& result) { receipts.push_back(result.receipt.str()); };
  submit("probe:effect", Object{}, "k1", note);
  kernel->run_pending();
  submit("probe:effect", Object{}, "k1", note);
  settle();
  ASSERT_EQ(receipts.size(), 2u);
  EXPECT_EQ(receipts[0], receipts[1]);
  EXPECT_EQ(effects.size(), 1u);
}

TEST_F(KernelTest, Law5AnEventKeyFixesTheFirstEmission) {
  const Object input{{"n", 1}, {"key", "job-1"}};
  const auto count_events = [&] {
    int n = 0;
    for (const json::Value& entry : entries())
      if (const json::Value* kind = entry.at_pointer("/event/kind");
          kind != nullptr && *kind == json::Value("probe:happened"))
        ++n;
    return n;
  };
  EXPECT_FALSE(call("probe:emit", input).code);
  clock.advance(std::chrono::hours(1));
  crash();
  open();
  EXPECT_FALSE(call("probe:emit", input).code);
  EXPECT_EQ(count_events(), 1);
  expect_refused(call("probe:emit", Object{{"n", 2}, {"key", "job-1"}}), ErrorCode::kIdempotencyConflict, 11);
  EXPECT_EQ(count_events(), 1);
}

TEST_F(KernelTest, Law5AnEventKeyEndsWithItsWindow) {
  const auto emissions = [&](int n) {
    EXPECT_FALSE(call("probe:emit", Object{{"n", n}, {"key", "job-1"}}).code);
    int count = 0;
    for (const json::Value& entry : entries()) count += entry.at_pointer("/event/payload/n") != nullptr;
    return count;
  };
  EXPECT_EQ(emissions(1), 1);
  EXPECT_EQ(emissions(1), 1);
  clock.advance(std::chrono::hours(25));
  EXPECT_EQ(emissions(2), 2) << "another payload, and nobody remembers the first";
}

// Law 6: what died with the process is not run again by itself.
TEST_F(KernelTest, Law6ACrashIsClosedAndNotRetried) {
  submit("probe:effect", Object{}, "k1", [](const CallResult&) { FAIL() << "answered by a dead process"; });
  submit("probe:look", Object{}, "", [](const CallResult&) {});
  kernel->run_pending();
  std::vector<json::Value> requested;
  for (json::Value& entry : entries())
    if (journal::type_of(entry) == "call.requested") requested.push_back(std::move(entry));
  ASSERT_EQ(requested.size(), 1u) << "only the call with effects is recorded before it runs";
  const ReceiptId receipt(std::string(json::string_or(requested[0], "receipt_id", "")));
  crash();
  open();
  settle();
  EXPECT_TRUE(effects.empty());
  const auto recorded = entries_of(receipt);
  EXPECT_EQ(types_of(recorded),
            (std::vector<std::string>{"call.requested", "call.started", "call.finished", "event.emitted"}));
  EXPECT_EQ(json::string_or(recorded[2], "outcome", ""), "unknown");
  EXPECT_EQ(call("probe:effect", Object{}, "k1").receipt, receipt) << "the key remembers the unknown outcome";
  EXPECT_TRUE(effects.empty());
}

// A pack that keeps receipts can tell what became of a call whose process died.
class CrashedCall : public KernelTest {
 protected:
  // The outcome of a call to probe:effect that was started when the process died.
  json::Value finished_after(pack::Aftermath aftermath) {
    submit("probe:effect", Object{}, "k1", [](const CallResult&) {});
    kernel->run_pending();
    std::string asked;
    status = [&](const pack::StartedCall& started) {
      asked = std::string(started.tool) + " " + std::string(started.receipt_id) + " " + started.workspace_root;
      return aftermath;
    };
    crash();
    open();
    status = {};
    for (const json::Value& entry : entries()) {
      if (journal::type_of(entry) != "call.finished") continue;
      EXPECT_EQ(asked, "probe:effect " + std::string(json::string_or(entry, "receipt_id", "")) + " /ws");
      return entry;
    }
    ADD_FAILURE() << "the call was left open";
    return {};
  }
};

TEST_F(CrashedCall, SucceededWhenThePackSaysThatItWasDone) {
  const json::Value finished = finished_after({pack::Aftermath::Effect::kDone, json::Object{{"done", true}}});
  EXPECT_EQ(json::string_or(finished, "outcome", ""), "success");
  EXPECT_EQ(json::string_or(finished, "decided_by", ""), "status");
  const CallResult again = call("probe:effect", Object{}, "k1");
  EXPECT_TRUE(again.body.starts_with(R"({"data":{"done":true},"success":true)")) << again.body;
  EXPECT_TRUE(effects.empty());
}

TEST_F(CrashedCall, CrashedWhenThePackSaysThatNothingWasDone) {
  const json::Value finished = finished_after({pack::Aftermath::Effect::kNone, {}});
  EXPECT_EQ(json::string_or(finished, "outcome", ""), "crashed");
  EXPECT_EQ(json::string_or(finished, "decided_by", ""), "status");
}

TEST_F(CrashedCall, StaysUnknownWhenThePackDoesNotKnow) {
  EXPECT_EQ(json::string_or(finished_after({}), "outcome", ""), "unknown");
}

TEST_F(CrashedCall, StaysUnknownWhenThePacksAnswerIsNotTheTools) {
  const json::Value finished = finished_after({pack::Aftermath::Effect::kDone, 7});
  EXPECT_EQ(json::string_or(finished, "outcome", ""), "unknown");
}

// Law 7: the same ingress gives the same journal bytes.
TEST(Kernel, Law7TheSameIngressGivesTheSameJournal) {
  const auto run = [] {
    KernelWorld world;
    world.open();
    for (int i = 0; i < 5; ++i) {
      world.call("probe:put", Object{{"key", "k" + std::to_string(i)}, {"value", i}},
                 i % 2 == 0 ? "key" + std::to_string(i) : "");
      world.call("probe:effect");
      world.call("probe:emit", Object{{"n", i}});
      world.call("probe:nothing");
      world.clock.advance(std::chrono::milliseconds(7));
    }
    return world.bytes();
  };
  const std::string first = run();
  EXPECT_GT(first.size(), 5'000u);
  EXPECT_EQ(first, run());
}

// Law 8: what is dropped is counted.
TEST(Kernel, Law8RateLimitedCallsAreCountedPerSecond) {
  KernelWorld world;
  world.config.limits.rate_per_second = 1;
  world.config.limits.rate_burst = 2;
  world.open();
  int refused = 0;
  for (int i = 0; i < 10; ++i)
    if (const CallResult result = world.call("probe:put", kPut); result.code) {
      EXPECT_EQ(name(*result.code), "RATE_LIMITED");
      ++refused;
    }
  EXPECT_EQ(refused, 8);
  world.clock.advance(std::chrono::seconds(2));
  world.settle();
  std::int64_t counted = 0;
  for (const json::Value& entry : world.entries())
    if (journal::type_of(entry) == "calls.refused") counted += json::integer_or(entry, "count", 0);
  EXPECT_EQ(counted, 8);
  EXPECT_FALSE(world.call("probe:put", kPut).code);
}

TEST_F(KernelTest, Stage2RefusesWithoutTheScope) {
  credential.scopes = {"tools:read"};
  expect_refused(call("probe:put", kPut), ErrorCode::kTokenScopeDenied, 2);
  credential.scopes = {"tools:write:probe"};
  EXPECT_FALSE(call("probe:put", kPut).code);
  credential.scopes = {"tools:write:other"};
  expect_refused(call("probe:put", kPut), ErrorCode::kTokenScopeDenied, 2);
}

TEST_F(KernelTest, Stage2RefusesAnExpiredToken) {
  credential.expires_at = clock.now();
  expect_refused(call("probe:put", kPut), ErrorCode::kTokenExpired, 2);
}

TEST_F(KernelTest, Stage3ChecksWhatCountsOfAnInputByThePacksRule) {
  expect_refused(call("probe:put", Object{{"key", "empty counts as absent"}, {"value", 1}}), ErrorCode::kInvalidInput,
                 3);
  EXPECT_FALSE(call("probe:put", kPut).code);
}

TEST_F(KernelTest, Stage3NamesThePlaceOfEveryFault) {
  const CallResult result = call("probe:put", Object{{"key", 7}});
  expect_refused(result, ErrorCode::kInvalidInput, 3);
  const json::Value body = parsed(result);
  std::string pointers;
  for (const json::Value& detail : body.at_pointer("/error/details")->as_array())
    pointers += std::string(json::string_or(detail, "pointer", "?")) + " ";
  EXPECT_NE(pointers.find("/key"), std::string::npos) << result.body;
}

TEST_F(KernelTest, Stage4NeedsEveryRequiredScopeNotJustOne) {
  expect_refused(call("probe:elsewhere"), ErrorCode::kScopeDenied, 4);
}

TEST(Kernel, Stage5DeniesWritesInProductionByDefault) {
  KernelWorld world;
  world.config.production = true;
  world.open();
  EXPECT_EQ(name(*world.call("probe:put", kPut).code), "POLICY_DENIED");
  EXPECT_FALSE(world.call("probe:fail").code) << "reading is allowed; the failure is the tool's own";
}

TEST_F(KernelTest, Stage7DoesNotRunWhatNeedsAnApproval) {
  expect_refused(call("probe:risky"), ErrorCode::kApprovalDenied, 7);
}

TEST_F(KernelTest, Stage8RecordsTheStartBeforeTheEffect) {
  submit("probe:effect", Object{}, "", [](const CallResult&) {});
  kernel->run_pending();
  EXPECT_TRUE(effects.empty());
  EXPECT_EQ(types_of(entries()).back(), "call.started");
  settle();
  EXPECT_EQ(effects.size(), 1u);
  EXPECT_EQ(types_of(entries()).back(), "event.emitted");
}

TEST_F(KernelTest, Stage8DoesNotRunWithoutAJournal) {
  faults.fail_commit = true;
  EXPECT_EQ(name(*call("probe:effect").code), "JOURNAL_UNAVAILABLE");
  EXPECT_TRUE(effects.empty());
}

TEST_F(KernelTest, Stage9ToolFailuresAreTheToolsOwn) {
  const CallResult result = call("probe:fail");
  EXPECT_FALSE(result.code);
  const json::Value body = parsed(result);
  EXPECT_FALSE(json::boolean_or(body, "success", true));
  EXPECT_EQ(body.at_pointer("/error/code")->as_string(), "NO_LUCK");
  EXPECT_EQ(json::string_or(entries_of(result.receipt)[1], "outcome", ""), "failure");
}

TEST_F(KernelTest, Stage9AThrowingToolIsACrashOfThatCallAlone) {
  expect_refused(call("probe:throw"), ErrorCode::kToolCrashed, 9);
  EXPECT_FALSE(call("probe:put", kPut).code);
}

TEST_F(KernelTest, Stage9EndsAtTheDeadlineAndDropsTheLateResult) {
  std::optional<CallResult> result;
  submit("probe:slow", Object{}, "", [&](const CallResult& done) { result = done; });
  kernel->run_pending();
  ASSERT_TRUE(kernel->next_deadline().has_value());
  clock.advance(std::chrono::seconds(6));
  kernel->run_pending();
  ASSERT_TRUE(result.has_value());
  expect_refused(*result, ErrorCode::kToolTimeout, 9);
  EXPECT_EQ(kernel->running(), 0u);
  settle();
  EXPECT_EQ(kernel->counters().late_results, 1u);
}

// Stage 0.
TEST_F(KernelTest, Stage0ACallAfterLumenflowYamlChangedIsRefused) {
  kernel->configuration_on_disk(config.hash);
  EXPECT_FALSE(call("probe:put", kPut).code);
  const std::string other = to_hex(sha256("other"));
  kernel->configuration_on_disk(other);
  const json::Value event = entries().back();
  EXPECT_EQ(event.at_pointer("/event/kind")->as_string(), "spec_tampered");
  EXPECT_EQ(event.at_pointer("/event/actual_hash")->as_string(), other);
  const std::size_t before = entries().size();
  kernel->configuration_on_disk(other);
  EXPECT_EQ(entries().size(), before) << "it is told once";
  expect_refused(call("probe:put", kPut), ErrorCode::kSpecTampered, 0);
  expect_refused(call("nope:nope"), ErrorCode::kSpecTampered, 0);
  kernel->configuration_on_disk("");
  expect_refused(call("probe:put", kPut), ErrorCode::kSpecTampered, 0);
  kernel->configuration_on_disk(config.hash);
  EXPECT_FALSE(call("probe:put", kPut).code) << "what was loaded is there again";
}

TEST_F(KernelTest, Stage9CanBeCancelled) {
  std::optional<CallResult> result;
  submit("probe:effect", Object{}, "", [&](const CallResult& done) { result = done; });
  kernel->run_pending();
  const std::string receipt(json::string_or(entries().back(), "receipt_id", ""));
  kernel->cancel(ReceiptId(receipt), Subject("ws-42:ana"));
  kernel->run_pending();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(name(*result->code), "TOOL_CANCELLED");
  const auto recorded = entries_of(result->receipt);
  EXPECT_EQ(json::string_or(recorded[2], "decided_by", ""), "cancelled by ws-42:ana");
}

TEST(Kernel, Stage9CapsTheOutput) {
  KernelWorld world;
  world.config.limits.output_bytes = 1'000;
  world.open();
  EXPECT_EQ(name(*world.call("probe:big").code), "OUTPUT_TOO_LARGE");
  EXPECT_EQ(world.call("probe:big", json::Object{{"as", "content"}}).code, ErrorCode::kOutputTooLarge);
  const CallResult failed = world.call("probe:big", json::Object{{"as", "details"}});
  EXPECT_LT(failed.body.size(), 1'000u);
  EXPECT_NE(failed.body.find("limits.output_bytes"), std::string::npos) << "what is left out is said";
}

TEST_F(KernelTest, Stage9KeepsABigOutputAsABlob) {
  const CallResult result = call("probe:big");
  const auto recorded = kernel->reader().call(result.receipt);
  ASSERT_TRUE(recorded.ok()) << recorded.error().to_string();
  EXPECT_GT(recorded->body.result.size(), 100'000u);
  EXPECT_EQ(files->list("/blobs")->size(), 1u);
}

TEST_F(KernelTest, Stage9RetriesAStoreTransactionThatLostARace) {
  std::vector<std::int64_t> counts;
  for (int i = 0; i < 3; ++i)
    submit("probe:count", Object{}, "",
           [&](const CallResult& result) { counts.push_back(parsed(result).at_pointer("/data/count")->as_integer()); });
  kernel->run_pending();
  while (executor.run_one()) {  // all three have read before one has written
  }
  settle();
  std::sort(counts.begin(), counts.end());
  EXPECT_EQ(counts, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_F(KernelTest, Stage10RefusesAnAnswerThatIsNotTheSchemas) {
  expect_refused(call("probe:lie"), ErrorCode::kInvalidOutput, 10);
}

TEST_F(KernelTest, Stage11CommitsTheStoreWithTheResult) {
  call("probe:put", kPut);
  crash();
  open();
  EXPECT_EQ(parsed(call("probe:get", Object{{"key", "a"}})).at_pointer("/data/value")->as_integer(), 1);
}

TEST_F(KernelTest, Stage11EventsFollowTheirToolCalled) {
  const CallResult result = call("probe:emit", Object{{"n", 1}});
  const auto all = entries();
  const json::Value& last = all.back();
  EXPECT_EQ(last.at_pointer("/event/kind")->as_string(), "probe:happened");
  EXPECT_EQ(last.at_pointer("/event/queue_seq")->as_integer(), 1);
  EXPECT_EQ(last.at_pointer("/event/seq")->as_integer(), 2);
  EXPECT_EQ(all[all.size() - 2].at_pointer("/event/kind")->as_string(), "agent-runtime:tool_called");
}

TEST_F(KernelTest, Stage11RecordsAnEffectOnceTheJournalIsBack) {
  std::optional<CallResult> result;
  submit("probe:effect", Object{}, "", [&](const CallResult& done) { result = done; });
  kernel->run_pending();
  faults.fail_commit = true;
  settle();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(name(*result->code), "JOURNAL_UNAVAILABLE");
  EXPECT_NE(result->body.find("the tool ran"), std::string::npos) << "it does not say that nothing was done";
  EXPECT_EQ(effects.size(), 1u);
  faults.fail_commit = false;
  settle();
  const auto recorded = entries_of(result->receipt);
  EXPECT_EQ(types_of(recorded),
            (std::vector<std::string>{"call.requested", "call.started", "call.finished", "event.emitted"}));
  EXPECT_EQ(json::string_or(recorded[2], "outcome", ""), "success");
}

TEST_F(KernelTest, SequenceNumbersGoOnAfterARestart) {
  call("probe:emit", Object{{"n", 1}});
  crash();
  open();
  call("probe:emit", Object{{"n", 2}});
  EXPECT_EQ(entries().back().at_pointer("/event/queue_seq")->as_integer(), 2);
  EXPECT_EQ(entries().back().at_pointer("/event/seq")->as_integer(), 4);
}

TEST_F(KernelTest, SecretsAreHashedInTheJournal) {
  Object input = kPut;
  input.set("secret", "open sesame");
  const CallResult result = call("probe:put", std::move(input));
  EXPECT_FALSE(result.code);
  EXPECT_EQ(bytes().find("open sesame"), std::string::npos);
  const auto recorded = kernel->reader().call(result.receipt);
  EXPECT_NE(recorded->body.input.find("hmac-sha256:"), std::string::npos);
}

TEST_F(KernelTest, DrainingFinishesWhatRunsAndRefusesTheRest) {
  std::optional<CallResult> running;
  submit("probe:effect", Object{}, "", [&](const CallResult& done) { running = done; });
  kernel->run_pending();
  bool idle = false;
  kernel->drain([&idle] { idle = true; });
  kernel->run_pending();
  EXPECT_FALSE(idle);
  EXPECT_EQ(name(*call("probe:put", kPut).code), "DRAINING");
  settle();
  EXPECT_TRUE(running.has_value());
  EXPECT_TRUE(idle);
  EXPECT_EQ(types_of(entries()).back(), "workspace.drained");
}

}  // namespace
}  // namespace lumenflow::kernel
