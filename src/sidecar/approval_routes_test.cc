#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>

#include "base/encoding.h"
#include "base/signing.h"
#include "http/client.h"
#include "journal/approvals.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using json::Object;
using testing::HasSubstr;

constexpr const char* kAskForEmit =
    "policies: [{id: ask, trigger: on_tool_request, decision: approval_required, when: {tool: 'probe:emit'}}]\n";
constexpr const char* kPhone = "ws-42:phone:pixel-8";

class ApprovalRoutes : public testing::Test {
 protected:
  json::Value parked(int n = 1) const {
    const Answer answer = world.call("probe:emit", R"({"n":)" + std::to_string(n) + "}");
    EXPECT_EQ(answer.status, 202) << answer.body;
    return answer.value;
  }
  static std::string text(const json::Value& value, const char* key) {
    return std::string(json::string_or(value, key, ""));
  }
  Headers decider(const std::string& subject = "ws-42:ci") const {
    return world.as(world.token("approvals:read approvals:decide", subject));
  }
  std::string operator_pem() const {
    const PosixFiles files;
    return *unlock_operator_key(files, WorkspacePaths(world.root()).keys, "");
  }

  // What POST /approvals/{id} takes: a decision in this one's name, signed with this key.
  json::Value decision(const std::string& id, const char* verdict, const std::string& by,
                       const std::string& pem) const {
    journal::ParkedCall shown;
    shown.receipt = *journal::receipt_of_approval(id);
    shown.digest = world.get("/approvals/" + id, decider()).text("/call_digest");
    const journal::ApprovalDecision said{
        std::string_view(verdict) == "approve", by, "because", SystemClock().now(), {}};
    return Object{{"decision", verdict},
                  {"reason", said.reason},
                  {"decided_at", format_rfc3339(said.decided_at)},
                  {"signature", to_base64url(*p256_sign(journal::approval_statement(shown, said), pem))}};
  }
  Answer post(const std::string& id, const json::Value& decision, Headers headers) const {
    return world.send(http::Method::kPost, "/approvals/" + id, json::serialize(decision), std::move(headers));
  }
  // On the socket, as the local user.
  std::string pin_phone() {
    const P256KeyPair key = *generate_p256();
    const std::string proof =
        *make_operator_proof(operator_pem(), "ws-42", "kernel:device_add", "proof-1", SystemClock().now());
    const json::Value input = Object{{"device_id", "pixel-8"}, {"name", "Ana's"}, {"public_key", key.public_pem}};
    const Answer added = world.socket_call("device_add", input, {{std::string(kOperatorHeader), proof}});
    EXPECT_EQ(added.status, 200) << added.body;
    EXPECT_EQ(added.text("/data/subject"), kPhone);
    return key.private_pem;
  }
  std::size_t events_emitted() const {
    std::size_t count = 0;
    for (const json::Value& entry : world.entries())
      if (const json::Value* kind = entry.at_pointer("/event/kind"))
        count += *kind == json::Value("probe:happened") ? 1 : 0;
    return count;
  }

  SidecarWorld world{{.config = kAskForEmit}};
};

TEST_F(ApprovalRoutes, ACallWaitsIsShownAndGoesOnOnce) {
  const json::Value answer = parked();
  const std::string id = text(answer, "approval_id");
  EXPECT_EQ(text(answer, "status"), "pending_approval");
  const Answer listed = world.get("/approvals?limit=1", decider());
  EXPECT_EQ(listed.text("/items/0/approval_id"), id) << listed.body;
  const Answer shown = world.get("/approvals/" + id, decider());
  EXPECT_EQ(shown.text("/state"), "open");
  EXPECT_EQ(shown.text("/decider"), "ws-42:ci");
  EXPECT_EQ(json::integer_or(*shown.value.at_pointer("/call/input"), "n", 0), 1);
  EXPECT_EQ(shown.text("/call/rules/0/rule"), "workspace:ask");

  const json::Value approve = decision(id, "approve", "ws-42:ci", operator_pem());
  const Answer approved = post(id, approve, decider());
  EXPECT_EQ(approved.status, 200) << approved.body;
  EXPECT_EQ(world.get("/calls/" + text(answer, "receipt_id") + "?wait=10s").text("/status"), "success");
  EXPECT_EQ(events_emitted(), 1u);
  const Answer again = post(id, approve, decider());
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "ALREADY_DECIDED");
  EXPECT_EQ(world.get("/approvals/" + id, decider()).text("/decisions/0/decided_by"), "ws-42:ci");
  EXPECT_EQ(world.get("/approvals", decider()).value.find("items")->as_array().size(), 0u);
}

