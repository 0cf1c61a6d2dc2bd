// A real server on a thread of its own, and raw sockets to say to it what no client library would. Tests only.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.h"

namespace lumenflow::http {

// A blocking socket. Reads give up after ten seconds, which no passing test comes near.
class RawSocket {
 public:
  static RawSocket tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return RawSocket(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }

  static RawSocket local(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return RawSocket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }

  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}
  ~RawSocket() { close(); }

  bool connected() const { return connected_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Up to and with `mark`; everything when the other side closes first.
  std::string read_until(std::string_view mark) {
    std::size_t at;
    while ((at = pending_.find(mark)) == std::string::npos && fill()) {
    }
    if (at == std::string::npos) at = pending_.find(mark);
    const std::size_t end = at == std::string::npos ? pending_.size() : at + mark.size();
    std::string text = pending_.substr(0, end);
    pending_.erase(0, end);
    return text;
  }
  std::string read_to_end() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
  }
  std::string read_bytes(std::size_t n) {
    while (pending_.size() < n && fill()) {
    }
    std::string text = pending_.substr(0, n);
    pending_.erase(0, text.size());
    return text;
  }

  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  RawSocket(int family, const sockaddr* address, socklen_t size) : fd_(::socket(family, SOCK_STREAM, 0)) {
    timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_, address, size) == 0;
  }
  bool fill() {
    char buffer[16 * 1024];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n > 0) pending_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }

  int fd_;
  bool connected_ = false;
  std::string pending_;
};

class ServerThread {
 public:
  explicit ServerThread(Handler handler, const Limits& limits = {})
      : server(make_server(
            io, std::move(handler),
            [](const Error& error) {
              Response response;
              response.status = info(error.code()).http_status;
              response.body = error.to_string();
              return response;
            },
            limits)),
        thread_([this] { io.run(); }) {}

  ~ServerThread() {
    on_thread([this] { server.reset(); });
    work_.reset();
    thread_.join();
  }

  // Runs `task` on the server's thread and waits for it.
  template <class Task>
  auto on_thread(Task task) -> decltype(task()) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto done = packaged.get_future();
    boost::asio::post(io, [&packaged] { packaged(); });
    return done.get();
  }

  std::uint16_t listen() {
    return on_thread([this] { return server->listen_tcp("127.0.0.1", 0).value(); });
  }

  boost::asio::io_context io{1};
  std::unique_ptr<Server> server;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
  std::thread thread_;
};

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-http-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lumenflow::http
