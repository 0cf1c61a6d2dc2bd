#include "conductor_link/testing/bad_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "base/check.h"

namespace lumenflow::conductor_link::testing {

BadServer::BadServer(std::string bytes, Then then) : bytes_(std::move(bytes)), then_(then) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  LUMENFLOW_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  LUMENFLOW_CHECK(::listen(listener_, 16) == 0);
  LUMENFLOW_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

BadServer::~BadServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void BadServer::run() {
  std::vector<int> open;
  while (!stopping_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) break;
    open.push_back(connection);
    std::string request;
    std::array<char, 4096> buffer{};
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      request.append(buffer.data(), static_cast<std::size_t>(got));
    }
    for (std::size_t sent = 0; sent < bytes_.size();) {
      const ssize_t put = ::send(connection, bytes_.data() + sent, bytes_.size() - sent, MSG_NOSIGNAL);
      if (put <= 0) break;
      sent += static_cast<std::size_t>(put);
    }
    if (then_ == Then::kClose) {
      ::shutdown(connection, SHUT_WR);
      pollfd rest{connection, POLLIN, 0};  // what still comes is read, or the answer would be thrown away
      while (::poll(&rest, 1, 1'000) > 0 && ::recv(connection, buffer.data(), buffer.size(), 0) > 0) {
      }
      ::close(connection);
      open.pop_back();
    }
  }
  for (const int connection : open) ::close(connection);
}

}  // namespace lumenflow::conductor_link::testing