TEST_F(ApprovalRoutes, ACallThatWaitsCanBeCancelled) {
  const json::Value answer = parked();
  const std::string id = text(answer, "approval_id"), path = "/calls/" + text(answer, "receipt_id");
  const Headers other = world.as(world.token("tools:write", "ws-42:other"));
  EXPECT_EQ(world.send(http::Method::kDelete, path, {}, other).status, 404) << "nobody else's business";
  EXPECT_EQ(world.get("/approvals/" + id, decider()).text("/state"), "open");
  const Answer cancelled = world.send(http::Method::kDelete, path);
  EXPECT_EQ(cancelled.status, 200) << cancelled.body;
  EXPECT_EQ(cancelled.text("/status"), "cancelled");
  EXPECT_EQ(cancelled.text("/finished/code"), "TOOL_CANCELLED");
  EXPECT_EQ(world.get("/approvals/" + id, decider()).text("/state"), "cancelled");
  EXPECT_EQ(world.get("/approvals", decider()).value.find("items")->as_array().size(), 0u);

  const Answer late = post(id, decision(id, "approve", "ws-42:ci", operator_pem()), decider());
  EXPECT_EQ(late.code(), "TOOL_CANCELLED") << late.body;
  EXPECT_EQ(world.send(http::Method::kDelete, path).text("/status"), "cancelled") << "and again";
  world.stop();
  world.start();
  EXPECT_EQ(world.get(path).text("/status"), "cancelled");
  EXPECT_EQ(post(id, decision(id, "approve", "ws-42:ci", operator_pem()), decider()).code(), "TOOL_CANCELLED");
  EXPECT_EQ(events_emitted(), 0u);

  const std::string next = text(parked(2), "receipt_id");
  const Headers stopper = world.as(world.token("control:stop", "ws-42:guard"));
  EXPECT_EQ(world.send(http::Method::kDelete, "/calls/" + next, {}, stopper).text("/status"), "cancelled");
}

TEST_F(ApprovalRoutes, ADenialIsTheCallsEnd) {
  const json::Value answer = parked();
  const std::string id = text(answer, "approval_id");
  EXPECT_EQ(post(id, decision(id, "deny", "ws-42:ci", operator_pem()), decider()).status, 200);
  const Answer ended = world.get("/calls/" + text(answer, "receipt_id") + "?wait=10s");
  EXPECT_EQ(ended.text("/result/error/code"), "APPROVAL_DENIED") << ended.body;
  EXPECT_THAT(ended.body, HasSubstr("because"));
  EXPECT_EQ(events_emitted(), 0u);
}

TEST_F(ApprovalRoutes, WhatIsNoDecisionIsRefusedAndTheCallWaitsOn) {
  const std::string id = text(parked(), "approval_id");
  const json::Value good = decision(id, "approve", "ws-42:ci", operator_pem());
  const auto with = [&good](const char* key, json::Value value) {
    json::Value other = good;
    other.as_object().set(key, std::move(value));
    return other;
  };
  const auto refused = [&](const json::Value& body, Headers headers) {
    return post(id, body, std::move(headers)).code();
  };
  EXPECT_EQ(refused(good, {}), "TOKEN_SCOPE_DENIED") << "a token without approvals:decide";
  EXPECT_EQ(refused(good, decider("ws-42:other")), "UNAUTHENTICATED") << "in another's name";
  EXPECT_EQ(refused(with("decision", "deny"), decider()), "UNAUTHENTICATED") << "turned around";
  EXPECT_EQ(refused(with("reason", "else"), decider()), "UNAUTHENTICATED");
  EXPECT_EQ(refused(with("decided_by", "ws-42:ci"), decider("ws-42:relay")), "UNAUTHENTICATED")
      << "the key is no device's";
  EXPECT_EQ(refused(with("decision", "perhaps"), decider()), "INVALID_INPUT");
  EXPECT_EQ(refused(with("more", 1), decider()), "INVALID_INPUT");
  EXPECT_EQ(refused(with("decided_at", "2001-01-01T00:00:00.000Z"), decider()), "INVALID_INPUT");
  EXPECT_EQ(refused(json::Array{}, decider()), "INVALID_INPUT");
  EXPECT_EQ(post("appr-01ARZ3NDEKTSV4RRFFQ69G5FAV", good, decider()).status, 404);
  EXPECT_EQ(world.get("/approvals/nonsense", decider()).status, 404);
  EXPECT_EQ(world.get("/approvals").status, 403) << "a token without approvals:read";
  EXPECT_EQ(world.get("/approvals?after=xyz", decider()).code(), "INVALID_REQUEST");
  EXPECT_EQ(world.get("/approvals/" + id, decider()).text("/state"), "open");
  EXPECT_EQ(events_emitted(), 0u);
}

