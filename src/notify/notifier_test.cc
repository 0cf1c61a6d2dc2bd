#include "notify/notifier.h"

#include <gmock/gmock.h>

#include <future>

#include "base/encoding.h"
#include "base/sha256.h"
#include "http/self_signed.h"
#include "http/server_fixture.h"

namespace lumenflow::notify {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

// A server that answers as it is told, and what came there.
class Notifying : public ::testing::Test {
 protected:
  void SetUp() override {
    http::write_self_signed(cert_file, key_file);
    options.push_key = *generate_p256();
    options.contact = "mailto:ana@example.net";
    options.allow = {*network::parse_entry("127.0.0.1")};
    options.ca_file = cert_file;
    options.backoff = options.backoff_max = milliseconds(1);
    port = *server.on_thread([&] { return server.server->listen_tls("127.0.0.1", 0, cert_file, key_file); });
  }

  // What is still unanswered ends before the server's io_context does.
  void TearDown() override {
    server.on_thread([this] { unanswered.clear(); });
  }

  void answer(http::Request request, std::unique_ptr<http::Responder> responder) {
    const std::string target = request.target;
    {
      const std::lock_guard lock(mutex);
      came.push_back(std::move(request));
      if (target == "/silent") {
        unanswered.push_back(std::move(responder));
        changed.notify_all();
        return;
      }
    }
    changed.notify_all();
    http::Response response;
    response.status = target == "/gone" ? 410 : target == "/bad" ? 400 : 204;
    if (target == "/busy" && failures-- > 0) response.status = 503;
    if (target == "/lost") response.status = 500;
    responder->send(std::move(response));
  }
  Target webhook(const std::string& path) const {
    return {"hook" + path, Webhook{"https://127.0.0.1:" + std::to_string(port) + path, "secret"}};
  }
  // Tells, and waits until all of them have come to an end: "target notice outcome why".
  std::vector<std::string> told(const std::vector<std::pair<Target, Notice>>& notices) {
    Notifier notifier(options, clock, ended());
    for (const auto& [target, notice] : notices) EXPECT_TRUE(notifier.notify(target, notice).ok());
    await([&] { return ends.size() == notices.size(); });
    return ends;
  }
  Notifier::Ended ended() {
    return [this](const std::string& target, const std::string& notice, Outcome outcome, const std::string& why) {
      constexpr std::array kNames = {"delivered", "gone", "refused", "given up"};
      const std::lock_guard lock(mutex);
      ends.push_back(target + " " + notice + " " + kNames.at(static_cast<std::size_t>(outcome)) +
                     (why.empty() ? "" : " " + why));
      changed.notify_all();
    };
  }
  template <class Holds>
  void await(Holds holds) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, kPatience, holds));
  }

  http::TemporaryFolder folder;
  const std::string cert_file = folder.file("cert.pem"), key_file = folder.file("key.pem");
  SystemClock clock;
  NotifierOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<http::Request> came;
  std::vector<std::unique_ptr<http::Responder>> unanswered;
  std::vector<std::string> ends;
  int failures = 2;  // of /busy, to begin with
  http::ServerThread server{[this](http::Request request, std::unique_ptr<http::Responder> responder) {
    answer(std::move(request), std::move(responder));
  }};
  std::uint16_t port = 0;
};

TEST_F(Notifying, AWebhookCanTellWhomItIsFrom) {
  EXPECT_THAT(told({{webhook("/x"), {"n-1", R"({"approval_id":"apr-1"})", ""}}}),
              ::testing::ElementsAre("hook/x n-1 delivered"));
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].body, R"({"approval_id":"apr-1"})");
  EXPECT_EQ(came[0].header("webhook-id"), "n-1");
  const std::string time(came[0].header("webhook-timestamp").value_or(""));
  EXPECT_NEAR(std::stod(time), static_cast<double>(clock.now().ms) / 1000, 300);
  EXPECT_EQ(came[0].header("webhook-signature"),
            "v1," + to_base64(as_chars(hmac_sha256("secret", "n-1." + time + "." + came[0].body))));
}

