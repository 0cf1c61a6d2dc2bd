// A small blocking HTTP client by libcurl, for the command line and tests: over TCP, TLS or a local socket.
//
// Redirects are not followed; proxies of the environment are not asked for loopback or local sockets. One connection is
// kept alive between requests. Not thread safe: one Client per thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/interrupt.h"
#include "http/server.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

struct ClientOptions {
  std::string base_url = "http://localhost";  // scheme, host and port
  std::string socket_path;                    // when not empty, this local socket is asked instead of the host
  std::string ca_file;                        // when not empty, trusted instead of the system's authorities
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds timeout{60'000};  // of a whole request; of a stream's silence
  std::size_t body_bytes_max = 64 * 1024 * 1024;
  // When not empty, asked before a connection is made, with the numeric address that the host's name led to; false
  // refuses it. No proxy is used then, because the address would be the proxy's.
  std::function<bool(std::string_view address, std::uint16_t port)> may_connect;
  std::shared_ptr<Interrupt> interrupt;  // null: nobody ends requests from outside. Shared with who does
};

struct ClientRequest {
  Method method = Method::kGet;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;                        // sent as application/json unless a Content-Type is given
  std::optional<std::chrono::milliseconds> timeout = {};  // instead of the client's
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::optional<std::string_view> header(std::string_view name) const;
};

// Called with each line of a stream, without its line break. False ends the stream, which is then a success.
using LineCallback = std::function<bool(std::string_view line)>;

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;

  // UNREACHABLE when nothing answers (in time), SCOPE_DENIED when may_connect refused, OUTPUT_TOO_LARGE when too much
  // comes back. Any status is a success.
  Result<ClientResponse> send(const ClientRequest& request);
  // The same, but the body of a 2xx answer goes to `on_line` as it comes; other answers are collected as by send(), and
  // so is what comes behind the last line break.
  Result<ClientResponse> stream(const ClientRequest& request, const LineCallback& on_line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lumenflow::http
