#include "http/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/memory_host.h"

namespace lumenflow::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr const char* kRequest = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

Limits small_limits() {
  Limits limits;
  limits.header_bytes = 512;
  limits.body_bytes = 100;
  limits.header_time = 10s;
  limits.body_time = 30s;
  limits.idle_time = 75s;
  limits.write_time = 20s;
  limits.linger_time = 2s;
  limits.linger_bytes = 1000;
  limits.stream_buffer_bytes = 100;
  return limits;
}

// Keeps every request and answers it when told; `reply` answers all at once.
class ConnectionTest : public testing::Test {
 protected:
  struct Pending {
    Request request;
    std::unique_ptr<Responder> responder;
  };

  void SetUp() override { peer = connect(); }
  void TearDown() override { host->close(); }
  std::shared_ptr<MemoryPeer> connect() {
    auto fresh = host->connect();
    host->run();
    return fresh;
  }
  void send(std::string_view text) {
    peer->to_server += text;
    host->run();
  }
  void answer(std::size_t at, std::string body) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(body);
    pending.at(at).responder->send(std::move(response));
    host->run();
  }
  std::shared_ptr<BodyStream> stream(std::size_t at = 0) {
    auto opened = pending.at(at).responder->stream(Response{});
    host->run();
    return opened;
  }

  std::vector<Pending> pending;
  std::shared_ptr<MemoryHost> host = std::make_shared<MemoryHost>(
      [this](Request request, std::unique_ptr<Responder> responder) {
        pending.push_back({std::move(request), std::move(responder)});
      },
      small_limits());
  std::shared_ptr<MemoryPeer> peer;
};

TEST_F(ConnectionTest, AnswersWithNothingButWhatTheHandlerSet) {
  send(kRequest);
  Response response;
  response.headers = {{"X-Request-Id", "r1"}};
  response.body = "{}";
  pending[0].responder->send(std::move(response));
  EXPECT_EQ(peer->received,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-Request-Id: r1\r\nContent-Length: "
            "2\r\n\r\n{}");
  EXPECT_FALSE(peer->server_closed);
}

TEST_F(ConnectionTest, AFieldValueCannotForgeAnotherField) {
  send(kRequest);
  Response response;
  response.headers = {{"ETag", "a\r\nSet-Cookie: b"}};
  pending[0].responder->send(std::move(response));
  EXPECT_THAT(peer->received, Not(HasSubstr("\nSet-Cookie")));
}

TEST_F(ConnectionTest, AnswersPipelinedRequestsInOrderOneAtATime) {
  send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHo");
  ASSERT_EQ(pending.size(), 1u) << "the second waits for the first answer";
  answer(0, "one");
  ASSERT_EQ(pending.size(), 2u);
  answer(1, "two");
  send("st: a\r\n\r\n");
  ASSERT_EQ(pending.size(), 3u);
  answer(2, "three");
  EXPECT_EQ(pending[2].request.target, "/3");
  EXPECT_LT(peer->received.find("one"), peer->received.find("two"));
  EXPECT_THAT(peer->received, EndsWith("three"));
}

TEST_F(ConnectionTest, TheNextHandlerNeverRunsInsideAnAnswer) {
  send(std::string(kRequest) + kRequest);
  pending[0].responder->send(Response{});
  EXPECT_EQ(pending.size(), 1u);
  host->run();
  EXPECT_EQ(pending.size(), 2u);
}

