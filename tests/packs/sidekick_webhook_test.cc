// A webhook channel against a real HTTPS server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "http/self_signed.h"
#include "http/server_fixture.h"
#include "sidecar/outbound.h"
#include "sidekick_world.h"

namespace lumenflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SidekickWebhook : public ::testing::Test {
 protected:
  SidekickWebhook() {
    http::write_self_signed(cert_file, key_file);
    port = server.on_thread([&] { return server.server->listen_tls("127.0.0.1", 0, cert_file, key_file); }).value();
    outbound = sidecar::make_outbound(cert_file);
    world.outbound = outbound.get();
    allow("127.0.0.1:" + std::to_string(port));
  }
  // As the operator writes it; the workspace is opened with it.
  void allow(const std::string& host) {
    world.config.pack_sections["sidekick"] =
        json::Object{{"storage", "journal"}, {"webhook_allowlist", json::Array{host}}};
    if (world.kernel) world.crash();
    world.open();
    world.settle();
  }
  std::string url(const std::string& path) const { return "https://127.0.0.1:" + std::to_string(port) + path; }
  std::string configure(const std::string& url_text) {
    return world.refusal("channel:configure", R"({"name":"ops","type":"webhook","settings":{"timeout_ms":500,"url":")" +
                                                  url_text + R"("}})");
  }
  json::Value send(std::string_view content) {
    return world.answer("channel:send", R"({"channel":"ops","content":")" + std::string(content) + R"("})");
  }
  // The delivery of the newest message in the outbox.
  json::Value last_delivery() {
    const json::Value data = world.data("channel:receive", "{}");
    const json::Array& items = data.find("items")->as_array();
    return items.empty() ? json::Value() : *items.back().find("delivery");
  }
  std::vector<http::Request> requests() {
    const std::lock_guard lock(mutex);
    return taken;
  }

  void take(http::Request request, std::unique_ptr<http::Responder> responder) {
    http::Response response;
    response.status = request.target == "/moved" ? 302 : request.target == "/broken" ? 500 : 204;
    if (request.target == "/moved") response.headers.emplace_back("Location", url("/taken"));
    const bool silent = request.target == "/silent";
    {
      const std::lock_guard lock(mutex);
      taken.push_back(std::move(request));
    }
    if (silent)
      unanswered.push_back(std::move(responder));
    else
      responder->send(std::move(response));
  }

  http::TemporaryFolder folder;
  const std::string cert_file = folder.file("cert.pem"), key_file = folder.file("key.pem");
  std::mutex mutex;
  std::vector<http::Request> taken;
  std::vector<std::unique_ptr<http::Responder>> unanswered;  // the server thread's
  http::ServerThread server{[this](http::Request request, std::unique_ptr<http::Responder> responder) {
    take(std::move(request), std::move(responder));
  }};
  std::uint16_t port = 0;
  std::unique_ptr<kernel::Outbound> outbound;
  SidekickWorld world;
};

TEST_F(SidekickWebhook, PostsTheMessage) {
  ASSERT_EQ(configure(url("/hook?team=a")), "");
  const json::Value answer = send("Build is green");
  EXPECT_EQ(text(answer, "/data/message/delivery/state"), "delivered") << json::serialize(answer);
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(requests()[0].method, http::Method::kPost);
  const json::Value body = json::parse(requests()[0].body).value();
  EXPECT_EQ(text(body, "/content"), "Build is green");
  EXPECT_EQ(text(body, "/channel"), "ops");
  EXPECT_EQ(text(body, "/id"), text(answer, "/data/message/id"));
  EXPECT_THAT(world.payloads("sidekick:message_sent"), SizeIs(1));
}

TEST_F(SidekickWebhook, RefusesHostsThatTheOperatorDoesNotAllow) {
  EXPECT_EQ(configure("https://hooks.example.com/x"), "SCOPE_DENIED");
  EXPECT_EQ(configure("https://127.0.0.1:" + std::to_string(port + 1) + "/x"), "SCOPE_DENIED") << "another port";
  EXPECT_EQ(configure("https://localhost:" + std::to_string(port) + "/x"), "SCOPE_DENIED") << "another name for it";
  EXPECT_EQ(configure("http://127.0.0.1:" + std::to_string(port) + "/x"), "INVALID_INPUT");
  EXPECT_EQ(configure("https://user:secret@127.0.0.1:" + std::to_string(port) + "/x"), "INVALID_INPUT");
  ASSERT_EQ(configure(url("/x")), "");
  allow("hooks.example.com");
  EXPECT_EQ(text(send("x"), "/error/code"), "SCOPE_DENIED") << "what was allowed once is looked at again";
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(SidekickWebhook, RefusesANameThatLeadsIntoTheMachine) {
  const std::string host = "localhost:" + std::to_string(port);
  allow(host);
  ASSERT_EQ(configure("https://" + host + "/x"), "") << "the name is allowed";
  const json::Value answer = send("x");
  EXPECT_EQ(text(answer, "/error/code"), "SCOPE_DENIED") << "what it leads to is not";
  EXPECT_THAT(text(answer, "/error/message"), HasSubstr("leads to"));
  EXPECT_EQ(text(last_delivery(), "/state"), "failed");
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(SidekickWebhook, FollowsNoRedirect) {
  ASSERT_EQ(configure(url("/moved")), "");
  EXPECT_EQ(text(send("x"), "/error/code"), "PROVIDER_SEND_FAILED");
  ASSERT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(requests()[0].target, "/moved");
  EXPECT_EQ(text(last_delivery(), "/state"), "failed");
  EXPECT_THAT(text(last_delivery(), "/detail"), HasSubstr("302"));
}

TEST_F(SidekickWebhook, GivesUpOnAServerThatDoesNotAnswer) {
  ASSERT_EQ(configure(url("/silent")), "");
  const json::Value answer = send("x");
  EXPECT_EQ(text(answer, "/error/code"), "PROVIDER_SEND_FAILED");
  EXPECT_EQ(text(last_delivery(), "/state"), "failed");
  server.on_thread([&] { unanswered.clear(); });
  ASSERT_EQ(configure(url("/broken")), "");
  EXPECT_EQ(text(send("x"), "/error/code"), "PROVIDER_SEND_FAILED");
}

TEST_F(SidekickWebhook, TrustsNoCertificateOfNobody) {
  outbound = sidecar::make_outbound();
  world.outbound = outbound.get();
  allow("127.0.0.1:" + std::to_string(port));
  ASSERT_EQ(configure(url("/hook")), "");
  EXPECT_EQ(text(send("x"), "/error/code"), "PROVIDER_SEND_FAILED");
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(SidekickWebhook, ADeathAfterSendingLeavesThePendingMessage) {
  ASSERT_EQ(configure(url("/hook")), "");
  bool answered = false;
  world.submit("channel:send", json::Object{{"channel", "ops"}, {"content", "x"}}, {},
               [&](const kernel::CallResult& result) { answered = result.outcome == journal::Outcome::kSuccess; });
  world.kernel->run_pending();
  world.fail_commits_after = 1;  // the message is stored; what came of it is not
  world.running_task = true;
  while (world.executor.run_one()) {
  }
  world.running_task = false;
  world.fail_commits_after.reset();
  world.faults.fail_commit = false;
  world.crash();
  world.open();
  world.settle();
  EXPECT_FALSE(answered);
  EXPECT_THAT(requests(), SizeIs(1));
  EXPECT_EQ(json::serialize(last_delivery()), R"({"state":"pending"})");
}

}  // namespace
}  // namespace lumenflow::testing