// The example of the standard's own libraries.
TEST_F(Notifying, ASignatureIsWhatStandardWebhooksSays) {
  class Standing final : public Clock {
    Timestamp now() const override { return {1'614'265'330'000}; }
    std::chrono::nanoseconds monotonic() const override { return std::chrono::nanoseconds(1); }
  } standing;
  {
    Notifier notifier(options, standing, ended());
    const Target target{"hook", Webhook{"https://127.0.0.1:" + std::to_string(port) + "/x",
                                        from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value()}};
    ASSERT_TRUE(notifier.notify(target, {"msg_p5jXN8AQM9LWM0D4loKWxJek", R"({"test": 2432232314})", ""}).ok());
    await([&] { return ends.size() == 1; });
  }
  EXPECT_EQ(came.at(0).header("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_F(Notifying, APushIsForItsReaderAlone) {
  const auto push = http::parse_push_subscription(
      "https://127.0.0.1:" + std::to_string(port) + "/push",
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
      "BTBZMqHH6r4Tts7J_aSIgg");
  ASSERT_TRUE(push.ok());
  told({{{"phone", *push}, {"n-1", "somebody asks", "approvals"}}});
  ASSERT_EQ(ends, std::vector<std::string>{"phone n-1 delivered"});
  EXPECT_EQ(came[0].header("content-encoding"), "aes128gcm");
  EXPECT_EQ(came[0].header("topic"), "approvals");
  EXPECT_EQ(came[0].body.find("somebody"), std::string::npos);
}

TEST_F(Notifying, WhatFailsIsTriedAgainAndWhatIsRefusedIsNot) {
  told({{webhook("/busy"), {"n-1", "{}", ""}},
        {webhook("/gone"), {"n-1", "{}", ""}},
        {webhook("/bad"), {"n-1", "{}", ""}},
        {webhook("/lost"), {"n-1", "{}", ""}}});
  EXPECT_THAT(ends, ::testing::UnorderedElementsAre("hook/busy n-1 delivered", "hook/gone n-1 gone it answered 410",
                                                    "hook/bad n-1 refused it answered 400",
                                                    "hook/lost n-1 given up it answered 500"));
  std::map<std::string, int> attempts;
  for (const http::Request& request : came) ++attempts[request.target];
  EXPECT_EQ(attempts, (std::map<std::string, int>{{"/busy", 3}, {"/gone", 1}, {"/bad", 1}, {"/lost", 5}}));
}

TEST_F(Notifying, OnlyAllowedPlacesAreAsked) {
  options.allow.clear();
  told({{webhook("/x"), {"n-1", "{}", ""}},
        {{"plain", Webhook{"http://127.0.0.1:" + std::to_string(port) + "/x", "s"}}, {"n-1", "{}", ""}},
        {{"metadata", Webhook{"https://169.254.169.254/latest", "s"}}, {"n-1", "{}", ""}},
        {{"user", Webhook{"https://a:b@127.0.0.1/", "s"}}, {"n-1", "{}", ""}}});
  EXPECT_TRUE(came.empty());
  for (const std::string& end : ends) EXPECT_THAT(end, HasSubstr(" refused ")) << end;
}

// More silent targets than threads would hold everybody up; fewer do not, and one of them takes one thread alone.
TEST_F(Notifying, ASilentTargetHoldsUpItselfAlone) {
  Notifier notifier(options, clock, ended());
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(notifier.notify(webhook("/silent"), {"n-" + std::to_string(i), "{}", ""}).ok());
  await([&] { return unanswered.size() == 1; });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(notifier.notify(webhook("/x"), {"n-" + std::to_string(i), "{}", ""}).ok());
  await([&] { return ends.size() == 20; });
  for (std::size_t i = 0; i < ends.size(); ++i)
    EXPECT_EQ(ends[i], "hook/x n-" + std::to_string(i) + " delivered") << "in order";
  EXPECT_EQ(unanswered.size(), 1u);
}

TEST_F(Notifying, WhatWaitsIsBounded) {
  options.waiting_of_one_max = 3;
  options.waiting_max = 5;
  Notifier notifier(options, clock, ended());
  const auto refused = [&](const std::string& path) {
    const Status status = notifier.notify(webhook(path), {"n", "{}", ""});
    return status.ok() ? ErrorCode::kInternal : status.error().code();
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(refused("/silent"), ErrorCode::kInternal);
  EXPECT_EQ(refused("/silent"), ErrorCode::kRateLimited);
  EXPECT_EQ(refused("/silent?2"), ErrorCode::kInternal) << "another one";
  EXPECT_EQ(notifier.notify(webhook("/x"), {"n", std::string(4'000, 'x'), ""}).error().code(),
            ErrorCode::kInvalidInput);
}

// Else a conductor could not be stopped before whoever is silent has answered.
TEST_F(Notifying, ItsEndWaitsForNobody) {
  options.timeout = std::chrono::hours(1);
  options.attempts = 1;
  {
    Notifier notifier(options, clock, ended());
    ASSERT_TRUE(notifier.notify(webhook("/silent"), {"n-1", "{}", ""}).ok());
    await([&] { return unanswered.size() == 1; });
  }
  EXPECT_TRUE(ends.empty()) << "it is owed still";
}

}  // namespace
}  // namespace lumenflow::notify
