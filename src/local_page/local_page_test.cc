// The page of one workspace over real sockets, before a sidecar that says what it is told to: who is let in, what is
// signed, and that it speaks as a conductor would.
#include "local_page/local_page.h"

#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <thread>

#include "http/client.h"
#include "http/static_site.h"
#include "json/schema.h"
#include "support/source_tree.h"

namespace lumenflow::local_page {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Headers = std::vector<std::pair<std::string, std::string>>;

// A schema of the conductor's, by its name.
json::Schema schema_of(const std::string& name) {
  std::ifstream file(testing::source_path("schemas/http/conductor.schema.json"));
  std::ostringstream text;
  text << file.rdbuf();
  json::Value whole = *json::parse(text.str());
  whole.as_object().set("$ref", "#/$defs/" + name);
  return *json::Schema::compile(whole);
}

void expect_is(const std::string& name, const std::string& body) {
  const Result<json::Value> value = json::parse(body);
  ASSERT_TRUE(value.ok()) << body;
  for (const ErrorDetail& fault : schema_of(name).validate(*value))
    ADD_FAILURE() << name << ": " << fault.pointer << " " << fault.reason << "\n" << body;
}

class Page : public ::testing::Test {
 protected:
  void serve(OperatorHand hand, std::string listen = "127.0.0.1:0") {
    LocalPagePorts ports{
        io,
        clock,
        random,
        site,
        [this](http::Request request, std::unique_ptr<http::Responder> responder) {
          asked.push_back(std::string(http::name(request.method)) + " " + request.target + " " + request.body);
          http::Response response;
          const auto found = says.find(request.target);
          const bool nothing_new = request.target.starts_with("/events?");
          response.status = found != says.end() || nothing_new ? 200 : 404;
          response.body = found != says.end() ? found->second : R"({"items":[],"next":null})";
          if (request.target == "/tools/memory:store") response.status = 202;
          responder->send(std::move(response));
        },
        std::move(hand)};
    page = make_local_page(ports, {std::move(listen), "ws-9", "ana"});
    started = page->start();
    const std::string link = page->link();
    url = link.substr(0, link.find("/#"));
    thread = std::thread([this] { io.run(); });
  }
  OperatorHand unlocked() {
    OperatorHand hand;
    hand.decide = [](const json::Value& shown, bool approve, const std::string& reason) -> Result<json::Value> {
      return json::Value(json::Object{
          {"approval_id", *shown.find("approval_id")}, {"signature", approve ? "yes" : "no"}, {"reason", reason}});
    };
    hand.consent = [](const json::Value& shown, const std::string& reason) -> Result<json::Value> {
      return json::Value(json::Object{{"recovery_id", *shown.find("recovery_id")}, {"reason", reason}});
    };
    hand.prove = [](std::string_view tool) -> Result<std::string> { return "proof of " + std::string(tool); };
    return hand;
  }
  ~Page() override {
    if (!thread.joinable()) return;
    boost::asio::post(io, [this] { page->drain([this] { io.stop(); }); });
    thread.join();
  }
  std::string code() {
    std::promise<std::string> link;
    boost::asio::post(io, [&] { link.set_value(page->link()); });
    const std::string text = link.get_future().get();
    return text.substr(text.find("code=") + 5);
  }
  http::ClientResponse send(http::Method method, const std::string& path, std::optional<std::string> body = {},
                            Headers headers = {}) {
    http::ClientOptions options;
    options.base_url = url;
    http::Client client(options);
    http::ClientRequest request{method, path, std::move(headers), std::move(body), {}};
    return *client.send(request);
  }
  // Cookie and word of a session.
  Headers sign_in() {
    const http::ClientResponse opened = send(http::Method::kPost, "/v2/session", R"({"code":")" + code() + R"("})");
    EXPECT_EQ(opened.status, 200) << opened.body;
    const std::string cookie(opened.header("set-cookie").value_or(""));
    return {{"Cookie", cookie.substr(0, cookie.find(';'))},
            {"X-CSRF-Token", std::string(json::string_or(*json::parse(opened.body), "csrf", ""))}};
  }
  static std::string error_in(const http::ClientResponse& answer) {
    return std::string(json::string_or(*json::parse(answer.body), "code", ""));
  }

