// Compressed request bodies: gzip (RFC 1952) and zstd (RFC 8878), unpacked under a limit. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "http/server.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

// The body as it was before the Content-Encoding was applied; an empty coding or `identity` leaves it as it is.
// UNSUPPORTED_MEDIA_TYPE for another coding, INVALID_REQUEST for what is not whole, BODY_TOO_LARGE as soon as it would
// have more than `bytes_max` bytes.
Result<std::string> decode_content(std::string body, std::string_view coding, std::size_t bytes_max);

// Takes the Content-Encoding off a request's body, and the header with it.
Status unpack(Request& request, std::size_t bytes_max);

std::string gzip(std::string_view text);
std::string zstd(std::string_view text);

}  // namespace lumenflow::http
