// Quoted JSON strings, as both the plain serialiser and the canonical form write them (RFC 8785, 3.2.2.2).
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace lumenflow::json {

// Appends the string in quotes. False, with `out` as before, when it is not UTF-8.
bool append_quoted(std::string_view text, std::string& out);

// The same with every byte that is no UTF-8 replaced by U+FFFD.
void append_quoted_repaired(std::string_view text, std::string& out);

}  // namespace lumenflow::json
