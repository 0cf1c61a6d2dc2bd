// The conductor over HTTP as the uplink's other side: what is said arrives as it should, and whatever comes back wrong,
// late, cut or without end is a refusal, promptly.
#include "conductor_link/http_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>

#include "base/signing.h"
#include "conductor_link/testing/bad_server.h"
#include "http/server_fixture.h"
#include "http/token.h"

namespace lumenflow::conductor_link {
namespace {

using testing::BadServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kStateFolder = "/state/conductor";
constexpr std::string_view kWelcome = R"({"session":5,"log_id":"log-a","streams":[]})";

const P256KeyPair& workspace_key() {
  static const P256KeyPair pair = *generate_p256();
  return pair;
}

// What a request's answer is, by its path; and what was asked. Its handler runs on the server's thread.
class Conductor {
 public:
  Conductor()
      : server([this](http::Request request, auto responder) { take(std::move(request), std::move(responder)); }) {
    url = "http://127.0.0.1:" + std::to_string(server.listen());
  }
  void answers(const std::string& path, int status, std::string body, std::string retry_after = {}) {
    const std::lock_guard lock(mutex_);
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    if (!retry_after.empty()) response.headers.emplace_back("Retry-After", retry_after);
    answers_[path].push_back(std::move(response));
  }
  std::vector<http::Request> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::string url;

