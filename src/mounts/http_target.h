// Where a mounted server is, and which addresses its name may lead to: a public one, or one that the operator has
// written down as an address. Redirects are not followed by anybody here.
//
// Values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/url.h"
#include "lumenflow/result.h"
#include "pack/scope.h"

namespace lumenflow::mounts {

struct HttpTarget {
  http::Url url;
  pack::Scope network;  // what the call may reach
  // Asked with the very address that is connected to.
  bool may_connect(std::string_view address, std::uint16_t port) const;
};

// SCOPE_DENIED when the scope does not hold the host, INVALID_INPUT for no such URL.
Result<HttpTarget> target_of(std::string_view url, const pack::Scope& network);

// "example.com:443", "[::1]:80": as allowlists have it.
std::string allowlist_entry(std::string_view host, std::uint16_t port);

}  // namespace lumenflow::mounts
