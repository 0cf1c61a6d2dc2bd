// The proxy on its own, with a small server behind it; and a sandbox whose only way out it is.
#include "sandbox/proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "sandbox/testing/every_setting.h"

namespace lumenflow::sandbox {
namespace {

using std::chrono::milliseconds;
using testing::HostileWorld;
using testing::Outcome;

struct Listener {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
  Listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
    EXPECT_EQ(::listen(fd, 8), 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes);
    port = ntohs(address.sin_port);
  }
};

// Answers every connection with what it was sent first.
class EchoServer {
 public:
  EchoServer() : thread_([this] { run(); }) {}
  ~EchoServer() {
    ::shutdown(listener_.fd, SHUT_RDWR);
    thread_.join();
    ::close(listener_.fd);
  }
  std::uint16_t port() const { return listener_.port; }

 private:
  void run() {
    for (int client; (client = ::accept(listener_.fd, nullptr, nullptr)) >= 0; ::close(client)) {
      char chunk[4096];
      const ssize_t n = ::recv(client, chunk, sizeof chunk, 0);
      const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nGOT " +
                                 std::string(chunk, n > 0 ? static_cast<std::size_t>(n) : 0);
      ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  Listener listener_;
  std::thread thread_;
};

std::string ask(std::uint16_t port, const std::string& text) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  const std::string answer = testing::read_output(fd, 1 << 16, milliseconds(20'000));
  ::close(fd);
  return answer;
}

std::string ask_proxy(const std::vector<std::string>& allowlist, const std::string& text) {
  const Listener listener;
  const auto resolve = [](const std::string& host) -> std::vector<std::string> {
    if (host == "nowhere.example") return {};
    return {host == "127.0.0.1" ? host : "127.0.0.1"};
  };
  auto proxy = make_proxy(allowlist, resolve);
  EXPECT_TRUE(proxy.ok());
  (*proxy)->serve(listener.fd);
  return ask(listener.port, text);
}

TEST(Proxy, LetsListedHostsThrough) {
  const EchoServer server;
  const std::string at = "127.0.0.1:" + std::to_string(server.port());
  const std::string plain = ask_proxy({at}, "GET http://" + at + "/x HTTP/1.1\r\n\r\n");
  EXPECT_NE(plain.find("GOT GET /x HTTP/1.1"), std::string::npos) << plain;
  const std::string tunnel = ask_proxy({at}, "CONNECT " + at + " HTTP/1.1\r\n\r\nthrough");
  EXPECT_TRUE(tunnel.starts_with("HTTP/1.1 200 ")) << tunnel;
  EXPECT_NE(tunnel.find("GOT through"), std::string::npos) << tunnel;
}

TEST(Proxy, RefusesOthersAndNamesThatLeadInside) {
  const EchoServer server;
  const std::string port = std::to_string(server.port());
  const auto connect = [&](const std::string& host) { return "CONNECT " + host + ":" + port + " HTTP/1.1\r\n\r\n"; };
  EXPECT_TRUE(ask_proxy({"api.example.com"}, connect("127.0.0.1")).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(ask_proxy({"127.0.0.1:1"}, connect("127.0.0.1")).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(ask_proxy({"api.example.com"}, connect("api.example.com")).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(ask_proxy({"nowhere.example"}, connect("nowhere.example")).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(
      ask_proxy({"api.example.com", "127.0.0.0/8"}, connect("api.example.com") + "x").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask_proxy({"127.0.0.1"}, "CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 502 "));
  EXPECT_TRUE(ask_proxy({"127.0.0.1"}, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST(Proxy, RefusesAnEntryThatIsNone) {
  const auto proxy = make_proxy({"*.example.com"});
  ASSERT_FALSE(proxy.ok());
  EXPECT_EQ(proxy.error().code(), ErrorCode::kInvalidInput);
}

class HostileNetwork : public testing::EverySetting {};
INSTANTIATE_TEST_SUITE_P(, HostileNetwork, ::testing::ValuesIn(testing::all_settings()),
                         [](const auto& tested) { return tested.param.name; });

HOSTILE(HostileNetwork, ReachesItsAllowlistAndNothingElse) {
  const EchoServer server, other;
  Confinement confinement =
      world.python("port, other = " + std::to_string(server.port()) + ", " + std::to_string(other.port()) + R"(
import socket, urllib.request, urllib.error
print(urllib.request.urlopen('http://127.0.0.1:%d/x' % port).read()[:6])
try:
    urllib.request.urlopen('http://127.0.0.1:%d/x' % other)
    print('reached')
except urllib.error.HTTPError as error:
    print(error.code)
for where in [('127.0.0.1', port), ('127.0.0.1', other), ('8.8.8.8', 53)]:
    try:
        socket.create_connection(where, timeout=5)
        print('direct', where)
    except OSError:
        pass
)");
  confinement.network.posture = NetworkGrant::Posture::kAllowlist;
  confinement.network.allowlist = {"127.0.0.1:" + std::to_string(server.port())};
  confinement.environment.push_back("NO_PROXY=*");
  if (world.launcher().tier() == Tier::kBubblewrap) {
    const Outcome outcome = world.run(confinement);
    EXPECT_EQ(outcome.out, "b'GOT GE'\n403\n") << outcome.err;
    return;
  }
  const auto child = world.launcher().start(confinement);
  ASSERT_FALSE(child.ok()) << "it cannot be filtered, so it is not opened";
  EXPECT_EQ(child.error().code(), ErrorCode::kSandboxUnavailable);
}

}  // namespace
}  // namespace lumenflow::sandbox
