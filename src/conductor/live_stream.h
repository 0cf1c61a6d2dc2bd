// A stream of server-sent events that ends with the credential that opened it: within a second of its revocation, and
// with its life.
//
// What is sent comes from `read`, one page at a time, from behind a position that the stream keeps. The io thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conductor/context.h"
#include "http/sse.h"

namespace lumenflow::conductor {

struct StreamItem {
  Position position;
  std::string event;  // its name
  std::string data;
};
struct StreamPage {
  std::vector<StreamItem> items;
  Position last;
  bool more = false;
};

class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  using Read = std::function<Result<StreamPage>(Position after)>;
  LiveStream(Context& context, Principal principal, std::shared_ptr<http::BodyStream> body, Position at, Read read);
  // Sends what there is and what comes; alive until the connection closes.
  void start();
  void look();
  void end_with(const Error& error);

 private:
  void pump();
  Status still_allowed();
  void beat();
  void check();

  Context& context_;
  const Principal principal_;
  std::shared_ptr<http::BodyStream> body_;  // shared with the connection
  http::EventStream stream_;
  Position at_;
  const Read read_;
  std::uint64_t revocations_seen_;
  bool pumping_ = false;
};

// Where the request says its reader stands: Last-Event-ID, else ?after=, else `fallback`. INVALID_REQUEST.
Result<Position> stream_position(const Exchange& exchange, Position fallback);
bool wants_stream(const Exchange& exchange);

}  // namespace lumenflow::conductor
