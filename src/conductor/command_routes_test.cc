// Commands from their callers to their workspace and back; what is relayed, and what is not.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/encoding.h"
#include "conductor/testing/conductor_world.h"

namespace lumenflow::conductor {
namespace {

class CommandQueue : public testing::TestWithParam<std::string> {
 protected:
  CommandQueue() {
    workspace_.enroll();
    EXPECT_EQ(workspace_.hello().status, 200);
  }
  Answer ask(const std::string& text, const std::string& key = "") {
    json::Object body{{"kind", "sidekick:command_received"},
                      {"payload", json::Object{{"sidekick_channel", "main"}, {"sender", "ana"}, {"text", text}}}};
    if (!key.empty()) body.set("idempotency_key", key);
    return world_.post("/v2/workspaces/ws-42/commands", body, world_.operator_session(Role::kOperator));
  }
  std::string state_of(const std::string& id) {
    return world_.get("/v2/workspaces/ws-42/commands/" + id, world_.operator_session()).text("/state");
  }

  ConductorWorld world_{GetParam()};
  Workspace workspace_{world_};
};

TEST_P(CommandQueue, ACommandIsQueuedDeliveredRunAndDone) {
  const Answer queued = ask("hello");
  ASSERT_EQ(queued.status, 202) << queued.body;
  const std::string id = queued.text("/command_id");
  EXPECT_EQ(state_of(id), "queued");
  const Answer fetched = workspace_.fetch();
  EXPECT_EQ(fetched.text("/items/0/event/event_id"), id);
  EXPECT_EQ(fetched.text("/items/0/event/from"), "ws-42:conductor");
  EXPECT_EQ(fetched.text("/items/0/event/on_behalf_of"), "operator:op-operator");
  EXPECT_EQ(fetched.text("/items/0/event/channel"), "bridge:conductor");
  EXPECT_FALSE(fetched.text("/items/0/event/expires_at").empty());
  EXPECT_EQ(workspace_.fetch().text("/items/0/event/event_id"), id) << "until it is acknowledged it is given again";
  const auto position = static_cast<std::uint64_t>(fetched.number("/items/0/position"));
  EXPECT_TRUE(workspace_.fetch(position).value.find("items")->as_array().empty());
  EXPECT_EQ(state_of(id), "delivered");
  EXPECT_TRUE(workspace_.fetch(0).value.find("items")->as_array().empty())
      << "what was acknowledged is not given again";
  EXPECT_EQ(workspace_.report(id, json::Object{{"state", "running"}}).status, 200);
  EXPECT_EQ(state_of(id), "running");
  const json::Object done{{"state", "done"}, {"receipt_id", "rcpt-1"}, {"result", json::Object{{"success", true}}}};
  EXPECT_EQ(workspace_.report(id, done).status, 200);
  EXPECT_EQ(workspace_.report(id, done).status, 200) << "saying it again is fine";
  EXPECT_EQ(workspace_.report(id, json::Object{{"state", "refused"}}).code(), "CONFLICT");
  EXPECT_EQ(workspace_.report(id, json::Object{{"state", "running"}}).status, 200) << "late, and changes nothing";
  EXPECT_EQ(state_of(id), "done");
  const Answer list = world_.get("/v2/workspaces/ws-42/commands", world_.operator_session());
  EXPECT_EQ(list.text("/items/0/command_id"), id) << list.body;
}

TEST_P(CommandQueue, WhoAskedAndWhatCameOfItStandInTheAudit) {
  const std::string id = ask("hello").text("/command_id");
  const json::Object done{{"state", "done"}, {"receipt_id", "rcpt-1"}};
  EXPECT_EQ(workspace_.report(id, json::Object{{"state", "running"}}).status, 200);
  EXPECT_EQ(workspace_.report(id, done).status, 200);
  for (const char* route : {"/v2/workspaces/ws-42/audit", "/v2/audit"}) {
    const Answer audit = world_.get(route, world_.operator_session(Role::kAdmin));
    std::vector<json::Value> commands;
    for (const json::Value& item : audit.value.find("items")->as_array())
      if (json::string_or(*item.find("entry"), "type", "").starts_with("command."))
        commands.push_back(*item.find("entry"));
    ASSERT_EQ(commands.size(), 2u) << audit.body;
    EXPECT_EQ(json::string_or(commands[0], "type", ""), "command.queued");
    EXPECT_EQ(json::string_or(commands[0], "subject", ""), "operator:op-operator");
    EXPECT_FALSE(json::string_or(commands[0], "ts", "").empty());
    EXPECT_EQ(commands[0].at_pointer("/command/event_id")->as_string(), id);
    EXPECT_EQ(json::string_or(commands[1], "state", ""), "done");
    EXPECT_EQ(json::string_or(commands[1], "receipt_id", ""), "rcpt-1");
  }
}

TEST_P(CommandQueue, ReportsOfManyCommandsEachHaveTheirVerdict) {
  const std::string one = ask("one").text("/command_id"), two = ask("two").text("/command_id");
  const std::string ended = ask("ended").text("/command_id");
  EXPECT_EQ(workspace_.report(ended, json::Object{{"state", "done"}}).status, 200);
  const auto report = [](const std::string& id, const char* state) {
    return json::Value(json::Object{{"command_id", id}, {"state", state}});
  };
  const json::Value all = json::Object{{"session", workspace_.session},
                                       {"reports", json::Array{report(one, "running"), report("nobody's", "done"),
                                                               report(ended, "refused"), report(two, "done")}}};
  for (int times = 0; times < 2; ++times) {  // saying it again is fine
    const Answer answer = world_.post("/v2/commands/results", all, workspace_.headers());
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.text("/reported/0/command_id"), one);
    EXPECT_EQ(answer.text("/reported/0/state"), "running");
    EXPECT_EQ(answer.text("/reported/1/command_id"), two);
    EXPECT_EQ(answer.text("/rejected/0/command_id"), "nobody's");
    EXPECT_EQ(answer.text("/rejected/0/code"), "NOT_FOUND");
    EXPECT_EQ(answer.text("/rejected/1/code"), "CONFLICT");
    EXPECT_EQ(answer.value.find("rejected")->as_array().size(), 2u);
  }
  EXPECT_EQ(state_of(one), "running");
  EXPECT_EQ(state_of(two), "done");
  EXPECT_EQ(state_of(ended), "done");
  Workspace other(world_, "ws-7");
  other.enroll();
  EXPECT_EQ(world_.post("/v2/commands/results", all, other.headers()).value.find("rejected")->as_array().size(), 4u)
      << "nobody ends another's";
  EXPECT_EQ(state_of(one), "running");
  json::Array many;
  for (int i = 0; i < 257; ++i) many.push_back(report(one, "done"));
  for (const json::Value& wrong : {json::Value(json::Object{}), json::Value(json::Object{{"reports", json::Array{}}}),
                                   json::Value(json::Object{{"reports", std::move(many)}})})
    EXPECT_EQ(world_.post("/v2/commands/results", wrong, workspace_.headers()).code(), "INVALID_REQUEST");
  EXPECT_EQ(state_of(one), "running");
}

TEST_P(CommandQueue, DevicesAreDecidedInABatchAndTheirTokensAreNobodysToRead) {
  json::Array reports;
  std::vector<P256KeyPair> keys;
  for (const char* id : {"phone-a", "phone-b"}) {
    keys.push_back(*generate_p256());
    const json::Object body{{"ticket", world_.ticket("ws-42", "device")},
                            {"kind", "device"},
                            {"workspace_id", "ws-42"},
                            {"device_id", id},
                            {"name", id},
                            {"public_key", keys.back().public_pem}};
    EXPECT_EQ(world_.post("/v2/enrollments", body).status, 202);
  }
  for (const json::Value& command : workspace_.take_commands())
    reports.push_back(json::Object{{"command_id", json::string_or(command, "event_id", "")},
                                   {"state", "done"},
                                   {"result", json::Object{{"scope", "events:read"}, {"token", "secret-of-it"}}}});
  ASSERT_EQ(reports.size(), 2u);
  const json::Object all{{"reports", std::move(reports)}};
  EXPECT_EQ(world_.post("/v2/commands/results", all, workspace_.headers()).value.find("reported")->as_array().size(),
            2u);
  EXPECT_EQ(workspace_.renew_device("phone-a", keys[0]).text("/workspace_token"), "secret-of-it");
  EXPECT_EQ(workspace_.renew_device("phone-b", keys[1]).status, 200);
  const Answer shown = world_.get("/v2/workspaces/ws-42/commands", world_.operator_session());
  EXPECT_EQ(shown.body.find("secret-of-it"), std::string::npos);
}

TEST_P(CommandQueue, TheSameKeyIsTheSameCommand) {
  const std::string first = ask("once", "key-1").text("/command_id");
  EXPECT_EQ(ask("once", "key-1").text("/command_id"), first);
  EXPECT_EQ(ask("twice", "key-1").code(), "IDEMPOTENCY_CONFLICT");
  EXPECT_EQ(workspace_.fetch().value.find("items")->as_array().size(), 1u);
  world_.clock.advance(std::chrono::hours(11));
  EXPECT_EQ(ask("once", "key-1").text("/command_id"), first);
}

TEST_P(CommandQueue, AQuestionWaitsForTheNextCommandAndASecondOneEndsIt) {
  auto first = std::async(std::launch::async, [&] { return workspace_.fetch(0, "30s"); });
  // The second may overtake the first; whichever came earlier is ended.
  auto second = std::async(std::launch::async, [&] { return workspace_.fetch(0, "30s"); });
  const bool first_ended = [&] {
    for (;;) {
      if (first.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready) return true;
      if (second.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready) return false;
    }
  }();
  EXPECT_EQ((first_ended ? first : second).get().code(), "CONFLICT");
  const std::string id = ask("hello").text("/command_id");
  EXPECT_EQ((first_ended ? second : first).get().text("/items/0/event/event_id"), id);
}

TEST_P(CommandQueue, AStreamGivesThemAsTheyCome) {
  StreamReader stream(world_, "/v2/commands?session=" + std::to_string(workspace_.session), workspace_.headers());
  ASSERT_EQ(stream.status(), 200);
  const std::string id = ask("hello").text("/command_id");
  const Frame frame = stream.next();
  EXPECT_NE(frame.data.find(id), std::string::npos);
  EXPECT_EQ(workspace_.hello().status, 200);
  EXPECT_NE(stream.next().data.find("CONFLICT"), std::string::npos) << "a newer session ends it";
}

TEST_P(CommandQueue, AToolIsCalledAndItsResultComesBack) {
  const Headers caller = world_.operator_session(Role::kOperator);
  auto call = std::async(std::launch::async, [&] {
    return world_.post("/v2/workspaces/ws-42/tools/task:create", json::Object{{"title", "x"}}, caller);
  });
  const Answer fetched = workspace_.fetch(0, "30s");
  EXPECT_EQ(fetched.text("/items/0/event/kind"), "conductor:tool_requested");
  EXPECT_EQ(fetched.text("/items/0/event/payload/tool"), "task:create");
  EXPECT_EQ(fetched.text("/items/0/event/payload/input/title"), "x");
  const json::Object done{{"state", "done"},
                          {"receipt_id", "rcpt-1"},
                          {"result", json::Object{{"success", true}, {"data", json::Object{{"id", 7}}}}}};
  EXPECT_EQ(workspace_.report(fetched.text("/items/0/event/event_id"), done).status, 200);
  const Answer answer = call.get();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.number("/result/data/id"), 7);
}

