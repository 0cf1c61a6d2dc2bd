#include "http/testing/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace lumenflow::http {
namespace {

int new_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM, 0);
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

}  // namespace

RawSocket RawSocket::tcp(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = new_socket(AF_INET);
  return {fd, ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0};
}

RawSocket RawSocket::local(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = new_socket(AF_UNIX);
  return {fd, ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0};
}

RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), pending_(std::move(other.pending_)) {}

bool RawSocket::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string RawSocket::read_until(std::string_view mark) {
  while (pending_.find(mark) == std::string::npos && fill()) {
  }
  const std::size_t at = pending_.find(mark);
  const std::size_t end = at == std::string::npos ? pending_.size() : at + mark.size();
  std::string text = pending_.substr(0, end);
  pending_.erase(0, end);
  return text;
}

std::string RawSocket::read_to_end() {
  while (fill()) {
  }
  return std::exchange(pending_, {});
}

bool RawSocket::fill() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n > 0) pending_.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0;
}

void RawSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace lumenflow::http
