// A glob's text, taken apart: braces expanded, every alternative a sequence of items.
//
// Private to the scope library. Values and one pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::pack::glob {

struct CodePointRange {
  char32_t first, last;  // inclusive
};
using CodePointSet = std::vector<CodePointRange>;  // ascending, disjoint; never holds NUL or '/'

bool contains(const CodePointSet& set, char32_t c);

struct Item {
  enum class Kind : std::uint8_t {
    kOne,          // one code point of `set`; a separator is the set {'/'}
    kSegmentRest,  // `*`: any number of code points but '/'
    kFolders,      // `**/`: any number of whole segments, each with its '/'
    kAnything,     // `**` at the end: at least one code point, '/' included
  } kind;
  CodePointSet set;
};
using Sequence = std::vector<Item>;

inline constexpr std::size_t kPatternBytesMax = 4096;
inline constexpr std::size_t kAlternativesMax = 512;
inline constexpr std::size_t kItemsMax = 16'384;  // over all alternatives
inline constexpr int kBraceDepthMax = 16;

// INVALID_INPUT with the byte offset of what is malformed, or what is over a limit.
Result<std::vector<Sequence>> parse(std::string_view pattern);

// The code point that starts at `at`, which moves behind it; nothing for invalid UTF-8. `at` is inside the text.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at);
void append_utf8(char32_t c, std::string& out);

}  // namespace lumenflow::pack::glob
