// How one message over HTTP is answered: as JSON when the answer is all there is to say, as a stream of server-sent
// events when something goes before it. In a session the stream outlives its connection (stream.h); without one the
// end of the connection is the end of the request.
//
// Used on the io thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "mcp_server/stream.h"
#include "sidecar/journal_watch.h"
#include "sidecar/routes.h"

namespace lumenflow::mcp_server {

using sidecar::ExchangePtr;
using sidecar::JournalWatch;
using sidecar::RouteContext;
using sidecar::Routes;

// Whether a client without a header of its own mind, or with one that lists it, reads server-sent events.
bool takes_stream(const http::Request& request);

// Of a connection that the bearer of this token has opened; it may outlive the context's routes no more than these.
McpStream::MayRead may_read(const RouteContext& context, std::shared_ptr<const kernel::Credential> credential);

class McpAnswer : public std::enable_shared_from_this<McpAnswer> {
 public:
  // Makes a stream of the session when one is needed; empty: there is no session.
  using MakeStream = std::function<std::shared_ptr<McpStream>()>;
  McpAnswer(RouteContext& context, ExchangePtr exchange, MakeStream make_stream);

  bool can_stream() const { return can_stream_; }
  void open();                                      // the stream, unless it is open or the client takes none
  void say(std::string message);                    // goes before the answer; lost when the client takes no stream
  void end(std::string message, int status = 200);  // the answer itself; once
  bool ended() const { return ended_; }
  // Whether the stream may still be told something: TOKEN_EXPIRED, TOKEN_REVOKED. What the streams of a session say
  // then is kept for its subject's next reader, and an answer that has not begun is none yet.
  Status standing() const;
  // Called when the client went away before the end, where that ends the request. At most once.
  void when_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  void header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); }

 private:
  void beat();
  void hold();

  RouteContext& context_;
  const ExchangePtr exchange_;  // shared with the route
  const MakeStream make_stream_;
  bool can_stream_ = false, ended_ = false;
  std::uint64_t said_ = 0;
  std::shared_ptr<McpStream> kept_;           // of a session; shared with it
  std::shared_ptr<http::EventStream> plain_;  // without one; shared with what writes to it later
  std::vector<std::pair<std::string, std::string>> headers_;
  std::function<void()> gone_;
};

}  // namespace lumenflow::mcp_server
