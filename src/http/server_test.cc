#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "http/server_fixture.h"
#include "http/sse.h"

namespace lumenflow::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

void echo(Request request, std::unique_ptr<Responder> responder) {
  Response response;
  response.content_type = "text/plain";
  response.body =
      request.peer.address + " " + std::string(name(request.method)) + " " + request.target + " " + request.body;
  responder->send(std::move(response));
}

std::string post(const std::string& body) {
  return "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Server, KeepsAConnectionAliveOverManyRequests) {
  ServerThread at(echo);
  RawSocket socket = RawSocket::tcp(at.listen());
  for (int i = 0; i < 100; ++i) {
    const std::string body = "body-" + std::to_string(i) + ";";
    ASSERT_TRUE(socket.send(post(body)));
    EXPECT_THAT(socket.read_until(body), EndsWith("127.0.0.1 POST /x " + body));
  }
}

TEST(Server, ReadsUtf8SplitOverPackets) {
  ServerThread at(echo);
  RawSocket socket = RawSocket::tcp(at.listen());
  socket.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  for (const char* byte : {"\xe2", "\x82", "\xac", ";"}) socket.send(byte);
  EXPECT_THAT(socket.read_until(";"), EndsWith("\xe2\x82\xac;"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  ServerThread at(echo);
  RawSocket socket = RawSocket::tcp(at.listen());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += post("n" + std::to_string(i) + ";");
  ASSERT_TRUE(socket.send(requests));
  for (int i = 0; i < 500; ++i) EXPECT_THAT(socket.read_until(";"), EndsWith("n" + std::to_string(i) + ";"));
}

TEST(Server, TheClientOfATooLargeBodySeesTheAnswer) {
  ServerThread at(echo);
  const std::uint16_t port = at.listen();
  const std::string two_mib(2 << 20, 'x');
  RawSocket plain = RawSocket::tcp(port);
  EXPECT_TRUE(plain.send(post(two_mib))) << "all of it is taken, so that nothing is reset";
  EXPECT_THAT(plain.read_to_end(), StartsWith("HTTP/1.1 413 "));

  RawSocket chunked = RawSocket::tcp(port);
  chunked.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 32; ++i) EXPECT_TRUE(chunked.send("10000\r\n" + two_mib.substr(0, 65536) + "\r\n"));
  EXPECT_THAT(chunked.read_to_end(), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close\r\n")));
}

TEST(Server, TakesABodyOfExactlyTheLimit) {
  ServerThread at(echo);
  RawSocket socket = RawSocket::tcp(at.listen());
  const std::string body = std::string((1 << 20) - 1, 'x') + ";";
  socket.send(post(body));
  EXPECT_THAT(socket.read_until(";"), EndsWith(body));
}

TEST(Server, TimesOutTheSlowLoris) {
  Limits limits;
  limits.header_time = limits.body_time = limits.idle_time = 20ms;
  ServerThread at(echo, limits);
  const std::uint16_t port = at.listen();
  RawSocket header = RawSocket::tcp(port), body = RawSocket::tcp(port), silent = RawSocket::tcp(port);
  header.send("GET /x HTTP/1.1\r\nHo");
  body.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(header.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(body.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(silent.read_to_end(), "");
}

TEST(Server, MakesRoomWhenItIsFull) {
  Limits limits;
  limits.connections = 2;
  limits.idle_time = 40ms;
  ServerThread at(echo, limits);
  const std::uint16_t port = at.listen();
  RawSocket first = RawSocket::tcp(port), second = RawSocket::tcp(port), third = RawSocket::tcp(port);
  first.send(kGet), second.send(kGet), third.send(kGet);
  EXPECT_THAT(third.read_until("/x "), HasSubstr("200 OK")) << "it waited until an idle one was let go";
  EXPECT_LE(at.on_thread([&] { return at.server->connections(); }), 2u);
}

TEST(Server, SaysWhichAddressIsTaken) {
  ServerThread at(echo);
  const std::uint16_t port = at.listen();
  at.on_thread([&] {
    const auto again = at.server->listen_tcp("127.0.0.1", port);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code(), ErrorCode::kIo);
    EXPECT_THAT(again.error().message(), HasSubstr("127.0.0.1:" + std::to_string(port) + " is taken"));
    EXPECT_EQ(at.server->listen_tcp("nowhere", 0).error().code(), ErrorCode::kInvalidConfiguration);
  });
}

TEST(Server, StreamsEventsUntilTheReaderGoes) {
  std::promise<void> gone;
  std::shared_ptr<EventStream> events;
  ServerThread at([&](Request, std::unique_ptr<Responder> responder) {
    events = std::make_shared<EventStream>(responder->stream(sse_head()));
    events->on_close([&] { gone.set_value(); });
    events->send({.id = "1", .event = "tick", .data = "{}"});
    events->heartbeat();
  });
  RawSocket socket = RawSocket::tcp(at.listen());
  socket.send(kGet);
  EXPECT_THAT(socket.read_until("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(socket.read_until(":\n\n"), HasSubstr("id: 1\nevent: tick\ndata: {}\n\n"));
  socket.close();
  EXPECT_EQ(gone.get_future().wait_for(10s), std::future_status::ready);
  at.on_thread([&] {
    EXPECT_FALSE(events->send({.data = "late"}));
    events.reset();
  });
}

TEST(Server, CutsOffAReaderThatCannotKeepUp) {
  Limits limits;
  limits.stream_buffer_bytes = 100'000;
  std::promise<void> cut;
  std::shared_ptr<BodyStream> stream;
  ServerThread at(
      [&](Request, std::unique_ptr<Responder> responder) {
        stream = responder->stream(sse_head());
        stream->on_close([&] { cut.set_value(); });
      },
      limits);
  RawSocket socket = RawSocket::tcp(at.listen());
  socket.send(kGet);
  socket.read_until("\r\n\r\n");
  const std::string kilobyte(1024, 'x');
  at.on_thread([&] {
    int written = 0;
    while (stream->write(kilobyte) && written < 1'000'000) ++written;  // what the kernel takes, and the buffer's limit
    EXPECT_LT(written, 1'000'000);
    EXPECT_TRUE(stream->closed());
  });
  EXPECT_EQ(cut.get_future().wait_for(10s), std::future_status::ready);
  at.on_thread([&] { stream.reset(); });
}

TEST(Server, DrainFinishesWhatRunsAndClosesTheRest) {
  std::promise<void> arrived, drained;
  std::unique_ptr<Responder> held;
  ServerThread at([&](Request, std::unique_ptr<Responder> responder) {
    held = std::move(responder);
    arrived.set_value();
  });
  const std::uint16_t port = at.listen();
  RawSocket idle = RawSocket::tcp(port), busy = RawSocket::tcp(port);
  busy.send(kGet);
  arrived.get_future().wait();
  at.on_thread([&] { at.server->drain([&] { drained.set_value(); }); });
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_FALSE(RawSocket::tcp(port).connected());
  auto done = drained.get_future();
  EXPECT_EQ(done.wait_for(0s), std::future_status::timeout);
  at.on_thread([&] { held->send(Response{}), held.reset(); });
  EXPECT_THAT(busy.read_to_end(), HasSubstr("Connection: close\r\n"));
  busy.close();
  EXPECT_EQ(done.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(at.on_thread([&] { return at.server->connections(); }), 0u);
}

TEST(Server, CloseCutsEverythingAndLateAnswersGoNowhere) {
  std::promise<void> arrived;
  std::unique_ptr<Responder> held;
  ServerThread at([&](Request, std::unique_ptr<Responder> responder) {
    held = std::move(responder);
    arrived.set_value();
  });
  RawSocket socket = RawSocket::tcp(at.listen());
  socket.send(kGet);
  arrived.get_future().wait();
  at.on_thread([&] { at.server->close(); });
  EXPECT_EQ(socket.read_to_end(), "");
  at.on_thread([&] { held->send(Response{}), held.reset(); });
}

TEST(LocalSocket, KnowsTheUidOfItsPeer) {
  TemporaryFolder folder;
  const std::string path = folder.file("s");
  Peer seen;
  ServerThread at([&](Request request, std::unique_ptr<Responder> responder) {
    seen = request.peer;
    responder->send(Response{});
  });
  ASSERT_TRUE(at.on_thread([&] { return at.server->listen_local(path); }).ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  RawSocket socket = RawSocket::local(path);
  socket.send(kGet);
  EXPECT_THAT(socket.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(seen.local_socket);
  EXPECT_EQ(seen.uid, ::getuid());
  EXPECT_EQ(seen.address, "unix");
  at.on_thread([&] { at.server->close(); });
  EXPECT_FALSE(std::filesystem::exists(path)) << "the file goes with the server";
}

TEST(LocalSocket, ReplacesAStaleFileAndRespectsALiveOne) {
  TemporaryFolder folder;
  const std::string path = folder.file("s");
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(dead);  // as a killed process leaves it
  }
  ServerThread first(echo), second(echo);
  EXPECT_TRUE(first.on_thread([&] { return first.server->listen_local(path); }).ok());
  const Status live = second.on_thread([&] { return second.server->listen_local(path); });
  ASSERT_FALSE(live.ok());
  EXPECT_EQ(live.error().code(), ErrorCode::kAlreadyExists);

  const std::string file = folder.file("precious");
  std::ofstream(file) << "data";
  const Status other = second.on_thread([&] { return second.server->listen_local(file); });
  ASSERT_FALSE(other.ok());
  EXPECT_TRUE(std::filesystem::exists(file)) << "what is no socket is not ours to remove";
  const Status long_path =
      second.on_thread([&] { return second.server->listen_local(folder.file(std::string(120, 'x'))); });
  EXPECT_EQ(long_path.error().code(), ErrorCode::kInvalidConfiguration);
}

}  // namespace
}  // namespace lumenflow::http
