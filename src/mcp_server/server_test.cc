// The Model Context Protocol at /mcp: who is let in, what becomes of a call, and that both kinds of revision are spoken
// on one endpoint. What the official suite asks is in tests/mcp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/signing.h"
#include "http/client.h"
#include "journal/approvals.h"
#include "mcp/revision.h"
#include "mcp_server/mcp_routes.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::mcp_server {
namespace {

using sidecar::Answer;
using sidecar::Headers;
using ::testing::AllOf;
using ::testing::EndsWith;
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
           const std::string& name = {}, Headers headers = {}, json::Object capabilities = {}) {
  headers.insert(headers.end(), {{"Accept", kAccept}, {"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}});
  if (!name.empty()) headers.emplace_back("Mcp-Name", name);
  const json::Value whole = stateless_params(std::move(params), std::move(capabilities));
  return world.send(http::Method::kPost, "/mcp", message(method, whole), headers);
}

// On the control socket, with the operator's proof.
Answer kernel_call(const sidecar::SidecarWorld& world, const std::string& tool, const json::Value& input) {
  const PosixFiles files;
  const auto key = sidecar::unlock_operator_key(files, sidecar::WorkspacePaths(world.root()).keys, "");
  http::ClientOptions options;
  options.socket_path = world.socket_path();
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/kernel/" + tool.substr(std::string_view("kernel:").size());
  request.body = json::serialize(input);
  request.headers.emplace_back(std::string(sidecar::kOperatorHeader),
                               *sidecar::make_operator_proof(*key, "ws-42", tool, "proof", SystemClock().now()));
  const auto response = http::Client(options).send(request);
  EXPECT_TRUE(response.ok());
  return {response->status, {}, response->body, json::parse(response->body).value_or(json::Value())};
}

void approve(const sidecar::SidecarWorld& world, const std::string& id) {
  const Headers decider = world.as(world.token("approvals:read approvals:decide", "ws-42:ci"));
  const PosixFiles files;
  const auto key = sidecar::unlock_operator_key(files, sidecar::WorkspacePaths(world.root()).keys, "");
  journal::ParkedCall shown;
  shown.receipt = *journal::receipt_of_approval(id);
  shown.digest = world.get("/approvals/" + id, decider).text("/call_digest");
  const journal::ApprovalDecision said{true, "ws-42:ci", "because", SystemClock().now(), {}};
  const json::Object decision{{"decision", "approve"},
                              {"reason", said.reason},
                              {"decided_at", format_rfc3339(said.decided_at)},
                              {"signature", to_base64url(*p256_sign(journal::approval_statement(shown, said), *key))}};
  const Answer approved =
      world.send(http::Method::kPost, "/approvals/" + id, json::serialize(json::Value(decision)), decider);
  EXPECT_EQ(approved.status, 200) << approved.body;
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

TEST(Mcp, EventsAreNamedByTheirKindHoweverItIsWritten) {
  const McpWorld world;
  const Session session(world);
  session.send("tools/call", {{"name", "probe__emit"}, {"arguments", json::Object{{"n", 7}}}});
  const json::Object escaped{{"uri", "lumenflow://events/probe%3Ahappened"}};
  EXPECT_THAT(session.send("resources/read", escaped).text("/result/contents/0/text"), HasSubstr("\"n\":7"));
  EXPECT_THAT(session.send("resources/subscribe", escaped).body, HasSubstr("\"result\":{}"));
  EXPECT_THAT(session.send("resources/read", {{"uri", "lumenflow://events/agent-runtime:tool_called"}}).body,
              HasSubstr("tool_called"));
  for (const char* none : {"nope:nope", "*", "", "../calls/x", "probe:happened?x=1", "probe%3happened"})
    for (const char* method : {"resources/read", "resources/subscribe"})
      EXPECT_THAT(session.send(method, {{"uri", std::string("lumenflow://events/") + none}}).body, HasSubstr("-32002"))
          << method << " " << none;
}

std::string head_of(const char* method, const std::string& token, std::string_view more, const std::string& body = {}) {
  return std::string(method) + " /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
         "\r\nAccept: application/json, text/event-stream\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + body;
}

http::RawSocket listening(const McpWorld& world, const std::string& token) {
  const json::Object wanted{{"resourceSubscriptions", json::Array{"lumenflow://events/probe:happened"}}};
  http::RawSocket socket = world.connect();
  socket.send(head_of("POST", token, "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
                      message("subscriptions/listen", stateless_params({{"notifications", wanted}}))));
  EXPECT_THAT(socket.read_until("acknowledged"), HasSubstr("acknowledged"));
  return socket;
}

http::RawSocket reading(const McpWorld& world, const std::string& token) {
  const Session session(world, world.as(token));
  session.send("resources/subscribe", {{"uri", "lumenflow://events/probe:happened"}});
  http::RawSocket socket = world.connect();
  socket.send(head_of("GET", token, "Mcp-Session-Id: " + session.id + "\r\n"));
  EXPECT_THAT(socket.read_until("id: 0-0"), HasSubstr("id: 0-0"));
  return socket;
}

void revoke(const McpWorld& world, const std::string& token) {
  const std::string claims = *from_base64url(token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1));
  kernel_call(world, "kernel:token_revoke", json::Object{{"token_id", json::parse(claims)->find("jti")->as_string()}});
}

constexpr const char* kLastChunk = "0\r\n\r\n";  // the stream was ended, and nobody's patience was

TEST(Mcp, AStreamEndsWhenItsTokenExpires) {
  const McpWorld world;
  const std::string token = world.token("workspace events:read", "ws-42", std::chrono::seconds(4));
  http::RawSocket listener = listening(world, token), reader = reading(world, token);
  EXPECT_THAT(listener.read_until(kLastChunk), AllOf(HasSubstr("TOKEN_EXPIRED"), EndsWith(kLastChunk)));
  EXPECT_THAT(reader.read_until(kLastChunk), EndsWith(kLastChunk));
}

TEST(Mcp, AStreamEndsWhenItsTokenIsRevokedAndSaysNothingMore) {
  const McpWorld world;
  const std::string token = world.token();
  http::RawSocket listener = listening(world, token), reader = reading(world, token);
  revoke(world, token);
  EXPECT_EQ(world.call("probe:emit", R"({"n":1})", world.as(world.token("workspace", "ws-42:other"))).status, 200);
  EXPECT_THAT(listener.read_until(kLastChunk),
              AllOf(HasSubstr("TOKEN_REVOKED"), EndsWith(kLastChunk), ::testing::Not(HasSubstr("resources/updated"))));
  EXPECT_THAT(reader.read_until(kLastChunk),
              AllOf(EndsWith(kLastChunk), ::testing::Not(HasSubstr("resources/updated"))));
}

// The stream that answers a call which waits at the gate.
http::RawSocket calling(const McpWorld& world, const std::string& token, const std::string& more, json::Object meta) {
  meta.set("progressToken", "p");
  http::RawSocket socket = world.connect();
  const json::Value params =
      json::Object{{"name", "probe__wait"}, {"arguments", json::Object{}}, {"_meta", json::Value(std::move(meta))}};
  socket.send(head_of("POST", token, more, message("tools/call", params)));
  EXPECT_THAT(socket.read_until("at the gate"), HasSubstr("at the gate"));
  return socket;
}

std::string between(const std::string& text, const std::string& before, char after) {
  const std::size_t begin = text.find(before) + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

TEST(Mcp, ACallsStreamEndsWithItsTokenAndAnotherTokenReadsWhatCameOfIt) {
  sidecar::probe_gate().shut();
  const McpWorld world;
  const std::string token = world.token();
  const Session session(world, world.as(token));
  const json::Value all = stateless_params({});
  http::RawSocket alone =
      calling(world, token, "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: probe__wait\r\n",
              all.find("_meta")->as_object());
  http::RawSocket in_session = calling(world, token, "Mcp-Session-Id: " + session.id + "\r\n", {});
  revoke(world, token);
  const std::string said = alone.read_until(kLastChunk);
  EXPECT_THAT(said, AllOf(HasSubstr("TOKEN_REVOKED"), EndsWith(kLastChunk)));
  EXPECT_THAT(in_session.read_until(kLastChunk), EndsWith(kLastChunk));
  sidecar::probe_gate().open();
  const Headers other = world.as(world.token());
  http::RawSocket rest = world.connect();
  rest.send(head_of("GET", world.token(), "Mcp-Session-Id: " + session.id + "\r\nLast-Event-ID: 1-1\r\n"));
  EXPECT_THAT(rest.read_until(kLastChunk), HasSubstr("\"passed\":true"));
  const std::string call = "lumenflow://calls/" + between(said, "\"receipt_id\":\"", '"');
  Answer read;
  do read = ask(world, "resources/read", {{"uri", call}}, call, other);
  while (read.body.find("running") != std::string::npos);
  EXPECT_THAT(read.body, HasSubstr("success")) << call;
}

// Law 5: a round whose answer was lost is asked again, and is answered as before.
TEST(Mcp, Law5ARoundThatIsSentAgainAfterItsCallHasEndedGetsTheResult) {
  sidecar::WorldOptions options;
  options.config =
      "policies: [{id: ask, trigger: on_tool_request, decision: approval_required, when: {tool: 'probe:emit'}}]\n";
  const McpWorld world(options);
  const json::Object forms{{"elicitation", json::Object{{"form", json::Object{}}}}};
  json::Object params{{"name", "probe__emit"}, {"arguments", json::Object{{"n", 1}}}};
  const Answer parked = ask(world, "tools/call", params, "probe__emit", {}, forms);
  const std::string id = parked.text("/result/_meta/io.lumenflow~1approval_id");
  ASSERT_FALSE(id.empty()) << parked.body;
  approve(world, id);
  params.set("requestState", parked.text("/result/requestState"));
  params.set("inputResponses", json::Object{{"approval", json::Object{{"action", "accept"}}}});
  const Answer first = ask(world, "tools/call", params, "probe__emit", {}, forms);
  EXPECT_THAT(first.body, HasSubstr("\"isError\":false"));
  const Answer again = ask(world, "tools/call", params, "probe__emit", {}, forms);
  EXPECT_THAT(again.body, HasSubstr("\"isError\":false"));
  EXPECT_EQ(again.text("/result/_meta/io.lumenflow~1receipt_id"),
            parked.text("/result/_meta/io.lumenflow~1receipt_id"));
}

TEST(Mcp, AnIdempotencyKeyThatIsNoneIsRefused) {
  const McpWorld world;
  const auto with_key = [&](json::Value key) {
    json::Value params = stateless_params({{"name", "probe__emit"}, {"arguments", json::Object{{"n", 1}}}});
    params.as_object().find("_meta")->as_object().set("io.lumenflow/idempotencyKey", std::move(key));
    return world.send(http::Method::kPost, "/mcp", message("tools/call", std::move(params)),
                      {{"Accept", kAccept},
                       {"MCP-Protocol-Version", "2026-07-28"},
                       {"Mcp-Method", "tools/call"},
                       {"Mcp-Name", "probe__emit"}});
  };
  for (json::Value key : {json::Value(5), json::Value(""), json::Value(json::Object{}), json::Value(nullptr)})
    EXPECT_THAT(with_key(key).body, HasSubstr("INVALID_INPUT")) << json::serialize(key);
  const std::string receipt = "/result/_meta/io.lumenflow~1receipt_id";
  EXPECT_EQ(with_key("good").text(receipt), with_key("good").text(receipt));
}

TEST(Mcp, AnErrorOfASessionHasTheIdOfItsRequest) {
  const McpWorld world;
  Session session(world);
  session.id = "gone";
  const Answer gone = session.send("ping", {});
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, HasSubstr("\"id\":1"));
  const Answer none = world.send(http::Method::kPost, "/mcp", message("tools/list", json::Object{}),
                                 {{"Accept", kAccept}, {"MCP-Protocol-Version", "2025-11-25"}});
  EXPECT_EQ(none.status, 400);
  EXPECT_THAT(none.body, HasSubstr("\"id\":1"));
}

TEST(Mcp, AStreamIsForWhoeverListsItsMediaTypeAmongOthers) {
  const McpWorld world;
  const std::string token = world.token();
  const http::RawSocket reader = reading(world, token);  // "application/json, text/event-stream"
  const Session session(world);
  const Headers headers{{"Accept", "application/json"}, {"Mcp-Session-Id", session.id}};
  EXPECT_EQ(world.send(http::Method::kGet, "/mcp", {}, headers).status, 406);
}

TEST(Mcp, MediaTypesKnowNoCaseAndMayBeRanges) {
  const McpWorld world;
  const std::string token = world.token();
  const Session session(world, world.as(token));
  for (const char* accept : {"Text/Event-Stream", "text/*;q=0.5"}) {
    http::RawSocket reader = world.connect();
    reader.send("GET /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + "\r\nAccept: " + accept +
                "\r\nMcp-Session-Id: " + session.id + "\r\n\r\n");
    EXPECT_THAT(reader.read_until("\r\n"), HasSubstr(" 200 ")) << accept;
  }
}

TEST(Mcp, AHeaderThatIsSentTwiceIsRefused) {
  const McpWorld world;
  const Session session(world);
  const Headers twice{{"Accept", kAccept}, {"Mcp-Session-Id", session.id}, {"Mcp-Session-Id", session.id}};
  const Answer answer = world.send(http::Method::kPost, "/mcp", message("ping", json::Object{}), twice);
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("twice"));
}

TEST(Mcp, AToolThatIsNotThereIsLookedForInItsOwnList) {
  const McpWorld world;
  EXPECT_THAT(Session(world).send("tools/call", {{"name", "probe__none"}, {"arguments", json::Object{}}}).body,
              AllOf(HasSubstr("tools/list has them"), ::testing::Not(HasSubstr("GET /tools"))));
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