TEST_P(CommandQueue, ACallThatTakesLongerIsToldByItsId) {
  const Answer answer = world_.post("/v2/workspaces/ws-42/tools/task:create?wait=0s", json::Object{},
                                    world_.operator_session(Role::kOperator));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(state_of(answer.text("/command_id")), "queued");
}

TEST_P(CommandQueue, ARefusalComesBackWithItsCode) {
  const Answer queued = world_.post("/v2/workspaces/ws-42/tools/task:create?wait=0s", json::Object{},
                                    world_.operator_session(Role::kOperator));
  const json::Object refused{{"state", "refused"},
                             {"error", json::Object{{"code", "POLICY_DENIED"}, {"message", "no"}}}};
  EXPECT_EQ(workspace_.report(queued.text("/command_id"), refused).status, 200);
  EXPECT_EQ(state_of(queued.text("/command_id")), "refused");
}

TEST_P(CommandQueue, WhatNobodyFetchesInTimeExpires) {
  const std::string id = ask("too late").text("/command_id");
  world_.clock.advance(std::chrono::hours(24));
  const Headers session = world_.operator_session(Role::kViewer);
  std::string state;
  for (int i = 0; i < 20'000 && state != "expired"; ++i)
    state = world_.get("/v2/workspaces/ws-42/commands/" + id, session).text("/state");
  EXPECT_EQ(state, "expired");
}

TEST_P(CommandQueue, ACancelledOneIsNotDeliveredAndOneThatLeftIsTheWorkspacesToEnd) {
  const Headers caller = world_.operator_session(Role::kOperator);
  const std::string queued = ask("one").text("/command_id");
  const Answer cancelled = world_.send(http::Method::kDelete, "/v2/workspaces/ws-42/commands/" + queued, {}, caller);
  EXPECT_EQ(cancelled.text("/state"), "cancelled") << cancelled.body;
  Answer fetched = workspace_.fetch();
  EXPECT_EQ(fetched.text("/items/0/event/kind"), "conductor:command_cancelled");
  EXPECT_EQ(workspace_.fetch(static_cast<std::uint64_t>(fetched.number("/items/0/position"))).status, 200);
  const std::string left = ask("two").text("/command_id");
  fetched = workspace_.fetch();
  EXPECT_EQ(workspace_.fetch(static_cast<std::uint64_t>(fetched.number("/items/0/position"))).status, 200);
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/workspaces/ws-42/commands/" + left, {}, caller).text("/state"),
            "delivered");
  EXPECT_EQ(workspace_.fetch().text("/items/0/event/payload/command_id"), left);
}

