#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ToolRoutes, ListEveryToolAndWhetherThisCallerMayCallIt) {
  const SidecarWorld world;
  const Answer all = world.get("/tools");
  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_EQ(all.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(all.text("/workspace_id"), "ws-42");
  const json::Array& tools = all.value.find("tools")->as_array();
  ASSERT_EQ(tools.size(), 5u);
  for (const json::Value& tool : tools) {
    for (const char* key : {"name", "aliases", "pack", "version", "title", "description", "permission", "scope",
                            "required_scopes", "required_approvals", "input_schema", "output_schema", "surfaces"})
      EXPECT_NE(tool.find(key), nullptr) << key;
    EXPECT_TRUE(json::boolean_or(tool, "callable", false));
  }
  const Answer reader = world.get("/tools", world.as(world.token("tools:read")));
  EXPECT_EQ(reader.text("/registry_hash"), all.text("/registry_hash")) << "callable is outside the hash";
  for (const json::Value& tool : reader.value.find("tools")->as_array())
    EXPECT_EQ(json::boolean_or(tool, "callable", false), json::string_or(tool, "permission", "") == "read");
  const Answer one = world.get("/tools/probe%3Aecho");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(one.text("/name"), "probe:echo") << "path segments are percent-decoded";
  EXPECT_EQ(world.get("/tools/probe:none").code(), "TOOL_NOT_FOUND");
}

TEST(ToolRoutes, ATokenForOnePackSeesThatPacksTools) {
  const SidecarWorld world;
  const std::string pack(probe_pack().id);
  const Answer own = world.get("/tools", world.as(world.token("tools:read:" + pack)));
  EXPECT_EQ(own.status, 200) << own.body;
  const json::Value* tools = own.value.find("tools");
  EXPECT_TRUE(tools != nullptr && tools->as_array().size() == 5) << own.body;
  EXPECT_EQ(world.get("/tools/probe:echo", world.as(world.token("tools:read:" + pack))).status, 200);
  const Answer other = world.get("/tools", world.as(world.token("tools:read:other")));
  ASSERT_EQ(other.status, 200) << other.body;
  EXPECT_TRUE(other.value.find("tools")->as_array().empty());
  EXPECT_EQ(world.get("/tools/probe:echo", world.as(world.token("tools:read:other"))).code(), "TOOL_NOT_FOUND");
  EXPECT_EQ(world.get("/tools", world.as(world.token("tools:write:" + pack))).code(), "TOKEN_SCOPE_DENIED");
}

TEST(ToolRoutes, ABodyInACodingIsNotRead) {
  const SidecarWorld world;
  const auto coded = [&](const std::string& coding) {
    return world.send(http::Method::kPost, "/tools/probe:echo", R"({"text":"a"})",
                      {{"Content-Type", "application/json"}, {"Content-Encoding", coding}});
  };
  EXPECT_EQ(coded("identity").status, 200);
  EXPECT_EQ(coded("Identity").status, 200);
  EXPECT_EQ(coded("gzip").status, 415);
  EXPECT_EQ(coded("gzip").code(), "UNSUPPORTED_MEDIA_TYPE");
}

TEST(ToolRoutes, AnUnchangedListIsNotSentAgain) {
  const SidecarWorld world;
  for (const char* path : {"/tools", "/openapi.json"}) {
    const std::string etag = world.get(path).header("etag");
    EXPECT_THAT(etag, StartsWith("\""));
    for (const std::string& condition : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
      const Answer same = world.get(path, {{"If-None-Match", condition}, {"Authorization", "Bearer " + world.token()}});
      EXPECT_EQ(same.status, 304) << path << " " << condition;
      EXPECT_EQ(same.body, "");
      EXPECT_EQ(same.header("etag"), etag);
      EXPECT_NE(same.header("x-request-id"), "");
    }
    EXPECT_EQ(world.get(path, {{"If-None-Match", "\"other\""}}).status, 200);
  }
}

