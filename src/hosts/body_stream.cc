#include "hosts/body_stream.h"

#include <algorithm>
#include <utility>

#include "hosts/message.h"

namespace lumenflow::hosts {
namespace {

constexpr std::size_t kTextBytesMax = 256 * 1024;  // of one notification

}  // namespace

std::size_t unfinished_bytes(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return back < whole ? back : 0;
  }
  return 0;
}

json::Object headers_of(const pack::HttpResponse& response) {
  json::Object headers;
  for (const pack::HttpHeader& header : response.headers) headers.set(header.name, header.value);
  return headers;
}

bool BodyStream::take(const pack::HttpResponse& head, std::string_view piece) {
  rest_ += piece;
  std::string text = std::exchange(rest_, {});
  const std::size_t unfinished = unfinished_bytes(text);
  rest_ = text.substr(text.size() - unfinished);
  text.resize(text.size() - unfinished);
  for (std::string_view left = text; !left.empty();) {
    std::string_view part = left.substr(0, kTextBytesMax);
    if (part.size() < left.size()) part.remove_suffix(unfinished_bytes(part));
    if (!say(std::exchange(has_head_, true) ? nullptr : &head, part)) return false;
    left.remove_prefix(part.size());
  }
  return true;
}

bool BodyStream::finish() { return rest_.empty() || say(nullptr, std::exchange(rest_, {})); }

bool BodyStream::say(const pack::HttpResponse* head, std::string_view text) {
  json::Object params{{"in", run_id_}, {"id", id_}, {"text", text}};
  if (head != nullptr) {
    params.set("status", head->status);
    params.set("headers", headers_of(*head));
  }
  return aside_.tell(notification_line("http/body", json::Value(std::move(params)))) && !aside_.heard_stop(id_);
}

}  // namespace lumenflow::hosts