 private:
  void take(http::Request request, std::unique_ptr<http::Responder> responder) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
    auto& ready = answers_[request.target.substr(0, request.target.find('?'))];
    if (ready.empty()) return waiting_.push_back(std::move(responder));  // never
    http::Response response = ready.front();
    if (ready.size() > 1) ready.pop_front();
    responder->send(std::move(response));
  }
  std::mutex mutex_;
  std::map<std::string, std::deque<http::Response>> answers_;  // the last one stays
  std::vector<http::Request> asked_;
  std::vector<std::unique_ptr<http::Responder>> waiting_;
  http::ServerThread server;
};

class HttpLinkTest : public ::testing::Test {
 protected:
  void link_to(const std::string& url, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    Enrollment enrollment;
    enrollment.conductor_url = url;
    enrollment.workspace_id = enrollment.subject = "ws-42";
    enrollment.token = "a.b.c";
    enrollment.issued_at = clock.now();
    enrollment.expires_at = clock.now() + std::chrono::hours(24);
    enrollment.conductor_jwks =
        *json::parse(R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                     R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    account = std::make_unique<Account>(
        AccountParts{*files, clock, std::string(kStateFolder), workspace_key().private_pem, "kid"}, enrollment);
    link = std::make_unique<HttpLink>(LinkParts{*account, worker_lanes(*account, {}), [] { return Vitals{}; },
                                                [] { return std::string("log-a"); }, nullptr, sidecar_url, timeout,
                                                std::chrono::seconds(30)});
  }
  template <class Answer, class Start>
  Answer wait_for(const Start& start) {
    auto answered = std::make_shared<std::promise<Answer>>();
    auto future = answered->get_future();
    start([answered](Answer answer) { answered->set_value(std::move(answer)); });
    EXPECT_EQ(future.wait_for(std::chrono::seconds(20)), std::future_status::ready) << "it must call back";
    return future.get();
  }
  uplink::HelloAnswer hello() {
    return wait_for<uplink::HelloAnswer>([this](auto done) { link->hello({"log-a", {{"sidecar", {3, 2}}}}, done); });
  }
  uplink::SendAnswer send(std::vector<std::string> events = {R"({"seq":1})"}) {
    auto batch = std::make_shared<const uplink::Batch>(uplink::Batch{"log-a", 5, "sidecar", {}, std::move(events)});
    return wait_for<uplink::SendAnswer>([&](auto done) { link->send(batch, done); });
  }
  uplink::FetchAnswer fetch() {
    return wait_for<uplink::FetchAnswer>([this](auto done) { link->fetch({5, {"down", 7}}, done); });
  }
  ErrorCode refused_with(const std::optional<uplink::Refusal>& refusal) {
    EXPECT_TRUE(refusal.has_value());
    return refusal ? refusal->error.code() : ErrorCode::kInternal;
  }

  ManualClock clock;
  std::unique_ptr<Files> files = make_memory_files();
  std::string sidecar_url;
  std::unique_ptr<Account> account;
  std::unique_ptr<HttpLink> link;
};

TEST_F(HttpLinkTest, SaysHelloWithItsTokenAndHearsTheWelcome) {
  Conductor conductor;
  conductor.answers("/v2/heartbeat", 200, std::string(kWelcome));
  link_to(conductor.url);
  const uplink::HelloAnswer answer = hello();
  ASSERT_FALSE(answer.refusal) << answer.refusal->error.message();
  EXPECT_EQ(answer.welcome.session, 5u);
  EXPECT_EQ(link->session(), 5u);
  const http::Request asked = conductor.asked().front();
  EXPECT_EQ(asked.header("authorization"), "Bearer a.b.c");
  EXPECT_THAT(asked.body, HasSubstr(R"("bases":[{"stream":"sidecar","seq":3,"queue_seq":2}])"));
}

TEST_F(HttpLinkTest, SaysWhereItsSidecarIsAndItsKeySaysSoToo) {
  Conductor conductor;
  conductor.answers("/v2/heartbeat", 200, std::string(kWelcome));
  sidecar_url = "https://ws.example.com";
  link_to(conductor.url);
  ASSERT_FALSE(hello().refusal);
  const json::Value said = *json::parse(conductor.asked().front().body);
  EXPECT_EQ(json::string_or(said, "sidecar_url", ""), sidecar_url);
  http::VerifierOptions options;
  options.public_pem = workspace_key().public_pem;
  options.issuer = "ws-42";
  options.audience = "sidecar_url";
  options.key_id = "kid";
  const auto claims = http::TokenVerifier(options).verify(json::string_or(said, "sidecar_url_proof", ""), clock.now());
  ASSERT_TRUE(claims.ok()) << claims.error().to_string();
  EXPECT_THAT((*claims)->scopes, ElementsAre(sidecar_url));
}

TEST_F(HttpLinkTest, SendsBatchesInTheirOrderAndCompressesLongOnes) {
  Conductor conductor;
  conductor.answers("/v2/events", 200, R"({"accepted":1,"duplicates":0,"rejected":[],"acked_seq":1})");
  link_to(conductor.url);
  std::vector<std::future<uplink::SendAnswer>> answers;
  for (int i = 0; i < 8; ++i) {
    auto answered = std::make_shared<std::promise<uplink::SendAnswer>>();
    answers.push_back(answered->get_future());
    const std::string padding(i == 3 ? 2'000 : 1, 'x');
    auto batch = std::make_shared<const uplink::Batch>(
        uplink::Batch{"log-a", 5, "sidecar", {static_cast<std::uint64_t>(i), 0}, {R"({"pad":")" + padding + "\"}"}});
    link->send(batch, [answered](uplink::SendAnswer answer) { answered->set_value(std::move(answer)); });
  }
  for (auto& answer : answers) EXPECT_FALSE(answer.get().refusal);
  const auto asked = conductor.asked();
  ASSERT_EQ(asked.size(), 8u);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (i == 3)
      EXPECT_EQ(asked[i].header("content-encoding"), "gzip");
    else
      EXPECT_THAT(asked[i].body, HasSubstr("\"seq\":" + std::to_string(i) + "},\"channel\""));
  }
}

TEST_F(HttpLinkTest, AsksForCommandsBehindWhatIsDurable) {
  Conductor conductor;
  conductor.answers("/v2/commands", 200, R"({"log_id":"down","items":[{"position":8,"event":{"kind":"x"}}]})");
  link_to(conductor.url);
  const uplink::FetchAnswer answer = fetch();
  ASSERT_FALSE(answer.refusal);
  EXPECT_EQ(answer.batch.items.front().text, R"({"kind":"x"})");
  EXPECT_EQ(conductor.asked().front().target, "/v2/commands?session=5&after=7&wait=30s&log_id=down");
}

TEST_F(HttpLinkTest, ARefusalComesWithItsCodeAndItsTime) {
  Conductor conductor;
  conductor.answers("/v2/events", 429, R"({"code":"RATE_LIMITED","detail":"slower"})", "3");
  conductor.answers("/v2/commands", 409, R"({"code":"CONFLICT","detail":"another waits"})");
  link_to(conductor.url);
  const uplink::SendAnswer sent = send();
  EXPECT_EQ(refused_with(sent.refusal), ErrorCode::kRateLimited);
  EXPECT_EQ(sent.refusal->retry_after, std::chrono::seconds(3));
  EXPECT_EQ(refused_with(fetch().refusal), ErrorCode::kConflict);
}

TEST_F(HttpLinkTest, AnotherQuestionEndsTheOneThatWaits) {
  Conductor conductor;  // it has no answer
  link_to(conductor.url);
  auto first = std::make_shared<std::promise<uplink::FetchAnswer>>();
  link->fetch({5, {}}, [first](uplink::FetchAnswer answer) { first->set_value(std::move(answer)); });
  while (conductor.asked().empty()) std::this_thread::yield();
  conductor.answers("/v2/commands", 200, R"({"log_id":"down","items":[]})");
  EXPECT_FALSE(fetch().refusal);
  EXPECT_EQ(refused_with(first->get_future().get().refusal), ErrorCode::kUnreachable);
}

TEST_F(HttpLinkTest, WhoeverWaitsIsToldWhenItIsClosed) {
  Conductor conductor;
  link_to(conductor.url);
  std::vector<std::future<ErrorCode>> answers;
  for (int i = 0; i < 3; ++i) {
    auto answered = std::make_shared<std::promise<ErrorCode>>();
    answers.push_back(answered->get_future());
    link->heartbeat(5, [answered](const uplink::HeartbeatAnswer& answer) {
      answered->set_value(answer.refusal ? answer.refusal->error.code() : ErrorCode::kInternal);
    });
  }
  while (conductor.asked().empty()) std::this_thread::yield();
  link.reset();
  for (auto& answer : answers) EXPECT_EQ(answer.get(), ErrorCode::kUnreachable);
}

TEST_F(HttpLinkTest, WhatIsNoAnswerIsARefusal) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const struct {
    std::string what, bytes;
    BadServer::Then then;
    ErrorCode code;
  } kCases[] = {
      {"closed at once", "", BadServer::Then::kClose, ErrorCode::kUnreachable},
      {"cut in the header", "HTTP/1.1 200 OK\r\nContent-Le", BadServer::Then::kClose, ErrorCode::kInvalidOutput},
      {"cut in the body", head + "Content-Length: 100\r\n\r\n{\"session\":", BadServer::Then::kClose,
       ErrorCode::kUnreachable},
      {"no HTTP", "\x16\x03\x01 garbage\r\n\r\n", BadServer::Then::kClose, ErrorCode::kUnreachable},
      {"no JSON", head + "Content-Length: 3\r\n\r\n<p>", BadServer::Then::kClose, ErrorCode::kInvalidOutput},
      {"another shape", head + "Content-Length: 2\r\n\r\n{}", BadServer::Then::kClose, ErrorCode::kInvalidOutput},
      {"a fault of its own", "HTTP/1.1 503 x\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n", BadServer::Then::kClose,
       ErrorCode::kUnreachable},
      {"a redirect", "HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
       BadServer::Then::kClose, ErrorCode::kUnreachable},
      {"half open", head + "Content-Length: 100\r\n\r\n{", BadServer::Then::kKeepOpen, ErrorCode::kUnreachable},
      {"silent", "", BadServer::Then::kKeepOpen, ErrorCode::kUnreachable},
      {"without end", head + "\r\n" + std::string((16 << 20) + 1, ' '), BadServer::Then::kClose,
       ErrorCode::kInvalidOutput},
  };
  for (const auto& bad : kCases) {
    const BadServer server(bad.bytes, bad.then);
    link_to(server.url(), bad.then == BadServer::Then::kKeepOpen ? std::chrono::milliseconds(200)
                                                                 : std::chrono::milliseconds(10'000));
    EXPECT_EQ(refused_with(hello().refusal), bad.code) << bad.what;
    EXPECT_EQ(refused_with(send().refusal), bad.code) << bad.what;
    EXPECT_EQ(link->session(), 0u) << bad.what;
    link.reset();
  }
}

TEST_F(HttpLinkTest, RenewsItsTokenWithTheWorkspacesKeyBeforeItExpires) {
  Conductor conductor;
  conductor.answers("/v2/heartbeat", 200, std::string(kWelcome));
  conductor.answers(
      "/v2/tokens/renew", 200,
      R"({"token":"ZA.ZQ.Zg","issued_at":"2026-03-02T06:00:00.000Z","expires_at":"2026-03-03T06:00:00.000Z"})");
  link_to(conductor.url);
  clock.advance(std::chrono::hours(18));
  EXPECT_FALSE(hello().refusal);
  const auto asked = conductor.asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].target, "/v2/tokens/renew");
  EXPECT_EQ(asked[1].header("authorization"), "Bearer ZA.ZQ.Zg");
  const json::Value wish = *json::parse(asked[0].body);
  http::VerifierOptions options;
  options.public_pem = workspace_key().public_pem;
  options.issuer = "ws-42";
  options.audience = "renew";
  options.key_id = "kid";
  const auto claims = http::TokenVerifier(options).verify(json::string_or(wish, "assertion", ""), clock.now());
  ASSERT_TRUE(claims.ok()) << claims.error().message();
  EXPECT_LE((*claims)->expires_at, clock.now() + std::chrono::seconds(60));
  const auto kept = load_enrollment(*files, std::string(kStateFolder), "ws-42", clock.now());
  ASSERT_TRUE(kept.ok()) << kept.error().message();
  EXPECT_EQ(kept->token, "ZA.ZQ.Zg");
}

TEST_F(HttpLinkTest, ATokenThatIsRefusedIsRenewedAndABadRenewalChangesNothing) {
  Conductor conductor;
  conductor.answers("/v2/heartbeat", 401, R"({"code":"TOKEN_EXPIRED","detail":"over"})");
  conductor.answers("/v2/tokens/renew", 200, R"({"token":"no token","issued_at":"x"})");
  link_to(conductor.url);
  EXPECT_EQ(refused_with(hello().refusal), ErrorCode::kTokenExpired);
  EXPECT_EQ(refused_with(hello().refusal), ErrorCode::kTokenExpired);
  EXPECT_EQ(account->enrollment().token, "a.b.c");
  EXPECT_EQ(load_enrollment(*files, std::string(kStateFolder), "ws-42", clock.now()).error().code(),
            ErrorCode::kNotFound);
  hello();
  std::vector<std::string> paths;
  for (const http::Request& each : conductor.asked()) paths.push_back(each.target);
  EXPECT_THAT(paths, ElementsAre("/v2/heartbeat", "/v2/tokens/renew", "/v2/heartbeat", "/v2/heartbeat"))
      << "not with every hello";
}

}  // namespace
}  // namespace lumenflow::conductor_link
