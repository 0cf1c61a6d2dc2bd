// RFC 8785 (JSON Canonicalization Scheme): one byte sequence per value, the input of every content hash.
//
// Keys in UTF-16 code unit order, numbers as ECMAScript prints them, -0 as 0. An integer that ECMAScript would print
// otherwise (beyond 2^53, mostly) is refused, because two programs would hash different texts for it.
#pragma once

#include <string>

#include "base/sha256.h"
#include "lumenflow/json.h"

namespace lumenflow::json {

// INVALID_INPUT with the JSON pointer of the first value that has none: an integer that ECMAScript would print
// otherwise, a double that is not finite, a string that is not UTF-8.
Result<std::string> canonical(const Value& value);
Status canonical_to(const Value& value, std::string& out);  // appends; on failure `out` is as before

// A string as canonical JSON writes it, quotes included; for code that writes canonical text directly. Aborts when it
// is not UTF-8.
void append_canonical_string(std::string_view text, std::string& out);

Result<Hash256> canonical_sha256(const Value& value);

}  // namespace lumenflow::json
