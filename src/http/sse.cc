#include "http/sse.h"

#include <algorithm>

namespace lumenflow::http {
namespace {

constexpr std::string_view kBreaks{"\r\n\0", 3};

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  std::ranges::copy_if(value, std::back_inserter(out),
                       [](char c) { return kBreaks.find(c) == std::string_view::npos; });
  out += '\n';
}

}  // namespace

void append_sse(std::string& out, const SseEvent& event) {
  if (!event.id.empty()) append_line(out, "id", event.id);
  if (!event.event.empty()) append_line(out, "event", event.event);
  std::string_view rest = event.data;
  for (;;) {
    const std::size_t end = rest.find_first_of("\r\n");
    out += "data: ";
    out += rest.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  out += '\n';
}

Response sse_head() {
  Response head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return head;
}

bool EventStream::send(const SseEvent& event) {
  frame_.clear();
  append_sse(frame_, event);
  return stream_->write(frame_);
}

bool EventStream::retry(std::uint64_t ms) { return stream_->write("retry: " + std::to_string(ms) + "\n\n"); }

bool EventStream::heartbeat() { return stream_->write(":\n\n"); }

}  // namespace lumenflow::http
