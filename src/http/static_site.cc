#include "http/static_site.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "http/exchange.h"

namespace lumenflow::http {
namespace {

// Scripts, styles and requests of its own origin alone, nothing inline, nothing evaluated, no frame around it.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// RFC 9110 12.5.3: named, and not with a weight of zero. `*` names none in particular and is not taken up.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (trimmed(item.substr(0, semicolon)) != coding) continue;
    const std::string weight(trimmed(item.substr(std::min(semicolon + 1, item.size()))));
    return !weight.starts_with("q=") || std::strtod(weight.c_str() + 2, nullptr) > 0;
  }
  return false;
}

void protect(Response& response) {
  auto& headers = response.headers;
  headers.emplace_back("Content-Security-Policy", kPolicy);
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("X-Frame-Options", "DENY");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  headers.emplace_back("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
}

}  // namespace

std::optional<Response> StaticSite::answer(const Request& request) const {
  if (request.method != Method::kGet && request.method != Method::kHead) return std::nullopt;
  const std::string_view target(request.target);
  const std::string_view path = target.substr(0, target.find('?'));
  const auto file = std::find_if(files_.begin(), files_.end(), [&](const StaticFile& one) { return one.path == path; });
  if (file == files_.end()) return std::nullopt;
  Response response;
  response.content_type = file->content_type;
  protect(response);
  response.headers.emplace_back("ETag", file->etag);
  response.headers.emplace_back("Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (names_etag(request.header("if-none-match").value_or(""), file->etag)) {
    response.status = 304;
    return response;
  }
  const std::string_view accepted = request.header("accept-encoding").value_or("");
  if (!file->brotli.empty() && accepts(accepted, "br")) {
    response.headers.emplace_back("Content-Encoding", "br");
    response.body = file->brotli;
  } else if (!file->gzip.empty() && accepts(accepted, "gzip")) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file->gzip;
  } else {
    response.body = file->plain;
  }
  return response;
}

}  // namespace lumenflow::http
