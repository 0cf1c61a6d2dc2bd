// What a client asks of the proxy, and whether the allowlist lets it through. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/network.h"

namespace lumenflow::sandbox {

struct ProxyRequest {
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 0;
  bool tunnel = false;   // CONNECT
  std::string upstream;  // what goes to the host first: the head in origin form; empty for a tunnel
};

// Of a whole head, with its empty line. Nothing when it is malformed, or neither CONNECT nor an http URL.
std::optional<ProxyRequest> parse_proxy_request(std::string_view head);

// Whether `host` itself, a name or an address, is listed with this port.
bool is_listed(const std::vector<network::Entry>& allowlist, const std::string& host, std::uint16_t port);
// Whether a connection may go to this address, which `host` led to and which is listed itself: public, or listed too.
bool may_connect(const std::vector<network::Entry>& allowlist, const std::string& address, std::uint16_t port);

}  // namespace lumenflow::sandbox
