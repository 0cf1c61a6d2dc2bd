// Whether the token behind a credential still counts: for streams, which are opened with one and outlive its check.
//
// A pure look at the kernel's state; on the io thread.
#pragma once

#include "kernel/kernel.h"

namespace lumenflow::sidecar {

// TOKEN_EXPIRED, TOKEN_REVOKED.
inline Status still_counts(const kernel::Credential& credential, const kernel::Kernel& kernel, const Clock& clock) {
  if (credential.expires_at && *credential.expires_at <= clock.now())
    return Error(ErrorCode::kTokenExpired, "the token that opened the stream is over; resume with another");
  if ((!credential.token_id.empty() && kernel.revoked(credential.token_id)) || kernel.revoked(credential.subject.str()))
    return Error(ErrorCode::kTokenRevoked, "the token that opened the stream was revoked");
  return {};
}

}  // namespace lumenflow::sidecar
