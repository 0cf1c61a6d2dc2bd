// Server-sent events out of a body that comes in pieces (HTML Living Standard, 9.2.6), however it was cut.
//
// One body; one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lumenflow::agent_runtime {

struct SseEvent {
  std::string type;  // empty: none was named
  std::string data;  // lines joined by \n
};

class SseReader {
 public:
  // `take` says whether to go on.
  explicit SseReader(std::function<bool(const SseEvent&)> take) : take_(std::move(take)) {}

  // False: `take` wanted no more, or an event is over the limit.
  bool feed(std::string_view piece);
  bool too_large() const { return too_large_; }
  // Whether something was begun that the end of the body cut off.
  bool in_the_middle() const { return !line_.empty() || !event_.data.empty() || has_data_; }

 private:
  bool take_line();

  const std::function<bool(const SseEvent&)> take_;
  std::string line_;
  SseEvent event_;
  bool has_data_ = false;
  bool after_return_ = false;  // the last line ended with \r, so a \n now is part of that end
  bool first_line_ = true;
  bool too_large_ = false;
};

}  // namespace lumenflow::agent_runtime
