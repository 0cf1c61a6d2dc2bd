#include "sandbox/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "sandbox/proxy_request.h"

namespace lumenflow::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kHeadBytesMax = 16 * 1024, kChunkBytes = 64 * 1024;
constexpr int kConnectionsMax = 64;
constexpr milliseconds kHeadMax{30'000}, kConnectMax{10'000}, kIdleMax{600'000};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

// What all connections of a proxy share. They hold it together with the proxy itself (hence shared_ptr), because a
// look-up of a name cannot be interrupted and may outlast the proxy.
struct Shared {
  Shared(std::vector<network::Entry> listed, Resolve by)
      : allowlist(std::move(listed)), resolve(std::move(by)), stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  const std::vector<network::Entry> allowlist;
  const Resolve resolve;
  const Socket stop;  // readable for ever once the proxy ends
  std::mutex mutex;
  std::condition_variable ended;
  int connections = 0;
  bool stopping = false;
};

// Waits for what is asked of one of the two; false at the deadline, or when the proxy ends.
bool await(const Shared& shared, pollfd* files, nfds_t count, steady_clock::time_point deadline) {
  pollfd all[3] = {{shared.stop.get(), POLLIN, 0}, {-1, 0, 0}, {-1, 0, 0}};
  for (nfds_t i = 0; i < count; ++i) all[i + 1] = files[i];
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    const int ready = left.count() <= 0 ? 0 : ::poll(all, count + 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || all[0].revents != 0) return false;
    for (nfds_t i = 0; i < count; ++i) files[i].revents = all[i + 1].revents;
    return true;
  }
}

bool send_all(const Shared& shared, int to, std::string_view bytes) {
  const auto deadline = steady_clock::now() + kIdleMax;
  while (!bytes.empty()) {
    const ssize_t n = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    pollfd waiting{to, POLLOUT, 0};
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if ((errno != EAGAIN && errno != EINTR) || !await(shared, &waiting, 1, deadline))
      return false;
  }
  return true;
}

// The head, and in `rest` what came after it.
std::optional<std::string> read_head(const Shared& shared, int client, std::string& rest) {
  const auto deadline = steady_clock::now() + kHeadMax;
  std::string text;
  char chunk[4096];
  for (;;) {
    pollfd waiting{client, POLLIN, 0};
    if (!await(shared, &waiting, 1, deadline)) return std::nullopt;
    const ssize_t n = ::recv(client, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n <= 0) return std::nullopt;
    text.append(chunk, static_cast<std::size_t>(n));
    if (const std::size_t end = text.find("\r\n\r\n"); end != std::string::npos) {
      rest = text.substr(end + 4);
      text.resize(end + 4);
      return text;
    }
    if (text.size() > kHeadBytesMax) return std::nullopt;
  }
}

