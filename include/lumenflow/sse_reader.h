// Server-sent events out of a body that comes in pieces (WHATWG HTML, 9.2.6), however it was cut.
//
// One body; one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace lumenflow {

struct ReceivedEvent {
  std::string type;  // empty: none was named
  std::string data;  // lines joined by \n
};

class SseReader {
 public:
  static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20;

  // `take` says whether to go on.
  explicit SseReader(std::function<bool(const ReceivedEvent&)> take, std::size_t event_bytes_max = kEventBytesMax)
      : take_(std::move(take)), event_bytes_max_(event_bytes_max) {}

  // False: `take` wanted no more, or an event is over the limit. Nothing may be fed after that.
  bool feed(std::string_view piece);
  bool too_large() const { return too_large_; }
  // Whether something was begun that the end of the body cut off.
  bool in_the_middle() const { return !line_.empty() || !event_.data.empty() || has_data_; }
  // Where to read on after a broken connection (Last-Event-ID): the last id that an event, also one without data, had.
  const std::string& last_id() const { return last_id_; }

 private:
  bool take_line();

  const std::function<bool(const ReceivedEvent&)> take_;
  const std::size_t event_bytes_max_;
  std::string line_;
  ReceivedEvent event_;
  std::string id_, last_id_;
  bool has_data_ = false;
  bool after_return_ = false;  // the last line ended with \r, so a \n now is part of that end
  bool first_line_ = true;
  bool too_large_ = false;
};

}  // namespace lumenflow
