// Who asks: from a bearer token that this workspace signed, or from the process at the other end of the local socket.
//
// Used on the io thread only.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "http/server.h"
#include "http/token.h"
#include "kernel/kernel.h"
#include "sidecar/keys.h"
#include "sidecar/operator_proof.h"

namespace lumenflow::sidecar {

class Authenticator {
 public:
  Authenticator(const WorkspaceKeys& keys, const kernel::Kernel& kernel, const Clock& clock);

  // UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED. Shared with the calls that the credential makes.
  Result<std::shared_ptr<const kernel::Credential>> authenticate(const http::Request& request);
  // The same with the operator key, when the request proves it for this purpose.
  Result<std::shared_ptr<const kernel::Credential>> with_operator(const http::Request& request,
                                                                  std::shared_ptr<const kernel::Credential> credential,
                                                                  std::string_view purpose);

 private:
  Result<std::shared_ptr<const kernel::Credential>> of_token(std::string_view token);
  Result<std::shared_ptr<const kernel::Credential>> of_peer(const http::Peer& peer);

  const kernel::Kernel& kernel_;
  const Clock& clock_;
  http::TokenVerifier verifier_;
  OperatorProofs proofs_;
  std::shared_ptr<const kernel::Credential> local_;  // made once: the socket has one user
  struct Known {
    std::shared_ptr<const http::TokenClaims> claims;  // shared with the verifier: keeps the key of the map alive
    std::shared_ptr<const kernel::Credential> credential;
  };
  std::unordered_map<const http::TokenClaims*, Known> known_;  // bounded; by the verifier's cached claims
};

}  // namespace lumenflow::sidecar
