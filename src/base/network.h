// Entries of a network allowlist: a host name, an address, or a block of addresses, each perhaps with a port.
//
// Values and pure functions. No name is resolved here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::network {

struct Entry {
  std::string host;                        // lower case, without a final dot; empty: a block
  std::array<std::uint8_t, 16> address{};  // of a block; IPv4 as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2)
  int prefix_bits = 128;                   // of those 16 bytes; beyond it the address is zero
  std::uint16_t port = 0;                  // 0: any
  bool operator==(const Entry&) const = default;
};

// "api.example.com", "api.example.com:443", "10.0.0.1:80", "[fd00::1]:80", "10.0.0.0/8", "fd00::/8". Nothing when it is
// none of these; a block must not have bits beyond its prefix.
std::optional<Entry> parse_entry(std::string_view text);
// Whether it is a block with every IPv4 address, or with every public IPv6 address (2000::/3, RFC 4291, 2.4).
bool is_open(const Entry& entry);
std::string to_string(const Entry& entry);

// Whether it is one address, and one of the Internet at large: not private, loopback, link-local, multicast, reserved
// or for documentation (RFC 6890 and the IANA special-purpose registries), nor an IPv6 address that wraps such an IPv4
// one.
bool is_public(const Entry& entry);
bool is_public_address(std::string_view text);  // whether it is a numeric address, and such a one

// What both allow. A name and a block have nothing in common, because no name is resolved here.
std::optional<Entry> intersect(const Entry& a, const Entry& b);
std::vector<Entry> intersect(const std::vector<Entry>& a, const std::vector<Entry>& b);

}  // namespace lumenflow::network
