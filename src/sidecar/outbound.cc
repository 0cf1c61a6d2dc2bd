#include "sidecar/outbound.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "http/client.h"
#include "http/url.h"
#include "pack/scope.h"

namespace lumenflow::sidecar {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kAnswerBytesMax = 256 * 1024;

// IANA IPv4 and IPv6 Special-Purpose Address Registries, what is not globally reachable; and multicast.
constexpr std::array kSpecialIpv4{"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
                                  "169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
                                  "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
                                  "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};
constexpr std::array kSpecialIpv6{"100::/64", "2001::/23", "2001:db8::/32", "3fff::/20"};

bool is_public(const ip::address_v4& address) {
  return std::ranges::none_of(kSpecialIpv4, [&](const char* block) {
    const ip::network_v4 network = ip::make_network_v4(block);
    return ip::network_v4(address, network.prefix_length()).canonical() == network;
  });
}

ip::address_v4 embedded_ipv4(const ip::address_v6::bytes_type& bytes, std::size_t at) {
  return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

bool is_public(const ip::address_v6& address) {
  const ip::address_v6::bytes_type bytes = address.to_bytes();
  if (address.is_v4_mapped()) return is_public(embedded_ipv4(bytes, 12));
  constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xff, 0x9b};  // 64:ff9b::/96, RFC 6052
  if (std::equal(kNat64.begin(), kNat64.end(), bytes.begin())) return is_public(embedded_ipv4(bytes, 12));
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public(embedded_ipv4(bytes, 2));  // 6to4, RFC 3056
  if ((bytes[0] & 0xe0) != 0x20) return false;                                          // global unicast is 2000::/3
  return std::ranges::none_of(kSpecialIpv6, [&](const char* block) {
    const ip::network_v6 network = ip::make_network_v6(block);
    return ip::network_v6(address, network.prefix_length()).canonical() == network;
  });
}

class CurlOutbound final : public kernel::Outbound {
 public:
  explicit CurlOutbound(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  Status check(const pack::HttpRequest& request) const override {
    const Result<http::Url> url = checked_url(request);
    return url.ok() ? Status() : Status(url.error());
  }

  Result<pack::HttpResponse> post(const pack::HttpRequest& request) override {
    LUMENFLOW_TRY_ASSIGN(const http::Url url, checked_url(request));
    const pack::ScopeLayer layer = layer_of(request);
    http::ClientOptions options;
    options.base_url = url.origin();
    options.ca_file = ca_file_;
    options.timeout = std::chrono::milliseconds(request.timeout_ms);
    options.connect_timeout = std::min(options.connect_timeout, options.timeout);
    options.body_bytes_max = kAnswerBytesMax;
    options.may_connect = [&layer](std::string_view address, std::uint16_t port) {
      return is_public_address(std::string(address)) || pack::network_allowed(address, port, {layer});
    };
    http::Client client(std::move(options));
    http::ClientRequest asked;
    asked.method = http::Method::kPost;
    asked.path = url.path;
    asked.body = request.body;
    LUMENFLOW_TRY_ASSIGN(http::ClientResponse response, client.send(asked));
    return pack::HttpResponse{response.status, std::move(response.body)};
  }

 private:
  static pack::ScopeLayer layer_of(const pack::HttpRequest& request) {
    pack::Scope scope;
    scope.type = pack::Scope::Type::kNetwork;
    scope.posture = pack::NetworkPosture::kAllowlist;
    scope.allowlist = request.allowlist;
    return {"operator", {std::move(scope)}};
  }

  static Result<http::Url> checked_url(const pack::HttpRequest& request) {
    LUMENFLOW_TRY_ASSIGN(http::Url url, http::parse_url(request.url));
    if (url.scheme != "https") return Error(ErrorCode::kInvalidInput, "the URL must be https");
    if (!pack::network_allowed(url.host, url.port, {layer_of(request)}))
      return Error(ErrorCode::kScopeDenied,
                   "the host " + url.host + ":" + std::to_string(url.port) + " is not on the operator's allowlist");
    return url;
  }

  const std::string ca_file_;
};

}  // namespace

std::unique_ptr<kernel::Outbound> make_outbound(std::string ca_file) {
  return std::make_unique<CurlOutbound>(std::move(ca_file));
}

bool is_public_address(const std::string& address) {
  boost::system::error_code error;
  const ip::address parsed = ip::make_address(address, error);
  if (error) return false;
  return parsed.is_v4() ? is_public(parsed.to_v4()) : is_public(parsed.to_v6());
}

}  // namespace lumenflow::sidecar
