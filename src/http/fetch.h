// One request over TCP or TLS by libcurl that can be ended at any moment, its answer perhaps taken in pieces: for
// requests on behalf of others, who say where to and may not be trusted with it.
//
// Redirects are not followed, proxies of the environment are not asked, nothing is kept from one request to the next.
// One thread calls run(); stop() may be called by any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

struct FetchRequest {
  std::string url;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;     // sent where the method is POST, PUT or PATCH
  std::string ca_file;  // when not empty, trusted instead of the system's authorities
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds timeout{10'000};  // of the whole
  std::chrono::milliseconds idle_timeout{0};  // without a byte from the other side; 0: none
  std::size_t body_bytes_max = 1u << 18;      // also of what on_body takes
  std::size_t header_bytes_max = 64u << 10;
  // Asked before a connection is made, with the very address that it goes to; false refuses it.
  std::function<bool(std::string_view address, std::uint16_t port)> may_connect;
  // Takes the body of a 2xx answer as it comes; false ends the transfer, which is then a success. Empty: it is
  // collected, as that of other answers is in any case.
  std::function<bool(const ClientResponse& head, std::string_view piece)> on_body;
};

struct FetchAnswer {
  ClientResponse response;
  bool complete = true;  // false: on_body wanted no more
};

class Fetch {
 public:
  explicit Fetch(FetchRequest request);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // Once. UNREACHABLE when nothing answers, time is over or the answer breaks off; SCOPE_DENIED when may_connect
  // refused; OUTPUT_TOO_LARGE; TOOL_CANCELLED after stop(). Any status is a success.
  Result<FetchAnswer> run();
  // After run(): whether a connection was there to send it by. Without one the other side knows nothing of the request.
  bool connected() const;
  // run() returns at once, or as soon as it is called.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lumenflow::http
