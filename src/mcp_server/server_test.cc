// The Model Context Protocol at /mcp: who is let in, what becomes of a call, and that both kinds of revision are spoken
// on one endpoint. What the official suite asks is in tests/mcp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mcp/revision.h"
#include "mcp_server/mcp_routes.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::mcp_server {
namespace {

using sidecar::Answer;
using sidecar::Headers;
using ::testing::HasSubstr;

struct McpWorld : sidecar::SidecarWorld {
  explicit McpWorld(sidecar::WorldOptions options = {}) : SidecarWorld(with_surface(std::move(options))) {}
  static sidecar::WorldOptions with_surface(sidecar::WorldOptions options) {
    options.surfaces = {add_mcp_routes};
    return options;
  }
};

constexpr const char* kAccept = "application/json, text/event-stream";

json::Value stateless_params(json::Object params, json::Object capabilities = {}) {
  params.set("_meta", json::Object{{std::string(mcp::kMetaVersion), "2026-07-28"},
                                   {std::string(mcp::kMetaClientCapabilities), std::move(capabilities)}});
  return json::Value(std::move(params));
}

std::string message(std::string_view method, json::Value params) {
  return json::serialize(
      json::Object{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}});
}

// A request of the revision without sessions.
Answer ask(const sidecar::SidecarWorld& world, const std::string& method, json::Object params,
           const std::string& name = {}, Headers headers = {}) {
  headers.insert(headers.end(), {{"Accept", kAccept}, {"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}});
  if (!name.empty()) headers.emplace_back("Mcp-Name", name);
  return world.send(http::Method::kPost, "/mcp", message(method, stateless_params(std::move(params))), headers);
}

struct Session {
  explicit Session(const sidecar::SidecarWorld& world_, Headers headers = {})
      : world(world_), extra(std::move(headers)) {
    const Answer answer = send("initialize", json::Object{{"protocolVersion", "2025-11-25"},
                                                          {"capabilities", json::Object{}},
                                                          {"clientInfo", json::Object{}}});
    id = answer.header("mcp-session-id");
    EXPECT_EQ(answer.text("/result/protocolVersion"), "2025-11-25") << answer.body;
  }
  Answer send(const std::string& method, json::Object params) const {
    Headers headers = extra;
    headers.emplace_back("Accept", kAccept);
    if (!id.empty()) headers.emplace_back("Mcp-Session-Id", id);
    return world.send(http::Method::kPost, "/mcp", message(method, json::Value(std::move(params))), headers);
  }
  const sidecar::SidecarWorld& world;
  Headers extra;
  std::string id;
};

std::vector<std::string> names_in(const Answer& answer) {
  std::vector<std::string> names;
  const json::Value* const tools = answer.value.at_pointer("/result/tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->as_array().size(); ++i)
    names.push_back(std::string(json::string_or(tools->as_array()[i], "name", "")));
  return names;
}

TEST(Mcp, ASessionListsAndCallsWhatItsTokenMayCall) {
  const McpWorld world;
  const Session session(world);
  const Answer listed = session.send("tools/list", {});
  EXPECT_THAT(names_in(listed),
              ::testing::ElementsAre("probe__deaf", "probe__echo", "probe__emit", "probe__fail", "probe__wait"));
  const Session reader(world, world.as(world.token("tools:read")));
  EXPECT_THAT(names_in(reader.send("tools/list", {})), ::testing::ElementsAre("probe__echo", "probe__fail"));
  const Answer done =
      session.send("tools/call", {{"name", "probe__echo"}, {"arguments", json::Object{{"text", "hi"}}}});
  EXPECT_EQ(done.text("/result/structuredContent/text"), "hi") << done.body;
  EXPECT_THAT(done.text("/result/content/0/text"), HasSubstr("hi"));
  EXPECT_THAT(done.body, HasSubstr("io.lumenflow/receipt_id"));
  EXPECT_EQ(session.send("ping", {}).status, 200);
}

TEST(Mcp, EveryRequestStandsForItselfWithoutASession) {
  const McpWorld world;
  const Answer found = ask(world, "server/discover", {});
  EXPECT_EQ(found.text("/result/resultType"), "complete") << found.body;
  EXPECT_EQ(found.text("/result/supportedVersions/0"), "2026-07-28");
  const Answer done =
      ask(world, "tools/call", {{"name", "probe__echo"}, {"arguments", json::Object{{"text", "hi"}}}}, "probe__echo");
  EXPECT_EQ(done.text("/result/structuredContent/text"), "hi") << done.body;
  const Answer unknown = ask(world, "nothing/known", {});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("-32601"));
  EXPECT_EQ(ask(world, "ping", {}).status, 404) << "a method of the older revisions";
}

TEST(Mcp, WhatTheHeadersSayOtherwiseIsRefusedBeforeTheCall) {
  const McpWorld world;
  const std::size_t before = world.entries().size();
  const json::Object params{{"name", "probe__echo"}, {"arguments", json::Object{}}};
  const Answer other = ask(world, "tools/call", params, "probe__fail");
  EXPECT_EQ(other.status, 400);
  EXPECT_THAT(other.body, HasSubstr("-32020"));
  EXPECT_EQ(ask(world, "tools/call", params).status, 400) << "Mcp-Name is missing";
  EXPECT_EQ(world.entries().size(), before) << "nothing was called";
}

TEST(Mcp, NobodyGetsInWithoutATokenAndIsToldWhereToLook) {
  const McpWorld world;
  const Headers none{{"Authorization", "Bearer nonsense"}, {"Accept", kAccept}};
  const Answer refused = world.send(http::Method::kPost, "/mcp", message("ping", json::Object{}), none);
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.header("www-authenticate"), HasSubstr("/.well-known/oauth-protected-resource/mcp"));
  const Answer metadata = world.get("/.well-known/oauth-protected-resource/mcp");
  EXPECT_THAT(metadata.text("/resource"), ::testing::EndsWith("/mcp"));
}

TEST(Mcp, ThePageOfAnotherSiteIsRefused) {
  const McpWorld world;
  for (const char* origin : {"http://evil.example", "null", "https://127.0.0.1.evil.example"}) {
    const Headers headers{{"Origin", origin}, {"Accept", kAccept}};
    EXPECT_EQ(world.send(http::Method::kPost, "/mcp", message("ping", json::Object{}), headers).status, 403) << origin;
  }
}

TEST(Mcp, ASessionIsItsSubjectsAlone) {
  const McpWorld world;
  const Session session(world);
  Headers other = world.as(world.token("workspace", "ws-42:phone:pixel"));
  other.emplace_back("Mcp-Session-Id", session.id);
  other.emplace_back("Accept", kAccept);
  EXPECT_EQ(world.send(http::Method::kPost, "/mcp", message("ping", json::Object{}), other).status, 404);
  EXPECT_EQ(world.send(http::Method::kDelete, "/mcp", {}, {{"Mcp-Session-Id", session.id}}).status, 204);
  EXPECT_EQ(session.send("ping", {}).status, 404) << "it has ended";
}

TEST(Mcp, WhatAToolRefusesIsAResultAndWhatTheKernelRefusesAnError) {
  const McpWorld world;
  const Session session(world);
  const Answer failed = session.send("tools/call", {{"name", "probe__fail"}});
  EXPECT_THAT(failed.text("/result/content/0/text"), HasSubstr("NO_LUCK")) << failed.body;
  const Answer bad = session.send("tools/call", {{"name", "probe__echo"}, {"arguments", json::Object{{"text", 1}}}});
  EXPECT_THAT(bad.text("/result/content/0/text"), HasSubstr("INVALID_INPUT")) << "a model can mend that";
  const Answer none = session.send("tools/call", {{"name", "nobody__knows"}});
  EXPECT_EQ(none.text("/error/data/code"), "TOOL_NOT_FOUND") << none.body;
  const Session reader(world, world.as(world.token("tools:read")));
  const Answer denied = reader.send("tools/call", {{"name", "probe__wait"}});
  EXPECT_EQ(denied.text("/error/data/code"), "TOKEN_SCOPE_DENIED") << denied.body;
  EXPECT_FALSE(denied.text("/error/data/receipt_id").empty()) << "it is recorded";
}

TEST(Mcp, EventsAreResources) {
  const McpWorld world;
  const Session session(world);
  EXPECT_THAT(session.send("resources/list", {}).body, HasSubstr("lumenflow://events/probe:happened"));
  session.send("tools/call", {{"name", "probe__emit"}, {"arguments", json::Object{{"n", 7}}}});
  const Answer read = session.send("resources/read", {{"uri", "lumenflow://events/probe:happened"}});
  EXPECT_THAT(read.text("/result/contents/0/text"), HasSubstr("\"n\":7")) << read.body;
  const Answer none = session.send("resources/read", {{"uri", "lumenflow://nothing"}});
  EXPECT_THAT(none.body, HasSubstr("-32002"));
  const Session stranger(world, world.as(world.token("tools:read")));
  EXPECT_THAT(stranger.send("resources/read", {{"uri", "lumenflow://events/probe:happened"}}).body,
              HasSubstr("-32002"));
}

TEST(Mcp, WhatIsNoMessageIsRefused) {
  const McpWorld world;
  for (const char* text : {"{", "[]", "{}", R"({"jsonrpc":"2.0","id":1,"result":{}})"})
    EXPECT_EQ(world.send(http::Method::kPost, "/mcp", text, {{"Accept", kAccept}}).status, 400) << text;
}

TEST(Mcp, IsSwitchedOffByTheConfiguration) {
  sidecar::WorldOptions options;
  options.config = "surfaces: [http]\n";
  const McpWorld world(options);
  EXPECT_EQ(world.send(http::Method::kPost, "/mcp", message("ping", json::Object{}), {{"Accept", kAccept}}).status,
            404);
}

}  // namespace
}  // namespace lumenflow::mcp_server