TEST_F(ApprovalRoutes, ADevicesDecisionCountsWhoeverCarriesItUntilItIsRevoked) {
  const std::string pem = pin_phone();
  const std::string id = text(parked(), "approval_id"), other = text(parked(2), "approval_id");
  json::Value said = decision(id, "approve", kPhone, pem);
  said.as_object().set("decided_by", kPhone);
  EXPECT_EQ(post(other, said, decider("ws-42:conductor")).code(), "UNAUTHENTICATED") << "for another call";
  EXPECT_EQ(post(id, said, decider("ws-42:conductor")).status, 200);
  const std::string proof =
      *make_operator_proof(operator_pem(), "ws-42", "kernel:device_revoke", "proof-2", SystemClock().now());
  const Headers phone = decider(kPhone);
  EXPECT_EQ(world.get("/approvals", phone).status, 200);
  const json::Value pixel = Object{{"device_id", "pixel-8"}};
  EXPECT_EQ(world.socket_call("device_revoke", pixel, {{std::string(kOperatorHeader), proof}}).status, 200);
  said = decision(other, "approve", kPhone, pem);
  said.as_object().set("decided_by", kPhone);
  EXPECT_EQ(post(other, said, decider("ws-42:conductor")).code(), "UNAUTHENTICATED");
  EXPECT_EQ(world.get("/approvals", phone).code(), "TOKEN_REVOKED");
  EXPECT_THAT(world.socket_call("device_list", Object{}).body, HasSubstr(R"("revoked":true)"));
  EXPECT_EQ(events_emitted(), 1u);
}

TEST_F(ApprovalRoutes, StopNeedsItsScopeAndResumeTheOperatorKey) {
  const Headers brakes = world.as(world.token("workspace control:stop", "ws-42:ci"));
  const auto post_to = [&](const char* path, const char* body, Headers headers) {
    return world.send(http::Method::kPost, path, body, std::move(headers));
  };
  EXPECT_EQ(post_to("/stop", R"({"tool":"probe:echo"})", {}).code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(post_to("/stop", R"({"tool":"probe:echo"})", brakes).status, 200);
  const Answer refused = world.call("probe:echo");
  EXPECT_EQ(refused.status, 423);
  EXPECT_EQ(refused.code(), "STOPPED");
  EXPECT_EQ(post_to("/resume", R"({"tool":"probe:echo"})", brakes).code(), "TOKEN_SCOPE_DENIED");
  Headers proven = brakes;
  proven.emplace_back(std::string(kOperatorHeader),
                      *make_operator_proof(operator_pem(), "ws-42", "kernel:resume", "proof-3", SystemClock().now()));
  EXPECT_EQ(post_to("/resume", R"({"tool":"probe:echo"})", proven).status, 200);
  EXPECT_EQ(world.call("probe:echo").status, 200);

  const Headers admin = world.as(world.token("tools:admin", "ws-42:ci"));
  EXPECT_EQ(post_to("/reload", "{}", admin).code(), "TOKEN_SCOPE_DENIED");
  proven = admin;
  proven.emplace_back(std::string(kOperatorHeader),
                      *make_operator_proof(operator_pem(), "ws-42", "kernel:reload", "proof-4", SystemClock().now()));
  EXPECT_EQ(post_to("/reload", "{}", proven).status, 200);
  EXPECT_EQ(post_to("/reload", "{}", proven).code(), "UNAUTHENTICATED") << "a proof is good once";
}

// LUMENFLOW_APPROVAL_RACES sets how many.
TEST_F(ApprovalRoutes, ApprovedFromEverywhereAtOnceItRunsOnce) {
  const char* wanted = std::getenv("LUMENFLOW_APPROVAL_RACES");
  const int races = wanted == nullptr ? 10 : std::atoi(wanted);
  const std::string pem = pin_phone(), console = operator_pem();
  for (int race = 0; race < races; ++race) {
    const std::string id = text(parked(race), "approval_id");
    const json::Value by_http = decision(id, "approve", "ws-42:ci", console);
    json::Value by_relay = decision(id, "approve", kPhone, pem);
    by_relay.as_object().set("decided_by", kPhone);
    json::Value on_socket = by_relay;
    on_socket.as_object().set("approval_id", id);
    on_socket.as_object().erase("decision");
    std::vector<std::future<Answer>> answers;
    const auto at_once = [&answers](auto run) { answers.push_back(std::async(std::launch::async, run)); };
    at_once([&] { return post(id, by_http, decider()); });
    at_once([&] { return post(id, by_relay, decider("ws-42:conductor")); });
    at_once([&] { return post(id, by_relay, decider(kPhone)); });
    at_once([&] { return world.socket_call("approve", on_socket); });
    int approved = 0;
    for (std::future<Answer>& each : answers) {
      const Answer answer = each.get();
      const bool counted = answer.status == 200 && answer.code().empty();
      approved += counted ? 1 : 0;
      EXPECT_TRUE(counted || answer.code() == "ALREADY_DECIDED") << answer.body;
    }
    ASSERT_EQ(approved, 1);
  }
  EXPECT_EQ(events_emitted(), static_cast<std::size_t>(races));
}

}  // namespace
}  // namespace lumenflow::sidecar
