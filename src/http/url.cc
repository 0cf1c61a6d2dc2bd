#include "http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace lumenflow::http {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

// Empty when the part is absent.
std::string part(CURLU* url, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeUrl> owned(text);
  return text;
}

Error refuse(std::string_view why) { return Error(ErrorCode::kInvalidInput, "the URL " + std::string(why)); }

}  // namespace

std::string Url::origin() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return scheme + "://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Url> parse_url(std::string_view text) {
  const std::unique_ptr<CURLU, FreeUrl> handle(curl_url());
  if (!handle) return Error(ErrorCode::kInternal, "libcurl could not be started");
  if (text.find('\0') != std::string_view::npos) return refuse("has a NUL");
  const std::string terminated(text);
  if (curl_url_set(handle.get(), CURLUPART_URL, terminated.c_str(), 0) != CURLUE_OK)
    return refuse("is no absolute http or https URL");
  Url url;
  url.scheme = part(handle.get(), CURLUPART_SCHEME, 0);
  if (url.scheme != "http" && url.scheme != "https") return refuse("is neither http nor https");
  if (!part(handle.get(), CURLUPART_USER, 0).empty() || !part(handle.get(), CURLUPART_PASSWORD, 0).empty())
    return refuse("names a user or a password");
  url.host = part(handle.get(), CURLUPART_HOST, CURLU_URLDECODE);
  std::ranges::transform(url.host, url.host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return refuse("names no host");
  const std::string port = part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (fault != std::errc() || end != port.data() + port.size() || url.port == 0) return refuse("names no port");
  url.path = part(handle.get(), CURLUPART_PATH, 0);
  if (const std::string query = part(handle.get(), CURLUPART_QUERY, 0); !query.empty()) url.path += "?" + query;
  return url;
}

Result<ListenAddress> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  unsigned port = 0;
  if (colon != std::string::npos) {
    const char* first = text.data() + colon + 1;
    const auto [end, fault] = std::from_chars(first, text.data() + text.size(), port);
    if (fault == std::errc() && end == text.data() + text.size() && port <= 65535 && colon > 0) {
      std::string host = text.substr(0, colon);
      if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
      return ListenAddress{host == "localhost" ? "127.0.0.1" : host, static_cast<std::uint16_t>(port)};
    }
  }
  return Error(ErrorCode::kInvalidInput, "'" + text + "' is not HOST:PORT, e.g. --listen 127.0.0.1:7420");
}

}  // namespace lumenflow::http