TEST(ToolRoutes, TheBodyIsTheInputAndNothingElse) {
  const SidecarWorld world;
  const Answer answer = world.call("probe:echo", R"({"text":"grüße"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("/data/text"), "grüße");
  EXPECT_THAT(answer.text("/metadata/receipt_id"), StartsWith("rcpt-"));
  const Answer empty = world.send(http::Method::kPost, "/tools/probe:echo", "", {{"Content-Type", ""}});
  EXPECT_EQ(empty.status, 200) << "an empty body is {}: " << empty.body;
  const Answer plain = world.call("probe:echo", "{}", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(plain.status, 415);
  EXPECT_EQ(plain.code(), "UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(plain.header("content-type"), "application/problem+json");
  EXPECT_EQ(world.call("probe:echo", "{}", {{"Content-Type", "Application/JSON ; charset=utf-8"}}).status, 200);
  EXPECT_EQ(world.call("probe:echo", "{}", {{"LumenFlow-Task", "t-1"}}).code(), "INVALID_REQUEST");
  const Answer session = world.call("probe:echo", "{}", {{"LumenFlow-Session", "s-1"}});
  EXPECT_EQ(session.status, 403) << "nobody holds it";
  EXPECT_EQ(session.text("/error/code"), "SCOPE_DENIED");
}

TEST(ToolRoutes, OnlyTheConductorActsOnBehalfOfOthers) {
  const SidecarWorld world;
  const auto call_as = [&](const std::string& subject, const std::string& whom) {
    Headers headers = world.as(world.token("workspace audit:read", subject));
    headers.emplace_back("LumenFlow-On-Behalf-Of", whom);
    return world.call("probe:echo", "{}", headers);
  };
  const Answer called = call_as("ws-42:conductor", "operator:ana");
  ASSERT_EQ(called.status, 200) << called.body;
  const Answer shown = world.get("/calls/" + called.text("/metadata/receipt_id"));
  EXPECT_EQ(shown.text("/requested/on_behalf_of"), "operator:ana") << shown.body;
  EXPECT_EQ(call_as("ws-42:conductor", "ws-42:local:ana").code(), "INVALID_REQUEST");
  EXPECT_EQ(call_as("ws-42:conductor", "operator:" + std::string(200, 'a')).code(), "INVALID_REQUEST");
  EXPECT_EQ(call_as("ws-42:agent", "operator:ana").code(), "INVALID_REQUEST");
}

TEST(ToolRoutes, AFailureOfTheToolIs200AndARefusalIsNot) {
  const SidecarWorld world;
  const Answer failed = world.call("probe:fail");
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(failed.code(), "NO_LUCK");
  const Answer refused = world.call("probe:echo", R"({"other":1})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "INVALID_INPUT");
  EXPECT_NE(refused.text("/metadata/receipt_id"), "") << "once a tool was named the body is a Result with its receipt";
  const Answer scope = world.call("probe:emit", R"({"n":1})", world.as(world.token("tools:read")));
  EXPECT_EQ(scope.status, 403);
  EXPECT_EQ(scope.code(), "TOKEN_SCOPE_DENIED");
}

TEST(ToolRoutes, TheSameKeyGivesTheSameAnswerAndSaysSo) {
  const SidecarWorld world;
  const Answer first = world.call("probe:emit", R"({"n":1})", {{"Idempotency-Key", "k"}});
  const Answer again = world.call("probe:emit", R"({"n":1})", {{"Idempotency-Key", "k"}});
  EXPECT_EQ(again.text("/metadata/receipt_id"), first.text("/metadata/receipt_id"));
  EXPECT_EQ(first.header("idempotent-replayed"), "");
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(world.call("probe:emit", R"({"n":2})", {{"Idempotency-Key", "k"}}).status, 409);
}

TEST(ToolRoutes, AStreamedCallEndsWithItsResult) {
  const SidecarWorld world;
  const Answer answer = world.call("probe:echo", R"({"text":"x"})", {{"Accept", "text/event-stream"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/event-stream");
  EXPECT_THAT(answer.body, HasSubstr("event: result\ndata: {"));
  EXPECT_THAT(answer.body, EndsWith("\n\n"));
}

TEST(ToolRoutes, ARefusalKeepsItsStatusForWhoAsksForAStream) {
  const SidecarWorld world;
  const Headers stream = {{"Accept", "text/event-stream"}};
  EXPECT_EQ(world.call("probe:echo", R"({"other":1})", stream).status, 400);
  EXPECT_EQ(world.call("probe:nope", "{}", stream).status, 404);
  Headers reader = world.as(world.token("events:read"));
  reader.emplace_back("Accept", "text/event-stream");
  const Answer denied = world.call("probe:echo", "{}", reader);
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(denied.code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(world.call("probe:fail", "{}", stream).status, 200) << "what the tool itself reports is a result";
}

TEST(ToolRoutes, AClientThatGoesAwayDoesNotCancelItsCall) {
  const SidecarWorld world;
  {
    http::RawSocket socket = world.connect();
    ASSERT_TRUE(socket.send("POST /tools/probe:wait HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + world.token() +
                            "\r\nIdempotency-Key: gone\r\nContent-Length: 0\r\n\r\n"));
    ASSERT_TRUE(probe_gate().wait_for_arrivals(1));
  }
  probe_gate().open();
  const Answer answer = world.call("probe:wait", "{}", {{"Idempotency-Key", "gone"}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(json::boolean_or(*answer.value.find("data"), "passed", false));
}

TEST(Routes, AnswerToNothingButTheirMethods) {
  const SidecarWorld world;
  const auto expect_allow = [&](http::Method method, const std::string& path, const std::string& allow) {
    const Answer answer = world.send(method, path, method == http::Method::kHead ? std::nullopt : std::optional("{}"));
    EXPECT_EQ(answer.status, 405) << path;
    EXPECT_EQ(answer.code(), "METHOD_NOT_ALLOWED");
    EXPECT_EQ(answer.header("allow"), allow);
  };
  expect_allow(http::Method::kPost, "/tools", "GET, HEAD");
  expect_allow(http::Method::kOptions, "/tools/probe:echo", "GET, HEAD, POST");
  expect_allow(http::Method::kPut, "/calls/rcpt-1", "GET, HEAD, DELETE");
  expect_allow(http::Method::kPatch, "/healthz", "GET, HEAD");
  const Answer head = world.send(http::Method::kHead, "/tools");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("content-length"), std::to_string(world.get("/tools").body.size()));
  for (const char* path : {"/", "/nowhere", "/tools/", "/audit/1/proof/more", "//tools"})
    EXPECT_EQ(world.get(path).code(), "NOT_FOUND") << path;
}

TEST(Routes, EveryAnswerCarriesARequestId) {
  const SidecarWorld world;
  const auto id_of = [&](const std::string& path, Headers headers) {
    return world.get(path, std::move(headers)).header("x-request-id");
  };
  EXPECT_EQ(id_of("/healthz", {{"X-Request-Id", "mine-7"}}), "mine-7");
  EXPECT_EQ(id_of("/nowhere", {{"X-Request-Id", "mine-8"}}), "mine-8");
  EXPECT_EQ(id_of("/tools", {{"X-Request-Id", "mine-9"}, {"Authorization", "Bearer x"}}), "mine-9");
  EXPECT_THAT(id_of("/healthz", {{"X-Request-Id", "not an id"}}), StartsWith("req-"));
  EXPECT_NE(id_of("/healthz", {}), id_of("/healthz", {}));
  http::RawSocket socket = world.connect();
  ASSERT_TRUE(socket.send("nonsense\r\n\r\n"));
  EXPECT_THAT(socket.read_to_end(), HasSubstr("X-Request-Id: req-"));
}

}  // namespace
}  // namespace lumenflow::sidecar
