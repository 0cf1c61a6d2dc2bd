#include "http/exchange.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "base/ulid.h"

namespace lumenflow::http {
namespace {

// Whether the text is this lower-case word, in whatever case and with blanks around.
bool is_word(std::string_view text, std::string_view word) {
  std::string lower;
  for (const char c : text)
    if (c != ' ' && c != '\t') lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return lower == word;
}

bool is_json(std::string_view content_type) {
  return is_word(content_type.substr(0, content_type.find(';')), "application/json");
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// W3C Trace Context 3.2: version-traceid-parentid-flags; ids of zeros are invalid.
bool is_traceparent(std::string_view text) {
  return text.size() == 55 && text[2] == '-' && text[35] == '-' && text[52] == '-' && is_lower_hex(text.substr(0, 2)) &&
         text.substr(0, 2) != "ff" && is_lower_hex(text.substr(3, 32)) && is_lower_hex(text.substr(36, 16)) &&
         is_lower_hex(text.substr(53)) && text.substr(3, 32).find_first_not_of('0') != std::string_view::npos &&
         text.substr(36, 16).find_first_not_of('0') != std::string_view::npos;
}

bool is_request_id(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= 128 && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

constexpr std::string_view kBearer = "Bearer ";

// The scheme has no case (RFC 9110 11.1).
bool is_bearer(std::string_view header) {
  return std::ranges::equal(header.substr(0, kBearer.size()), kBearer,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == (b | 0x20); });
}

}  // namespace

Response problem(const Error& error) {
  const ErrorCodeInfo& code = info(error.code());
  json::Object body{{"type", "about:blank"},
                    {"title", std::string(code.meaning)},
                    {"status", code.http_status},
                    {"code", code.name},
                    {"detail", error.message()}};
  Response response;
  response.status = code.http_status;
  response.content_type = "application/problem+json";
  if (error.code() == ErrorCode::kMethodNotAllowed && !error.details().empty())
    response.headers.emplace_back("Allow", error.details().front().reason);
  else if (!error.details().empty()) {
    json::Array errors;
    for (const ErrorDetail& detail : error.details())
      errors.push_back(json::Object{{"pointer", detail.pointer}, {"reason", detail.reason}});
    body.set("errors", std::move(errors));
  }
  if (code.http_status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"lumenflow\"");
  if (code.http_status == 429 || code.http_status == 503) response.headers.emplace_back("Retry-After", "1");
  response.body = json::serialize(json::Value(std::move(body)));
  return response;
}

Exchange::Exchange(RoutedRequest routed, std::unique_ptr<Responder> responder, std::string request_id,
                   std::function<void(int)> count_status)
    : routed_(std::move(routed)),
      responder_(std::move(responder)),
      request_id_(std::move(request_id)),
      count_status_(std::move(count_status)) {}

std::string_view Exchange::path(std::string_view name) const {
  const auto found = routed_.path.find(name);
  return found == routed_.path.end() ? std::string_view() : found->second;
}

std::optional<std::string_view> Exchange::query(std::string_view name) const {
  const auto found = routed_.query.find(name);
  if (found == routed_.query.end()) return std::nullopt;
  return found->second;
}

Result<std::uint64_t> Exchange::query_number(std::string_view name, std::uint64_t fallback, std::uint64_t min,
                                             std::uint64_t max) const {
  const std::optional<std::string_view> text = query(name);
  if (!text) return fallback;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (fault != std::errc() || end != text->data() + text->size() || value < min || value > max)
    return Error(ErrorCode::kInvalidRequest, "'" + std::string(name) + "' must be a whole number from " +
                                                 std::to_string(min) + " to " + std::to_string(max));
  return value;
}

std::string Exchange::traceparent() const {
  const std::optional<std::string_view> header = request().header("traceparent");
  return header && is_traceparent(*header) ? std::string(*header) : std::string();
}

void Exchange::send(Response response) {
  response.headers.emplace_back("X-Request-Id", request_id_);
  count_status_(response.status);
  responder_->send(std::move(response));
}

void Exchange::send_json(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  send(std::move(response));
}

void Exchange::fail(const Error& error) { send(problem(error)); }

std::shared_ptr<BodyStream> Exchange::stream(Response head) {
  head.headers.emplace_back("X-Request-Id", request_id_);
  count_status_(head.status);
  return responder_->stream(std::move(head));
}

Result<json::Value> json_body(const Request& request, std::size_t depth_max) {
  if (const auto coding = request.header("content-encoding"); coding && !is_word(*coding, "identity"))
    return Error(ErrorCode::kUnsupportedMediaType, "send the body as it is, without a Content-Encoding");
  if (request.body.empty()) return json::Value(json::Object{});
  const std::optional<std::string_view> type = request.header("content-type");
  if (!type || !is_json(*type))
    return Error(ErrorCode::kUnsupportedMediaType, "send the body as Content-Type: application/json");
  return json::parse(request.body, {.depth_max = depth_max});
}

std::string request_id_of(const Request& request, const Clock& clock, Random& random) {
  const std::optional<std::string_view> given = request.header("x-request-id");
  if (given && is_request_id(*given)) return std::string(*given);
  return "req-" + make_ulid(clock.now(), random.draw16()).str();
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  constexpr std::string_view kBlank = " \t";
  for (std::size_t at = 0; at < if_none_match.size();) {
    const std::size_t end = std::min(if_none_match.find(',', at), if_none_match.size());
    std::string_view tag = if_none_match.substr(at, end - at);
    at = end + 1;
    tag.remove_prefix(std::min(tag.find_first_not_of(kBlank), tag.size()));
    tag = tag.substr(0, tag.find_last_not_of(kBlank) + 1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) return true;
  }
  return false;
}

Result<std::optional<std::string_view>> bearer_of(const Request& request) {
  const std::optional<std::string_view> header = request.header("authorization");
  if (!header) return std::optional<std::string_view>();
  if (!is_bearer(*header))
    return Error(ErrorCode::kUnauthenticated, "the Authorization header must be of the form Bearer TOKEN");
  return std::optional(header->substr(kBearer.size()));
}

bool is_strict_token(std::string_view token) {
  constexpr std::size_t kDepthMax = 8;
  for (int part = 0; part < 2; ++part) {
    const std::size_t end = std::min(token.find('.'), token.size());
    const std::optional<std::string> text = from_base64url(token.substr(0, end));
    if (!text || !json::parse(*text, {.depth_max = kDepthMax}).ok()) return false;
    token.remove_prefix(std::min(end + 1, token.size()));
  }
  return true;
}

}  // namespace lumenflow::http
