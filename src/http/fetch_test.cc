#include "http/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "http/testing/raw_server.h"

namespace lumenflow::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

FetchRequest request_to(const RawServer& server) {
  FetchRequest request;
  request.url = server.origin() + "/chat?x=1";
  request.may_connect = [](std::string_view, std::uint16_t) { return true; };
  return request;
}

std::string failure(const Result<FetchAnswer>& answer) {
  return answer.ok() ? "none, status " + std::to_string(answer->response.status) : answer.error().to_string();
}

TEST(Fetch, SendsMethodHeadersAndBodyAndNothingOfTheEnvironment) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  RawServer server([](const std::string&) { return whole_answer(201, "text/plain", "made", "X-Request-Id: r7\r\n"); });
  FetchRequest request = request_to(server);
  request.method = "PUT";
  request.headers = {{"Authorization", "Bearer t"}, {"Content-Type", "text/x"}, {"X-Odd", "a\r\nInjected: b"}};
  request.body = "hello";
  const Result<FetchAnswer> answer = Fetch(std::move(request)).run();
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  ASSERT_TRUE(answer.ok()) << failure(answer);
  EXPECT_EQ(answer->response.status, 201);
  EXPECT_EQ(answer->response.body, "made");
  EXPECT_EQ(answer->response.header("x-request-id"), "r7");
  const std::string sent = server.requests()[0];
  EXPECT_THAT(sent, testing::StartsWith("PUT /chat?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Bearer t\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nX-Odd: aInjected: b\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nContent-Type: text/x\r\n"));
  EXPECT_THAT(sent, testing::EndsWith("\r\n\r\nhello"));
}

TEST(Fetch, HandsOverABodyInThePiecesInWhichItComes) {
  RawServer server([](const std::string&) {
    return chunked_answer(200, "text/event-stream", {"data: a", "\n", "\ndata: b\n\n"});
  });
  FetchRequest request = request_to(server);
  std::vector<std::string> pieces;
  std::string type;
  request.on_body = [&](const ClientResponse& head, std::string_view piece) {
    type = head.header("content-type").value_or("-");
    pieces.emplace_back(piece);
    return true;
  };
  const Result<FetchAnswer> answer = Fetch(std::move(request)).run();
  ASSERT_TRUE(answer.ok()) << failure(answer);
  EXPECT_THAT(pieces, ElementsAre("data: a", "\n", "\ndata: b\n\n"));
  EXPECT_EQ(type, "text/event-stream");
  EXPECT_TRUE(answer->complete);
  EXPECT_EQ(answer->response.body, "");
}

TEST(Fetch, CollectsTheBodyOfAnErrorAlthoughPiecesAreWanted) {
  RawServer server([](const std::string&) { return whole_answer(429, "application/json", R"({"e":1})"); });
  FetchRequest request = request_to(server);
  request.on_body = [](const ClientResponse&, std::string_view) { return false; };
  const Result<FetchAnswer> answer = Fetch(std::move(request)).run();
  ASSERT_TRUE(answer.ok()) << failure(answer);
  EXPECT_EQ(answer->response.status, 429);
  EXPECT_EQ(answer->response.body, R"({"e":1})");
}

TEST(Fetch, EndsWhenTheTakerWantsNoMore) {
  RawServer server([](const std::string&) {
    RawAnswer answer = chunked_answer(200, "text/plain", {"one", "two"});
    answer.bytes.resize(answer.bytes.size() - 5);  // never the end
    answer.holds = true;
    return answer;
  });
  FetchRequest request = request_to(server);
  request.on_body = [](const ClientResponse&, std::string_view piece) { return piece != "two"; };
  const Result<FetchAnswer> answer = Fetch(std::move(request)).run();
  ASSERT_TRUE(answer.ok()) << failure(answer);
  EXPECT_FALSE(answer->complete);
  EXPECT_EQ(answer->response.status, 200);
}

