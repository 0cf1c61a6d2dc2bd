// What packs get of hosts outside, against real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>

#include "http/testing/raw_server.h"
#include "sidecar/outbound.h"

namespace lumenflow::sidecar {
namespace {

using http::RawAnswer;
using http::RawServer;
using http::whole_answer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kSecretVariable = "OUTBOUND_TEST_KEY";
constexpr const char* kSecretValue = "sk-planted/0123456789abcdef";

class OutboundFetch : public ::testing::Test {
 protected:
  OutboundFetch() { ::setenv(kSecretVariable, kSecretValue, 1); }
  ~OutboundFetch() override { ::unsetenv(kSecretVariable); }

  // As a pack asks whose operator has pointed it to the server.
  pack::HttpRequest to(const RawServer& server) {
    pack::HttpRequest request;
    request.base_url = server.origin() + "/v1/";
    request.url = "/chat";
    request.plain_http = true;
    request.headers = {{"authorization", "Bearer ", kSecretVariable}};
    return request;
  }
  std::string said(const pack::HttpRequest& request) {
    const auto answer = outbound->fetch(request, nullptr);
    if (!answer.ok()) return answer.error().to_string();
    std::string text = std::to_string(answer->status) + " " + answer->body;
    for (const pack::HttpHeader& header : answer->headers) text += " | " + header.name + ": " + header.value;
    return text;
  }
  const std::unique_ptr<kernel::Outbound> outbound = make_outbound();
};

TEST_F(OutboundFetch, SendsTheSecretAndNeverShowsIt) {
  RawServer server([](const std::string& request) {
    const std::string key = "sk-planted/0123456789abcdef";
    if (request.starts_with("POST /v1/chat")) {
      return whole_answer(401, "application/json", R"({"error":"no such key )" + key + R"( or sk-planted\/0123"})",
                          "X-Request-Id: for " + key + "\r\nSet-Cookie: s=" + key + "\r\n");
    }
    return http::chunked_answer(200, "text/event-stream",
                                {"you sent sk-plan", "ted/0123456789", "abcdef; good", " sk-"});
  });
  const std::string refused = said(to(server));
  EXPECT_THAT(server.requests()[0], HasSubstr("\r\nauthorization: Bearer sk-planted/0123456789abcdef\r\n"));
  EXPECT_THAT(refused, HasSubstr("no such key *** or"));
  EXPECT_THAT(refused, HasSubstr("x-request-id: for ***"));
  EXPECT_THAT(refused, Not(HasSubstr("sk-planted/0123456789abcdef")));
  EXPECT_THAT(refused, Not(HasSubstr("cookie")));

  pack::HttpRequest streamed = to(server);
  streamed.url = "stream";
  std::string text;
  streamed.sink = [&](const pack::HttpResponse& head, std::string_view piece) {
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-type"), "text/event-stream");
    text += piece;
    return true;
  };
  EXPECT_THAT(said(streamed), StartsWith("200  | "));
  EXPECT_EQ(text, "you sent ***; good sk-");
}

TEST_F(OutboundFetch, AMissingVariableIsNamed) {
  RawServer server([](const std::string&) { return whole_answer(200, "", ""); });
  ::unsetenv(kSecretVariable);
  EXPECT_THAT(said(to(server)), StartsWith("NOT_FOUND: the environment variable OUTBOUND_TEST_KEY"));
  ::setenv(kSecretVariable, "two\nlines", 1);
  EXPECT_THAT(said(to(server)), StartsWith("INVALID_CONFIGURATION"));
  pack::HttpRequest own = to(server);
  own.headers[0].environment = "LUMENFLOW_TOKEN";
  EXPECT_THAT(said(own), StartsWith("SCOPE_DENIED"));
  pack::HttpRequest nowhere = to(server);
  nowhere.base_url.clear();
  nowhere.base_url_env = "OUTBOUND_TEST_URL";
  EXPECT_THAT(said(nowhere), StartsWith("NOT_FOUND: the environment variable OUTBOUND_TEST_URL"));
  EXPECT_THAT(server.requests(), IsEmpty());
  ::setenv(kSecretVariable, kSecretValue, 1);
  ::setenv("OUTBOUND_TEST_URL", server.origin().c_str(), 1);
  EXPECT_THAT(said(nowhere), StartsWith("200 "));
  ::setenv("OUTBOUND_TEST_URL", "no url sk-secret-in-it", 1);
  EXPECT_THAT(said(nowhere), ::testing::AllOf(StartsWith("INVALID_CONFIGURATION"), Not(HasSubstr("sk-secret"))));
  ::unsetenv("OUTBOUND_TEST_URL");
}

TEST_F(OutboundFetch, PlainHttpGoesToAnAddressThatIsWrittenDown) {
  RawServer server([](const std::string&) { return whole_answer(200, "", "ok"); });
  const std::string port = ":" + std::to_string(server.port());
  const auto verdict = [&](const std::string& url, std::vector<std::string> allowlist, bool plain = true) {
    pack::HttpRequest request;
    request.url = url;
    request.allowlist = std::move(allowlist);
    request.plain_http = plain;
    return said(request);
  };
  const std::string numeric = "http://127.0.0.1" + port + "/", named = "http://localhost" + port + "/";
  EXPECT_THAT(verdict(numeric, {"127.0.0.1" + port}), StartsWith("200 ok"));
  EXPECT_THAT(verdict(numeric, {"127.0.0.1"}), StartsWith("200 ok"));
  EXPECT_THAT(verdict(numeric, {"127.0.0.1" + port}, false), StartsWith("INVALID_INPUT"));
  EXPECT_THAT(verdict(numeric, {"127.0.0.0/8"}), StartsWith("SCOPE_DENIED")) << "a block names no address";
  EXPECT_THAT(verdict(numeric, {"127.0.0.1:1"}), StartsWith("SCOPE_DENIED"));
  EXPECT_THAT(verdict(named, {"localhost"}), StartsWith("SCOPE_DENIED")) << "the name alone";
  EXPECT_THAT(verdict(named, {"localhost", "127.0.0.1"}), StartsWith("200 ok"));
  EXPECT_THAT(verdict("http://93.184.216.34/", {"93.184.216.34"}), StartsWith("SCOPE_DENIED")) << "over the Internet";
  pack::HttpRequest base;
  base.base_url = "http://localhost" + port;
  base.plain_http = true;
  EXPECT_THAT(said(base), StartsWith("200 ok")) << "localhost is this machine, when the operator says so";
}

TEST_F(OutboundFetch, ARequestIsWhatItSaysAndNoMore) {
  RawServer server([](const std::string&) { return whole_answer(200, "", "ok"); });
  const auto with = [&](auto change) {
    pack::HttpRequest request = to(server);
    change(request);
    return said(request);
  };
  for (const char* name :
       {"Host", "content-length", "Transfer-Encoding", "Proxy-Authorization", "bad name", "", "x\r\ny"})
    EXPECT_THAT(with([&](auto& r) { r.headers.push_back({name, "x"}); }), StartsWith("INVALID_INPUT")) << name;
  for (const char* value : {"a\r\nb: c", "a\nb", "h\xc3\xa4"})
    EXPECT_THAT(with([&](auto& r) { r.headers.push_back({"x-a", value}); }), StartsWith("INVALID_INPUT")) << value;
  EXPECT_THAT(with([](auto& r) { r.method = "CONNECT"; }), StartsWith("INVALID_INPUT"));
  EXPECT_THAT(with([](auto& r) { r.method = "GET", r.body = "x"; }), StartsWith("INVALID_INPUT"));
  EXPECT_THAT(with([](auto& r) { r.timeout_ms = 0; }), StartsWith("INVALID_INPUT"));
  EXPECT_THAT(with([](auto& r) { r.url = "//evil.example/x"; }), StartsWith("200 ok"))
      << "a path, whatever it looks like";
  EXPECT_THAT(with([](auto& r) { r.url = "@evil.example/x"; }), StartsWith("200 ok"));
  EXPECT_THAT(with([](auto& r) { r.method = "GET"; }), StartsWith("200 ok"));
  ASSERT_EQ(server.requests().size(), 3u);
  EXPECT_THAT(server.requests()[0], StartsWith("POST /v1//evil.example/x HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server.requests()[1], StartsWith("POST /v1/@evil.example/x HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server.requests()[2], StartsWith("GET /v1/chat HTTP/1.1\r\n"));
}

TEST_F(OutboundFetch, ACancelledCallEndsItsRequest) {
  std::promise<void> asked;
  RawServer server([&](const std::string&) {
    asked.set_value();
    return RawAnswer{"", true};
  });
  kernel::Cancellation cancellation;
  const pack::HttpRequest request = to(server);
  auto answer = std::async(std::launch::async, [&] { return outbound->fetch(request, &cancellation); });
  asked.get_future().wait();
  cancellation.ask();
  EXPECT_EQ(answer.get().error().code(), ErrorCode::kToolCancelled);
  EXPECT_EQ(outbound->fetch(request, &cancellation).error().code(), ErrorCode::kToolCancelled) << "nor is it begun";
}

}  // namespace
}  // namespace lumenflow::sidecar