TEST_F(ConnectionTest, HeadGetsTheHeadAlone) {
  send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  answer(0, "body");
  EXPECT_THAT(peer->received, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(peer->received, EndsWith("\r\n\r\n"));
}

TEST_F(ConnectionTest, NotModifiedHasNoBody) {
  send(kRequest);
  Response response;
  response.status = 304;
  response.body = "ignored";
  pending[0].responder->send(std::move(response));
  EXPECT_EQ(peer->received, "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST_F(ConnectionTest, Http10ClosesUnlessAskedNotTo) {
  send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  answer(0, "a");
  EXPECT_THAT(peer->received, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_FALSE(peer->server_ended);
  send("GET / HTTP/1.0\r\n\r\n");
  answer(1, "b");
  EXPECT_THAT(peer->received, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(peer->server_ended);
}

TEST_F(ConnectionTest, InvitesABodyThatWaitsForContinue) {
  send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(peer->received, "HTTP/1.1 100 Continue\r\n\r\n");
  send("hi");
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].request.body, "hi");
}

TEST_F(ConnectionTest, RefusesALargeBodyInsteadOfInvitingIt) {
  send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
  EXPECT_THAT(peer->received, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(peer->received, HasSubstr("Connection: close\r\n"));
}

TEST_F(ConnectionTest, DrainsALittleOfARefusedBodySoThatTheAnswerArrives) {
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n");
  EXPECT_TRUE(peer->server_ended);
  send(std::string(900, 'x'));
  EXPECT_FALSE(peer->server_closed);
  send(std::string(200, 'x'));
  EXPECT_TRUE(peer->server_closed) << "but not without end";
  EXPECT_TRUE(pending.empty());
}

TEST_F(ConnectionTest, WaitsOnlySoLongForThePeerToTakeItsLastAnswer) {
  send("nonsense\r\n\r\n");
  EXPECT_THAT(peer->received, StartsWith("HTTP/1.1 400 "));
  host->advance(1'999ms);
  EXPECT_FALSE(peer->server_closed);
  host->advance(1ms);
  EXPECT_TRUE(peer->server_closed);
}

TEST_F(ConnectionTest, ASlowHeaderTimesOutHoweverItTrickles) {
  for (int second = 0; second < 10; ++second) {
    send("G");
    EXPECT_TRUE(peer->received.empty()) << second;
    host->advance(1s);
  }
  EXPECT_THAT(peer->received, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(peer->server_ended);
}

TEST_F(ConnectionTest, ASlowBodyTimesOutHoweverItTrickles) {
  send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n");
  for (int second = 0; second < 30; ++second) {
    EXPECT_TRUE(peer->received.empty()) << second;
    send("x");
    host->advance(1s);
  }
  EXPECT_THAT(peer->received, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(pending.empty());
}

TEST_F(ConnectionTest, ANewcomerThatSaysNothingIsClosedSilently) {
  host->advance(10s);
  EXPECT_TRUE(peer->server_closed);
  EXPECT_EQ(peer->received, "");
}

TEST_F(ConnectionTest, AnIdleConnectionIsKeptForTheIdleTime) {
  send(kRequest);
  answer(0, "a");
  host->advance(74s);
  EXPECT_FALSE(peer->server_closed);
  host->advance(1s);
  EXPECT_TRUE(peer->server_closed);
}

TEST_F(ConnectionTest, AnIdleConnectionMakesRoomWhenTheServerIsFull) {
  send(kRequest);
  answer(0, "a");
  host->advance(999ms, true);
  EXPECT_FALSE(peer->server_closed);
  host->advance(1ms, true);
  EXPECT_TRUE(peer->server_closed);
}

TEST_F(ConnectionTest, AHandlerMayTakeItsTime) {
  send(kRequest);
  host->advance(24h, true);
  answer(0, "late");
  EXPECT_THAT(peer->received, EndsWith("late"));
}

TEST_F(ConnectionTest, AReaderThatStopsReadingIsCutOff) {
  peer->room_bytes = 10;
  send(kRequest);
  answer(0, std::string(50'000, 'x'));
  EXPECT_EQ(peer->received.size(), 10u);
  host->advance(19s);
  peer->room_bytes = 10;
  host->run();
  host->advance(19s);
  EXPECT_FALSE(peer->server_closed) << "progress renews its time";
  host->advance(1s);
  EXPECT_TRUE(peer->server_closed);
}

TEST_F(ConnectionTest, ALargeBodyArrivesWholeThroughSmallWrites) {
  peer->room_bytes = 0;
  send(kRequest);
  const std::string body(100'000, 'y');
  answer(0, body);
  while (!peer->server_closed && peer->received.size() < body.size() + 50 && peer->write) {
    peer->room_bytes = 7'777;
    host->run();
  }
  EXPECT_THAT(peer->received, HasSubstr("Content-Length: 100000\r\n\r\n"));
  EXPECT_THAT(peer->received, EndsWith(body));
}

TEST_F(ConnectionTest, ADroppedResponderAnswers500) {
  send(kRequest);
  pending.clear();
  EXPECT_THAT(peer->received, StartsWith("HTTP/1.1 500 "));
  EXPECT_FALSE(peer->server_closed);
}

TEST_F(ConnectionTest, AClientThatGoesAwayDoesNotDisturbItsHandler) {
  send(kRequest);
  peer->finished = true;
  host->run();
  answer(0, "a");
  EXPECT_THAT(peer->received, EndsWith("a")) << "it may have closed its sending side only";
  EXPECT_EQ(host->connections(), 0u);
}

TEST_F(ConnectionTest, StreamsInChunks) {
  send(kRequest);
  auto body = stream();
  EXPECT_TRUE(body->write("hello"));
  EXPECT_TRUE(body->write("")) << "an empty write must not end the body";
  body->end();
  host->run();
  EXPECT_THAT(peer->received, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(peer->received, EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
  send(kRequest);
  EXPECT_EQ(pending.size(), 2u) << "and the connection goes on";
  EXPECT_FALSE(body->write("late")) << "but not for the old stream";
}

TEST_F(ConnectionTest, StreamsTo10UntilTheClose) {
  send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto body = stream();
  body->write("hello");
  body->end();
  host->run();
  EXPECT_THAT(peer->received, EndsWith("Connection: close\r\n\r\nhello"));
  EXPECT_TRUE(peer->server_ended);
}

TEST_F(ConnectionTest, AStreamForHeadIsClosedFromTheStart) {
  send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto body = stream();
  bool told = false;
  body->on_close([&] { told = true; });
  host->run();
  EXPECT_TRUE(told);
  EXPECT_FALSE(body->write("x"));
  EXPECT_THAT(peer->received, EndsWith("\r\n\r\n"));
}

TEST_F(ConnectionTest, ASlowStreamReaderIsCutOffAtTheBufferLimit) {
  send(kRequest);
  auto body = stream();
  int closes = 0;
  body->on_close([&] { ++closes; });
  peer->room_bytes = 0;
  EXPECT_TRUE(body->write(std::string(60, 'x')));
  EXPECT_GE(body->buffered_bytes(), 60u);
  EXPECT_FALSE(body->write(std::string(60, 'x')));
  EXPECT_EQ(closes, 0) << "never from inside write()";
  EXPECT_TRUE(body->closed());
  host->run();
  EXPECT_EQ(closes, 1);
  EXPECT_TRUE(peer->server_closed);
}

TEST_F(ConnectionTest, AStreamHearsThatItsReaderHasGone) {
  send(kRequest);
  auto body = stream();
  bool told = false;
  body->on_close([&] { told = true; });
  peer->finished = true;
  host->run();
  EXPECT_TRUE(told);
  EXPECT_FALSE(body->write("x"));
  EXPECT_EQ(host->connections(), 0u);
}

TEST_F(ConnectionTest, AStreamDroppedWithoutAnEndIsCutNotCompleted) {
  send(kRequest);
  auto body = stream();
  body->write("part");
  body.reset();
  host->run();
  EXPECT_THAT(peer->received, Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(peer->server_closed);
}

TEST_F(ConnectionTest, WhatIsPipelinedBehindAStreamWaitsForItsEnd) {
  send(kRequest);
  auto body = stream();
  send(kRequest);
  EXPECT_EQ(pending.size(), 1u);
  body->end();
  host->run();
  EXPECT_EQ(pending.size(), 2u);
}

TEST_F(ConnectionTest, DrainingClosesIdleOnesAndLetsTheOthersFinish) {
  auto idle = connect();
  send("GET /x HTTP/1.1\r\nHost");
  host->drain();
  EXPECT_TRUE(idle->server_closed);
  send(": a\r\n\r\n");
  ASSERT_EQ(pending.size(), 1u);
  answer(0, "last");
  EXPECT_THAT(peer->received, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(peer->server_ended);
  peer->finished = true;
  host->run();
  EXPECT_EQ(host->connections(), 0u);
}

TEST_F(ConnectionTest, AnswersAfterTheCloseGoNowhere) {
  send(kRequest);
  auto other = connect();
  other->to_server = kRequest;
  host->run();
  auto body = stream(1);
  peer->finished = other->finished = true;
  host->run();
  answer(0, "a");
  EXPECT_FALSE(body->write("b"));
  body->end();
  EXPECT_EQ(host->connections(), 0u);
}

TEST_F(ConnectionTest, ASecondAnswerAborts) {
  send(kRequest);
  answer(0, "a");
  EXPECT_DEATH(answer(0, "b"), "connection_ != nullptr");
}

}  // namespace
}  // namespace lumenflow::http
