#include "mounts/http_target.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/network.h"

namespace lumenflow::mounts {
namespace {

bool holds(const pack::Scope& network, std::string_view host, std::uint16_t port) {
  return pack::network_allowed(host, port, {pack::ScopeLayer{"call", {network}}});
}

// Written down as an address or a block of them: a name is not enough, for it may lead anywhere tomorrow.
bool names_address(const pack::Scope& network, std::string_view address, std::uint16_t port) {
  if (network.posture != pack::NetworkPosture::kAllowlist) return false;
  return std::ranges::any_of(network.allowlist, [&](const std::string& text) {
    const std::optional<network::Entry> listed = network::parse_entry(text);
    if (!listed || !listed->host.empty() || network::is_open(*listed)) return false;
    pack::Scope alone = network;
    alone.allowlist = {text};
    return holds(alone, address, port);
  });
}

}  // namespace

bool HttpTarget::may_connect(std::string_view address, std::uint16_t port) const {
  if (network::is_public_address(address)) return url.scheme == "https";
  return names_address(network, address, port);
}

Result<HttpTarget> target_of(std::string_view url, const pack::Scope& network) {
  HttpTarget target;
  LUMENFLOW_TRY_ASSIGN(target.url, http::parse_url(url));
  target.network = network;
  if (!holds(network, target.url.host, target.url.port))
    return Error(ErrorCode::kScopeDenied, "the call may not reach " +
                                              allowlist_entry(target.url.host, target.url.port) +
                                              ": allow it under 'network' in lumenflow.yaml, and in the tool's scopes");
  return target;
}

std::string allowlist_entry(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return (v6 ? "[" : "") + std::string(host) + (v6 ? "]:" : ":") + std::to_string(port);
}

}  // namespace lumenflow::mounts