TEST_P(CommandQueue, OnlyInboundKindsWithGoodPayloadsAreTaken) {
  const Headers caller = world_.operator_session(Role::kOperator);
  const auto post = [&](const std::string& kind, const json::Value& payload) {
    return world_.post("/v2/workspaces/ws-42/commands", json::Object{{"kind", kind}, {"payload", payload}}, caller)
        .code();
  };
  EXPECT_EQ(post("agent-runtime:tool_called", json::Object{}), "UNKNOWN_KIND");
  EXPECT_EQ(post("acme-demo:job_completed", json::Object{}), "UNKNOWN_KIND");
  EXPECT_EQ(post("conductor:stop_requested", json::Object{}), "INVALID_PAYLOAD");
  EXPECT_EQ(post("conductor:stop_requested", json::Object{{"target", "all"}, {"resume", true}}), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(post("conductor:approval_resolved",
                 json::Object{{"approval_id", "a"}, {"decision", "approve"}, {"decided_by", "x"}}),
            "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(post("conductor:device_requested", json::Object{{"device_id", "mine"}}), "TOKEN_SCOPE_DENIED");
  EXPECT_TRUE(workspace_.fetch().value.find("items")->as_array().empty());
}

TEST_P(CommandQueue, AViewerOrdersNothingAndAWorkspaceSeesItsOwnOnly) {
  const json::Object stop{{"target", "all"}};
  EXPECT_EQ(world_.post("/v2/workspaces/ws-42/stop", stop, world_.operator_session(Role::kViewer)).code(),
            "TOKEN_SCOPE_DENIED");
  const std::string id = ask("for 42").text("/command_id");
  Workspace other(world_, "ws-7");
  other.enroll();
  other.hello();
  EXPECT_TRUE(other.fetch().value.find("items")->as_array().empty());
  EXPECT_EQ(other.report(id, json::Object{{"state", "done"}}).code(), "NOT_FOUND");
  EXPECT_EQ(state_of(id), "queued");
}

TEST_P(CommandQueue, ADeviceSeesWhatItAskedItselfAndNobodyElses) {
  const Device phone = pair_device(world_, workspace_, "phone-a", "events:read control:stop");
  const std::string theirs = ask("hello").text("/command_id");
  const Answer stopped = world_.post("/v2/workspaces/ws-42/stop", json::Object{{"target", "all"}}, phone.headers);
  ASSERT_EQ(stopped.status, 202) << stopped.body;
  const Answer list = world_.get("/v2/workspaces/ws-42/commands", phone.headers);
  ASSERT_EQ(list.value.find("items")->as_array().size(), 1u) << list.body;
  EXPECT_EQ(list.text("/items/0/command_id"), stopped.text("/command_id"));
  const std::string path = "/v2/workspaces/ws-42/commands/";
  EXPECT_EQ(world_.get(path + stopped.text("/command_id"), phone.headers).status, 200);
  EXPECT_EQ(world_.get(path + theirs, phone.headers).code(), "NOT_FOUND");
}

TEST_P(CommandQueue, ATimeOfSigningGoesWithASignature) {
  json::Object body{{"kind", "sidekick:command_received"},
                    {"payload", json::Object{{"sidekick_channel", "main"}, {"sender", "ana"}, {"text", "hi"}}},
                    {"decided_at", "2026-01-01T00:00:00.000Z"}};
  EXPECT_EQ(world_.post("/v2/workspaces/ws-42/commands", body, world_.operator_session(Role::kOperator)).code(),
            "INVALID_REQUEST");
}

TEST_P(CommandQueue, AnIdThatAnotherWorkspaceSaysAgainTakesNobodysPlaceAndTheDeciderIsShown) {
  Workspace other(world_, "ws-7");
  other.enroll();
  other.hello();
  const auto asks = [&](Workspace& workspace, const std::string& digest, std::uint64_t after) {
    const json::Object asked{{"approval_id", "appr-1"},
                             {"receipt_id", "rcpt-1"},
                             {"surface", "tool:acme:ship"},
                             {"tool_name", "acme:ship"},
                             {"call_digest", digest},
                             {"preview", json::Object{}},
                             {"requested_by", workspace.id + ":agent"},
                             {"expires_at", format_rfc3339(world_.clock.now() + std::chrono::hours(24))}};
    EXPECT_EQ(workspace.post_events(workspace.make_events(1, "sidekick:approval_requested", asked), after).status, 200);
  };
  asks(workspace_, "d", 0);
  asks(other, "e", 0);
  asks(workspace_, "renewed", 1);
  const auto shown = [&](const std::string& pointer) {
    return world_.get("/v2/workspaces/ws-42/approvals", world_.operator_session()).text("/items/0" + pointer);
  };
  EXPECT_EQ(shown("/call_digest"), "renewed") << "the journal goes on under another name";
  const json::Object decision{{"decision", "deny"}, {"signature", "c2ln"}, {"decided_by", "ws-42:phone:pixel"}};
  const Answer refused = world_.post("/v2/approvals/appr-1", decision, world_.operator_session(Role::kOperator));
  ASSERT_EQ(workspace_.take_commands().size(), 1u);
  const json::Object revoked{{"code", "UNAUTHENTICATED"}, {"message", "the device was revoked"}};
  const json::Object report{{"state", "done"}, {"result", json::Object{{"success", false}, {"error", revoked}}}};
  EXPECT_EQ(workspace_.report(refused.text("/command_id"), report).status, 200);
  EXPECT_EQ(shown("/decided_by"), "") << "the workspace did not take it";
  const Answer decided = world_.post("/v2/approvals/appr-1", decision, world_.operator_session(Role::kOperator));
  ASSERT_EQ(decided.status, 202) << decided.body;
  const auto commands = workspace_.take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(workspace_.report(decided.text("/command_id"), json::Object{{"state", "done"}}).status, 200);
  EXPECT_EQ(shown("/decision"), "deny");
  EXPECT_EQ(shown("/decided_by"), "ws-42:phone:pixel");
}

TEST_P(CommandQueue, ASignedDecisionPassesThroughUntouched) {
  const json::Object asked{{"approval_id", "apr-1"},
                           {"receipt_id", "rcpt-1"},
                           {"surface", "http"},
                           {"tool_name", "acme:do"},
                           {"call_digest", std::string(64, 'a')},
                           {"preview", json::Object{{"tool", "task:create"}}},
                           {"requested_by", "ws-42"},
                           {"expires_at", format_rfc3339(world_.clock.now() + std::chrono::hours(1))}};
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1, "sidekick:approval_requested", asked), 0).status, 200);
  const Headers caller = world_.operator_session(Role::kOperator);
  const json::Object unsigned_decision{{"decision", "approve"}};
  EXPECT_EQ(world_.post("/v2/approvals/apr-1", unsigned_decision, caller).code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(world_.post("/v2/approvals/apr-2", unsigned_decision, caller).code(), "NOT_FOUND");
  const json::Object decision{{"decision", "approve"},
                              {"decided_by", "ws-42:phone:pixel-8"},
                              {"reason", "fine"},
                              {"decided_at", "2026-03-01T12:00:00.123Z"},
                              {"signature", "as it was made"}};
  EXPECT_EQ(world_.post("/v2/approvals/apr-1", decision, caller).status, 202);
  const Answer fetched = workspace_.fetch();
  EXPECT_EQ(fetched.text("/items/0/event/kind"), "conductor:approval_resolved");
  for (const char* member : {"decision", "decided_by", "reason", "signature"})
    EXPECT_EQ(fetched.text("/items/0/event/payload/" + std::string(member)),
              json::string_or(json::Value(decision), member, ""));
  EXPECT_EQ(fetched.text("/items/0/event/timestamp"), "2026-03-01T12:00:00.123Z") << "what the signature covers";
  const json::Object stop{{"target", "task:create"}};
  EXPECT_EQ(world_.post("/v2/workspaces/ws-42/stop", stop, caller).status, 202);
  EXPECT_EQ(world_.post("/v2/recoveries/rec-1/confirm", json::Object{{"workspace_id", "ws-42"}}, caller).code(),
            "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(
      world_.post("/v2/recoveries/rec-1/confirm", json::Object{{"workspace_id", "ws-42"}, {"signature", "s"}}, caller)
          .status,
      202);
  EXPECT_EQ(workspace_.fetch().text("/items/2/event/payload/recovery_id"), "rec-1");
}