TEST(Fetch, AnAnswerThatBreaksOffIsNoAnswer) {
  RawServer server([](const std::string&) {
    RawAnswer answer = whole_answer(200, "text/plain", "twelve bytes");
    answer.bytes.resize(answer.bytes.size() - 3);
    return answer;
  });
  EXPECT_THAT(failure(Fetch(request_to(server)).run()), testing::StartsWith("UNREACHABLE"));
}

TEST(Fetch, SilenceAndSlownessHaveTheirEnds) {
  RawServer server([](const std::string&) {
    RawAnswer answer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true};
    return answer;
  });
  FetchRequest silent = request_to(server);
  silent.idle_timeout = 50ms;
  EXPECT_THAT(failure(Fetch(std::move(silent)).run()), HasSubstr("nothing came for 50 ms"));
  FetchRequest late = request_to(server);
  late.timeout = 50ms;
  EXPECT_THAT(failure(Fetch(std::move(late)).run()), HasSubstr("was not complete after 50 ms"));
}

TEST(Fetch, WhatIsTooLargeIsRefused) {
  RawServer server([](const std::string& request) {
    if (request.starts_with("POST /chat")) return chunked_answer(200, "text/plain", {"0123456789", "0123456789"});
    return whole_answer(200, "text/plain", "", "X-Large: " + std::string(90'000, 'x') + "\r\n");
  });
  FetchRequest body = request_to(server);
  body.body_bytes_max = 15;
  EXPECT_THAT(failure(Fetch(std::move(body)).run()), HasSubstr("OUTPUT_TOO_LARGE: the answer of"));
  FetchRequest streamed = request_to(server);
  streamed.body_bytes_max = 15;
  streamed.on_body = [](const ClientResponse&, std::string_view) { return true; };
  EXPECT_THAT(failure(Fetch(std::move(streamed)).run()), HasSubstr("OUTPUT_TOO_LARGE: the answer of"));
  FetchRequest head = request_to(server);
  head.url = server.origin() + "/head";
  EXPECT_THAT(failure(Fetch(std::move(head)).run()), HasSubstr("OUTPUT_TOO_LARGE: the answer's head"));
}

TEST(Fetch, StopsAtOnceInTheMiddleOfAnything) {
  std::promise<void> asked;
  RawServer server([&](const std::string&) {
    asked.set_value();
    return RawAnswer{"", true};
  });
  Fetch fetch(request_to(server));
  auto answer = std::async(std::launch::async, [&] { return fetch.run(); });
  asked.get_future().wait();
  fetch.stop();
  EXPECT_THAT(failure(answer.get()), testing::StartsWith("TOOL_CANCELLED"));

  Fetch never(request_to(server));
  never.stop();
  EXPECT_THAT(failure(never.run()), testing::StartsWith("TOOL_CANCELLED"));
  EXPECT_EQ(server.requests().size(), 1u) << "it is not even begun";
}

TEST(Fetch, AsksBeforeItConnectsAndFollowsNothing) {
  RawServer server([](const std::string&) { return whole_answer(302, "", "", "Location: /elsewhere\r\n"); });
  FetchRequest refused = request_to(server);
  std::string seen;
  refused.may_connect = [&](std::string_view address, std::uint16_t port) {
    seen = std::string(address) + " " + std::to_string(port);
    return false;
  };
  EXPECT_THAT(failure(Fetch(std::move(refused)).run()), testing::StartsWith("SCOPE_DENIED"));
  EXPECT_EQ(seen, "127.0.0.1 " + std::to_string(server.port()));
  EXPECT_THAT(server.requests(), testing::IsEmpty());
  EXPECT_EQ(Fetch(request_to(server)).run()->response.status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
  FetchRequest nowhere = request_to(server);
  nowhere.url = "gopher://127.0.0.1/";
  EXPECT_THAT(failure(Fetch(std::move(nowhere)).run()), testing::StartsWith("INVALID_INPUT"));
}

}  // namespace
}  // namespace lumenflow::http
