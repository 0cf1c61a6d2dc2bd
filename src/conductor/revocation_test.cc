// What ends with whoever is revoked: sessions, devices, what they had queued, what they could read; in one commit, also
// after a crash, and also when the id is given out again.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/signing.h"
#include "conductor/acts.h"
#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/store.h"
#include "conductor/tables.h"
#include "conductor/testing/conductor_world.h"

namespace lumenflow::conductor {
namespace {

class Revocation : public testing::TestWithParam<std::string> {
 protected:
  Revocation() {
    workspace_.enroll();
    EXPECT_EQ(workspace_.hello().status, 200);
  }
  Answer call(const Headers& caller, const std::string& workspace = "ws-42") {
    return world_.post("/v2/workspaces/" + workspace + "/tools/task:create?wait=0s", json::Object{{"title", "x"}},
                       caller);
  }
  Answer remove(const std::string& path) { return world_.send(http::Method::kDelete, path, {}, admin_); }
  Answer command(const std::string& id) { return world_.get("/v2/workspaces/ws-42/commands/" + id, admin_); }
  Headers add_operator(const std::string& name, const std::string& role, const std::string& passphrase) {
    const json::Object account{{"name", name}, {"passphrase", passphrase}, {"role", role}};
    EXPECT_EQ(world_.post("/v2/operators", account, admin_).status, 201);
    return sign_in(name, passphrase);
  }
  Headers sign_in(const std::string& name, const std::string& passphrase) {
    const Answer in = world_.post("/v2/session", json::Object{{"name", name}, {"passphrase", passphrase}});
    const std::string cookie = in.header("set-cookie");
    return {{"Cookie", cookie.substr(0, cookie.find(';'))}, {"X-CSRF-Token", in.text("/csrf")}};
  }
  Answer renew(const std::string& device_id, const P256KeyPair& key) { return workspace_.renew_device(device_id, key); }
  static std::vector<std::string> kinds(const std::vector<json::Value>& commands) {
    std::vector<std::string> found;
    for (const json::Value& one : commands) found.emplace_back(json::string_or(one, "kind", ""));
    return found;
  }

