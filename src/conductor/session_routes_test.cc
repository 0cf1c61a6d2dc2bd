// Operators: signing in, roles, CSRF, keys, revocation, what is recorded.
#include <gtest/gtest.h>

#include "base/files.h"
#include "conductor/store.h"
#include "conductor/testing/conductor_world.h"

namespace lumenflow::conductor {
namespace {

class Sessions : public testing::TestWithParam<std::string> {
 protected:
  ConductorWorld world_{GetParam()};
};

TEST_P(Sessions, AnOperatorSignsInAndOut) {
  world_.operator_session();
  const json::Object body{{"name", "op-admin"}, {"passphrase", "correct horse battery"}};
  const Answer answer = world_.post("/v2/session", body);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string cookie = answer.header("set-cookie");
  const Headers admin{{"Cookie", cookie.substr(0, cookie.find(';'))}, {"X-CSRF-Token", answer.text("/csrf")}};
  const Answer shown = world_.get("/v2/session", {admin[0]});
  EXPECT_EQ(shown.text("/role"), "admin");
  EXPECT_EQ(shown.text("/csrf"), answer.text("/csrf")) << "a page that is loaded anew goes on";
  EXPECT_EQ(shown.header("cache-control"), "no-store");
  EXPECT_EQ(world_.audit("conductor.signed_in").size(), 1u);
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/session", {}, admin).status, 200);
  EXPECT_EQ(world_.get("/v2/session", admin).code(), "UNAUTHENTICATED");
}

TEST_P(Sessions, TheCookieIsHiddenFromScriptsAndOtherSites) {
  world_.operator_session(Role::kViewer);
  const Answer answer =
      world_.post("/v2/session", json::Object{{"name", "op-viewer"}, {"passphrase", "correct horse battery"}});
  const std::string cookie = answer.header("set-cookie");
  EXPECT_NE(cookie.find("; HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("; SameSite=Strict"), std::string::npos);
}

TEST_P(Sessions, AWrongPassphraseAndAnUnknownNameAreToldTheSame) {
  world_.operator_session(Role::kViewer);
  const Answer wrong =
      world_.post("/v2/session", json::Object{{"name", "op-viewer"}, {"passphrase", "something else entirely"}});
  const Answer unknown =
      world_.post("/v2/session", json::Object{{"name", "nobody"}, {"passphrase", "correct horse battery"}});
  EXPECT_EQ(wrong.code(), "UNAUTHENTICATED");
  EXPECT_EQ(wrong.text("/detail"), unknown.text("/detail"));
}

TEST_P(Sessions, WhatChangesSomethingNeedsTheCsrfHeader) {
  Headers admin = world_.operator_session();
  const json::Object body{{"name", "ana"}, {"passphrase", "a long enough one"}, {"role", "operator"}};
  const Headers without{admin[0]};
  EXPECT_EQ(world_.post("/v2/operators", body, without).code(), "UNAUTHENTICATED");
  Headers wrong = admin;
  wrong[1].second[0] = wrong[1].second[0] == 'A' ? 'B' : 'A';
  EXPECT_EQ(world_.post("/v2/operators", body, wrong).code(), "UNAUTHENTICATED");
  EXPECT_EQ(world_.post("/v2/operators", body, admin).status, 201);
  EXPECT_EQ(world_.post("/v2/operators", body, admin).code(), "ALREADY_EXISTS");
}

TEST_P(Sessions, ARemovedOperatorIsOutAtOnce) {
  const Headers viewer = world_.operator_session(Role::kViewer), admin = world_.operator_session();
  EXPECT_EQ(world_.get("/v2/workspaces", viewer).status, 200);
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/operators/op-viewer", {}, admin).status, 200);
  EXPECT_EQ(world_.get("/v2/workspaces", viewer).code(), "UNAUTHENTICATED");
}

TEST_P(Sessions, ASessionEndsByItself) {
  const Headers viewer = world_.operator_session(Role::kViewer);
  world_.clock.advance(std::chrono::hours(12));
  EXPECT_EQ(world_.get("/v2/workspaces", viewer).code(), "UNAUTHENTICATED");
}

TEST_P(Sessions, RefusalsAreRecordedAndAFloodOfThemIsNotAFloodOfEntries) {
  for (int i = 0; i < 150; ++i) world_.get("/v2/workspaces", ConductorWorld::bearer("nonsense"));
  const auto refused = world_.audit("conductor.refused");
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(json::string_or(refused[0], "code", ""), "UNAUTHENTICATED");
  EXPECT_EQ(json::string_or(refused[0], "route", ""), "GET /v2/workspaces");
  world_.clock.advance(std::chrono::seconds(11));  // the next sweep writes down how many there were
  std::vector<json::Value> later;
  for (int i = 0; i < 20'000 && later.size() < 2; ++i) later = world_.audit("conductor.refused");
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(json::integer_or(later[1], "count", 0), 149);
}

// An address that was wrong waits longer and longer, and nobody else does.
TEST_P(Sessions, WhoGuessesWaitsLongerAndLongerAndAlsoAfterARestart) {
  world_.operator_session(Role::kViewer);
  const auto sign_in = [&](const std::string& passphrase, const std::string& name = "op-viewer") {
    return world_.post("/v2/session", json::Object{{"name", name}, {"passphrase", passphrase}});
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("something else entirely").code(), "UNAUTHENTICATED") << i;
  EXPECT_EQ(sign_in("something else entirely").code(), "RATE_LIMITED");
  EXPECT_EQ(sign_in("correct horse battery").code(), "RATE_LIMITED") << "from here, for now";
  EXPECT_EQ(sign_in("something else entirely", "nobody").code(), "UNAUTHENTICATED") << "another account";
  world_.clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(sign_in("something else entirely").code(), "UNAUTHENTICATED");
  if (GetParam() == "sqlite") world_.restart();
  world_.clock.advance(std::chrono::milliseconds(1'500));
  EXPECT_EQ(sign_in("correct horse battery").code(), "RATE_LIMITED") << "the next one takes longer";
  world_.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(sign_in("correct horse battery").status, 200);
  EXPECT_EQ(sign_in("something else entirely").code(), "UNAUTHENTICATED") << "and it begins anew";
  bool named = false;
  for (const json::Value& entry : world_.audit("conductor.refused"))
    named = named || (json::string_or(entry, "code", "") == "UNAUTHENTICATED" &&
                      json::string_or(entry, "name", "") == "op-viewer");
  EXPECT_TRUE(named) << "the record says whose account it was";
}

TEST_P(Sessions, WhoKnocksAtOneDoorClosesNoOther) {
  Workspace workspace(world_);
  workspace.enroll();
  int limited = 0;
  for (int i = 0; i < 250; ++i)
    limited += world_.post("/v2/enrollments", json::Object{{"ticket", "AAAAA-AAAAA"}}).code() == "RATE_LIMITED";
  EXPECT_GT(limited, 0);
  const json::Object renewal{{"workspace_id", "ws-42"}, {"assertion", workspace.assertion()}};
  EXPECT_EQ(world_.post("/v2/tokens/renew", renewal).status, 200);
}

TEST_P(Sessions, ListsComeInPages) {
  const Headers admin = world_.operator_session();
  for (int i = 0; i < 3; ++i) world_.ticket("", "workspace");
  const auto all = [&](const std::string& path) {
    std::size_t count = 0;
    std::string after;
    do {
      const Answer page = world_.get(path + "?limit=2" + (after.empty() ? "" : "&after=" + after), admin);
      EXPECT_EQ(page.status, 200) << page.body;
      count += page.value.find("items")->as_array().size();
      after = page.text("/next");
    } while (!after.empty() && count < 100);
    return count;
  };
  EXPECT_EQ(all("/v2/tickets"), 3u);
  world_.operator_session(Role::kViewer);
  world_.operator_session(Role::kOperator);
  EXPECT_EQ(all("/v2/operators"), 3u);
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  for (const char* id : {"phone-a", "phone-b", "phone-c"}) pair_device(world_, workspace, id, "events:read");
  EXPECT_EQ(all("/v2/devices"), 3u);
}

TEST_P(Sessions, ATokenThatWasRevokedIsRecordedWithItsOwner) {
  Workspace workspace(world_);
  workspace.enroll();
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/workspaces/ws-42", {}, world_.operator_session()).status, 200);
  EXPECT_EQ(workspace.hello().code(), "TOKEN_REVOKED");
  bool found = false;
  for (const json::Value& entry : world_.audit("conductor.refused"))
    found = found ||
            (json::string_or(entry, "code", "") == "TOKEN_REVOKED" && json::string_or(entry, "subject", "") == "ws-42");
  EXPECT_TRUE(found);
}

TEST_P(Sessions, KeysRotateWithOverlap) {
  Workspace workspace(world_);
  workspace.enroll();
  const Headers admin = world_.operator_session();
  const std::string first = world_.get("/.well-known/jwks.json").text("/keys/0/kid");
  EXPECT_EQ(world_.send(http::Method::kPost, "/v2/keys/rotate", "{}", admin).status, 200);
  const Answer keys = world_.get("/.well-known/jwks.json");
  EXPECT_NE(keys.text("/keys/0/kid"), first);
  EXPECT_EQ(keys.text("/keys/1/kid"), first);
  EXPECT_EQ(workspace.hello().status, 200) << "the former key verifies still";
}

TEST_P(Sessions, HealthAndDescriptionAreForEverybody) {
  EXPECT_EQ(world_.get("/healthz").status, 200);
  EXPECT_EQ(world_.get("/readyz").status, 200);
  EXPECT_EQ(world_.get("/openapi.json").text("/openapi"), "3.1.0");
  const Answer metrics = world_.get("/metrics", world_.operator_session(Role::kViewer));
  EXPECT_NE(metrics.body.find("lumenflow_conductor_events_total"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Stores, Sessions, testing::Values("memory", "sqlite"),
                         [](const auto& tested) { return tested.param; });

TEST(ConductorStore, KeepsItsKeysFromOthersAndIsServedByOne) {
  ConductorWorld world("sqlite");
  PosixFiles files;
  for (const char* name : {"token.pem", "log.seed", "witness.seed", "push.pem", "seal.key"}) {
    const auto info = files.stat(world.folder() + "/conductor.db.keys/" + name);
    ASSERT_TRUE(info.ok() && *info) << name;
    EXPECT_EQ((*info)->mode & 077, 0u) << name;
  }
  const SystemClock clock;
  SystemRandom random;
  const auto second = open_store(files, clock, random, "sqlite:" + world.folder() + "/conductor.db");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
}

TEST(ConductorStore, SessionsAndAuditSurviveARestart) {
  ConductorWorld world("sqlite");
  const Headers admin = world.operator_session();
  const std::size_t before = world.audit().size();
  world.restart();
  EXPECT_EQ(world.get("/v2/session", admin).status, 200);
  EXPECT_EQ(world.audit().size(), before);
}

}  // namespace
}  // namespace lumenflow::conductor
