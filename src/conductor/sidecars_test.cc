// A workspace whose sidecar can be reached is asked there; one that does not answer, over its uplink, and no call
// twice.
#include "conductor/sidecars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>

#include "conductor/testing/conductor_world.h"
#include "http/server_fixture.h"

namespace lumenflow::conductor {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// What stands at the sidecar's address.
class Address {
 public:
  using Says = std::function<http::Response(const http::Request&)>;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void says(Says says) {
    const std::lock_guard lock(mutex_);
    says_ = std::move(says);
  }
  std::vector<http::Request> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::vector<http::Request> asked_;
  Says says_;
  http::ServerThread server_{[this](http::Request request, std::unique_ptr<http::Responder> responder) {
    const std::lock_guard lock(mutex_);
    responder->send(says_ ? says_(request) : http::Response());
    asked_.push_back(std::move(request));
  }};
  const std::uint16_t port_ = server_.listen();
};

http::Response answer(int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = body;
  return response;
}

class SidecarsTest : public testing::Test {
 protected:
  void enroll(const std::string& sidecar_url) {
    json::Object body = workspace_.enrollment(world_.ticket());
    body.set("sidecar_url", sidecar_url);
    const Answer enrolled = world_.post("/v2/enrollments", body);
    ASSERT_EQ(enrolled.status, 201) << enrolled.body;
    workspace_.token = enrolled.text("/token");
    token_ = json::string_or(body, "token", "");
    ASSERT_EQ(workspace_.hello().status, 200);
  }
  // Whoever signs in now: sessions end sooner than tokens.
  Headers signed_in(Role role) {
    world_.operator_session(role);
    const Answer opened = world_.post("/v2/session", json::Object{{"name", "op-" + std::string(conductor::name(role))},
                                                                  {"passphrase", "correct horse battery"}});
    const std::string cookie = opened.header("set-cookie");
    return {{"Cookie", cookie.substr(0, cookie.find(';'))}, {"X-CSRF-Token", opened.text("/csrf")}};
  }
  Answer call(const std::string& query = "", Headers more = {}) {
    Headers headers = signed_in(Role::kOperator);
    headers.insert(headers.end(), more.begin(), more.end());
    return world_.post("/v2/workspaces/ws-42/tools/task:create" + query, json::Object{{"title", "T"}}, headers);
  }
  std::vector<json::Value> commands() {
    const Answer page = workspace_.fetch();
    return page.value.find("items") == nullptr ? std::vector<json::Value>() : page.value.find("items")->as_array();
  }

