// Of an approval that somebody asks for, those hear who subscribed; through the whole server, to a real receiver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/encoding.h"
#include "base/sha256.h"
#include "conductor/testing/conductor_world.h"
#include "http/server_fixture.h"

namespace lumenflow::conductor {
namespace {

constexpr const char* kSecret = "a-secret-of-the-webhook";

// What a webhook was told.
class Receiver {
 public:
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/told"; }
  void answers(int status) { status_ = status; }
  std::vector<http::Request> await(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return told_.size() >= count; }));
    return told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::Request> told_;
  std::atomic<int> status_ = 204;
  http::ServerThread server_{[this](http::Request request, std::unique_ptr<http::Responder> responder) {
    {
      const std::lock_guard lock(mutex_);
      told_.push_back(std::move(request));
    }
    changed_.notify_all();
    http::Response done;
    done.status = status_;
    responder->send(std::move(done));
  }};
  const std::uint16_t port_ = server_.listen();
};

class Notices : public testing::Test {
 protected:
  Answer add(const std::string& url, const std::string& workspace, const std::string& secret = kSecret) {
    return world_.post("/v2/webhooks", json::Object{{"url", url}, {"secret", secret}, {"workspace_id", workspace}},
                       world_.operator_session());
  }
  void asks_for_approval(Workspace& workspace, std::uint64_t after) {
    const json::Object asked{{"approval_id", "appr-1"},
                             {"receipt_id", "rcpt-1"},
                             {"surface", "tool:acme:ship"},
                             {"tool_name", "acme:ship"},
                             {"call_digest", "d"},
                             {"preview", json::Object{{"input", "not for a webhook"}}},
                             {"requested_by", "ws-42:agent"},
                             {"expires_at", "2026-11-22T12:00:00.000Z"}};
    const auto events = workspace.make_events(1, "sidekick:approval_requested", asked);
    EXPECT_EQ(workspace.post_events(events, after).status, 200);
  }

  Receiver receiver_;
  ConductorWorld world_{"memory"};
};

TEST(OwedNotices, WhatWasNotSentIsSentAfterARestartWhileTheApprovalWaits) {
  ConductorWorld world("sqlite");
  Workspace workspace(world);
  workspace.enroll();
  workspace.hello();
  const auto receiver = std::make_unique<Receiver>();
  const json::Object hook{{"url", receiver->url()}, {"secret", kSecret}, {"workspace_id", "ws-42"}};
  const Headers admin = world.operator_session();
  ASSERT_EQ(world.post("/v2/webhooks", hook, admin).status, 201);
  receiver->answers(500);
  const auto ask = [&](const std::string& id, std::uint64_t after) {
    const json::Object asked{{"approval_id", id},
                             {"receipt_id", "rcpt-" + id},
                             {"surface", "tool:acme:ship"},
                             {"tool_name", "acme:ship"},
                             {"call_digest", "d"},
                             {"preview", json::Object{}},
                             {"requested_by", "ws-42:agent"},
                             {"expires_at", format_rfc3339(world.clock.now() + std::chrono::hours(24))}};
    EXPECT_EQ(workspace.post_events(workspace.make_events(1, "sidekick:approval_requested", asked), after).status, 200);
  };
  ask("appr-1", 0);
  EXPECT_EQ(receiver->await(1).size(), 1u);
  world.restart([&] { receiver->answers(204); });
  const auto told = receiver->await(2);
  EXPECT_EQ(told.back().header("webhook-id"), "approval_requested/ws-42/appr-1");
  const auto sent = [&] {
    for (int i = 0; i < 2'000; ++i) {
      if (world.get("/metrics", world.operator_session()).body.find("\"sent\"} 1") != std::string::npos) return true;
      std::this_thread::yield();
    }
    return false;
  };
  ASSERT_TRUE(sent()) << world.get("/metrics", world.operator_session()).body;
  world.restart();
  workspace.hello();
  ask("appr-2", 1);
  EXPECT_EQ(receiver->await(3).back().header("webhook-id"), "approval_requested/ws-42/appr-2") << "and once only";
}

TEST_F(Notices, AWebhookHearsOfAnApprovalAndCanTellWhomItIsFrom) {
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  EXPECT_EQ(add("http://127.0.0.1:1/others", "ws-7").status, 201) << "of another workspace";
  EXPECT_EQ(add(receiver_.url(), "ws-42").status, 201);
  asks_for_approval(workspace, 0);
  const http::Request told = receiver_.await(1).front();
  const json::Value body = *json::parse(told.body);
  EXPECT_EQ(json::string_or(body, "workspace_id", ""), "ws-42");
  EXPECT_EQ(json::string_or(body, "approval_id", ""), "appr-1");
  EXPECT_EQ(json::string_or(body, "tool_name", ""), "acme:ship");
  EXPECT_EQ(told.body.find("not for a webhook"), std::string::npos)
      << "what the call would do is shown to who signs in";
  const std::string id(told.header("webhook-id").value_or("")), time(told.header("webhook-timestamp").value_or(""));
  EXPECT_EQ(id, "approval_requested/ws-42/appr-1");
  EXPECT_EQ(told.header("webhook-signature"),
            "v1," + to_base64(as_chars(hmac_sha256(kSecret, id + "." + time + "." + told.body))));
}

// The form of Standard Webhooks, which every library of it decodes.
TEST_F(Notices, ASecretOfTheStandardsFormSignsWithItsBytes) {
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  const std::string bytes = "twenty-four bytes or more";
  for (const char* wrong : {"whsec_", "whsec_c2hvcnQ=", "whsec_not base64 but long enough to be something"})
    EXPECT_EQ(add(receiver_.url(), "ws-42", wrong).code(), "INVALID_INPUT") << wrong;
  EXPECT_EQ(add(receiver_.url(), "ws-42", "whsec_" + to_base64(bytes)).status, 201);
  asks_for_approval(workspace, 0);
  const http::Request told = receiver_.await(1).front();
  const std::string id(told.header("webhook-id").value_or("")), time(told.header("webhook-timestamp").value_or(""));
  EXPECT_EQ(told.header("webhook-signature"),
            "v1," + to_base64(as_chars(hmac_sha256(bytes, id + "." + time + "." + told.body))));
}

TEST_F(Notices, OneThatWasRemovedHearsNothing) {
  Workspace workspace(world_);
  workspace.enroll();
  workspace.hello();
  const std::string removed = add(receiver_.url() + "/removed", "ws-42").text("/hook_id");
  EXPECT_EQ(world_.send(http::Method::kDelete, "/v2/hooks/" + removed, {}, world_.operator_session()).status, 200);
  EXPECT_EQ(add(receiver_.url(), "").status, 201) << "of every workspace";
  asks_for_approval(workspace, 0);
  EXPECT_EQ(receiver_.await(1).front().target, "/told");
}

TEST_F(Notices, WhatIsNoSubscriptionIsRefusedWithItsForm) {
  const Answer refused = world_.post("/v2/push",
                                     json::Object{{"endpoint", "https://push.example.net/x"},
                                                  {"keys", json::Object{{"p256dh", "AAAA"}, {"auth", "AAAA"}}}},
                                     world_.operator_session());
  EXPECT_EQ(refused.code(), "INVALID_INPUT");
  EXPECT_THAT(refused.body, testing::HasSubstr("PushSubscription"));
  EXPECT_EQ(world_.get("/v2/push/key", world_.operator_session()).text("/public_key").size(), 87u);
}

}  // namespace
}  // namespace lumenflow::conductor
