#include "pack/text_glob.h"

#include <algorithm>

namespace lumenflow::pack {

// Iterative, with one point to come back to: the last `*`.
bool text_glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_text_glob(std::string_view pattern) {
  return !pattern.empty() && std::ranges::none_of(pattern, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || std::string_view("[]{}\\,!").find(c) != std::string_view::npos;
  });
}

}  // namespace lumenflow::pack
