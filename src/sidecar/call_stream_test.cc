// What a caller hears of a call while it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::StartsWith;

class CallStreams : public testing::Test {
 protected:
  CallStreams() { probe_gate().shut(); }

  // The next frame that is no heartbeat.
  static Frame next(EventReader& reader) {
    for (;;)
      if (Frame frame = reader.next(); frame.end || !frame.event.empty()) return frame;
  }
};

TEST_F(CallStreams, SayThatTheToolRunsHowFarItIsAndLastItsResult) {
  const SidecarWorld world;
  EventReader reader = EventReader::of_call(world, "probe:wait");
  ASSERT_EQ(reader.status(), 200) << "the answer begins while the tool runs";
  const Frame started = next(reader);
  EXPECT_EQ(started.event, "started");
  const std::string receipt(json::string_or(started.value(), "receipt_id", ""));
  EXPECT_THAT(receipt, StartsWith("rcpt-"));
  EXPECT_EQ(json::string_or(started.value(), "tool", ""), "probe:wait");
  EXPECT_EQ(world.get("/calls/" + receipt).text("/status"), "running") << "what is said to have started is recorded";
  const Frame progress = next(reader);
  EXPECT_EQ(progress.event, "progress");
  EXPECT_EQ(progress.value(),
            json::Value(json::Object{
                {"receipt_id", receipt}, {"tool", "probe:wait"}, {"fraction", 0.5}, {"message", "at the gate"}}));
  probe_gate().open();
  const Frame result = next(reader);
  EXPECT_EQ(result.event, "result");
  EXPECT_TRUE(json::boolean_or(result.value(), "success", false)) << result.data;
  EXPECT_EQ(json::string_or(*result.value().find("metadata"), "receipt_id", ""), receipt);
  EXPECT_TRUE(reader.next().end) << "the result is the last event";
}

TEST_F(CallStreams, EndWithTheRefusalThatACallMetUnderWay) {
  const SidecarWorld world;
  EventReader reader = EventReader::of_call(world, "probe:wait");
  const std::string receipt(json::string_or(next(reader).value(), "receipt_id", ""));
  EXPECT_EQ(next(reader).event, "progress");
  EXPECT_EQ(world.send(http::Method::kDelete, "/calls/" + receipt).status, 200);
  const Frame result = next(reader);
  EXPECT_EQ(result.event, "result");
  EXPECT_EQ(json::string_or(*result.value().find("error"), "code", ""), "TOOL_CANCELLED");
  EXPECT_TRUE(reader.next().end);
}

TEST_F(CallStreams, BeatWhileTheToolIsSilent) {
  WorldOptions options;
  options.heartbeat = std::chrono::milliseconds(5);
  const SidecarWorld world(options);
  EventReader reader = EventReader::of_call(world, "probe:wait");
  EXPECT_EQ(reader.next().event, "started");
  std::string comment;
  while (comment.empty()) comment = reader.next().comment;
  EXPECT_THAT(comment, StartsWith(":"));
}

TEST_F(CallStreams, AReaderThatGoesAwayEndsNoCall) {
  const SidecarWorld world;
  std::string receipt;
  {
    EventReader reader = EventReader::of_call(world, "probe:wait");
    receipt = json::string_or(next(reader).value(), "receipt_id", "");
  }
  probe_gate().open();
  EXPECT_EQ(world.get("/calls/" + receipt + "?wait=30s").text("/status"), "success");
}

TEST_F(CallStreams, AreNoLongerThanTheirToken) {
  WorldOptions options;
  options.heartbeat = std::chrono::milliseconds(5);
  const SidecarWorld world(options);
  EventReader reader = EventReader::of_call(world, "probe:wait");
  const std::string receipt(json::string_or(next(reader).value(), "receipt_id", ""));
  EXPECT_EQ(next(reader).event, "progress");
  EXPECT_EQ(world.operator_call("token_revoke", json::Object{{"token_id", world.token_id()}}).status, 200);
  const Frame error = next(reader);
  EXPECT_EQ(error.event, "error");
  EXPECT_EQ(json::string_or(error.value(), "code", ""), "TOKEN_REVOKED");
  EXPECT_EQ(json::string_or(error.value(), "receipt_id", ""), receipt) << "the call goes on, and can be asked for";
  EXPECT_TRUE(reader.next().end);
  probe_gate().open();
  EXPECT_EQ(world.get("/calls/" + receipt + "?wait=30s", world.as(world.token())).text("/status"), "success");
}

TEST_F(CallStreams, ToolsThatAnswerAtOnceSayTheirResultAlone) {
  const SidecarWorld world;
  EventReader reader = EventReader::of_call(world, "probe:echo");
  EXPECT_EQ(next(reader).event, "result");
  EventReader refused = EventReader::of_call(world, "probe:none");
  EXPECT_EQ(refused.status(), 404) << "a refusal is over before anything streams, and has its own status";
}

}  // namespace
}  // namespace lumenflow::sidecar
