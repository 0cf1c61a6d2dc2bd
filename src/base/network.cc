#include "base/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lumenflow::network {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedIpv4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

// Decimal digits alone, up to `most`.
std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || error != std::errc() || end != text.data() + text.size() || value > most)
    return std::nullopt;
  return value;
}

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool is_ipv4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  Address out;
  if (inet_pton(AF_INET6, terminated.c_str(), out.bytes.data()) == 1) return out;
  std::memcpy(out.bytes.data(), kMappedIpv4.data(), kMappedIpv4.size());
  out.is_ipv4 = true;
  if (inet_pton(AF_INET, terminated.c_str(), out.bytes.data() + kMappedIpv4.size()) == 1) return out;
  return std::nullopt;
}

bool is_mapped_ipv4(const Entry& entry) {
  return entry.prefix_bits >= kMappedBits && std::equal(kMappedIpv4.begin(), kMappedIpv4.end(), entry.address.begin());
}

// The address with all beyond `bits` cleared.
std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> bytes, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return bytes;
}

std::optional<Entry> parse_block(std::string_view text, std::size_t slash) {
  const std::optional<Address> address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::optional<int> bits = number(text.substr(slash + 1), address->is_ipv4 ? 32 : 128);
  if (!bits) return std::nullopt;
  Entry entry;
  entry.address = address->bytes;
  entry.prefix_bits = *bits + (address->is_ipv4 ? kMappedBits : 0);
  if (masked(entry.address, entry.prefix_bits) != entry.address) return std::nullopt;
  return entry;
}

// RFC 1123, 2.1, with the underscore that service names use. What looks like a number is an address or nothing.
std::optional<std::string> parse_host(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return std::nullopt;
  std::string out;
  std::size_t label_bytes = 0;
  bool last_label_is_number = true;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '.';
    if (c == '.') {
      if (label_bytes == 0 || label_bytes > 63 || text[i - 1] == '-') return std::nullopt;
      if (i == text.size()) break;
      label_bytes = 0;
      last_label_is_number = true;
      out += c;
      continue;
    }
    const bool is_digit = c >= '0' && c <= '9', is_upper = c >= 'A' && c <= 'Z';
    if (!is_digit && !is_upper && !(c >= 'a' && c <= 'z') && c != '_' && (c != '-' || label_bytes == 0))
      return std::nullopt;
    last_label_is_number = last_label_is_number && is_digit;
    out += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    ++label_bytes;
  }
  if (last_label_is_number) return std::nullopt;
  return out;
}

std::vector<Entry> blocks(std::initializer_list<std::string_view> texts) {
  std::vector<Entry> out;
  for (const std::string_view text : texts) out.push_back(*parse_entry(text));
  return out;
}

}  // namespace

std::optional<Entry> parse_entry(std::string_view text) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) return parse_block(text, slash);
  Entry entry;
  if (const auto bare = parse_address(text)) {
    entry.address = bare->bytes;
    return entry;
  }
  std::string_view host = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos && !text.ends_with(']')) {
    const std::optional<int> port = number(text.substr(colon + 1), 65535);
    if (!port || *port == 0) return std::nullopt;
    entry.port = static_cast<std::uint16_t>(*port);
    host = text.substr(0, colon);
  }
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (const auto address = parse_address(host); address && address->is_ipv4 != bracketed) {
    entry.address = address->bytes;
    return entry;
  }
  if (bracketed) return std::nullopt;
  const std::optional<std::string> name = parse_host(host);
  if (!name) return std::nullopt;
  entry.host = *name;
  return entry;
}

bool is_open(const Entry& entry) {
  if (!entry.host.empty()) return false;
  constexpr int kPublicIpv6Bits = 3;
  const auto holds = [&](std::array<std::uint8_t, 16> address, int bits) {
    return entry.prefix_bits <= bits && masked(address, entry.prefix_bits) == entry.address;
  };
  std::array<std::uint8_t, 16> ipv4{};
  std::ranges::copy(kMappedIpv4, ipv4.begin());
  return holds(ipv4, kMappedBits) || holds({0x20}, kPublicIpv6Bits);
}

bool is_public(const Entry& entry) {
  // IANA IPv4 and IPv6 Special-Purpose Address Registries, what is not globally reachable; and multicast.
  static const std::vector<Entry> special_ipv4 =
      blocks({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
              "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
              "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"});
  static const std::vector<Entry> special_ipv6 = blocks({"100::/64", "2001::/23", "2001:db8::/32", "3fff::/20"});
  if (!entry.host.empty() || entry.prefix_bits != 128) return false;
  const auto in = [](const Entry& address, const std::vector<Entry>& special) {
    return std::ranges::any_of(special, [&](const Entry& block) { return intersect(address, block).has_value(); });
  };
  const auto wrapped_is_public = [&](std::size_t at) {
    Entry inner;
    std::ranges::copy(kMappedIpv4, inner.address.begin());
    std::copy_n(entry.address.begin() + static_cast<std::ptrdiff_t>(at), 4, inner.address.begin() + 12);
    return !in(inner, special_ipv4);
  };
  constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xff, 0x9b};  // 64:ff9b::/96, RFC 6052
  if (is_mapped_ipv4(entry) || std::equal(kNat64.begin(), kNat64.end(), entry.address.begin()))
    return wrapped_is_public(12);
  if (entry.address[0] == 0x20 && entry.address[1] == 0x02) return wrapped_is_public(2);  // 6to4, RFC 3056
  if ((entry.address[0] & 0xe0) != 0x20) return false;                                    // global unicast is 2000::/3
  return !in(entry, special_ipv6);
}

bool is_public_address(std::string_view text) {
  const std::optional<Entry> parsed = parse_entry(text);
  return parsed && parsed->port == 0 && is_public(*parsed);
}

std::string to_string(const Entry& entry) {
  const std::string port = entry.port == 0 ? "" : ":" + std::to_string(entry.port);
  if (!entry.host.empty()) return entry.host + port;
  const bool ipv4 = is_mapped_ipv4(entry);
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(ipv4 ? AF_INET : AF_INET6, entry.address.data() + (ipv4 ? kMappedIpv4.size() : 0), text, sizeof text);
  if (entry.prefix_bits < 128)
    return std::string(text) + "/" + std::to_string(entry.prefix_bits - (ipv4 ? kMappedBits : 0)) + port;
  return ipv4 || port.empty() ? text + port : "[" + std::string(text) + "]" + port;
}

std::optional<Entry> intersect(const Entry& a, const Entry& b) {
  if (a.port != 0 && b.port != 0 && a.port != b.port) return std::nullopt;
  if (a.host != b.host || is_mapped_ipv4(a) != is_mapped_ipv4(b)) return std::nullopt;  // ::/0 holds no IPv4 address
  Entry out = a.prefix_bits >= b.prefix_bits ? a : b;
  const int shorter = std::min(a.prefix_bits, b.prefix_bits);
  if (masked(a.address, shorter) != masked(b.address, shorter)) return std::nullopt;
  out.port = a.port != 0 ? a.port : b.port;
  return out;
}

std::vector<Entry> intersect(const std::vector<Entry>& a, const std::vector<Entry>& b) {
  std::vector<Entry> out;
  for (const Entry& one : a)
    for (const Entry& other : b)
      if (auto both = intersect(one, other); both && std::find(out.begin(), out.end(), *both) == out.end())
        out.push_back(*std::move(both));
  return out;
}

}  // namespace lumenflow::network