  boost::asio::io_context io{1};
  ManualClock clock{Timestamp{1'700'000'000'000}};
  SeededRandom random{7};
  const http::StaticSite site{{{"/", "text/html", "\"x\"", false, "<p>page</p>", {}, {}}}};
  std::map<std::string, std::string> says{
      {"/audit/head",
       R"({"log_id":"01LOG","tree_size":9,"root":"ab","checkpoint":"lumenflow/01LOG\n9\nx\n","public_key":"k"})"},
      {"/approvals?limit=1000",
       R"({"items":[{"approval_id":"appr-1","receipt_id":"rcpt-1","state":"open","tool":"memory:store",
           "requested_by":"ws-9:local:ana",
           "requested_at":"2026-11-22T14:19:12.008Z","expires_at":"2026-11-23T14:19:12.008Z","approvals_needed":1,
           "decisions":[],"call_digest":"d1","call":{"input":{}}}],"next":"00ff"})"},
      {"/approvals/appr-1", R"({"approval_id":"appr-1","call_digest":"d1","decider":"ws-9:local:ana"})"},
      {"/recoveries/rec-1", R"({"recovery_id":"rec-1","call_digest":"d2","decider":"ws-9:local:ana"})"},
      {"/kernel/approve", R"({"success":true,"data":{},"metadata":{"receipt_id":"rcpt-2"}})"},
      {"/kernel/confirm", R"({"success":false,"error":{"code":"ALREADY_DECIDED","message":"by ana"}})"},
      {"/calls/rcpt-1",
       R"({"receipt_id":"rcpt-1","status":"denied","tool":"memory:store","subject":"ws-9:local:ana",
           "requested":{"ts":"2026-11-22T14:19:12.008Z"},
           "finished":{"outcome":"denied","code":"APPROVAL_DENIED"}})"},
      {"/tools/memory:store",

       R"({"success":false,"error":{"code":"APPROVAL_REQUIRED","message":"waits"},
            "metadata":{"receipt_id":"rcpt-1"}})"},
      {"/tools/task:create", R"({"success":true,"data":{"n":1},"metadata":{"receipt_id":"rcpt-3"}})"},
      {"/events?limit=1000&kind=agent-runtime:turn_started&after=0",
       R"({"items":[{"kind":"agent-runtime:turn_started","position":3,"timestamp":"2026-11-22T14:19:12.008Z",
           "payload":{"turn_id":"t-1","goal":"g"}}],"next":null})"},
      {"/events?limit=1000&kind=agent-runtime:turn_completed&after=0",
       R"({"items":[{"kind":"agent-runtime:turn_completed","position":5,"timestamp":"2026-11-22T14:19:13.008Z",
           "payload":{"turn_id":"t-1","status":"reply"}}],"next":null})"},
      {"/events?limit=1000&kind=agent-runtime:turn_aborted&after=0", R"({"items":[],"next":null})"}};
  std::vector<std::string> asked;
  std::unique_ptr<LocalPage> page;
  Status started;
  std::string url;
  std::thread thread;
};

TEST_F(Page, ALinkOpensOneSessionOnceOfItsCookieAndItsWord) {
  serve(unlocked());
  const http::ClientResponse stranger = send(http::Method::kGet, "/v2/session");
  EXPECT_EQ(stranger.status, 401);
  EXPECT_THAT(stranger.body, HasSubstr(R"("sign_in":"link")"));
  const std::string body = R"({"code":")" + code() + R"("})";
  const http::ClientResponse opened = send(http::Method::kPost, "/v2/session", body);
  ASSERT_EQ(opened.status, 200) << opened.body;
  EXPECT_THAT(std::string(opened.header("set-cookie").value_or("")),
              AllOf(HasSubstr("; HttpOnly"), HasSubstr("; SameSite=Strict"), HasSubstr("; Path=/;")));
  EXPECT_EQ(send(http::Method::kPost, "/v2/session", body).status, 401) << "a link is good once";

  const Headers session = sign_in(), without{session.front()};
  EXPECT_EQ(send(http::Method::kGet, "/v2/workspaces", {}, session).status, 200);
  EXPECT_THAT(send(http::Method::kGet, "/v2/session", {}, session).body, HasSubstr(session.back().second));
  // Any other port of this machine is sent the cookie, and never the word.
  for (const char* path : {"/v2/session", "/v2/workspaces"})
    EXPECT_EQ(send(http::Method::kGet, path, {}, without).status, 401) << path;
  EXPECT_EQ(send(http::Method::kPost, "/v2/workspaces/ws-9/stop", R"({"target":"all"})", without).status, 401);
  const Headers mixed{session.front(), sign_in().back()};
  EXPECT_EQ(send(http::Method::kGet, "/v2/session", {}, mixed).status, 401) << "the word of another session";
  EXPECT_EQ(send(http::Method::kGet, "/v2/workspaces/ws-8", {}, session).status, 404) << "of another workspace";
  EXPECT_EQ(send(http::Method::kDelete, "/v2/session", {}, session).status, 200);
  EXPECT_EQ(send(http::Method::kGet, "/v2/workspaces", {}, session).status, 401);

  const std::string late = R"({"code":")" + code() + R"("})";
  clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(send(http::Method::kPost, "/v2/session", late).status, 401) << "its ten minutes are over";
  const Headers again = sign_in();
  clock.advance(std::chrono::hours(13));
  EXPECT_EQ(send(http::Method::kGet, "/v2/session", {}, again).status, 401);
}

