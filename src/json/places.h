// Where the values of a JSON text stand in it, for messages about files that people write.
//
// Pure functions of the text. Each walks the text once: they are for the few places that a message names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::json {

inline constexpr std::string_view kLeftOut = "…";
inline constexpr int kColumnsBefore = 60;  // that are shown of a long line

struct TextPlace {
  int line = 1;    // from 1
  int column = 1;  // from 1, in code points
  std::string
      snippet;  // the line; of a long one the part around the column, behind kLeftOut where its beginning is left out
};

// Where in the snippet of a place its column stands.
int column_in_snippet(std::string_view snippet, int column);

TextPlace place_at(std::string_view text, std::size_t offset);

// Of the value at an RFC 6901 pointer, or of the nearest value around it that is there; with `of_key`, of its member's
// name. The text is one that parse() takes.
TextPlace place_of(std::string_view text, std::string_view pointer, bool of_key = false);

// Of what parse() refuses with this error.
TextPlace place_of_error(std::string_view text, const Error& malformed);

// The error's reason, without the place.
std::string reason_of_error(const Error& malformed);

}  // namespace lumenflow::json