int connect_to(const Shared& shared, const std::string& address, std::uint16_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return -1;
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error = fd < 0 || ::connect(fd, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  ::freeaddrinfo(found);
  pollfd waiting{fd, POLLOUT, 0};
  socklen_t bytes = sizeof error;
  if (error == EINPROGRESS) {
    error = ETIMEDOUT;
    if (await(shared, &waiting, 1, steady_clock::now() + kConnectMax))
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
  }
  if (fd < 0 || error == 0) return fd;
  ::close(fd);
  return -1;
}

void relay(const Shared& shared, int one, int other) {
  std::string chunk(kChunkBytes, '\0');
  bool open[2] = {true, true};
  const int files[2] = {one, other};
  while (open[0] || open[1]) {
    pollfd waiting[2] = {{open[0] ? one : -1, POLLIN, 0}, {open[1] ? other : -1, POLLIN, 0}};
    if (!await(shared, waiting, 2, steady_clock::now() + kIdleMax)) return;
    for (int i = 0; i < 2; ++i) {
      if (waiting[i].revents == 0) continue;
      const ssize_t n = ::recv(files[i], chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) continue;
      if (n < 0) return;
      if (n == 0) {
        open[i] = false;
        ::shutdown(files[1 - i], SHUT_WR);
      } else if (!send_all(shared, files[1 - i], {chunk.data(), static_cast<std::size_t>(n)})) {
        return;
      }
    }
  }
}

void refuse(const Shared& shared, int client, std::string_view status, const std::string& why) {
  std::string answer = "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: text/plain\r\nConnection: close\r\n";
  answer += "Content-Length: " + std::to_string(why.size() + 1) + "\r\n\r\n" + why + "\n";
  send_all(shared, client, answer);
}

void serve_one(const Shared& shared, int client) {
  std::string rest;
  const std::optional<std::string> head = read_head(shared, client, rest);
  if (!head) return;
  const std::optional<ProxyRequest> request = parse_proxy_request(*head);
  if (!request)
    return refuse(shared, client, "400 Bad Request", "INVALID_REQUEST: neither CONNECT nor a request for an http URL");
  const std::string target = request->host + ":" + std::to_string(request->port);
  if (!is_listed(shared.allowlist, request->host, request->port))
    return refuse(shared, client, "403 Forbidden", "SCOPE_DENIED: " + target + " is not on the allowlist");
  bool any_allowed = false;
  for (const std::string& address : shared.resolve(request->host)) {
    if (!may_connect(shared.allowlist, address, request->port)) continue;
    any_allowed = true;
    const Socket upstream(connect_to(shared, address, request->port));
    if (upstream.get() < 0) continue;
    if (request->tunnel && !send_all(shared, client, "HTTP/1.1 200 Connection established\r\n\r\n")) return;
    if (send_all(shared, upstream.get(), request->upstream + rest)) relay(shared, client, upstream.get());
    return;
  }
  if (any_allowed) return refuse(shared, client, "502 Bad Gateway", "UNREACHABLE: nothing answers at " + target);
  refuse(shared, client, "403 Forbidden", "SCOPE_DENIED: " + target + " leads to no address that is allowed");
}

class FilteringProxy final : public Attendant {
 public:
  FilteringProxy(std::vector<network::Entry> allowlist, Resolve resolve)
      : shared_(std::make_shared<Shared>(std::move(allowlist), std::move(resolve))) {}

  ~FilteringProxy() override {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
    }
    shared_->ended.notify_all();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(shared_->stop.get(), &one, sizeof one);
    if (accepting_.joinable()) accepting_.join();
  }

  void serve(int listener) override {
    accepting_ = std::thread([shared = shared_, listener] { accept_all(shared, Socket(listener)); });
  }

 private:
  static void accept_all(const std::shared_ptr<Shared>& shared, const Socket& listener) {
    for (;;) {
      pollfd waiting{listener.get(), POLLIN, 0};
      if (!await(*shared, &waiting, 1, steady_clock::now() + kIdleMax)) {
        const std::lock_guard lock(shared->mutex);
        if (shared->stopping) return;
        continue;
      }
      const int client = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) {
        if (errno == EINTR || errno == ECONNABORTED || errno == EAGAIN) continue;
        ::poll(nullptr, 0, 10);  // out of files: others may close theirs
        continue;
      }
      std::unique_lock lock(shared->mutex);
      shared->ended.wait(lock, [&] { return shared->stopping || shared->connections < kConnectionsMax; });
      if (shared->stopping) {
        ::close(client);
        return;
      }
      ++shared->connections;
      lock.unlock();
      std::thread([shared, client] {
        {
          const Socket owned(client);
          serve_one(*shared, owned.get());
        }
        const std::lock_guard done(shared->mutex);
        --shared->connections;
        shared->ended.notify_all();
      }).detach();
    }
  }

  const std::shared_ptr<Shared> shared_;
  std::thread accepting_;
};

}  // namespace

std::vector<std::string> resolve_by_system(const std::string& host) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  std::vector<std::string> out;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST] = "";
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      out.emplace_back(text);
  }
  ::freeaddrinfo(found);
  return out;
}

Result<std::unique_ptr<Attendant>> make_proxy(const std::vector<std::string>& allowlist, Resolve resolve) {
  std::vector<network::Entry> entries;
  for (const std::string& text : allowlist) {
    const std::optional<network::Entry> entry = network::parse_entry(text);
    if (!entry) return Error(ErrorCode::kInvalidInput, text + " is no host, host:port or block of addresses");
    entries.push_back(*entry);
  }
  return std::unique_ptr<Attendant>(std::make_unique<FilteringProxy>(std::move(entries), std::move(resolve)));
}

}  // namespace lumenflow::sandbox
