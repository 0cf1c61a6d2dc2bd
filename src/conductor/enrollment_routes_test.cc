// Tickets, enrollments, renewal, revocation, devices.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/encoding.h"
#include "base/ulid.h"
#include "conductor/testing/conductor_world.h"

namespace lumenflow::conductor {
namespace {

class Enrollments : public testing::TestWithParam<std::string> {
 protected:
  ConductorWorld world_{GetParam()};
};

TEST_P(Enrollments, ATicketBecomesAWorkspaceAndTheDocumentItInstalls) {
  Workspace workspace(world_);
  const Answer document = workspace.enroll();
  EXPECT_EQ(document.number("/format"), 1);
  EXPECT_EQ(document.text("/workspace_id"), "ws-42");
  EXPECT_EQ(document.text("/subject"), "ws-42");
  EXPECT_EQ(document.text("/conductor_jwks/keys/0/kid"), world_.get("/.well-known/jwks.json").text("/keys/0/kid"));
  EXPECT_TRUE(document.text("/conductor_log/origin").starts_with("lumenflow/conductor-"));
  EXPECT_FALSE(document.text("/witness_key").empty());
  EXPECT_EQ(workspace.hello().status, 200);
  EXPECT_EQ(world_.audit("conductor.enrolled").size(), 1u);
}

TEST_P(Enrollments, ALostAnswerIsGivenAgainAndNothingElse) {
  Workspace workspace(world_);
  const json::Object body = workspace.enrollment(world_.ticket());
  const Answer first = world_.post("/v2/enrollments", body), again = world_.post("/v2/enrollments", body);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.body, first.body);
  json::Object other = body;
  other.set("log_id", "another");
  EXPECT_EQ(world_.post("/v2/enrollments", other).code(), "TICKET_USED");
  world_.clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(world_.post("/v2/enrollments", body).code(), "TICKET_USED");
  EXPECT_EQ(world_.audit("conductor.enrolled").size(), 1u);
}

TEST_P(Enrollments, RefusesWhatIsExpiredUnknownForAnotherOrTaken) {
  Workspace workspace(world_), other(world_);
  const std::string expired = world_.ticket();
  world_.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(world_.post("/v2/enrollments", workspace.enrollment(expired)).code(), "TICKET_EXPIRED");
  EXPECT_EQ(world_.post("/v2/enrollments", workspace.enrollment("AAAAA-AAAAA")).code(), "UNAUTHENTICATED");
  EXPECT_EQ(world_.post("/v2/enrollments", workspace.enrollment("")).code(), "UNAUTHENTICATED");
  EXPECT_EQ(world_.post("/v2/enrollments", workspace.enrollment(world_.ticket("ws-7"))).code(), "UNAUTHENTICATED");
  workspace.enroll();
  EXPECT_EQ(world_.post("/v2/enrollments", other.enrollment(world_.ticket())).code(), "WORKSPACE_ID_TAKEN");
  json::Object forged = other.enrollment(world_.ticket());
  forged.set("workspace_id", "ws-8");  // the token inside is of ws-42
  EXPECT_EQ(world_.post("/v2/enrollments", forged).code(), "UNAUTHENTICATED");
}

TEST_P(Enrollments, OfManyWhoRaceForATicketOneWins) {
  constexpr int kThreads = 8, kEach = 125;  // 1,000 attempts, each of another workspace
  const std::string ticket = world_.ticket();
  std::vector<json::Object> bodies;
  Workspace model(world_);
  std::atomic<int> won{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        json::Object body = model.enrollment(ticket);
        body.set("log_id", "log-" + std::to_string(t) + "-" + std::to_string(i));
        const Answer answer = world_.post("/v2/enrollments", body);
        ++(answer.status == 201 ? won : refused);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, kThreads * kEach - 1);
  EXPECT_EQ(world_.audit("conductor.enrolled").size(), 1u);
}

TEST_P(Enrollments, GuessingIsLimited) {
  Workspace workspace(world_);
  const json::Object body = workspace.enrollment("00000-00000");
  int limited = 0;
  for (int i = 0; i < 400; ++i) limited += world_.post("/v2/enrollments", body).code() == "RATE_LIMITED";
  EXPECT_GT(limited, 0);
}

TEST_P(Enrollments, ATokenIsRenewedWithTheKeyAlsoAfterItIsOver) {
  Workspace workspace(world_);
  workspace.enroll();
  world_.clock.advance(std::chrono::hours(25));
  EXPECT_EQ(workspace.hello().code(), "TOKEN_EXPIRED");
  const json::Object body{{"workspace_id", "ws-42"}, {"assertion", workspace.assertion()}};
  const Answer renewed = world_.post("/v2/tokens/renew", body);
  ASSERT_EQ(renewed.status, 200) << renewed.body;
  EXPECT_EQ(world_.post("/v2/tokens/renew", body).code(), "UNAUTHENTICATED") << "an assertion is good once";
  workspace.token = renewed.text("/token");
  EXPECT_EQ(workspace.hello().status, 200);
  world_.clock.advance(std::chrono::hours(24 * 32));
  const json::Object late{{"workspace_id", "ws-42"}, {"assertion", workspace.assertion()}};
  EXPECT_EQ(world_.post("/v2/tokens/renew", late).code(), "TOKEN_EXPIRED");
}

TEST_P(Enrollments, ClocksMayBeFiveMinutesApartAndNoMore) {
  Workspace workspace(world_), other(world_);
  workspace.enroll();
  const auto renew = [&](std::chrono::milliseconds skew) {
    return world_
        .post("/v2/tokens/renew", json::Object{{"workspace_id", "ws-42"}, {"assertion", workspace.assertion(skew)}})
        .status;
  };
  EXPECT_EQ(renew(std::chrono::minutes(4)), 200);
  EXPECT_EQ(renew(-std::chrono::minutes(5)), 200);
  EXPECT_EQ(renew(std::chrono::minutes(6)), 401);
  EXPECT_EQ(renew(-std::chrono::minutes(7)), 401);
  const json::Object by_other{{"workspace_id", "ws-42"}, {"assertion", other.assertion()}};
  EXPECT_EQ(world_.post("/v2/tokens/renew", by_other).code(), "UNAUTHENTICATED");
}

TEST_P(Enrollments, ARevokedWorkspaceIsOutAtOnceAndLeavesATombstone) {
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  const std::string old_ticket = world_.ticket("ws-42");
  const Headers admin = world_.operator_session();
  StreamReader stream(world_, "/v2/workspaces/ws-42/events", workspace.headers());
  ASSERT_EQ(stream.status(), 200);
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/workspaces/ws-42", {}, admin).status, 200);
  const Frame last = stream.next();
  EXPECT_EQ(last.event, "error");
  EXPECT_NE(last.data.find("TOKEN_REVOKED"), std::string::npos);
  EXPECT_TRUE(stream.next().end);
  EXPECT_EQ(workspace.hello().code(), "TOKEN_REVOKED");
  const json::Object renewal{{"workspace_id", "ws-42"}, {"assertion", workspace.assertion()}};
  EXPECT_EQ(world_.post("/v2/tokens/renew", renewal).code(), "TOKEN_REVOKED");
  EXPECT_EQ(world_.post("/v2/enrollments", workspace.enrollment(old_ticket)).code(), "TOKEN_REVOKED");
  const std::string former = workspace.token;
  workspace.enroll();  // with a ticket that an admin made since
  EXPECT_EQ(workspace.hello().status, 200);
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42", ConductorWorld::bearer(former)).code(), "TOKEN_REVOKED");
}

TEST_P(Enrollments, ATokenIsRevokedByItsId) {
  Workspace workspace(world_);
  workspace.enroll();
  const Headers admin = world_.operator_session();
  const Answer tokens = world_.get("/v2/tokens", admin);
  const std::string id = tokens.text("/items/0/token_id");
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/tokens/" + id, {}, admin).status, 200);
  EXPECT_EQ(workspace.hello().code(), "TOKEN_REVOKED");
}

TEST_P(Enrollments, ADeviceIsAskedOfItsWorkspaceAndRevokedForGood) {
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  const std::string ticket = world_.ticket("ws-42", "device");
  const P256KeyPair key = *generate_p256();
  const json::Object body{{"ticket", ticket},       {"kind", "device"},      {"workspace_id", "ws-42"},
                          {"device_id", "pixel-8"}, {"name", "Ana's Pixel"}, {"public_key", key.public_pem}};
  EXPECT_EQ(world_.post("/v2/enrollments", body).status, 202);
  EXPECT_EQ(world_.get("/v2/enrollments/pixel-8", ConductorWorld::bearer(ticket)).text("/state"), "pending");
  EXPECT_EQ(world_.get("/v2/enrollments/pixel-8", ConductorWorld::bearer("AAAAA-AAAAA")).code(), "UNAUTHENTICATED");
  const Answer commands = workspace.fetch();
  EXPECT_EQ(commands.text("/items/0/event/kind"), "conductor:device_requested");
  EXPECT_EQ(commands.text("/items/0/event/payload/name"), "Ana's Pixel");
  const json::Object accepted{
      {"state", "done"}, {"result", json::Object{{"scope", "events:read tools:read"}, {"token", "of-the-workspace"}}}};
  EXPECT_EQ(workspace.report(commands.text("/items/0/event/event_id"), accepted).status, 200);
  Answer enrolled;
  for (int i = 0; i < 10'000 && enrolled.text("/state") != "accepted"; ++i) {
    world_.clock.advance(std::chrono::milliseconds(50));  // strangers are limited by their rate
    enrolled = world_.get("/v2/enrollments/pixel-8", ConductorWorld::bearer(ticket));
  }
  ASSERT_EQ(enrolled.text("/state"), "accepted") << enrolled.body;
  EXPECT_EQ(enrolled.text("/scope"), "events:read tools:read");
  for (const char* secret : {"/token", "/workspace_token"})
    EXPECT_EQ(enrolled.text(secret), "") << "whoever has seen the link has the ticket";
  const Answer shown = world_.get("/v2/workspaces/ws-42/commands/" + commands.text("/items/0/event/event_id"),
                                  world_.operator_session(Role::kViewer));
  EXPECT_EQ(shown.text("/result/scope"), "events:read tools:read") << shown.body;
  EXPECT_EQ(shown.body.find("of-the-workspace"), std::string::npos) << "it is the device's alone";
  EXPECT_EQ(workspace.renew_device("pixel-8", *generate_p256()).code(), "UNAUTHENTICATED");
  const Answer given = workspace.renew_device("pixel-8", key);
  EXPECT_EQ(given.text("/workspace_token"), "of-the-workspace") << given.body;
  const Headers device = ConductorWorld::bearer(given.text("/token"));
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/events", device).status, 200);
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/audit", device).code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(world_.get("/v2/workspaces/ws-7/events", device).code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/devices/ws-42/pixel-8", {}, workspace.headers()).status, 200);
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/events", device).code(), "TOKEN_REVOKED");
  json::Object again = body;
  again.set("ticket", world_.ticket("ws-42", "device"));
  EXPECT_EQ(world_.post("/v2/enrollments", again).code(), "ALREADY_EXISTS");
}

TEST_P(Enrollments, WhatTheWorkspaceGaveTheDeviceIsForgottenWhenItIsOver) {
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  const Device device = pair_device(world_, workspace, "pixel-8", "events:read");
  EXPECT_EQ(workspace.renew_device("pixel-8", device.key).text("/workspace_token"), "of-the-workspace");
  world_.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(workspace.renew_device("pixel-8", device.key).text("/workspace_token"), "");
}

TEST_P(Enrollments, NoSecretIsReadableInTheRecords) {
  Workspace workspace(world_);
  const Answer document = workspace.enroll();
  const Headers admin = world_.operator_session();
  for (const char* path :
       {"/v2/tickets", "/v2/tokens", "/v2/operators", "/v2/workspaces", "/v2/audit", "/v2/devices"}) {
    const Answer answer = world_.get(path, admin);
    EXPECT_EQ(answer.body.find(document.text("/token")), std::string::npos) << path;
    EXPECT_EQ(answer.body.find("argon2"), std::string::npos) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, Enrollments, testing::Values("memory", "sqlite"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace lumenflow::conductor
