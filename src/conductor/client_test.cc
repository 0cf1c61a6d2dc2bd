// The C++ client of consumers, against a whole conductor with a workspace that speaks to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/store.h"
#include "conductor/testing/conductor_world.h"
#include "http/server_fixture.h"
#include "json/canonical.h"
#include "lumenflow/consumers/conductor.h"

namespace lumenflow::conductor {
namespace {

namespace wire = consumers::conductor;
using consumers::ConductorClient;
using State = wire::CommandStateName;

class CppClient : public testing::Test {
 protected:
  CppClient() {
    workspace_.enroll();
    EXPECT_EQ(workspace_.hello().status, 200);
  }

  ConductorClient client(const std::string& token = "") const {
    return ConductorClient(
        {.url = "http://127.0.0.1:" + std::to_string(world_.port()), .token = token, .pause = milliseconds(5)});
  }
  // Its token, as enrolling would have given it.
  ConductorClient device(const std::vector<std::string>& scopes) {
    SystemRandom random;
    return client(issue_token(world_.store().keys, kPhone, scopes, world_.clock.now(), random)->token);
  }
  ConductorClient signed_in(Role role = Role::kOperator) {
    world_.operator_session(role);
    ConductorClient made = client();
    const auto session = made.sign_in({"op-" + std::string(name(role)), "correct horse battery"});
    EXPECT_TRUE(session.ok()) << session.error().to_string();
    return made;
  }

  // Takes the command that came next, and says what came of it.
  Answer take() {
    Answer fetched = workspace_.fetch(position_, "30s");
    position_ = static_cast<std::uint64_t>(fetched.number("/items/0/position"));
    return fetched;
  }
  void end(const Answer& fetched, const json::Value& report) {
    EXPECT_EQ(workspace_.report(fetched.text("/items/0/event/event_id"), report).status, 200);
  }