TEST_F(Page, AnswersUnderItsOwnNameToItsOwnPageOnThisMachine) {
  serve({});
  EXPECT_EQ(send(http::Method::kGet, "/").body, "<p>page</p>");
  EXPECT_EQ(send(http::Method::kGet, "/", {}, {{"Host", "evil.test"}}).status, 400) << "a name that leads here";
  const Headers session = sign_in();
  Headers foreign = session;
  foreign.emplace_back("Origin", "http://evil.test");
  EXPECT_EQ(send(http::Method::kPost, "/v2/workspaces/ws-9/tools/task:create", "{}", foreign).status, 400);
  foreign.back().second = url;
  EXPECT_EQ(send(http::Method::kPost, "/v2/workspaces/ws-9/tools/task:create", "{}", foreign).status, 200);
}

TEST_F(Page, IsForThisMachineAlone) {
  serve({}, "0.0.0.0:0");
  EXPECT_THAT(started.error().message(), HasSubstr("--ui-listen"));
}

TEST_F(Page, SaysWhatTheSidecarSaysAsAConductorWould) {
  serve(unlocked());
  const Headers session = sign_in();
  const auto get = [&](const std::string& path) { return send(http::Method::kGet, path, {}, session).body; };
  expect_is("WorkspacePage", get("/v2/workspaces"));
  expect_is("WorkspaceDetail", get("/v2/workspaces/ws-9"));
  expect_is("ApprovalPage", get("/v2/workspaces/ws-9/approvals?state=pending"));
  expect_is("OwnHead", get("/v2/head"));
  expect_is("TurnPage", get("/v2/workspaces/ws-9/turns"));
  EXPECT_THAT(get("/v2/workspaces/ws-9/turns"), AllOf(HasSubstr(R"("state":"completed")"), HasSubstr(R"("goal":"g")")));
  expect_is("Command", get("/v2/workspaces/ws-9/commands/rcpt-1"));
  EXPECT_THAT(get("/v2/workspaces/ws-9/commands/rcpt-1"), HasSubstr(R"("state":"refused")"));
  const http::ClientResponse done = send(http::Method::kPost, "/v2/workspaces/ws-9/tools/task:create", "{}", session);
  expect_is("ToolOutcome", done.body);
  const http::ClientResponse waits = send(http::Method::kPost, "/v2/workspaces/ws-9/tools/memory:store", "{}", session);
  EXPECT_EQ(waits.status, 202);
  expect_is("QueuedCommand", waits.body);
}

TEST_F(Page, SignsWhatWasShownAndNothingElse) {
  serve(unlocked());
  const Headers session = sign_in();
  const auto post = [&](const std::string& path, const std::string& body) {
    return send(http::Method::kPost, path, body, session);
  };
  EXPECT_EQ(error_in(post("/v2/approvals/appr-1", R"({"decision":"approve","call_digest":"other"})")), "CONFLICT");
  EXPECT_EQ(error_in(post("/v2/approvals/appr-1", R"({"decision":"approve"})")), "CONFLICT");
  EXPECT_THAT(asked, Not(::testing::Contains(HasSubstr("/kernel/approve"))));
  const http::ClientResponse decided =
      post("/v2/approvals/appr-1", R"({"decision":"approve","call_digest":"d1","reason":"r"})");
  EXPECT_EQ(decided.status, 202) << decided.body;
  EXPECT_EQ(asked.back(), R"(POST /kernel/approve {"approval_id":"appr-1","signature":"yes","reason":"r"})");
  EXPECT_EQ(error_in(post("/v2/recoveries/rec-1/confirm", R"({"call_digest":"d2","reason":"r"})")), "ALREADY_DECIDED");
}

TEST_F(Page, DecidesNothingWhileTheKeyIsLocked) {
  serve({});
  const Headers session = sign_in();
  for (const char* path : {"/v2/approvals/appr-1", "/v2/recoveries/rec-1/confirm", "/v2/workspaces/ws-9/stop"}) {
    const std::string body = R"({"decision":"approve","call_digest":"d1","target":"all","resume":true})";
    EXPECT_EQ(error_in(send(http::Method::kPost, path, body, session)), "TOKEN_SCOPE_DENIED") << path;
  }
  EXPECT_THAT(asked, ElementsAre("GET /audit/head "));
}

}  // namespace
}  // namespace lumenflow::local_page