INSTANTIATE_TEST_SUITE_P(Stores, CommandQueue, testing::Values("memory", "sqlite"),
                         [](const auto& tested) { return tested.param; });

TEST(CommandsRestarted, WhatIsQueuedOutlivesTheProcess) {
  ConductorWorld world("sqlite");
  Workspace workspace(world);
  workspace.enroll();
  workspace.hello();
  const Answer queued = world.post("/v2/workspaces/ws-42/tools/task:create?wait=0s", json::Object{},
                                   world.operator_session(Role::kOperator));
  world.restart();
  EXPECT_EQ(workspace.fetch().text("/items/0/event/event_id"), queued.text("/command_id"));
}

// An older copy of the store was put back: what the workspace has of the lost history acknowledges nothing of this one.
TEST(CommandsRestarted, AfterACopyWasPutBackNothingIsTakenForDelivered) {
  namespace fs = std::filesystem;
  ConductorWorld world("sqlite");
  const std::string copy = world.folder() + "-copy";
  Workspace workspace(world);
  workspace.enroll();
  workspace.hello();
  const Headers caller = world.operator_session(Role::kOperator);
  const auto ask = [&] {
    return world.post("/v2/workspaces/ws-42/tools/task:list?wait=0s", json::Object{}, caller).text("/command_id");
  };
  const auto fetch = [&](const std::string& log_id, std::int64_t after) {
    return world.get("/v2/commands?session=" + std::to_string(workspace.session) + "&after=" + std::to_string(after) +
                         "&log_id=" + log_id,
                     workspace.headers());
  };
  const std::string kept = ask();
  world.restart([&] { fs::copy(world.folder(), copy, fs::copy_options::recursive); });
  for (int i = 0; i < 20; ++i) ask();
  workspace.hello();
  const Answer before = fetch("", 0);
  const std::string log_id = before.text("/log_id");
  const std::int64_t last = before.number("/items/20/position");
  ASSERT_GT(last, 0) << before.body;
  EXPECT_EQ(fetch(log_id, last).status, 200);
  world.restart([&] {
    fs::remove_all(world.folder());
    fs::copy(copy, world.folder(), fs::copy_options::recursive);
    fs::remove_all(copy);
  });
  workspace.hello();
  std::vector<std::string> asked{kept};
  while (world.get("/v2/head", caller).number("/size") < last + 5) asked.push_back(ask());
  const Answer after = fetch(log_id, last);
  EXPECT_NE(after.text("/log_id"), log_id);
  const json::Value* items = after.value.find("items");
  ASSERT_EQ(items->as_array().size(), asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i)
    EXPECT_EQ(after.text("/items/" + std::to_string(i) + "/event/event_id"), asked[i]);
  EXPECT_EQ(world.get("/v2/workspaces/ws-42/commands/" + kept, caller).text("/state"), "queued");
  EXPECT_EQ(fetch(after.text("/log_id"), after.number("/items/0/position")).status, 200);
  EXPECT_EQ(world.get("/v2/workspaces/ws-42/commands/" + kept, caller).text("/state"), "delivered");
}

}  // namespace
}  // namespace lumenflow::conductor
