// What no client library would send, over a raw socket: each answers with its code, and the journal is as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing/raw_socket.h"
#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

using http::RawSocket;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HostileSocket : public ::testing::Test {
 protected:
  // Short limits, so that slowness is found out soon; few connections, so that they run out.
  void SetUp() override {
    workspace_.configure(
        "surfaces: {http: {limits: {header_time: 300ms, body_time: 300ms, idle_time: 5s}}}\n"
        "limits: {connections: 16}\n");
    ASSERT_TRUE(sidecar_.start());
    token_ = workspace_.mint_token("workspace audit:read");
    before_ = root();
  }
  // Whatever a test sent, nothing of it happened, and the sidecar still serves.
  void TearDown() override {
    if (expect_unchanged_) {
      EXPECT_EQ(root(), before_) << "the journal changed";
    }
    EXPECT_EQ(sidecar_.stop_in_order(), 0);
  }

  RawSocket connect() { return RawSocket::tcp(static_cast<std::uint16_t>(sidecar_.port())); }
  std::string head(const std::string& line, const std::string& fields = {}) const {
    return line + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token_ + "\r\n" + fields + "\r\n";
  }
  // One connection, these bytes, and all that comes back.
  std::string exchange(const std::string& bytes) {
    RawSocket socket = connect();
    socket.send(bytes);
    return socket.read_to_end();
  }
  std::string root() {
    const std::string answer = exchange(head("GET /audit/head", "Connection: close\r\n"));
    const auto body = json::parse(answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size())));
    EXPECT_TRUE(body.ok()) << answer;
    return body.ok() ? std::string(json::string_or(*body, "root", "")) : "";
  }
  void expect_refused(const std::string& bytes, int status, const std::string& code) {
    const std::string answer = exchange(bytes);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status))) << bytes.substr(0, 200);
    EXPECT_THAT(answer, HasSubstr("\"code\":\"" + code + "\"")) << bytes.substr(0, 200);
    EXPECT_EQ(answer.find("X-Request-Id:"), answer.rfind("X-Request-Id:")) << "one answer: " << answer;
  }

  ScratchWorkspace workspace_;
  RunningSidecar sidecar_{workspace_};
  std::string token_, before_;
  bool expect_unchanged_ = true;
};

constexpr const char* kCreate = "POST /tools/task:create";
constexpr const char* kJson = "Content-Type: application/json\r\n";

std::string with_length(std::size_t bytes) {
  return std::string(kJson) + "Content-Length: " + std::to_string(bytes) + "\r\n";
}

TEST_F(HostileSocket, ASlowHeaderAndASlowBodyTimeOut) {
  RawSocket slow_header = connect(), slow_body = connect();
  ASSERT_TRUE(slow_header.send("POST /tools/task:create HTTP/1.1\r\nHost: a\r\nX-Slow: "));
  ASSERT_TRUE(slow_body.send(head(kCreate, with_length(20)) + "{\"title\""));
  EXPECT_NE(root(), "") << "others are served meanwhile";
  EXPECT_THAT(slow_header.read_to_end(), HasSubstr("\"code\":\"REQUEST_TIMEOUT\""));
  EXPECT_THAT(slow_body.read_to_end(), HasSubstr("\"code\":\"REQUEST_TIMEOUT\""));
}

TEST_F(HostileSocket, MoreConnectionsThanThereIsRoomForDoNotShutOutTheRest) {
  std::vector<RawSocket> idle;
  for (int i = 0; i < 64; ++i) idle.push_back(connect());
  EXPECT_NE(root(), "") << "who says nothing makes room for who does";
}

