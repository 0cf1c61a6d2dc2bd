#include "sidecar/authenticator.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kKnownMax = 4096;
constexpr std::string_view kBearer = "Bearer ";

http::VerifierOptions verifier_options(const WorkspaceKeys& keys, const kernel::Kernel& kernel) {
  http::VerifierOptions options;
  options.public_pem = keys.token_public_pem;
  options.issuer = kernel.config().id.str();
  options.audience = "sidecar";
  return options;
}

// The scheme has no case (RFC 9110 11.1).
bool is_bearer(std::string_view header) {
  return std::ranges::equal(header.substr(0, kBearer.size()), kBearer,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == (b | 0x20); });
}

// The name of a user; the number where there is none.
std::string user_name(std::uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) return entry.pw_name;
  return std::to_string(uid);
}

}  // namespace

Authenticator::Authenticator(const WorkspaceKeys& keys, const kernel::Kernel& kernel, const Clock& clock)
    : kernel_(kernel),
      clock_(clock),
      verifier_(verifier_options(keys, kernel)),
      proofs_(keys.operator_public_pem, kernel.config().id.str()) {}

Result<std::shared_ptr<const kernel::Credential>> Authenticator::authenticate(const http::Request& request) {
  const std::optional<std::string_view> header = request.header("authorization");
  if (!header && request.peer.local_socket) return of_peer(request.peer);
  if (!header)
    return Error(ErrorCode::kUnauthenticated, "no token; send Authorization: Bearer TOKEN (lumenflow token mint)");
  if (!is_bearer(*header))
    return Error(ErrorCode::kUnauthenticated, "the Authorization header must be of the form Bearer TOKEN");
  return of_token(header->substr(kBearer.size()));
}

Result<std::shared_ptr<const kernel::Credential>> Authenticator::of_token(std::string_view token) {
  LUMENFLOW_TRY_ASSIGN(const std::shared_ptr<const http::TokenClaims> claims, verifier_.verify(token, clock_.now()));
  if (kernel_.token_revoked(claims->id)) return Error(ErrorCode::kTokenRevoked, "the token was revoked; mint another");
  if (const auto known = known_.find(claims.get()); known != known_.end()) return known->second.credential;
  auto credential = std::make_shared<kernel::Credential>();
  credential->subject = Subject(claims->subject);
  credential->scopes = claims->scopes;
  credential->token_id = claims->id;
  credential->expires_at = claims->expires_at;
  if (known_.size() >= kKnownMax) known_.clear();
  known_.emplace(claims.get(), Known{claims, credential});
  return std::shared_ptr<const kernel::Credential>(std::move(credential));
}

Result<std::shared_ptr<const kernel::Credential>> Authenticator::of_peer(const http::Peer& peer) {
  if (peer.uid != ::getuid()) return Error(ErrorCode::kUnauthenticated, "the socket belongs to another user");
  if (local_ == nullptr) {
    auto credential = std::make_shared<kernel::Credential>();
    credential->subject = Subject(kernel_.config().id.str() + ":local:" + user_name(peer.uid));
    credential->scopes = {"workspace", "audit:read", "approvals:read", "metrics:read", "control:stop"};
    local_ = std::move(credential);
  }
  return local_;
}

Result<std::shared_ptr<const kernel::Credential>> Authenticator::with_operator(
    const http::Request& request, std::shared_ptr<const kernel::Credential> credential, std::string_view purpose) {
  const std::optional<std::string_view> proof = request.header(kOperatorHeader);
  if (!proof) return credential;
  LUMENFLOW_TRY(proofs_.check(*proof, purpose, clock_.now()));
  auto proven = std::make_shared<kernel::Credential>(*credential);
  proven->operator_key = true;
  return std::shared_ptr<const kernel::Credential>(std::move(proven));
}

}  // namespace lumenflow::sidecar
