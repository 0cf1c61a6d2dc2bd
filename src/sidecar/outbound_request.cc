#include "sidecar/outbound_request.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/network.h"
#include "base/secret_reference.h"
#include "lumenflow/json.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kHeadersMax = 32, kHeaderBytesMax = 8 * 1024, kBodyBytesMax = 16u << 20,
                      kAnswerBytesMax = 64u << 20;
constexpr std::size_t kShownMax = 48, kTextShownBytesMax = 1024;
constexpr std::int64_t kTimeoutMax = 60 * 60 * 1000;
constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
// They belong to the connection, and say whose request it is or where it ends.
constexpr std::array<std::string_view, 11> kOwnHeaders{
    "host",    "content-length", "transfer-encoding", "connection", "expect",         "te",
    "trailer", "upgrade",        "keep-alive",        "via",        "accept-encoding"};
constexpr std::array<std::string_view, 12> kShown{
    "content-type", "content-length", "date",   "retry-after", "retry-after-ms", "x-should-retry",
    "request-id",   "x-request-id",   "cf-ray", "etag",        "last-modified",  "x-amzn-requestid"};
constexpr std::array<std::string_view, 3> kShownBeginnings{"x-ratelimit-", "ratelimit", "anthropic-ratelimit-"};

Error invalid(std::string what) { return {ErrorCode::kInvalidInput, std::move(what)}; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

bool is_token(std::string_view text) {  // RFC 9110, 5.6.2
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return text.size() <= kHeaderBytesMax && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

Result<std::string> variable(const std::string& name) {
  if (name.starts_with("LUMENFLOW_"))
    return Error(ErrorCode::kScopeDenied, "the variable " + name + " is the program's own; name another");
  Result<std::string> value = resolve_secret("env:" + name, {});
  if (value.ok()) return value;
  if (value.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kNotFound,
                 "the environment variable " + name + " is not set, or empty: set it where lumenflow is started");
  return Error(ErrorCode::kInvalidConfiguration, "the environment variable " + name + " holds what is no such value");
}

Status check_shape(const pack::HttpRequest& request) {
  if (std::ranges::find(kMethods, request.method) == kMethods.end())
    return invalid("the method must be GET, HEAD, POST, PUT, PATCH or DELETE");
  const bool sends = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!sends && !request.body.empty()) return invalid("a " + request.method + " has no body");
  if (request.body.size() > kBodyBytesMax) return invalid("the body is over 16 MiB");
  if (request.body_bytes_max > kAnswerBytesMax) return invalid("body_bytes_max is over 64 MiB");
  if (request.timeout_ms < 1 || request.timeout_ms > kTimeoutMax)
    return invalid("timeout_ms must be from 1 to " + std::to_string(kTimeoutMax));
  if (request.idle_timeout_ms < 0 || request.idle_timeout_ms > kTimeoutMax)
    return invalid("idle_timeout_ms must be from 0 to " + std::to_string(kTimeoutMax));
  if (request.headers.size() > kHeadersMax) return invalid("there are more than 32 headers");
  for (const pack::HttpHeader& header : request.headers) {
    if (!is_token(header.name)) return invalid("a header's name must be a token");
    const std::string name = lower(header.name);
    if (std::ranges::find(kOwnHeaders, name) != kOwnHeaders.end() || name.starts_with("proxy-"))
      return invalid("the header " + name + " belongs to the connection: leave it out");
    if (!is_field_value(header.value)) return invalid("the header " + name + " must be at most 8 KiB of ASCII text");
  }
  return {};
}

// "http://127.0.0.1:8080/v1/" and "/chat" make one URL, however many slashes are between them.
std::string joined(std::string base, std::string_view rest) {
  while (base.ends_with('/')) base.pop_back();
  return base.append(rest.starts_with('/') || rest.empty() ? "" : "/").append(rest);
}

pack::ScopeLayer layer_of(std::vector<std::string> entries) {
  pack::Scope scope;
  scope.type = pack::Scope::Type::kNetwork;
  scope.posture = pack::NetworkPosture::kAllowlist;
  scope.allowlist = std::move(entries);
  return {"operator", {std::move(scope)}};
}

std::string entry(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Status read_url(const pack::HttpRequest& request, OutboundRequest& out) {
  std::vector<std::string> entries = request.allowlist;
  std::string base = request.base_url;
  if (!request.base_url_env.empty()) {
    if (!base.empty()) return invalid("base_url and base_url_env exclude each other");
    LUMENFLOW_TRY_ASSIGN(base, variable(request.base_url_env));
  }
  const Error no_url(ErrorCode::kInvalidConfiguration,
                     request.base_url_env.empty()
                         ? "the configured URL is none, or has a query: write https://host/path"
                         : "the environment variable " + request.base_url_env +
                               " must hold a URL without a query, such as https://host/path");
  if (!base.empty()) {
    const Result<http::Url> place = http::parse_url(base);
    if (!place.ok() || base.find_first_of("?#") != std::string::npos) return no_url;
    entries.push_back(entry(place->host, place->port));
    if (place->host == "localhost")  // this machine and nothing else (RFC 6761, 6.3)
      for (const char* address : {"127.0.0.1", "::1"}) entries.push_back(entry(address, place->port));
  }
  LUMENFLOW_TRY_ASSIGN(out.url, http::parse_url(base.empty() ? request.url : joined(std::move(base), request.url)));
  out.allowed = layer_of(std::move(entries));
  if (out.url.scheme != "https" && !request.plain_http) return invalid("the URL must be https");
  if (!pack::network_allowed(out.url.host, out.url.port, {out.allowed}))
    return Error(ErrorCode::kScopeDenied, "the host " + out.url.host + ":" + std::to_string(out.url.port) +
                                              " is not on the operator's allowlist");
  return {};
}

Status read_headers(const pack::HttpRequest& request, OutboundRequest& out) {
  for (const pack::HttpHeader& header : request.headers) {
    std::string value = header.value;
    if (!header.environment.empty()) {
      LUMENFLOW_TRY_ASSIGN(const std::string secret, variable(header.environment));
      if (!is_field_value(secret))
        return Error(ErrorCode::kInvalidConfiguration,
                     "the environment variable " + header.environment + " must hold at most 8 KiB of ASCII text");
      const std::string quoted = json::serialize(json::Value(secret));
      out.secrets.add(quoted.substr(1, quoted.size() - 2));
      out.secrets.add(secret);
      value += secret;
    }
    out.headers.emplace_back(header.name, std::move(value));
  }
  return {};
}

}  // namespace

bool OutboundRequest::may_connect(std::string_view address, std::uint16_t port) const {
  const bool is_public = network::is_public_address(address);
  if (url.scheme == "https") return is_public || pack::network_allowed(address, port, {allowed});
  if (is_public) return false;
  // In the open only to what the operator has written down as one address.
  return std::ranges::any_of(allowed.scopes[0].allowlist, [&](const std::string& text) {
    const std::optional<network::Entry> listed = network::parse_entry(text);
    return listed && listed->host.empty() && listed->prefix_bits == 128 &&
           pack::network_allowed(address, port, {layer_of({text})});
  });
}

Result<OutboundRequest> prepare(const pack::HttpRequest& request) {
  LUMENFLOW_TRY(check_shape(request));
  OutboundRequest out;
  LUMENFLOW_TRY(read_url(request, out));
  LUMENFLOW_TRY(read_headers(request, out));
  return out;
}

std::vector<pack::HttpHeader> shown_headers(const std::vector<std::pair<std::string, std::string>>& headers,
                                            const SecretMask& secrets) {
  std::vector<pack::HttpHeader> shown;
  for (const auto& [name, value] : headers) {
    const auto begins = [&name = name](std::string_view beginning) { return name.starts_with(beginning); };
    const bool known = std::ranges::find(kShown, name) != kShown.end() || std::ranges::any_of(kShownBeginnings, begins);
    if (known && shown.size() < kShownMax && name.size() + value.size() <= kTextShownBytesMax)
      shown.push_back({name, secrets.masked(value)});
  }
  return shown;
}

}  // namespace lumenflow::sidecar
