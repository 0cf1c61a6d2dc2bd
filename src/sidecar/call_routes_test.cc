#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::HasSubstr;

class CallRoutes : public testing::Test {
 protected:
  // The receipt of the one call that waits at the gate.
  std::string waiting(std::future<Answer>& answer, Headers headers = {}) {
    answer = world.call_later("probe:wait", "{}", std::move(headers));
    EXPECT_TRUE(probe_gate().wait_for_arrivals(1));
    for (const json::Value& entry : world.entries())
      if (json::string_or(entry, "type", "") == "call.started")
        return std::string(json::string_or(entry, "receipt_id", ""));
    ADD_FAILURE() << "the call has not started";
    return {};
  }

  SidecarWorld world;
};

TEST_F(CallRoutes, TellARunningCallFromAnEndedOne) {
  std::future<Answer> answer;
  const std::string receipt = waiting(answer);
  EXPECT_EQ(world.get("/calls/" + receipt).text("/status"), "running");
  EXPECT_EQ(world.get("/calls/" + receipt + "?wait=5ms").text("/status"), "running") << "patience has an end";
  probe_gate().open();
  EXPECT_EQ(answer.get().status, 200);
  const Answer ended = world.get("/calls/" + receipt);
  EXPECT_EQ(ended.text("/status"), "success");
  EXPECT_EQ(ended.text("/tool"), "probe:wait");
  EXPECT_EQ(ended.text("/subject"), "ws-42");
  EXPECT_TRUE(json::boolean_or(*ended.value.at_pointer("/result/data"), "passed", false));
  EXPECT_EQ(world.get("/calls/" + receipt + "?wait=30s").text("/status"), "success") << "and at once";
}

TEST_F(CallRoutes, ALongPollAnswersWhenTheCallEnds) {
  std::future<Answer> answer;
  const std::string receipt = waiting(answer);
  http::RawSocket poll = world.connect();
  ASSERT_TRUE(poll.send("GET /calls/" + receipt + "?wait=30s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                        world.token() + "\r\n\r\n"));
  EXPECT_EQ(world.get("/calls/" + receipt).text("/status"), "running") << "the poll is in, and waits";
  probe_gate().open();
  EXPECT_THAT(poll.read_until("\"requested\""), HasSubstr("\"status\":\"success\""));
  EXPECT_EQ(answer.get().status, 200);
}

TEST_F(CallRoutes, RefuseAWaitThatIsNone) {
  for (const char* wait : {"61s", "-1s", "soon", "", "1h"})
    EXPECT_EQ(world.get("/calls/rcpt-01ARZ3NDEKTSV4RRFFQ69G5FAV?wait=" + std::string(wait)).code(), "INVALID_REQUEST")
        << wait;
}

TEST_F(CallRoutes, TheCallerCancelsItsCall) {
  std::future<Answer> answer;
  const std::string receipt = waiting(answer);
  const Answer cancelled = world.send(http::Method::kDelete, "/calls/" + receipt);
  EXPECT_EQ(cancelled.status, 200);
  EXPECT_EQ(cancelled.text("/status"), "cancelled");
  EXPECT_EQ(cancelled.text("/finished/decided_by"), "cancelled by ws-42");
  const Answer caller = answer.get();
  EXPECT_EQ(caller.status, 409);
  EXPECT_EQ(caller.code(), "TOOL_CANCELLED");
  const Answer again = world.send(http::Method::kDelete, "/calls/" + receipt);
  EXPECT_EQ(again.text("/status"), "cancelled") << "cancelling what has ended says how it ended";
  EXPECT_EQ(world.send(http::Method::kDelete, "/calls/rcpt-01ARZ3NDEKTSV4RRFFQ69G5FAV").code(), "NOT_FOUND");
}

TEST_F(CallRoutes, AnothersCallIsNobodysBusinessWithoutTheScope) {
  std::future<Answer> answer;
  const std::string receipt = waiting(answer);
  const Headers stranger = world.as(world.token("workspace", "ws-42:phone:pixel-8"));
  const Headers auditor = world.as(world.token("workspace audit:read", "ws-42:phone:pixel-8"));
  const Headers stopper = world.as(world.token("control:stop", "ws-42:phone:pixel-8"));
  const auto cancel = [&](const Headers& headers) {
    return world.send(http::Method::kDelete, "/calls/" + receipt, {}, headers);
  };
  EXPECT_EQ(world.get("/calls/" + receipt, stranger).code(), "NOT_FOUND");
  EXPECT_EQ(world.get("/calls/" + receipt + "?wait=1s", stranger).code(), "NOT_FOUND");
  EXPECT_EQ(world.get("/calls/" + receipt, auditor).text("/status"), "running");
  EXPECT_EQ(cancel(stranger).code(), "NOT_FOUND");
  EXPECT_EQ(cancel(auditor).code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(world.get("/calls/" + receipt).text("/status"), "running") << "none of this cancelled it";
  const Answer stopped = cancel(stopper);
  EXPECT_EQ(stopped.status, 200);
  EXPECT_EQ(stopped.text("/status"), "cancelled");
  EXPECT_EQ(stopped.value.find("requested"), nullptr) << "who may stop it may not read it";
  EXPECT_EQ(answer.get().code(), "TOOL_CANCELLED");
  EXPECT_EQ(world.get("/calls/" + receipt, stranger).code(), "NOT_FOUND") << "nor is one that has ended";
  EXPECT_EQ(world.get("/calls/" + receipt).text("/finished/decided_by"), "cancelled by ws-42:phone:pixel-8");
}

}  // namespace
}  // namespace lumenflow::sidecar
