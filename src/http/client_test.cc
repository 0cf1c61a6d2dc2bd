#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server_fixture.h"
#include "http/sse.h"

namespace lumenflow::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

void describe_request(Request request, std::unique_ptr<Responder> responder) {
  Response response;
  response.status = request.target == "/missing" ? 404 : request.target == "/moved" ? 303 : 200;
  response.headers = {{"X-Request-Id", "r1"}, {"Location", "/x"}};
  response.body = std::string(name(request.method)) + " " + request.target + " " +
                  std::string(request.header("authorization").value_or("-")) + " " +
                  std::string(request.header("content-type").value_or("-")) + " " + request.body;
  responder->send(std::move(response));
}

ClientOptions options_for(std::uint16_t port) {
  ClientOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(port);
  return options;
}

TEST(Client, SendsMethodHeadersAndBody) {
  ServerThread at(describe_request);
  Client client(options_for(at.listen()));
  ClientRequest request{Method::kPost, "/tools/a:b", {{"Authorization", "Bearer t"}}, "{}"};
  auto answer = client.send(request);
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "POST /tools/a:b Bearer t application/json; charset=utf-8 {}");
  EXPECT_EQ(answer->header("x-request-id"), "r1");
  EXPECT_EQ(client.send({Method::kDelete, "/calls/1", {}, {}})->body, "DELETE /calls/1 - - ");
  EXPECT_EQ(client.send({Method::kGet, "/missing", {}, {}})->status, 404);
  EXPECT_EQ(client.send({Method::kGet, "/moved", {}, {}})->status, 303) << "redirects are not followed";
  EXPECT_EQ(client.send({Method::kHead, "/x", {}, {}})->body, "");
  EXPECT_EQ(client.send({Method::kPost, "/x", {}, {}})->body, "POST /x - - ") << "an empty body is one";
  EXPECT_EQ(at.on_thread([&] { return at.server->connections(); }), 1u) << "all on one connection";
}

TEST(Client, AsksALocalSocketWhateverTheEnvironmentSays) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  TemporaryFolder folder;
  ServerThread at(describe_request);
  ASSERT_TRUE(at.on_thread([&] { return at.server->listen_local(folder.file("s")); }).ok());
  ClientOptions options;
  options.socket_path = folder.file("s");
  EXPECT_EQ(Client(options).send({})->body, "GET / - - ");
  EXPECT_EQ(Client(options_for(at.listen())).send({})->status, 200);
  ::unsetenv("http_proxy");
}

TEST(Client, SaysWhatIsUnreachable) {
  ClientOptions options;
  options.socket_path = "/nonexistent/socket";
  const auto answer = Client(options).send({});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnreachable);
  EXPECT_THAT(answer.error().message(), HasSubstr("/nonexistent/socket"));
}

TEST(Client, GivesUpOnAnAnswerThatDoesNotCome) {
  std::unique_ptr<Responder> held;
  ServerThread at([&](Request, std::unique_ptr<Responder> responder) { held = std::move(responder); });
  ClientOptions options = options_for(at.listen());
  options.timeout = 20ms;
  EXPECT_EQ(Client(options).send({}).error().code(), ErrorCode::kUnreachable);
  at.on_thread([&] { held.reset(); });
}

TEST(Client, BoundsTheAnswer) {
  ServerThread at([](Request, std::unique_ptr<Responder> responder) {
    Response response;
    response.body = std::string(1000, 'x');
    responder->send(std::move(response));
  });
  ClientOptions options = options_for(at.listen());
  options.body_bytes_max = 999;
  EXPECT_EQ(Client(options).send({}).error().code(), ErrorCode::kOutputTooLarge);
}

TEST(Client, ReadsAStreamLineByLineUntilItHasEnough) {
  std::shared_ptr<BodyStream> stream;
  ServerThread at([&](Request request, std::unique_ptr<Responder> responder) {
    if (request.target != "/events") return describe_request(std::move(request), std::move(responder));
    stream = responder->stream(sse_head());
    stream->write("id: 1\r\nda");
    stream->write("ta: a\n\nid: 2\n");
  });
  Client client(options_for(at.listen()));
  std::vector<std::string> lines;
  const LineCallback collect = [&](std::string_view line) {
    lines.emplace_back(line);
    return line != "id: 2";
  };
  const auto answer = client.stream({Method::kGet, "/events", {}, {}}, collect);
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_THAT(lines, ElementsAre("id: 1", "data: a", "", "id: 2"));
  const auto refused = client.stream({Method::kGet, "/missing", {}, {}}, collect);
  EXPECT_EQ(refused->status, 404);
  EXPECT_THAT(refused->body, HasSubstr("/missing")) << "a refusal is collected, not streamed";
  at.on_thread([&] { stream.reset(); });
}

}  // namespace
}  // namespace lumenflow::http
