#include "lumenflow/sse_reader.h"

#include <utility>

namespace lumenflow {
namespace {

constexpr std::size_t kIdBytesMax = 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

bool SseReader::feed(std::string_view piece) {
  for (std::size_t at = 0; at < piece.size();) {
    if (std::exchange(after_return_, false) && piece[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t end = piece.find_first_of("\r\n", at);
    line_.append(piece.substr(at, end == std::string_view::npos ? end : end - at));
    too_large_ = line_.size() + event_.data.size() > event_bytes_max_;
    if (too_large_) return false;
    if (end == std::string_view::npos) return true;
    after_return_ = piece[end] == '\r';
    at = end + 1;
    if (!take_line()) return false;
  }
  return true;
}

bool SseReader::take_line() {
  std::string line = std::exchange(line_, {});
  if (std::exchange(first_line_, false) && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  if (line.empty()) {
    last_id_ = id_;
    const ReceivedEvent event = std::exchange(event_, {});
    return !std::exchange(has_data_, false) || take_(event);
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = std::string_view(line).substr(0, colon);
  std::string_view value = colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_.type = value;
  if (field == "data") {
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += value;
  }
  if (field == "id" && value.find('\0') == std::string_view::npos && value.size() <= kIdBytesMax) id_ = value;
  return true;  // comments and the like say nothing here
}

}  // namespace lumenflow
