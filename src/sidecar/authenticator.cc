#include "sidecar/authenticator.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "http/exchange.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kKnownMax = 4096;

http::VerifierOptions verifier_options(const WorkspaceKeys& keys, const kernel::Kernel& kernel) {
  http::VerifierOptions options;
  options.public_pem = keys.token_public_pem;
  options.issuer = kernel.config().id.str();
  options.audience = "sidecar";
  return options;
}

constexpr std::size_t kSubjectBytesMax = 200;

// The workspace itself, or somebody under it: the same rule as at minting.
bool is_subject_of(std::string_view subject, std::string_view workspace_id) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(":._-").find(c) != std::string_view::npos;
  };
  if (subject == workspace_id) return true;
  return subject.size() <= kSubjectBytesMax && subject.size() > workspace_id.size() + 1 &&
         subject.starts_with(workspace_id) && subject[workspace_id.size()] == ':' &&
         std::ranges::all_of(subject, is_plain);
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
    : kernel_(kernel), clock_(clock), verifier_(verifier_options(keys, kernel)), proofs_(kernel.config().id.str()) {}

Result<std::shared_ptr<const kernel::Credential>> Authenticator::authenticate(const http::Request& request) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string_view> token, http::bearer_of(request));
  if (!token && request.peer.local_socket) return of_peer(request.peer);
  if (!token)
    return Error(ErrorCode::kUnauthenticated, "no token; send Authorization: Bearer TOKEN (lumenflow token mint)");
  return of_token(*token);
}

Result<std::shared_ptr<const kernel::Credential>> Authenticator::of_token(std::string_view token) {
  LUMENFLOW_TRY_ASSIGN(const std::shared_ptr<const http::TokenClaims> claims, verifier_.verify(token, clock_.now()));
  if (kernel_.revoked(claims->id)) return Error(ErrorCode::kTokenRevoked, "the token was revoked; mint another");
  if (kernel_.revoked(claims->subject)) return Error(ErrorCode::kTokenRevoked, "the device was revoked");
  if (const auto known = known_.find(claims.get()); known != known_.end()) return known->second.credential;
  if (!http::is_strict_token(token)) return Error(ErrorCode::kUnauthenticated, "the token is malformed");
  if (!is_subject_of(claims->subject, kernel_.config().id.str()))
    return Error(ErrorCode::kUnauthenticated, "the token is for a subject of another workspace");
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
  LUMENFLOW_TRY(proofs_.check(kernel_.operator_public_pem(), *proof, purpose, clock_.now()));
  auto proven = std::make_shared<kernel::Credential>(*credential);
  proven->operator_key = true;
  return std::shared_ptr<const kernel::Credential>(std::move(proven));
}

}  // namespace lumenflow::sidecar
