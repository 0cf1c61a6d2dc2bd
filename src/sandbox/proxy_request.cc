#include "sandbox/proxy_request.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lumenflow::sandbox {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::array<std::string_view, 4> kNotPassedOn{"connection", "proxy-connection", "proxy-authorization", "host"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "host:port", "[address]:port"; without a port `fallback`, unless that is 0.
bool parse_authority(std::string_view text, std::uint16_t fallback, ProxyRequest& out) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const std::size_t colon = text.find(':', bracket);
  std::string_view host = text.substr(0, colon);
  if (bracket != 0 && host.size() != bracket + 1) return false;
  if (bracket != 0) host = host.substr(1, host.size() - 2);
  out.host = host;
  out.port = fallback;
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc() || end != port.data() + port.size()) return false;
  }
  return out.port != 0 && !out.host.empty();
}

std::optional<network::Entry> entry_of(const std::string& host, std::uint16_t port) {
  std::optional<network::Entry> entry = network::parse_entry(host);
  if (!entry || entry->port != 0 || entry->prefix_bits != 128) return std::nullopt;
  entry->port = port;
  return entry;
}

// The fields that go on, each with its line end; nothing when one of them is malformed.
std::optional<std::string> fields_to_pass_on(std::string_view rest) {
  std::string out;
  while (rest != "\r\n") {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.find_first_of(" \t") < colon) return std::nullopt;
    if (std::ranges::find(kNotPassedOn, lower(line.substr(0, colon))) == kNotPassedOn.end())
      out.append(line).append("\r\n");
    rest.remove_prefix(end + 2);
  }
  return out;
}

}  // namespace

std::optional<ProxyRequest> parse_proxy_request(std::string_view head) {
  const std::size_t line_end = head.find("\r\n");
  if (line_end == std::string_view::npos || head.find_first_of(std::string_view("\0", 1)) != std::string_view::npos)
    return std::nullopt;
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first = line.find(' '), second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos || first == 0) return std::nullopt;
  const std::string_view method = line.substr(0, first), target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::nullopt;
  const std::optional<std::string> fields = fields_to_pass_on(head.substr(line_end + 2));
  if (!fields) return std::nullopt;
  ProxyRequest out;
  if (method == "CONNECT") {
    out.tunnel = true;
    if (!parse_authority(target, 0, out)) return std::nullopt;
    return out;
  }
  constexpr std::string_view kScheme = "http://";
  if (lower(target.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const std::string_view rest = target.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  if (!parse_authority(rest.substr(0, slash), kHttpPort, out)) return std::nullopt;
  const std::string_view path = rest.substr(slash);
  out.upstream.append(method).append(" ").append(path.starts_with('/') ? "" : "/").append(path).append(" HTTP/1.1\r\n");
  out.upstream.append("Host: ").append(rest.substr(0, slash)).append("\r\nConnection: close\r\n");
  out.upstream.append(*fields).append("\r\n");
  return out;
}

bool is_listed(const std::vector<network::Entry>& allowlist, const std::string& host, std::uint16_t port) {
  const std::optional<network::Entry> wanted = entry_of(host, port);
  return wanted && std::ranges::any_of(allowlist, [&](const network::Entry& entry) {
           return network::intersect(*wanted, entry).has_value();
         });
}

bool may_connect(const std::vector<network::Entry>& allowlist, const std::string& address, std::uint16_t port) {
  const std::optional<network::Entry> wanted = entry_of(address, 0);
  if (!wanted || !wanted->host.empty()) return false;
  return network::is_public(*wanted) || is_listed(allowlist, address, port);
}

}  // namespace lumenflow::sandbox
