// Outputs of thousands of types, written as they go: parts are appended to one text, without a string for each. Private
// to catalogue.
//
// Values; one thread.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "json/text.h"

namespace lumenflow::catalogue {

// A part that is written as a JSON string.
struct Quoted {
  std::string_view text;
};

inline void append_part(std::string_view part, std::string& out) { out.append(part); }
inline void append_part(Quoted part, std::string& out) { json::append_quoted(part.text, out); }
template <std::integral Number>
void append_part(Number part, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, part).ptr);
}

template <class... Parts>
void append(std::string& out, const Parts&... parts) {
  (append_part(parts, out), ...);
}

// A text for each of several things, kept together: what is said of all and again of some is written once.
class Lines {
 public:
  explicit Lines(std::size_t count) { begins_.reserve(count); }

  // The end of the text, to which whoever asks appends the next one.
  std::string& next() {
    begins_.push_back(text_.size());
    return text_;
  }
  // Of those from `first` up to `end`; valid until the next one.
  std::string_view range(std::size_t first, std::size_t end) const {
    return std::string_view(text_).substr(begin_of(first), begin_of(end) - begin_of(first));
  }
  std::string_view from(std::size_t first) const { return range(first, begins_.size()); }

 private:
  std::size_t begin_of(std::size_t index) const { return index < begins_.size() ? begins_[index] : text_.size(); }

  std::string text_;
  std::vector<std::size_t> begins_;
};

}  // namespace lumenflow::catalogue
