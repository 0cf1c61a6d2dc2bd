#include "http/testing/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace lumenflow::http {
namespace {

std::string head_of(int status, std::string_view type) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Said\r\nConnection: close\r\n";
  if (!type.empty()) head.append("Content-Type: ").append(type).append("\r\n");
  return head;
}

// Head and body of one request; less when the other side stopped.
std::string read_request(int connection) {
  std::string text;
  std::size_t wanted = std::string::npos;
  std::array<char, 65536> chunk;
  while (text.size() < wanted) {
    const ssize_t size = ::recv(connection, chunk.data(), chunk.size(), 0);
    if (size <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(size));
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string::npos || wanted != std::string::npos) continue;
    const std::size_t length = text.find("Content-Length: ");
    wanted = head + 4;
    if (length < head) wanted += std::strtoul(text.c_str() + length + 16, nullptr, 10);
  }
  return text;
}

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

RawAnswer whole_answer(int status, std::string_view type, std::string_view body, std::string_view more_headers) {
  std::string bytes = head_of(status, type);
  bytes.append(more_headers).append("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n").append(body);
  return {std::move(bytes), false};
}

RawAnswer chunked_answer(int status, std::string_view type, const std::vector<std::string>& pieces) {
  std::string bytes = head_of(status, type) + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string& piece : pieces) {
    if (piece.empty()) continue;
    std::array<char, 32> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    bytes.append(size.data()).append(piece).append("\r\n");
  }
  return {bytes + "0\r\n\r\n", false};
}

RawServer::RawServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0) std::abort();
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

RawServer::~RawServer() {
  ended_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (const int current = current_; current >= 0) ::shutdown(current, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::vector<std::string> RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::serve() {
  while (!ended_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    current_ = connection;
    if (!ended_) answer(connection);
    current_ = -1;
    ::close(connection);
  }
}

void RawServer::answer(int connection) {
  const std::string request = read_request(connection);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const RawAnswer said = handler_(request);
  send_all(connection, said.bytes);
  if (!said.holds) ::shutdown(connection, SHUT_WR);
  char rest = 0;  // the other side closes first, so that none of what was sent is lost to a reset
  while (::recv(connection, &rest, 1, 0) > 0) continue;
}

}  // namespace lumenflow::http
