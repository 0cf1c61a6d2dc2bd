// Values that must wait on disk without being readable there: XSalsa20-Poly1305 (libsodium's secretbox).
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "lumenflow/result.h"

namespace lumenflow {

// `key` has 32 bytes. Base64 of nonce and box; never the same twice.
std::string seal(std::string_view text, std::string_view key, Random& random);
// INVALID_INPUT when it was not sealed with this key, or was changed since.
Result<std::string> unseal(std::string_view sealed, std::string_view key);

}  // namespace lumenflow
