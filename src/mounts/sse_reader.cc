#include "mounts/sse_reader.h"

#include <utility>

namespace lumenflow::mounts {

bool SseReader::feed(std::string_view piece, const std::function<bool(const std::string& data)>& take) {
  for (const char c : piece) {
    if (std::exchange(after_return_, false) && c == '\n') continue;
    if (c != '\n' && c != '\r') {
      begun_ += c;
      if (begun_.size() + data_.size() <= event_bytes_max_) continue;
      too_long_ = true;
      return false;
    }
    after_return_ = c == '\r';
    const std::string whole = std::move(begun_);
    begun_.clear();
    if (!line(whole, take)) return false;
  }
  return true;
}

bool SseReader::line(std::string_view line, const std::function<bool(const std::string& data)>& take) {
  if (line.empty()) {
    if (!id_.empty()) last_id_ = id_;
    const std::string data = std::move(data_);
    data_.clear();
    const bool has_data = std::exchange(has_data_, false);
    return !has_data || data.empty() || take(data);
  }
  if (line.starts_with(':')) return true;
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (field == "id" && value.find('\0') == std::string_view::npos && value.size() <= 1024) {
    id_ = value;
  }
  return true;
}

}  // namespace lumenflow::mounts
