// Responses to bytes (RFC 9112): status line, fields, framing of bodies. Pure functions over a buffer that is reused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/server.h"

namespace lumenflow::http {

// How the end of a body is told.
enum class Framing {
  kLength,      // Content-Length
  kChunked,     // chunks
  kUntilClose,  // an HTTP/1.0 reader of a stream
};

enum class ConnectionField {
  kNone,  // what HTTP/1.1 does by itself: stay open
  kClose,
  kKeepAlive,  // an HTTP/1.0 client asked for it
};

// Appends the head of `response`, for a body of `body_bytes` when the framing is kLength. Sets nothing but what the
// response holds and what frames it. Control characters in field values become spaces, so that no field can forge
// another.
void append_head(std::string& out, const Response& response, Framing framing, std::size_t body_bytes,
                 ConnectionField connection);

bool may_have_body(int status);  // neither 1xx, 204 nor 304

void append_chunk(std::string& out, std::string_view bytes);  // nothing for no bytes: an empty chunk would end the body
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace lumenflow::http
