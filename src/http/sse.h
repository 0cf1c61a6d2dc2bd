// Server-sent events (WHATWG HTML 9.2) over a BodyStream.
//
// A reader that cannot keep up is cut off by the stream's buffer limit; it resumes with Last-Event-ID. When heartbeats
// are due is the caller's clock's business. Same thread as the stream.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/server.h"

namespace lumenflow::http {

struct SseEvent {
  std::string_view id = {};     // none when empty
  std::string_view event = {};  // "message" when empty
  std::string_view data = {};
};

// Appends one frame. Line breaks (CR, LF, CRLF) in data become further data lines; in id and event they are cut away,
// and so is NUL.
void append_sse(std::string& out, const SseEvent& event);

// The head to open the stream with: text/event-stream, not to be stored or buffered by anyone between.
Response sse_head();

class EventStream {
 public:
  explicit EventStream(std::shared_ptr<BodyStream> stream) : stream_(std::move(stream)) {}

  // False when the reader is gone or was cut off.
  bool send(const SseEvent& event);
  bool retry(std::uint64_t ms);  // how long the reader waits before it comes back
  bool heartbeat();              // a comment: keeps proxies and idle timers quiet
  bool closed() const { return stream_->closed(); }
  void on_close(std::function<void()> callback) { stream_->on_close(std::move(callback)); }
  void end() { stream_->end(); }

 private:
  std::shared_ptr<BodyStream> stream_;
  std::string frame_;  // reused
};

}  // namespace lumenflow::http
