#include <gmock/gmock.h>

#include <optional>
#include <utility>

#include "kernel/stop_tools.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using ::testing::HasSubstr;

class Stopping : public ::testing::Test, public ApprovalWorld {
 protected:
  Stopping() {
    std::vector<KernelTool> stops = *make_stop_tools();
    for (KernelTool& tool : stops) kernel_tools.push_back(std::move(tool));
    open();
  }
  CallResult order(const char* tool, json::Value input, bool operator_key = true) {
    const Credential before = std::exchange(credential, Credential{});
    const Surface surface_before = std::exchange(surface, Surface::kSocket);
    credential.subject = Subject("ws-42:local:ana");
    credential.operator_key = operator_key;
    CallResult result = call(tool, std::move(input));
    credential = before;
    surface = surface_before;
    return result;
  }
  std::string said(const CallResult& result) const { return result.code ? std::string(name(*result.code)) : "none"; }
};

TEST_F(Stopping, EndsWhatRunsAndRefusesWhatComesUntilItIsResumed) {
  std::optional<CallResult> running;
  submit("probe:slow", Object{}, "", [&running](const CallResult& result) { running = result; });
  kernel->run_pending();  // started; the tool has not been run by its thread yet
  EXPECT_EQ(said(order("kernel:stop", Object{{"tool", "probe:slow"}, {"reason", "it loops"}})), "none");
  ASSERT_TRUE(running);
  EXPECT_EQ(said(*running), "STOPPED");
  EXPECT_EQ(running->outcome, journal::Outcome::kStopped);
  EXPECT_EQ(said(call("probe:slow")), "STOPPED");
  EXPECT_EQ(said(call("probe:effect")), "none") << "another tool";
  EXPECT_FALSE(kernel->callable(*kernel->registry().find("probe:slow"), credential));
  crash();
  open();
  const CallResult refused = call("probe:slow");
  EXPECT_EQ(said(refused), "STOPPED") << "also after a restart";
  EXPECT_THAT(bytes(), HasSubstr(R"("decided_by":"stop:tool/probe:slow")"));
  EXPECT_THAT(order("kernel:stop_list", Object{}).body, HasSubstr("it loops"));
  EXPECT_EQ(said(order("kernel:resume", Object{{"tool", "probe:slow"}}, false)), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(said(call("probe:slow")), "STOPPED");
  EXPECT_EQ(said(order("kernel:resume", Object{{"tool", "probe:slow"}})), "none");
  EXPECT_EQ(said(call("probe:slow")), "none");
  EXPECT_THAT(order("kernel:resume", Object{{"tool", "probe:slow"}}).body, HasSubstr("NOT_FOUND"));
}

TEST_F(Stopping, ASubjectStopsAloneAndAllStopsEverybody) {
  EXPECT_EQ(said(order("kernel:stop", Object{{"subject", "ws-42:test"}})), "none");
  EXPECT_EQ(said(call("probe:effect")), "STOPPED");
  credential.subject = Subject("ws-42:other");
  EXPECT_EQ(said(call("probe:effect")), "none");
  credential.on_behalf_of = "ws-42:test";
  EXPECT_EQ(said(call("probe:effect")), "STOPPED") << "on its behalf";
  credential.on_behalf_of.clear();
  EXPECT_EQ(said(order("kernel:stop", Object{{"all", true}})), "none");
  EXPECT_EQ(said(call("probe:effect")), "STOPPED");
  EXPECT_EQ(said(order("kernel:approve", Object{})), "STOPPED") << "the kernel's own tools too";
  EXPECT_EQ(said(order("kernel:stop_list", Object{})), "none") << "but for those that look at it or end it";
  EXPECT_EQ(said(order("kernel:resume", Object{{"all", true}})), "none");
  EXPECT_EQ(said(call("probe:effect")), "none");
  EXPECT_EQ(said(order("kernel:stop", Object{{"all", true}, {"tool", "probe:effect"}})), "INVALID_INPUT");
  EXPECT_EQ(said(order("kernel:stop", Object{})), "INVALID_INPUT");
}

TEST_F(Stopping, AnApprovalDoesNotLiftIt) {
  const std::string id = parked("probe:risky");
  order("kernel:stop", Object{{"tool", "probe:risky"}});
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(end_of(id), "stopped STOPPED 0");
}

TEST_F(Stopping, ACommitThatFailsStopsNothing) {
  faults.fail_commit = true;
  order("kernel:stop", Object{{"all", true}});
  faults.fail_commit = false;
  settle();
  clock.advance(std::chrono::seconds(2));
  settle();
  EXPECT_EQ(said(call("probe:effect")), "none");
}

// What is stopped in the batch that starts it does not run.
TEST_F(Stopping, WhatHasNotBegunDoesNotBegin) {
  credential.operator_key = true;
  submit("probe:effect", Object{}, "", [](const CallResult&) {});
  surface = Surface::kSocket;
  submit("kernel:stop", Object{{"tool", "probe:effect"}}, "", [](const CallResult&) {});
  settle();
  EXPECT_TRUE(effects.empty());
}

}  // namespace
}  // namespace lumenflow::kernel