  Address address_;
  ConductorWorld world_{"memory"};
  Workspace workspace_{world_};
  std::string token_;
};

TEST_F(SidecarsTest, AnOperatorsCallGoesThereWithTheWorkspacesOwnTokenAndIsRecorded) {
  address_.says([](const http::Request&) {
    return answer(200, R"({"data":{"n":1},"success":true,"metadata":{"receipt_id":"rcpt-1"}})");
  });
  enroll(address_.url());
  const Answer called = call("", {{"Idempotency-Key", "mine"}});
  EXPECT_EQ(called.status, 200) << called.body;
  EXPECT_EQ(called.text("/state"), "done");
  EXPECT_EQ(called.text("/receipt_id"), "rcpt-1");
  EXPECT_EQ(called.number("/result/data/n"), 1);
  ASSERT_THAT(address_.asked(), SizeIs(1));
  const http::Request asked = address_.asked().front();
  EXPECT_EQ(asked.target, "/tools/task:create");
  EXPECT_EQ(asked.body, R"({"title":"T"})");
  EXPECT_EQ(asked.header("authorization"), "Bearer " + token_);
  EXPECT_EQ(asked.header("idempotency-key"), "operator:op-operator/mine") << "another operator's is another";
  EXPECT_EQ(asked.header("lumenflow-on-behalf-of"), "operator:op-operator");
  EXPECT_THAT(world_.audit("conductor.tool_called"), SizeIs(1));
  const auto answered = world_.audit("conductor.tool_answered");
  ASSERT_THAT(answered, SizeIs(1));
  EXPECT_EQ(json::string_or(answered[0], "receipt_id", ""), "rcpt-1");
  EXPECT_THAT(commands(), SizeIs(0));
}

TEST_F(SidecarsTest, ARefusalIsSaidAsTheWorkspaceSaysIt) {
  address_.says([](const http::Request&) {
    return answer(403, R"({"error":{"code":"POLICY_DENIED","message":"no"},"success":false})");
  });
  enroll(address_.url());
  const Answer called = call();
  EXPECT_EQ(called.status, 403);
  EXPECT_EQ(called.text("/state"), "refused");
  EXPECT_EQ(called.text("/error/code"), "POLICY_DENIED");
  EXPECT_THAT(commands(), SizeIs(0));
}

TEST_F(SidecarsTest, WithoutAnAnswerTheUplinkIsAskedForTheSameCall) {
  enroll(address_.url());
  for (const int status : {200, 401, 502}) {
    address_.says([status](const http::Request&) { return answer(status, "not of a sidecar"); });
    EXPECT_EQ(call("?wait=0s").status, 202);
  }
  const auto asked = address_.asked();
  const auto queued = commands();
  ASSERT_EQ(asked.size(), queued.size());
  for (std::size_t i = 0; i < asked.size(); ++i)
    EXPECT_EQ(queued[i].at_pointer("/event/payload/idempotency_key")->as_string(), asked[i].header("idempotency-key"));
}

TEST_F(SidecarsTest, ADeadOneIsLeftAloneForAWhile) {
  enroll("http://127.0.0.1:1");
  EXPECT_EQ(call("?wait=0s").status, 202);
  EXPECT_EQ(call("?wait=0s").status, 202);
  EXPECT_THAT(world_.audit("conductor.tool_called"), SizeIs(1)) << "the second was not tried";
  world_.clock.advance(std::chrono::seconds(31));
  EXPECT_EQ(call("?wait=0s").status, 202);
  EXPECT_THAT(world_.audit("conductor.tool_called"), SizeIs(2));
  EXPECT_THAT(commands(), SizeIs(3));
}

TEST_F(SidecarsTest, DirectCallsGoOnWithTheTokenThatTheWorkspaceRenews) {
  address_.says([](const http::Request&) { return answer(200, R"({"data":{},"success":true})"); });
  enroll(address_.url());
  const auto fleet = [&](const char* member) {
    return world_.get("/v2/workspaces/ws-42", signed_in(Role::kViewer)).text(member);
  };
  const std::string until = fleet("/calls_until");
  world_.clock.advance(std::chrono::hours(17));
  const json::Object again = workspace_.enrollment("none");  // mints another
  const auto wish = [&] { return json::Object{{"workspace_id", "ws-42"}, {"assertion", workspace_.assertion()}}; };
  json::Object renewal = wish();
  renewal.set("token", "not of this key");
  EXPECT_EQ(world_.post("/v2/tokens/renew", renewal).code(), "UNAUTHENTICATED");
  renewal = wish();
  renewal.set("token", *again.find("token"));
  const Answer renewed = world_.post("/v2/tokens/renew", renewal);
  ASSERT_EQ(renewed.status, 200) << renewed.body;
  EXPECT_GT(fleet("/calls_until"), until);
  world_.clock.advance(std::chrono::hours(10));
  EXPECT_EQ(call("?wait=0s").text("/state"), "done") << "27 hours after it enrolled";
  EXPECT_EQ(address_.asked().back().header("authorization"),
            "Bearer " + std::string(json::string_or(json::Value(again), "token", "")));
  world_.clock.advance(std::chrono::hours(15));
  const std::size_t asked = address_.asked().size();
  workspace_.token = renewed.text("/token");
  EXPECT_EQ(call("?wait=0s").status, 202) << "over its uplink, and the fleet says why";
  EXPECT_EQ(address_.asked().size(), asked);
}

TEST_F(SidecarsTest, ItsToolsAreFetchedWhenTheyAreOthers) {
  const std::string document = R"({"registry_hash":"h1","tools":[],"workspace_id":"ws-42"})";
  address_.says([&](const http::Request&) { return answer(200, document); });
  enroll(address_.url());
  const auto beat = [&](const char* hash) {
    const json::Object body{{"session", workspace_.session}, {"registry_hash", hash}};
    return json::boolean_or(world_.post("/v2/heartbeat", body, workspace_.headers()).value, "registry_wanted", true);
  };
  EXPECT_FALSE(beat("h1"));
  ASSERT_THAT(address_.asked(), SizeIs(1));
  EXPECT_EQ(address_.asked()[0].target, "/tools");
  const Answer kept = world_.get("/v2/workspaces/ws-42/tools", world_.operator_session());
  EXPECT_EQ(kept.text("/registry_hash"), "h1") << kept.body;
  address_.says([](const http::Request&) { return answer(503, ""); });
  EXPECT_TRUE(beat("h2")) << "then the workspace is to send them";
}

// A hello that says where the sidecar is, with what the workspace's key (or another's) says of it.
class SidecarMoves : public SidecarsTest {
 protected:
  Answer hello(const std::string& url, const std::string& proof) {
    const json::Object body{
        {"hello", json::Object{{"log_id", workspace_.log_id}}}, {"sidecar_url", url}, {"sidecar_url_proof", proof}};
    Answer answer = world_.post("/v2/heartbeat", body, workspace_.headers());
    if (answer.status == 200) workspace_.session = answer.number("/session");
    return answer;
  }
  std::string proof_of(const std::string& url, const std::string& audience = "sidecar_url") const {
    http::TokenClaims claims = workspace_.claims_for(audience);
    claims.scopes = {url};
    return forge_token(claims, workspace_.key);
  }
};

TEST_F(SidecarMoves, AWorkspaceSaysWithItsHelloWhereItsSidecarIsNow) {
  address_.says([](const http::Request&) { return answer(200, R"({"success":true,"data":{}})"); });
  enroll("http://127.0.0.1:1");
  EXPECT_EQ(hello(address_.url(), proof_of(address_.url())).status, 200);
  EXPECT_EQ(call().status, 200);
  EXPECT_THAT(address_.asked(), SizeIs(1));
  EXPECT_THAT(world_.audit("conductor.sidecar_url_changed"), SizeIs(1));
  EXPECT_EQ(hello(address_.url(), "").status, 200) << "what is known needs no proof";
  EXPECT_THAT(world_.audit("conductor.sidecar_url_changed"), SizeIs(1));
  EXPECT_EQ(hello("", proof_of("none")).status, 200);
  EXPECT_EQ(call("?wait=0s").status, 202) << "over its uplink again";
  EXPECT_THAT(address_.asked(), SizeIs(1));
}

TEST_F(SidecarMoves, TheUplinksTokenAloneDoesNotSayWhereCallsGo) {
  enroll("");
  const std::string url = address_.url();
  for (const std::string& proof :
       {std::string(), proof_of("http://127.0.0.1:1"), proof_of(url, "renew"), proof_of(url, "sidecar"),
        forge_token(workspace_.claims_for("sidecar_url"), *generate_p256())})
    EXPECT_EQ(hello(url, proof).code(), "UNAUTHENTICATED") << proof;
  EXPECT_EQ(hello("not a place", proof_of("not")).code(), "INVALID_REQUEST");
  EXPECT_EQ(call("?wait=0s").status, 202);
  EXPECT_THAT(address_.asked(), SizeIs(0));
  EXPECT_THAT(world_.audit("conductor.sidecar_url_changed"), SizeIs(0));
}

}  // namespace
}  // namespace lumenflow::conductor