  using milliseconds = std::chrono::milliseconds;
  static constexpr std::string_view kPhone = "ws-42:phone:pixel-8";
  static inline const json::Object kText{{"sidekick_channel", "main"}, {"sender", "ana"}, {"text", "hello"}};
  ConductorWorld world_;
  Workspace workspace_{world_};
  std::uint64_t position_ = 0;
};

template <class T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? ErrorCode::kInternal : result.error().code();
}

TEST_F(CppClient, AnOperatorSignsInWorksAndSignsOut) {
  world_.operator_session(Role::kOperator);
  ConductorClient ana = client();
  EXPECT_EQ(code_of(ana.workspaces()), ErrorCode::kUnauthenticated);
  EXPECT_EQ(code_of(ana.sign_in({"op-operator", "something else entirely"})), ErrorCode::kUnauthenticated);
  const auto session = ana.sign_in({"op-operator", "correct horse battery"});
  ASSERT_TRUE(session.ok()) << session.error().to_string();
  EXPECT_EQ(session->name, "op-operator");
  EXPECT_EQ(session->role, wire::Role::kOperator);

  const auto fleet = ana.workspaces();
  ASSERT_TRUE(fleet.ok()) << fleet.error().to_string();
  ASSERT_EQ(fleet->items.size(), 1u);
  EXPECT_EQ(fleet->items[0].workspace_id, "ws-42");
  EXPECT_EQ(fleet->items[0].state, wire::WorkspaceState::kActive);
  EXPECT_EQ(fleet->items[0].log_id, "log-of-ws-42");
  EXPECT_EQ(fleet->next, std::nullopt);
  EXPECT_TRUE(ana.workspaces("ws-42")->items.empty()) << "it is behind that one";

  EXPECT_TRUE(ana.queue("ws-42", {.kind = "sidekick:command_received", .payload = kText}).ok())
      << "with the CSRF header";
  ASSERT_TRUE(ana.sign_out().ok());
  EXPECT_EQ(code_of(ana.workspaces()), ErrorCode::kUnauthenticated);
}

TEST_F(CppClient, ListsTheToolsOfAWorkspaceWithWhatItDoesNotKnow) {
  const json::Value registry =
      *json::parse(R"({"workspace_id":"ws-42","registry_hash":"abc","tools":[)"
                   R"({"name":"task:create","permission":"write","input_schema":{"type":"object"},"mood":"calm"}]})");
  EXPECT_EQ(world_.send(http::Method::kPut, "/v2/registry", json::serialize(registry), workspace_.headers()).status,
            200);
  ConductorClient phone = device({"workspace"});
  const auto tools = phone.tools("ws-42");
  ASSERT_TRUE(tools.ok()) << tools.error().to_string();
  ASSERT_EQ(tools->tools.size(), 1u);
  EXPECT_EQ(tools->tools[0].name, "task:create");
  EXPECT_EQ(tools->tools[0].permission, "write");
  EXPECT_EQ(tools->tools[0].title, std::nullopt);
  EXPECT_EQ(json::serialize(tools->tools[0].others), R"({"mood":"calm"})");
  EXPECT_EQ(json::serialize(to_json(*tools)), json::serialize(registry)) << "nothing is lost on the way";
  EXPECT_EQ(code_of(phone.tools("ws-7")), ErrorCode::kTokenScopeDenied);
}

TEST_F(CppClient, ACallIsFollowedToItsEnd) {
  ConductorClient ana = signed_in();
  const json::Object done{{"state", "done"},
                          {"receipt_id", "rcpt-1"},
                          {"result", json::Object{{"success", true},
                                                  {"data", json::Object{{"id", 7}}},
                                                  {"metadata", json::Object{{"receipt_id", "rcpt-1"}}}}}};
  // Without patience it is as it is; the same key later is the same call, and then it is followed.
  const auto early = ana.call("ws-42", "task:create", {{"title", "x"}}, {"key-1", milliseconds(0)});
  ASSERT_TRUE(early.ok()) << early.error().to_string();
  EXPECT_EQ(early->state, State::kQueued);
  auto call = std::async(std::launch::async, [&] {
    return ana.call("ws-42", "task:create", {{"title", "x"}}, {"key-1"});
  });
  const Answer fetched = take();
  EXPECT_EQ(fetched.text("/items/0/event/payload/tool"), "task:create");
  EXPECT_EQ(fetched.text("/items/0/event/payload/input/title"), "x");
  EXPECT_EQ(fetched.text("/items/0/event/on_behalf_of"), "operator:op-operator");
  end(fetched, done);
  const auto outcome = call.get();
  ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  EXPECT_EQ(outcome->command_id, early->command_id);
  EXPECT_EQ(outcome->state, State::kDone);
  EXPECT_EQ(outcome->receipt_id, "rcpt-1");
  ASSERT_TRUE(outcome->result && outcome->result->data);
  EXPECT_EQ(json::integer_or(*outcome->result->data, "id", 0), 7);
}

TEST_F(CppClient, ACallThatOutlivesTheAnswerIsAskedFor) {
  world_.operator_session(Role::kOperator);
  ConductorClient ana(
      {.url = "http://127.0.0.1:" + std::to_string(world_.port()), .wait = {}, .pause = milliseconds(5)});
  ASSERT_TRUE(ana.sign_in({"op-operator", "correct horse battery"}).ok());
  auto call = std::async(std::launch::async, [&] { return ana.call("ws-42", "task:create", {}); });
  const Answer fetched = take();
  end(fetched, json::Object{{"state", "running"}});
  end(fetched, json::Object{{"state", "done"}, {"result", json::Object{{"success", false}, {"mood", "calm"}}}});
  const auto outcome = call.get();
  ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  EXPECT_EQ(outcome->state, State::kDone);
  ASSERT_TRUE(outcome->result);
  EXPECT_FALSE(outcome->result->success);
  EXPECT_EQ(json::serialize(outcome->result->others), R"({"mood":"calm"})");
  const auto ended = ana.outcome("ws-42", outcome->command_id.value_or(""));
  ASSERT_TRUE(ended.ok()) << ended.error().to_string();
  EXPECT_EQ(ended->tool, "task:create");
  EXPECT_EQ(ended->on_behalf_of, "operator:op-operator");
}

TEST_F(CppClient, ARefusedCallIsAnOutcomeAndARefusedRequestAnError) {
  ConductorClient ana = signed_in();
  auto call = std::async(std::launch::async, [&] { return ana.call("ws-42", "task:create", {}); });
  end(take(),
      json::Object{{"state", "refused"}, {"error", json::Object{{"code", "POLICY_DENIED"}, {"message", "no"}}}});
  const auto refused = call.get();
  ASSERT_TRUE(refused.ok()) << refused.error().to_string();
  EXPECT_EQ(refused->state, State::kRefused);
  ASSERT_TRUE(refused->error);
  EXPECT_EQ(refused->error->code, "POLICY_DENIED");
  EXPECT_EQ(refused->error->message, "no");
  EXPECT_EQ(code_of(ana.call("ws-7", "task:create", {})), ErrorCode::kNotFound);
  ConductorClient viewer = signed_in(Role::kViewer);
  EXPECT_EQ(code_of(viewer.call("ws-42", "task:create", {})), ErrorCode::kTokenScopeDenied);
}

TEST_F(CppClient, WhatASidecarAnswersDirectlyIsNoCommand) {
  http::ServerThread sidecar([](const http::Request& request, std::unique_ptr<http::Responder> responder) {
    http::Response response;
    const bool refuses = request.target == "/tools/task:refused";
    response.status = refuses ? 403 : 200;
    response.body = refuses ? R"({"success":false,"error":{"code":"POLICY_DENIED","message":"no"}})"
                            : R"({"success":true,"data":{"n":1},"metadata":{"receipt_id":"rcpt-1"}})";
    responder->send(std::move(response));
  });
  Workspace near(world_, "ws-9");
  json::Object enrollment = near.enrollment(world_.ticket());
  enrollment.set("sidecar_url", "http://127.0.0.1:" + std::to_string(sidecar.listen()));
  ASSERT_EQ(world_.post("/v2/enrollments", enrollment).status, 201);
  ConductorClient ana = signed_in();
  const auto done = ana.call("ws-9", "task:create", {});
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(done->command_id, std::nullopt);
  EXPECT_EQ(done->state, State::kDone);
  EXPECT_EQ(done->receipt_id, "rcpt-1");
  const auto refused = ana.call("ws-9", "task:refused", {});
  ASSERT_TRUE(refused.ok()) << refused.error().to_string();
  EXPECT_EQ(refused->state, State::kRefused);
  EXPECT_EQ(refused->error->code, "POLICY_DENIED");
}

TEST_F(CppClient, ADeviceSignsTheVeryCall) {
  ConductorClient phone = device({"workspace"});
  const P256KeyPair key = *generate_p256();
  const consumers::Decider signer{std::string(kPhone), key.private_pem};
  EXPECT_EQ(code_of(phone.call("ws-42", "task:create", {})), ErrorCode::kTokenScopeDenied);
  EXPECT_EQ(code_of(phone.call("ws-42", "task:create", {}, {.signer = {std::string(kPhone), "no key"}})),
            ErrorCode::kInvalidConfiguration);
  const consumers::ConductorCall options{"key-1", milliseconds(0), signer};
  const auto early = phone.call("ws-42", "task:create", {{"title", "x"}}, options);
  ASSERT_TRUE(early.ok()) << early.error().to_string();
  EXPECT_EQ(phone.call("ws-42", "task:create", {{"title", "x"}}, options)->command_id, early->command_id)
      << "signed anew it is the same call";
  const Answer fetched = take();
  json::Value payload = *fetched.value.at_pointer("/items/0/event/payload");
  const auto signature = from_base64url(json::string_or(payload, "signature", ""));
  ASSERT_TRUE(signature);
  payload.as_object().erase("signature");
  const json::Object statement{{"purpose", "command"},
                               {"kind", "conductor:tool_requested"},
                               {"payload", payload},
                               {"decided_by", kPhone},
                               {"decided_at", fetched.text("/items/0/event/timestamp")}};
  EXPECT_TRUE(p256_verify(*json::canonical(statement), *signature, key.public_pem));
}

TEST_F(CppClient, ACommandIsQueuedOnceAndCancelled) {
  ConductorClient phone = device({"workspace"});
  const wire::NewCommand hello{.kind = "sidekick:command_received", .payload = kText, .idempotency_key = "key-1"};
  const auto queued = phone.queue("ws-42", hello);
  ASSERT_TRUE(queued.ok()) << queued.error().to_string();
  EXPECT_EQ(queued->state, State::kQueued);
  EXPECT_EQ(phone.queue("ws-42", hello)->command_id, queued->command_id);
  const auto shown = phone.command("ws-42", queued->command_id);
  ASSERT_TRUE(shown.ok()) << shown.error().to_string();
  EXPECT_EQ(shown->from, kPhone);
  EXPECT_EQ(shown->expires_at, queued->expires_at);

  const auto cancelled = phone.cancel("ws-42", queued->command_id, "never mind & more");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().to_string();
  EXPECT_EQ(cancelled->state, State::kCancelled);
  EXPECT_EQ(phone.outcome("ws-42", queued->command_id)->error->message, "never mind & more");
  EXPECT_EQ(code_of(phone.cancel("ws-42", queued->command_id)), ErrorCode::kConflict);
  EXPECT_EQ(code_of(phone.queue("ws-42", {.kind = "acme-demo:job_completed"})), ErrorCode::kUnknownKind);
}

TEST_F(CppClient, ADecisionIsSignedForTheVeryCall) {
  const json::Object asked{{"approval_id", "apr-1"},
                           {"receipt_id", "rcpt-1"},
                           {"surface", "conductor"},
                           {"tool_name", "acme:do"},
                           {"call_digest", std::string(64, 'a')},
                           {"preview", json::Object{{"tool", "acme:do"}}},
                           {"requested_by", "ws-42"},
                           {"expires_at", format_rfc3339(world_.clock.now() + std::chrono::hours(1))}};
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1, "sidekick:approval_requested", asked), 0).status, 200);
  ConductorClient phone = device({"workspace", "approvals:read", "approvals:decide"});
  const auto waiting = phone.approvals("ws-42", {.pending_only = true});
  ASSERT_TRUE(waiting.ok()) << waiting.error().to_string();
  ASSERT_EQ(waiting->items.size(), 1u);
  const wire::Approval& approval = waiting->items[0];
  EXPECT_EQ(approval.state, wire::ApprovalState::kPending);
  EXPECT_EQ(json::string_or(approval.preview, "tool", ""), "acme:do");
  EXPECT_TRUE(phone.approvals("ws-42", {.before = approval.position})->items.empty());

  const P256KeyPair key = *generate_p256();
  const consumers::Decider decider{std::string(kPhone), key.private_pem};
  const auto queued = phone.decide(approval, wire::ApprovalDecisionDecision::kDeny, decider, "not \"now\"");
  ASSERT_TRUE(queued.ok()) << queued.error().to_string();
  const Answer fetched = take();
  EXPECT_EQ(fetched.text("/items/0/event/event_id"), queued->command_id);
  const json::Object statement{{"purpose", "approval"},
                               {"approval_id", "apr-1"},
                               {"call_digest", std::string(64, 'a')},
                               {"decision", "deny"},
                               {"decided_by", kPhone},
                               {"reason", "not \"now\""},
                               {"decided_at", fetched.text("/items/0/event/timestamp")}};
  const auto signature = from_base64url(fetched.text("/items/0/event/payload/signature"));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(p256_verify(*json::canonical(statement), *signature, key.public_pem));

  EXPECT_EQ(code_of(phone.decide(approval, wire::ApprovalDecisionDecision::kApprove, {std::string(kPhone), "no key"})),
            ErrorCode::kInvalidConfiguration);
  wire::Approval unknown = approval;
  unknown.approval_id = "apr-2";
  EXPECT_EQ(code_of(phone.decide(unknown, wire::ApprovalDecisionDecision::kApprove, decider)), ErrorCode::kNotFound);
}

