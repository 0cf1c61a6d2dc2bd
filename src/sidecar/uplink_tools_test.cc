// The kernel tools over a running uplink: saying something as the other side, and consenting to a fork.
#include "sidecar/uplink_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "http/client.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

WorldOptions loopback_options() { return {.config = "uplink: loopback\n", .uplink = true}; }

Answer kernel_call(const SidecarWorld& world, const std::string& tool, const json::Value& input,
                   const std::string& proof = {}) {
  http::ClientOptions options;
  options.socket_path = world.socket_path();
  http::Client client(options);
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/" + tool;
  request.body = json::serialize(input);
  if (!proof.empty()) request.headers.emplace_back(std::string(kOperatorHeader), proof);
  const Result<http::ClientResponse> response = client.send(request);
  EXPECT_TRUE(response.ok());
  if (!response.ok()) return {};
  return {response->status, {}, response->body, json::parse(response->body).value_or(json::Value())};
}

std::string proof_of(const SidecarWorld& world, const std::string& tool, const std::string& id) {
  const PosixFiles files;
  const auto key = unlock_operator_key(files, WorkspacePaths(world.root()).keys, "");
  EXPECT_TRUE(key.ok());
  return *make_operator_proof(*key, "ws-42", tool, id, SystemClock().now());
}

json::Object cancelled(const std::string& kind = "conductor:command_cancelled") {
  return {{"kind", kind}, {"payload", json::Object{{"command_id", "c-1"}, {"reason", "late"}}}};
}

// The one event of a kind from outside, when it has come.
json::Value received(const SidecarWorld& world) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    const Answer events = world.get("/events?kind=conductor:command_cancelled");
    if (const json::Value* first = events.value.at_pointer("/items/0")) return *first;
    if (std::chrono::steady_clock::now() > give_up) return {};
  }
}

std::string connection(const SidecarWorld& world, std::string_view wanted) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    const std::string now = world.get("/outbox").text("/connection");
    if (now == wanted || std::chrono::steady_clock::now() > give_up) return now;
  }
}

TEST(UplinkTools, WhatTheOtherSideSaysIsAnEventFromWhoeverSaidIt) {
  const SidecarWorld world(loopback_options());
  const Answer sent = kernel_call(world, "inbox_send", json::Value(cancelled()));
  ASSERT_EQ(sent.status, 200) << sent.body;
  EXPECT_THAT(sent.text("/data/from"), StartsWith("ws-42:local:"));
  const json::Value event = received(world);
  EXPECT_EQ(json::string_or(event, "event_id", ""), sent.text("/data/event_id"));
  EXPECT_EQ(json::string_or(event, "from", ""), sent.text("/data/from"));
  EXPECT_EQ(json::string_or(event, "channel", ""), "bridge:loopback");
  EXPECT_THAT(world.get("/metrics", world.as(world.token("metrics:read"))).body,
              HasSubstr("lumenflow_events_received_total{kind=\"conductor:command_cancelled\"} 1"));
}

TEST(UplinkTools, SayNothingThatCannotComeFromOutside) {
  const SidecarWorld world(loopback_options());
  const Answer own = kernel_call(world, "inbox_send", json::Value(cancelled("sidekick:approval_requested")));
  EXPECT_EQ(own.code(), "UNKNOWN_KIND");
  EXPECT_THAT(own.text("/error/message"), HasSubstr("conductor:command_cancelled"));
  json::Object wrong = cancelled();
  wrong.set("payload", json::Object{{"command_id", 1}});
  EXPECT_EQ(kernel_call(world, "inbox_send", json::Value(wrong)).code(), "INVALID_PAYLOAD");
  EXPECT_EQ(kernel_call(world, "inbox_send", json::Object{{"kind", "x"}}).code(), "INVALID_INPUT");
}

TEST(UplinkTools, NeedAnUplink) {
  const SidecarWorld world;
  const Answer sent = kernel_call(world, "inbox_send", json::Value(cancelled()));
  EXPECT_EQ(sent.code(), "UNREACHABLE");
  EXPECT_THAT(sent.text("/error/message"), HasSubstr("uplink: loopback"));
}

TEST(UplinkTools, AForkEndsWithTheConsentOfTheOperatorAlone) {
  SidecarWorld world(loopback_options());
  EXPECT_EQ(connection(world, "connected"), "connected");
  world.stop();
  const WorkspacePaths paths(world.root());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(paths.journal + suffix);
  std::filesystem::remove_all(paths.checkpoints);
  world.start();
  ASSERT_EQ(connection(world, "forked"), "forked");
  const Answer outbox = world.get("/outbox");
  EXPECT_THAT(outbox.text("/last_error"), HasSubstr("lumenflow outbox consent"));
  EXPECT_EQ(world.call("probe:emit", R"({"n":1})").status, 200);

  const json::Value consent = json::Object{{"log_id", outbox.text("/log_id")}};
  EXPECT_NE(kernel_call(world, "outbox_consent", consent).status, 200) << "without the operator's proof";
  EXPECT_EQ(connection(world, "forked"), "forked");
  const std::string tool = "kernel:outbox_consent";
  const Answer other =
      kernel_call(world, "outbox_consent", json::Object{{"log_id", "another"}}, proof_of(world, tool, "p-1"));
  EXPECT_EQ(other.code(), "INVALID_INPUT");
  const Answer done = kernel_call(world, "outbox_consent", consent, proof_of(world, tool, "p-2"));
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(connection(world, "connected"), "connected");
  EXPECT_EQ(kernel_call(world, "outbox_consent", consent, proof_of(world, tool, "p-3")).code(), "CONFLICT");
}

}  // namespace
}  // namespace lumenflow::sidecar
