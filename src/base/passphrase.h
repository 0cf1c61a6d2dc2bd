// What is kept of a person's passphrase: Argon2id (RFC 9106), by libsodium, with its parameters in the text.
//
// Both functions work for a tenth of a second or more over 64 MiB: not on a thread that others wait for. Thread safe
// because stateless.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow {

inline constexpr std::size_t kPassphraseBytesMin = 12;
inline constexpr std::size_t kPassphraseBytesMax = 1024;

// `$argon2id$v=19$…`, salted: never the same twice. INVALID_INPUT for one that is too short or too long.
Result<std::string> hash_passphrase(std::string_view passphrase);
// Whether `hash` is of this passphrase; false also for what is no such text.
bool verify_passphrase(std::string_view passphrase, const std::string& hash);
// A hash that no passphrase has, to be verified against where there is none: so both take the same time.
const std::string& hash_of_nothing();

}  // namespace lumenflow
