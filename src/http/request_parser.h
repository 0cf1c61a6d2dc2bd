// Bytes to requests: HTTP/1.0 and 1.1 by Boost.Beast's parser, made stricter and bounded (RFC 9112).
//
// It refuses what makes two readers disagree: several lengths, a length beside a transfer coding, codings other than
// chunked, no or several Hosts. Trailers are dropped. It does no I/O and reads no clock, so it can be fuzzed as it is.
// Not thread safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/server.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

class RequestParser {
 public:
  enum class Step {
    kNeedMore,  // put() again, with what it did not take in front
    kComplete,  // take() the request; reset() for the next one
    kRefused,   // refusal() says why; the connection cannot go on
  };
  struct Taken {
    Step step;
    std::size_t bytes;  // from the front of what was given
  };

  RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~RequestParser();
  RequestParser(RequestParser&&) = delete;

  void reset();
  Taken put(std::string_view bytes);

  bool header_done() const;
  bool expects_continue() const;  // the client waits for "100 Continue" before it sends the body; from header_done() on
  bool keep_alive() const;        // from header_done() on
  bool http_1_1() const;
  const Error& refusal() const;  // INVALID_REQUEST, HEADER_TOO_LARGE or BODY_TOO_LARGE
  Request take();                // without `peer`

 private:
  class Machine;
  struct State;
  Taken refuse(ErrorCode code, std::string_view message, std::size_t bytes);
  Taken refuse_parse_error(std::size_t bytes);
  Taken put_step(std::string_view bytes);
  std::unique_ptr<State> state_;
};

}  // namespace lumenflow::http
