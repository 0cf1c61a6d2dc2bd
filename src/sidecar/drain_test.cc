#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// The entries of this type, in order.
std::vector<json::Value> of_type(const std::vector<json::Value>& entries, const std::string& type) {
  std::vector<json::Value> found;
  for (const json::Value& entry : entries)
    if (json::string_or(entry, "type", "") == type) found.push_back(entry);
  return found;
}

// Asks until the sidecar says that it drains; each question is a round trip, and one comes after the drain began.
void wait_until_draining(const SidecarWorld& world) {
  while (world.get("/readyz").status == 200) {
  }
}

TEST(Drain, LetsACallFinishAndRefusesNewOnes) {
  SidecarWorld world;
  std::future<Answer> running = world.call_later("probe:wait");
  ASSERT_TRUE(probe_gate().wait_for_arrivals(1));
  world.begin_drain();
  wait_until_draining(world);
  const Answer ready = world.get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.code(), "DRAINING");
  EXPECT_EQ(world.get("/healthz").status, 200) << "it still runs";
  for (int i = 0; i < 3; ++i) {
    const Answer refused = world.call("probe:echo");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.code(), "DRAINING");
    EXPECT_EQ(refused.header("retry-after"), "1");
  }
  EXPECT_EQ(world.get("/audit/head").status, 200) << "what only reads answers";
  probe_gate().open();
  EXPECT_EQ(running.get().status, 200) << "the answer leaves before the sidecar does";
  world.wait_until_drained();
  EXPECT_FALSE(world.connect().connected());

  world.start();
  const std::vector<json::Value> entries = world.entries();
  const std::vector<json::Value> finished = of_type(entries, "call.finished");
  ASSERT_EQ(finished.size(), 1u) << "refusals by draining are counted, not recorded one by one";
  EXPECT_EQ(json::string_or(finished[0], "outcome", ""), "success");
  std::int64_t refused = 0;
  for (const json::Value& entry : of_type(entries, "calls.refused")) {
    EXPECT_EQ(json::string_or(entry, "code", ""), "DRAINING");
    refused += json::integer_or(entry, "count", 0);
  }
  EXPECT_EQ(refused, 3) << "every refusal is counted";
}

TEST(Drain, CancelsWhatOutlastsTheTimeoutAndRecordsItSo) {
  SidecarWorld world({.config = "limits: {drain_timeout: 20ms}\n"});
  std::future<Answer> running = world.call_later("probe:wait", "{}", {{"Idempotency-Key", "k"}});
  ASSERT_TRUE(probe_gate().wait_for_arrivals(1));
  world.stop();
  const Answer answer = running.get();
  EXPECT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.code(), "TOOL_CANCELLED");
  world.start();
  const std::vector<json::Value> finished = of_type(world.entries(), "call.finished");
  ASSERT_EQ(finished.size(), 1u);
  EXPECT_EQ(json::string_or(finished[0], "outcome", ""), "cancelled");
  EXPECT_EQ(json::string_or(finished[0], "decided_by", ""), "cancelled by drain_timeout");
  EXPECT_EQ(world.get("/calls/" + answer.text("/metadata/receipt_id")).text("/status"), "cancelled");
}

// Under a sanitizer this also shows that the tool, which runs on, finds what it uses.
TEST(Drain, AToolThatHeedsNothingDoesNotHoldUpTheAnswers) {
  SidecarWorld world({.config = "limits: {drain_timeout: 20ms}\n"});
  std::future<Answer> running = world.call_later("probe:deaf");
  ASSERT_TRUE(probe_gate().wait_for_arrivals(1));
  world.begin_drain();
  EXPECT_EQ(running.get().code(), "TOOL_CANCELLED");
  world.wait_until_drained();
  world.start();
  EXPECT_EQ(of_type(world.entries(), "call.finished").size(), 1u);
}

TEST(Drain, EndsEventStreamsInOrder) {
  SidecarWorld world;
  http::RawSocket reader = world.connect();
  ASSERT_TRUE(reader.send("GET /events/stream?after=0 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + world.token() +
                          "\r\n\r\n"));
  EXPECT_THAT(reader.read_until("event: resume"), HasSubstr("200 OK"));
  const auto began = std::chrono::steady_clock::now();
  world.stop();
  EXPECT_THAT(reader.read_to_end(), EndsWith("\r\n0\r\n\r\n")) << "a whole answer, not a cut one";
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(Drain, ALongPollIsAnsweredBeforeTheEnd) {
  SidecarWorld world({.config = "limits: {drain_timeout: 20ms}\n"});
  std::future<Answer> running = world.call_later("probe:wait");
  ASSERT_TRUE(probe_gate().wait_for_arrivals(1));
  std::string receipt;
  for (const json::Value& entry : of_type(world.entries(), "call.started"))
    receipt = json::string_or(entry, "receipt_id", "");
  http::RawSocket poll = world.connect();
  ASSERT_TRUE(poll.send("GET /calls/" + receipt + "?wait=30s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                        world.token() + "\r\n\r\n"));
  ASSERT_EQ(world.get("/calls/" + receipt).text("/status"), "running");
  world.stop();
  EXPECT_THAT(poll.read_to_end(), HasSubstr("\"status\":\"cancelled\""));
  EXPECT_EQ(running.get().code(), "TOOL_CANCELLED");
}

}  // namespace
}  // namespace lumenflow::sidecar