TEST_F(CppClient, EventsComePageByPage) {
  const auto events = workspace_.make_events(5);
  EXPECT_EQ(workspace_.post_events(events, 0).status, 200);
  ConductorClient phone = device({"workspace"});
  std::vector<std::int64_t> seen;
  std::size_t pages = 0;
  for (std::optional<std::int64_t> after = 0; after; ++pages) {
    const auto page = phone.events("ws-42", {.kind = "acme-demo:job_completed", .after = *after, .limit = 2});
    ASSERT_TRUE(page.ok()) << page.error().to_string();
    for (const wire::EventItem& item : page->items) {
      const auto& event = std::get<wire::WorkspaceEvent>(item);
      EXPECT_EQ(event.class_, wire::WorkspaceEventClass::kQueue);
      EXPECT_EQ(json::integer_or(*event.payload, "n", 0), 1);
      seen.push_back(event.seq);
    }
    after = page->next;
  }
  EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3, 4, 5));
  EXPECT_GE(pages, 3u);
  EXPECT_TRUE(phone.events("ws-42", {.stream = "another"})->items.empty());
  EXPECT_EQ(code_of(phone.events("ws-42", {.limit = 0})), ErrorCode::kInvalidRequest);
}

TEST_F(CppClient, WhatDoesNotAnswerIsUnreachable) {
  ConductorClient nobody({.url = "http://127.0.0.1:1"});
  EXPECT_EQ(code_of(nobody.workspaces()), ErrorCode::kUnreachable);
  EXPECT_EQ(code_of(nobody.sign_in({"ana", "correct horse battery"})), ErrorCode::kUnreachable);
  EXPECT_EQ(nobody.sign_out().error().code(), ErrorCode::kUnreachable);
}

}  // namespace
}  // namespace lumenflow::conductor