  using Kinds = std::vector<std::string>;
  ConductorWorld world_{GetParam()};
  Workspace workspace_{world_};
  const Headers admin_ = world_.operator_session(), operator_ = world_.operator_session(Role::kOperator);
};

TEST_P(Revocation, AnAccountMadeAnewHasNoneOfItsFormerSessions) {
  const Headers stolen = add_operator("eve", "admin", "a stolen passphrase");
  EXPECT_EQ(world_.get("/v2/operators", stolen).status, 200);
  EXPECT_EQ(remove("/v2/operators/eve").status, 200);
  EXPECT_EQ(world_.get("/v2/operators", stolen).code(), "UNAUTHENTICATED");
  const Headers anew = add_operator("eve", "admin", "a brand new passphrase");
  EXPECT_EQ(world_.get("/v2/operators", stolen).code(), "UNAUTHENTICATED");
  EXPECT_EQ(world_.post("/v2/tickets", json::Object{{"kind", "workspace"}}, stolen).code(), "UNAUTHENTICATED");
  EXPECT_EQ(world_.get("/v2/operators", anew).status, 200);
}

TEST_P(Revocation, WhatARemovedOperatorHadSetInMotionEnds) {
  Workspace other(world_, "ws-7");
  other.enroll();
  const Headers eve = add_operator("eve", "admin", "a stolen passphrase");
  const std::string here = call(eve).text("/command_id"), kept = call(operator_).text("/command_id");
  const std::string there = call(eve, "ws-7").text("/command_id");
  const std::string ticket = world_.post("/v2/tickets", json::Object{{"kind", "workspace"}}, eve).text("/ticket");
  EXPECT_EQ(remove("/v2/operators/eve").status, 200);
  EXPECT_EQ(command(here).text("/state"), "refused");
  EXPECT_EQ(command(here).text("/error/code"), "TOKEN_REVOKED");
  EXPECT_EQ(world_.get("/v2/workspaces/ws-7/commands/" + there, admin_).text("/state"), "refused");
  EXPECT_EQ(command(kept).text("/state"), "queued");
  Workspace late(world_, "ws-8");
  EXPECT_EQ(world_.post("/v2/enrollments", late.enrollment(ticket)).code(), "TOKEN_REVOKED");
  add_operator("eve", "viewer", "a brand new passphrase");
  EXPECT_EQ(world_.post("/v2/enrollments", late.enrollment(ticket)).code(), "TOKEN_REVOKED");
}

TEST_P(Revocation, ADeviceTakesBackItsOwnCommandsOnly) {
  const Device weak = pair_device(world_, workspace_, "weak", "tools:read");
  const Device full = pair_device(world_, workspace_, "full", "tools:read tools:write");
  const auto cancel = [&](const std::string& id, const Headers& by) {
    return world_.send(http::Method::kDelete, "/v2/workspaces/ws-42/commands/" + id, {}, by);
  };
  const Answer stop = world_.post("/v2/workspaces/ws-42/stop", json::Object{{"target", "all"}}, operator_);
  const std::string of_full = call(full.headers).text("/command_id"), own = call(weak.headers).text("/command_id");
  EXPECT_EQ(cancel(stop.text("/command_id"), weak.headers).code(), "NOT_FOUND");
  EXPECT_EQ(cancel(of_full, weak.headers).code(), "NOT_FOUND");
  EXPECT_EQ(cancel(own, weak.headers).text("/state"), "cancelled");
  EXPECT_EQ(cancel(of_full, operator_).text("/state"), "cancelled");
  EXPECT_EQ(command(stop.text("/command_id")).text("/state"), "queued");
  EXPECT_EQ(remove("/v2/devices/ws-42/full").status, 200);
  const Answer list = world_.get("/v2/workspaces/ws-42/commands", admin_);
  ASSERT_EQ(list.text("/items/0/kind"), "conductor:device_revoked") << list.body;
  EXPECT_EQ(cancel(list.text("/items/0/command_id"), weak.headers).code(), "NOT_FOUND");
  EXPECT_EQ(cancel(list.text("/items/0/command_id"), operator_).code(), "CONFLICT");
}

TEST_P(Revocation, ARevokedDevicesCommandsAreRefusedAndTheWorkspaceIsToldFirst) {
  const Device device = pair_device(world_, workspace_, "lost", "tools:read tools:write");
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(call(device.headers).text("/command_id"));
  const std::string kept = call(operator_).text("/command_id");
  EXPECT_EQ(remove("/v2/devices/ws-42/lost").status, 200);
  for (const std::string& id : ids) {
    EXPECT_EQ(command(id).text("/state"), "refused");
    EXPECT_EQ(command(id).text("/error/code"), "TOKEN_REVOKED");
  }
  EXPECT_EQ(command(kept).text("/state"), "queued");
  EXPECT_EQ(kinds(workspace_.take_commands()), (Kinds{"conductor:tool_requested", "conductor:device_revoked"}));
}

TEST_P(Revocation, WhoFloodsTheQueueTakesNobodyElsesRoom) {
  const Device flood = pair_device(world_, workspace_, "flood", "tools:read tools:write control:stop");
  const Device other = pair_device(world_, workspace_, "other", "tools:read");
  for (std::size_t i = 0; i < kQueuedByCallerMax; ++i) ASSERT_EQ(call(flood.headers).status, 202) << i;
  EXPECT_EQ(call(flood.headers).code(), "OUTBOX_FULL");
  EXPECT_EQ(call(other.headers).status, 202);
  EXPECT_EQ(call(operator_).status, 202);
  const json::Object stop{{"target", "all"}};
  EXPECT_EQ(world_.post("/v2/workspaces/ws-42/stop", stop, operator_).status, 202);
  EXPECT_EQ(world_.post("/v2/workspaces/ws-42/stop", stop, flood.headers).status, 202) << "what stops has its own room";
  EXPECT_EQ(remove("/v2/devices/ws-42/flood").status, 200);
  const Kinds told = kinds(workspace_.take_commands());
  EXPECT_EQ(told, (Kinds{"conductor:tool_requested", "conductor:tool_requested", "conductor:stop_requested",
                         "conductor:device_revoked"}));
}

TEST_P(Revocation, WhatACrashLeftBetweenTheRecordsAndTheLogFollowsAndMeanwhileNothingIsHandedOut) {
  const Device device = pair_device(world_, workspace_, "lost", "tools:write");
  const std::string id = call(device.headers).text("/command_id");
  // As revoke_device would have left it, had the process ended there.
  Records& records = *world_.store().records;
  const auto record = records.get(kDevicesTable, key_of({"ws-42", "lost"}));
  ASSERT_TRUE(record.ok() && *record);
  json::Value value = parsed(**record);
  value.as_object().set("state", "revoked");
  SystemRandom random;
  const json::Object tombstone{{"revoked_ms", INT64_MAX / 2}};
  Act act{"conductor.device_revoked", "operator:op-admin", "ws-42", {{"device_id", "lost"}}};
  const std::vector<RecordChange> changes{{kDevicesTable, (*record)->key, (*record)->version, json::serialize(value)},
                                          {kRevokedTable, "subject/ws-42:phone:lost", 0, json::serialize(tombstone)},
                                          act_change(act, world_.clock.now(), random)};
  ASSERT_TRUE(records.apply(changes).ok());
  EXPECT_EQ(kinds(workspace_.take_commands()), Kinds{});
  world_.clock.advance(std::chrono::seconds(6));
  std::vector<json::Value> told;
  for (int i = 0; i < 20'000 && told.empty(); ++i) told = workspace_.take_commands();
  EXPECT_EQ(kinds(told), Kinds{"conductor:device_revoked"});
  EXPECT_EQ(command(id).text("/state"), "refused");
}

TEST_P(Revocation, TheWorkspaceIsToldUntilItHasDoneIt) {
  pair_device(world_, workspace_, "lost", "tools:read");
  EXPECT_EQ(remove("/v2/devices/ws-42/lost").status, 200);
  std::vector<json::Value> told = workspace_.take_commands();
  ASSERT_EQ(kinds(told), Kinds{"conductor:device_revoked"});
  const json::Object refused{{"state", "refused"}, {"error", json::Object{{"code", "STOPPED"}, {"message", "later"}}}};
  EXPECT_EQ(workspace_.report(std::string(json::string_or(told[0], "event_id", "")), refused).status, 200);
  EXPECT_EQ(workspace_.hello().status, 200);
  ASSERT_EQ(kinds(workspace_.take_commands()), Kinds{"conductor:device_revoked"}) << "it did not say that it is done";
  EXPECT_EQ(workspace_.hello().status, 200);
  EXPECT_EQ(kinds(workspace_.take_commands()), Kinds{}) << "delivered, and under way";
  const Answer list = world_.get("/v2/workspaces/ws-42/commands", admin_);
  EXPECT_EQ(workspace_.report(list.text("/items/0/command_id"), json::Object{{"state", "done"}}).status, 200);
  EXPECT_EQ(workspace_.hello().status, 200);
  EXPECT_EQ(kinds(workspace_.take_commands()), Kinds{});
  EXPECT_EQ(remove("/v2/devices/ws-42/lost").status, 200);
  EXPECT_EQ(kinds(workspace_.take_commands()), Kinds{"conductor:device_revoked"}) << "an operator asks for it again";
}

TEST_P(Revocation, ARevocationThatNobodyFetchedInADayIsSaidOn) {
  pair_device(world_, workspace_, "lost", "tools:read");
  EXPECT_EQ(remove("/v2/devices/ws-42/lost").status, 200);
  const std::string first = world_.get("/v2/workspaces/ws-42/commands?limit=1", admin_).text("/items/0/command_id");
  world_.clock.advance(kCommandLife);
  const Headers viewer = sign_in("op-operator", "correct horse battery");
  Answer list;
  for (int i = 0; i < 20'000 && (i == 0 || list.text("/items/0/command_id") == first); ++i)
    list = world_.get("/v2/workspaces/ws-42/commands?limit=1", viewer);
  EXPECT_EQ(list.text("/items/0/kind"), "conductor:device_revoked");
  EXPECT_EQ(list.text("/items/0/state"), "queued");
}

TEST_P(Revocation, WhatWaitsForARevokedWorkspaceIsCancelledAndItsDevicesAreGone) {
  const Device device = pair_device(world_, workspace_, "old", "events:read tools:write");
  const std::string of_operator = call(operator_).text("/command_id"),
                    of_device = call(device.headers).text("/command_id");
  const std::string ticket = world_.ticket("ws-42", "device");
  EXPECT_EQ(remove("/v2/workspaces/ws-42").status, 200);
  world_.clock.advance(std::chrono::milliseconds(1));
  for (const std::string& id : {of_operator, of_device}) {
    EXPECT_EQ(command(id).text("/state"), "cancelled");
    EXPECT_EQ(command(id).text("/error/code"), "TOKEN_REVOKED");
  }
  EXPECT_EQ(renew("old", device.key).code(), "TOKEN_REVOKED");
  workspace_.enroll();  // the same one, under its key
  EXPECT_EQ(renew("old", device.key).code(), "TOKEN_REVOKED");
  EXPECT_EQ(world_.get("/v2/devices", admin_).text("/items/0/state"), "revoked");
  const json::Object late{{"ticket", ticket},    {"kind", "device"}, {"workspace_id", "ws-42"},
                          {"device_id", "late"}, {"name", "late"},   {"public_key", device.key.public_pem}};
  EXPECT_EQ(world_.post("/v2/enrollments", late).code(), "TOKEN_REVOKED");
  EXPECT_EQ(workspace_.hello().status, 200);
  EXPECT_EQ(kinds(workspace_.take_commands()), Kinds{});
  EXPECT_EQ(workspace_.report(of_operator, json::Object{{"state", "done"}}).code(), "NOT_FOUND");
}

TEST_P(Revocation, WhoeverGetsTheIdNextFindsNothingOfTheFormerOne) {
  const Device device = pair_device(world_, workspace_, "old", "events:read tools:write");
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(3), 0).status, 200);
  const std::string former = call(operator_).text("/command_id");
  EXPECT_EQ(remove("/v2/workspaces/ws-42").status, 200);
  world_.clock.advance(std::chrono::milliseconds(1));
  Workspace next(world_);
  next.log_id = "another-journal";
  EXPECT_EQ(world_.post("/v2/enrollments", next.enrollment(world_.ticket())).code(), "WORKSPACE_ID_TAKEN");
  const Answer document = world_.post("/v2/enrollments", next.enrollment(world_.ticket("ws-42")));
  ASSERT_EQ(document.status, 201) << document.body;
  next.token = document.text("/token");
  const Answer shown = world_.get("/v2/workspaces/ws-42", admin_);
  EXPECT_FALSE(json::boolean_or(shown.value, "connected", true)) << shown.body;
  EXPECT_EQ(next.hello("log-of-ws-42").code(), "LOG_FORKED") << "the former one's journal is not to be gone on with";
  EXPECT_EQ(next.hello().status, 200);
  EXPECT_EQ(world_.post("/v2/rebind", json::Object{{"log_id", "log-of-ws-42"}}, next.headers()).code(), "LOG_FORKED");
  EXPECT_EQ(kinds(next.take_commands()), Kinds{});
  EXPECT_EQ(next.report(former, json::Object{{"state", "done"}}).code(), "NOT_FOUND");
  EXPECT_EQ(renew("old", device.key).code(), "TOKEN_REVOKED");
  const std::string events = "/v2/workspaces/ws-42/events";
  EXPECT_EQ(world_.get(events + "?log_id=log-of-ws-42", next.headers()).value.find("items")->as_array().size(), 0u);
  EXPECT_EQ(world_.get(events + "?log_id=log-of-ws-42", admin_).value.find("items")->as_array().size(), 3u);
  EXPECT_EQ(next.post_events(next.make_events(2), 0).status, 200);
  EXPECT_EQ(world_.get(events, next.headers()).value.find("items")->as_array().size(), 2u);
  const Answer audit = world_.get("/v2/workspaces/ws-42/audit", next.headers());
  EXPECT_EQ(audit.text("/items/0/entry/type"), "conductor.enrolled") << audit.body;
  const Device fresh = pair_device(world_, next, "new", "events:read");
  const Answer commands = world_.get("/v2/workspaces/ws-42/commands", fresh.headers);
  EXPECT_EQ(commands.value.find("items")->as_array().size(), 0u) << commands.body;
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/commands/" + former, fresh.headers).code(), "NOT_FOUND");
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/turns", fresh.headers).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Stores, Revocation, testing::Values("memory", "sqlite"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace lumenflow::conductor