TEST_F(HostileSocket, OneLengthAndOneMeaning) {
  const std::string body = "{\"title\":\"x\"}";
  const std::string smuggled = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::vector<std::string> shapes = {"Content-Length: 13\r\nTransfer-Encoding: chunked\r\n",
                                           "Transfer-Encoding: chunked\r\nContent-Length: 13\r\n",
                                           "Content-Length: 13\r\nContent-Length: 14\r\n",
                                           "Content-Length: 13\r\nContent-Length: 13\r\n",
                                           "Content-Length: +13\r\n",
                                           "Content-Length: 0x0d\r\n",
                                           "Content-Length: -1\r\n",
                                           "Content-Length: 13, 13\r\n",
                                           "Content-Length: 99999999999999999999\r\n",
                                           "Transfer-Encoding: gzip, chunked\r\n",
                                           "Transfer-Encoding: chunked, chunked\r\n",
                                           "Transfer-Encoding: xchunked\r\n",
                                           "Transfer-Encoding: identity\r\n",
                                           "Transfer-Encoding : chunked\r\n",
                                           "Content-Length : 13\r\n",
                                           "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
                                           "X: a\nTransfer-Encoding: chunked\r\n"};
  for (const std::string& shape : shapes) {
    const std::string answer = exchange(head(kCreate, kJson + shape) + body + smuggled);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4")) << shape << answer;
    EXPECT_THAT(answer, HasSubstr("\"code\":\"")) << shape;
    EXPECT_THAT(answer, Not(HasSubstr("alive"))) << shape << " smuggled a request";
  }
  expect_refused(head(kCreate, kJson + std::string("Transfer-Encoding: chunked\r\n")) + "zz\r\n{}\r\n0\r\n\r\n", 400,
                 "INVALID_REQUEST");
  expect_refused(head(kCreate, kJson + std::string("Transfer-Encoding: chunked\r\n")) + "ffffffffffffffffff\r\n", 400,
                 "INVALID_REQUEST");
  expect_refused("GET /tools HTTP/1.1\r\nAuthorization: Bearer " + token_ + "\r\n\r\n", 400, "INVALID_REQUEST");
  expect_refused("GET /tools HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "INVALID_REQUEST");
  expect_refused("GET  /tools HTTP/1.1\r\nHost: a\r\n\r\n", 400, "INVALID_REQUEST");
  expect_refused("GET /tools HTTP/9.9\r\nHost: a\r\n\r\n", 400, "INVALID_REQUEST");
  expect_refused("\x16\x03\x01\x02 tls to a plain port\r\n\r\n", 400, "INVALID_REQUEST");
}

TEST_F(HostileSocket, BodiesOverTheLimitAreRefusedHoweverTheyCome) {
  expect_refused(head(kCreate, with_length(2u << 20)), 413, "BODY_TOO_LARGE");
  std::string chunked = head(kCreate, kJson + std::string("Transfer-Encoding: chunked\r\n"));
  for (int i = 0; i < 64; ++i) chunked += "8000\r\n" + std::string(0x8000, 'a') + "\r\n";
  expect_refused(chunked + "0\r\n\r\n", 413, "BODY_TOO_LARGE");
  expect_refused(head(kCreate, "X-Large: " + std::string(20'000, 'a') + "\r\n"), 431, "HEADER_TOO_LARGE");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  expect_refused(head(kCreate, many), 431, "HEADER_TOO_LARGE");
  expect_refused("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431, "HEADER_TOO_LARGE");
}

TEST_F(HostileSocket, PathsThatClimbOrHideLeadNowhere) {
  const auto get = [this](const std::string& path) { return exchange(head("GET " + path, "Connection: close\r\n")); };
  for (const char* path : {"/tools/%", "/tools/%2", "/tools/%zz", "/tools/%2e%2e", "/tools/%2E%2e/audit", "/tools/..",
                           "/tools/../audit/head", "/./tools", "/tools/%2e", "/tools/a%00b", "/tools/%2f",
                           "/tools/a%2F..%2Fb", "/tools/%c0%ae%c0%ae", "/tools/%ff", "/calls/..%2f..%2fetc",
                           "/audit/%00", "/events?kind=%zz", "/events?kind=%ff"})
    EXPECT_THAT(get(path), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("INVALID_REQUEST"))) << path;
  for (const char* path : {"/calls/...", "/calls/rcpt-", "/calls/%5c..%5cetc",
                           "/calls/rcpt-01ARZ3NDEKTSV4RRFFQ69G5FA%27", "/audit/1%20", "/%74ools%3f", "/tools%2e"})
    EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404")) << path;
  expect_refused(std::string("GET /tools") + '\0' + "x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "INVALID_REQUEST");
  expect_refused("GET tools HTTP/1.1\r\nHost: a\r\n\r\n", 400, "INVALID_REQUEST");
  expect_refused("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "INVALID_REQUEST");
}

TEST_F(HostileSocket, JsonThatIsNoneIsRefusedBeforeItIsACall) {
  const std::vector<std::string> bodies = {"{",
                                           "",
                                           std::string(10'000, '[') + std::string(10'000, ']'),
                                           R"({"title":"a","title":"b"})",
                                           "{\"title\":\"\xc3\x28\"}",
                                           "{\"title\":\"\\ud800\"}",
                                           std::string("{\"title\":\"a\0b\"}", 15),
                                           "\xef\xbb\xbf{\"title\":\"a\"}",
                                           R"({"title":"a"} {"title":"b"})",
                                           R"({"title":NaN})",
                                           R"({"title":1e999})",
                                           "{'title':'a'}"};
  for (const std::string& body : bodies) {
    if (body.empty()) continue;
    const std::string answer = exchange(head(kCreate, with_length(body.size()) + "Connection: close\r\n") + body);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("MALFORMED_JSON"))) << body.substr(0, 60);
  }
}

TEST_F(HostileSocket, PipelinedRequestsAreAnsweredInOrderAndARefusalEndsThem) {
  const std::string get = head("GET /tools/task:list");
  RawSocket socket = connect();
  ASSERT_TRUE(socket.send(get + head("GET /nowhere") + get + "garbage\r\n\r\n" + get));
  const std::string answers = socket.read_to_end();
  std::vector<std::string> statuses;
  for (std::size_t at = answers.find("HTTP/1.1 "); at != std::string::npos; at = answers.find("HTTP/1.1 ", at + 1))
    if (const std::string status = answers.substr(at + 9, 3); status.find_first_not_of("0123456789") > 3)
      statuses.push_back(status);
  EXPECT_THAT(statuses, ::testing::ElementsAre("200", "404", "200", "400"));
}

TEST_F(HostileSocket, Utf8SplitOverPacketsArrivesWhole) {
  expect_unchanged_ = false;
  const std::string body = "{\"title\":\"grüße €\"}";
  RawSocket socket = connect();
  ASSERT_TRUE(socket.send(head(kCreate, with_length(body.size()) + "Connection: close\r\n")));
  for (const char byte : body) ASSERT_TRUE(socket.send(std::string(1, byte)));
  EXPECT_THAT(socket.read_to_end(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("grüße €")));
}

// Law 3: what a body says of its sender is input like any other, and this tool has no such field.
TEST_F(HostileSocket, Law3AForgedSenderIsRecordedUnderTheTokensSubject) {
  expect_unchanged_ = false;
  for (const char* field : {"from", "actor", "subject", "on_behalf_of"}) {
    const std::string body = R"({"title":"x",")" + std::string(field) + R"(":"ws-42:root"})";
    const std::string answer =
        exchange(head(kCreate, with_length(body.size()) + "X-Subject: ws-42:root\r\nFrom: ws-42:root\r\n" +
                                   "Connection: close\r\n") +
                 body);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("INVALID_INPUT"))) << field;
  }
  const std::string entries = exchange(head("GET /audit?limit=1000", "Connection: close\r\n"));
  EXPECT_THAT(entries, Not(HasSubstr("ws-42:root"))) << "nothing that was said of the sender is in the journal";
  EXPECT_THAT(entries, HasSubstr("\"subject\":\"ws-42\""));
}

}  // namespace
}  // namespace lumenflow::testing
