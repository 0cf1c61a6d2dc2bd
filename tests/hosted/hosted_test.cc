// Packs as processes behind the one path: what is recorded, what commits, and that nobody else is held up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include "hosted/hosted_world.h"

namespace lumenflow::hosted {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Hosted : public ::testing::Test {
 protected:
  void SetUp() override { world.open(); }
  HostedWorld world;
};

TEST_F(Hosted, ACallIsAnsweredAndItsRecordSaysWhatHeldIt) {
  EXPECT_EQ(world.call("odd:echo", json::Object{{"n", 1}}), R"(success {"data":{"n":1},"success":true})");
  EXPECT_THAT(world.last_entry("call.finished"), HasSubstr(R"("isolation":"none")"));
  EXPECT_THAT(world.entries("call.started"), SizeIs(0));  // it only reads
  world.call("odd:exit");
  EXPECT_THAT(world.last_entry("call.started"), HasSubstr(R"("isolation":"none")"));
  world.call("calm:ping");
  EXPECT_THAT(world.last_entry("call.finished"), Not(HasSubstr("isolation")));
}

TEST_F(Hosted, ItIsToldTheScopesThatAreEnforced) {
  EXPECT_EQ(world.call("odd:scopes"),
            R"(success {"data":{"scopes":[{"type":"path","pattern":"data/**","access":"read"}]},"success":true})");
}

TEST_F(Hosted, WhatACallWritesCommitsWithItsResult) {
  EXPECT_THAT(world.call("odd:store", json::Object{{"n", 1}}),
              HasSubstr(R"("before":{"value":null},"after":{"value":{"n":1}})"));
  EXPECT_THAT(world.call("odd:store", json::Object{{"n", 2}}), HasSubstr(R"("before":{"value":{"n":1}})"));
}

TEST_F(Hosted, EventsCommitAtOnceOrWithTheResult) {
  EXPECT_THAT(world.call("odd:emit"),
              AllOf(HasSubstr(R"("now":{"event_id":)"), HasSubstr(R"("later":{})"),
                    HasSubstr(R"("unknown":{"refused":"UNKNOWN_KIND"})"), HasSubstr(R"("handled":{"has":false})")));
  const auto said = [&](int n) {
    int found = 0;
    for (const std::string& entry : world.entries("event.emitted"))
      found += entry.find(R"("payload":{"n":)" + std::to_string(n) + "}") == std::string::npos ? 0 : 1;
    return found;
  };
  EXPECT_EQ(said(1), 2);
  EXPECT_THAT(world.call("odd:emit_and_exit"), StartsWith("crashed"));
  EXPECT_EQ(said(2), 1);  // was durable before
  EXPECT_EQ(said(3), 0);  // waited for a result that never came
  EXPECT_THAT(world.call("odd:store", json::Object{}), Not(HasSubstr("lost")));
}

TEST_F(Hosted, ACrashOfAToolWithEffectsEndsAsItsPackRemembers) {
  EXPECT_THAT(world.call("odd:exit"), AllOf(StartsWith("crashed"), HasSubstr("TOOL_CRASHED")));
  EXPECT_EQ(world.call("odd:crash_after_effect"), R"(success {"data":{"done":true},"success":true})");
  world.touch("forgetful");
  EXPECT_THAT(world.call("odd:exit"), AllOf(StartsWith("unknown"), HasSubstr("TOOL_CRASHED")));
  EXPECT_THAT(world.call("odd:garbage"), AllOf(StartsWith("crashed"), HasSubstr("no message")));  // only reads
  EXPECT_THAT(world.call("odd:echo"), StartsWith("success"));
}

TEST_F(Hosted, ACallThatIsNotAnsweredTimesOut) {
  EXPECT_THAT(world.call("odd:never"), AllOf(StartsWith("timeout"), HasSubstr("TOOL_TIMEOUT")));
  EXPECT_THAT(world.call("odd:echo"), StartsWith("success"));
}

// More of them hang than the pack has threads, and than the program's executor has.
TEST_F(Hosted, APackThatHangsHoldsUpNobodyElse) {
  std::vector<std::future<kernel::CallResult>> hanging;
  for (int i = 0; i < 12; ++i) hanging.push_back(world.submit("odd:obey"));
  world.await("waiting");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(world.call("calm:ping"), StartsWith("success"));
  EXPECT_THAT(world.running(), SizeIs(12));
  world.cancel_all();
  for (auto& each : hanging)
    EXPECT_THAT(HostedWorld::shown(each.get()), AllOf(StartsWith("cancelled"), HasSubstr("TOOL_CANCELLED")));
  EXPECT_THAT(world.call("odd:echo"), StartsWith("success"));
}

TEST_F(Hosted, HostilePacksHoldUpNobodyElse) {
  world.touch("forgetful");
  std::vector<std::future<kernel::CallResult>> hostile;
  for (const char* tool : {"odd:flood", "odd:ask_forever", "odd:log_forever", "odd:grumble"})
    hostile.push_back(world.submit(tool));
  for (int i = 0; i < 20; ++i) EXPECT_THAT(world.call("calm:ping"), StartsWith("success"));
  EXPECT_THAT(HostedWorld::shown(hostile[0].get()), HasSubstr("OUTPUT_TOO_LARGE"));
  EXPECT_THAT(HostedWorld::shown(hostile[1].get()), HasSubstr("TOOL_CRASHED"));
  EXPECT_THAT(HostedWorld::shown(hostile[2].get()), HasSubstr("TOOL_CRASHED"));
  world.cancel_all();
  EXPECT_THAT(HostedWorld::shown(hostile[3].get()), StartsWith("cancelled"));
}

TEST_F(Hosted, ClosingTheWorkspaceEndsWhatRuns) {
  std::future<kernel::CallResult> hanging = world.submit("odd:obey");
  world.await("waiting");
  world.close();
  world.open();
  EXPECT_THAT(world.call("odd:echo"), StartsWith("success"));
}

TEST_F(Hosted, ACallOfADeadProcessIsAskedAboutWhenTheWorkspaceOpens) {
  std::future<kernel::CallResult> hanging = world.submit("odd:hang_with_effect");
  world.await("waiting");
  world.close();
  world.open();
  EXPECT_THAT(world.last_entry("call.finished"),
              AllOf(HasSubstr(R"("decided_by":"status")"), HasSubstr(R"("outcome":"crashed")")));
}

TEST_F(Hosted, AnEventIsHandledAndWhatTheHandlerDidCommits) {
  EXPECT_THAT(world.call("odd:announce", json::Object{{"job", "j-1"}}), StartsWith("success"));
  world.await_entries("handler.done", R"("outcome":"applied")", 1);
  world.await_entries("event.emitted", R"("payload":{"n":9})", 1);
  EXPECT_THAT(world.call("odd:store", json::Object{}), HasSubstr(R"({"key":"handled","value":{"job":"j-1"}})"));
  world.call("odd:announce", json::Object{{"job", "j-1"}});
  world.await_entries("handler.done", R"("outcome":"repeated")", 1);
}

TEST_F(Hosted, AHandlerThatFailsOrDiesIsTriedAgain) {
  world.call("odd:announce", json::Object{{"job", "j-2"}, {"exit", true}});
  world.await_entries("handler.done", R"("outcome":"applied")", 1);
  EXPECT_THAT(world.entries("handler.done"),
              Contains(AllOf(HasSubstr(R"("outcome":"failed")"), HasSubstr("TOOL_CRASHED"))));
  world.call("odd:announce", json::Object{{"job", "j-3"}, {"fail", true}});
  world.await_entries("handler.done", "no such job", 1);
}

TEST_F(Hosted, AToolCallsAnotherOnTheOnePath) {
  EXPECT_THAT(world.call("odd:invoke", json::Object{{"tool", "calm:ping"}}),
              AllOf(StartsWith("success"), HasSubstr(R"("data":{"from":"ws-42:pack:odd"})")));
  EXPECT_THAT(world.entries("call.requested"),
              Contains(AllOf(HasSubstr(R"("tool":"calm:ping")"), HasSubstr(R"("on_behalf_of":"ws-42:test")"))));
  EXPECT_THAT(world.call("odd:invoke", json::Object{{"tool", "calm:hidden"}}), HasSubstr(R"("success":true})"));
  EXPECT_THAT(world.call("calm:hidden"), HasSubstr("TOOL_NOT_FOUND"));
  EXPECT_THAT(world.call("odd:invoke", json::Object{{"tool", "none:such"}}), HasSubstr("TOOL_NOT_FOUND"));
}

TEST_F(Hosted, APackWorksWithTasksOnBehalfOfItsCaller) {
  const auto task = [this](const char* step, json::Object input) {
    return world.call("odd:task", json::Object{{"step", step}, {"input", std::move(input)}});
  };
  EXPECT_THAT(task("create", {{"task_id", "WU-1"}, {"type", "work-unit"}, {"title", "T"}}),
              HasSubstr(R"("state":"ready")"));
  EXPECT_THAT(task("claim", {{"task_id", "WU-1"}}), HasSubstr(R"("claimed_by":"ws-42:test")"));
  EXPECT_THAT(task("list", {{"state", "active"}}), HasSubstr(R"("task_id":"WU-1")"));
  EXPECT_THAT(task("claim", {{"task_id", "WU-1"}}), HasSubstr("ILLEGAL_TRANSITION"));
  EXPECT_THAT(task("complete", {{"task_id", "WU-1"}}), HasSubstr(R"("state":"done")"));
  EXPECT_THAT(task("show", {{"task_id", "WU-1"}}), HasSubstr(R"("state":"done")"));
  EXPECT_THAT(world.call("odd:invoke",
                         json::Object{{"tool", "kernel:task_show"}, {"input", json::Object{{"task_id", "WU-1"}}}}),
              HasSubstr("TOOL_NOT_FOUND"));
}

TEST_F(Hosted, AnInnerCallReachesNoFurtherThanItsOuterOne) {
  EXPECT_THAT(world.call("calm:elsewhere"), StartsWith("success"));
  EXPECT_THAT(world.call("odd:invoke", json::Object{{"tool", "calm:elsewhere"}}),
              AllOf(HasSubstr("SCOPE_DENIED"), HasSubstr("call:odd:invoke")));
  json::Value nested = json::Object{{"tool", "calm:ping"}};
  for (int i = 0; i < 6; ++i) nested = json::Object{{"tool", "odd:invoke"}, {"input", nested}};
  EXPECT_THAT(world.call("odd:invoke", nested), HasSubstr(R"({"refused":"INVALID_REQUEST"})"));
}

// What the pack has started is gone as well, without the pack having been asked.
TEST_F(Hosted, AStopKillsWhatRunsWithAllThatItStarted) {
  std::future<kernel::CallResult> running = world.submit("odd:family");
  pid_t grandchild = 0;
  while (!(std::ifstream(world.root / "kept/family") >> grandchild)) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  world.order("kernel:stop", json::Object{{"tool", "odd:family"}});
  EXPECT_THAT(HostedWorld::shown(running.get()), AllOf(StartsWith("stopped"), HasSubstr("STOPPED")));
  // Nobody waits for it but the process that adopted it; a zombie does nothing any more.
  const auto runs = [grandchild] {
    std::string skipped, state;
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    stat >> skipped >> skipped >> state;
    return !state.empty() && state != "Z" && state != "X";
  };
  while (runs()) std::this_thread::yield();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("gone %.2f s after the order\n", took.count());
  EXPECT_THAT(world.call("odd:family"), HasSubstr("STOPPED"));
  EXPECT_THAT(world.call("odd:echo"), StartsWith("success")) << "the pack's other tools go on";
}

TEST_F(Hosted, AnInnerCallEndsWithItsOuterOne) {
  std::future<kernel::CallResult> outer = world.submit("odd:invoke", json::Object{{"tool", "odd:obey"}});
  world.await("waiting");
  std::vector<ReceiptId> running = world.running();
  ASSERT_THAT(running, SizeIs(2));
  world.on_strand([&](kernel::Kernel& kernel) {
    for (const ReceiptId& receipt : running)
      if (kernel.find_running(receipt)->call.outer == nullptr) kernel.cancel(receipt, Subject("ws-42:test"));
  });
  EXPECT_THAT(HostedWorld::shown(outer.get()), StartsWith("cancelled"));
  EXPECT_THAT(world.running(), SizeIs(0));
  EXPECT_THAT(world.entries("call.finished"), Contains(HasSubstr(R"("decided_by":"outer_call")")));
}

}  // namespace
}  // namespace lumenflow::hosted
