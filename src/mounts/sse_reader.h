// Server-sent events out of pieces of a body (WHATWG HTML, 9.2.6), as a client reads them.
//
// One stream; one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lumenflow::mounts {

class SseReader {
 public:
  explicit SseReader(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  // Calls `take` with the data of each event that has any; it says whether it wants more. False: it does not, or an
  // event is over the limit (then too_long() says so).
  bool feed(std::string_view piece, const std::function<bool(const std::string& data)>& take);
  const std::string& last_id() const { return last_id_; }
  bool too_long() const { return too_long_; }

 private:
  bool line(std::string_view line, const std::function<bool(const std::string& data)>& take);

  const std::size_t event_bytes_max_;
  std::string begun_;  // of a line
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  // a line feed that comes now belongs to the carriage return before it
  bool too_long_ = false;
  std::string id_, last_id_;
};

}  // namespace lumenflow::mounts
