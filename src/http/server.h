// An HTTP/1.1 server on Boost.Beast for one io thread: keep-alive, limits on everything, bodies whole, answers whole or
// as a stream (SSE). It knows no routes and no tokens.
//
// Threading: everything runs on the io_context's one thread, handlers included; a handler may keep the Responder and
// answer later, on that thread. Neither handlers nor callbacks throw. Ownership: the server borrows the io_context;
// Responders and BodyStreams may outlive the server (they then do nothing), but not the io_context.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/result.h"

namespace boost::asio {
class io_context;
}

namespace lumenflow::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions, kOther };
std::string_view name(Method method);

struct Peer {
  bool local_socket = false;
  std::uint32_t uid = 0;  // of the process at the other end of a local socket
  std::string address;    // "127.0.0.1" or "unix"
};

struct Request {
  Method method = Method::kGet;
  std::string target;  // path and query as sent, not decoded (of an absolute-form target, what follows the authority)
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body;
  Peer peer;
  // The first header of this (lower-case) name; nothing when absent.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A response of unknown length (chunked). write() is refused (false) when the reader is too slow (over the buffer
// limit) or gone; the connection is then closed. Dropped without end(), the connection is cut, so that no reader takes
// a torso for the whole.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  virtual bool write(std::string_view bytes) = 0;
  virtual std::size_t buffered_bytes() const = 0;
  virtual bool closed() const = 0;
  // Called once, from the io_context and never from inside write(), when the reader is gone or was cut off; not after
  // end().
  virtual void on_close(std::function<void()> callback) = 0;
  virtual void end() = 0;
};

// Answers one request, exactly once: a second answer aborts. Dropped unanswered it sends 500 (INTERNAL).
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void send(Response response) = 0;
  virtual std::shared_ptr<BodyStream> stream(Response head) = 0;  // shared: several writers may hold it
};

using Handler = std::function<void(Request, std::unique_ptr<Responder>)>;

struct Limits {
  std::size_t connections =
      1024;  // more wait in the kernel's backlog; meanwhile the idle ones are let go within seconds
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  std::chrono::milliseconds header_time{10'000};  // from the first byte of a request to the end of its header
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle_time{75'000};   // between requests of a connection
  std::chrono::milliseconds write_time{30'000};  // a response that the peer does not read
  std::chrono::milliseconds linger_time{2'000};  // for a peer to take its last answer before the connection goes
  std::size_t linger_bytes = 8 * 1024 * 1024;    // what such a peer may still send; it is read and thrown away
  std::size_t stream_buffer_bytes = 1024 * 1024;
};

// How the server answers what never becomes a request (BODY_TOO_LARGE, HEADER_TOO_LARGE, REQUEST_TIMEOUT,
// INVALID_REQUEST, and INTERNAL for a dropped Responder): the caller gives the whole response.
using ErrorResponse = std::function<Response(const Error&)>;

class Server {
 public:
  virtual ~Server() = default;
  // Port 0 picks one; the answer is the port. IO_ERROR when taken, saying so.
  virtual Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port) = 0;
  // The same under TLS 1.2 or newer, with a PEM certificate chain and key. INVALID_CONFIGURATION names the bad file.
  virtual Result<std::uint16_t> listen_tls(const std::string& address, std::uint16_t port, const std::string& cert_file,
                                           const std::string& key_file) = 0;
  // Mode 0600. A stale socket file (nobody listens) is replaced; a live one is ALREADY_EXISTS.
  virtual Status listen_local(const std::string& path) = 0;
  // Accepts no more; open connections finish their current request and close. `done` is called when all are gone. An
  // endless stream is ended by whoever writes it; close() cuts what does not end.
  virtual void drain(std::function<void()> done) = 0;
  virtual void close() = 0;  // at once
  virtual std::size_t connections() const = 0;
};

std::unique_ptr<Server> make_server(boost::asio::io_context& io, Handler handler, ErrorResponse error_response,
                                    const Limits& limits);

}  // namespace lumenflow::http
