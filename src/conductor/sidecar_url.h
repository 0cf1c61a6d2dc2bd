// Where a workspace says that its sidecar can be reached, with each hello: `sidecar_url`, and `sidecar_url_proof` where
// that is another place than the last.
//
// The proof is a JWT by the enrolled key (iss and sub the workspace, aud `sidecar_url`, scope the URL or `none`): calls
// go there with the workspace's own token, so whoever holds no more than the uplink's token must not be able to say
// where.
#pragma once

#include <optional>
#include <string>

#include "conductor/context.h"

namespace lumenflow::conductor {

struct SidecarUrlChange {
  RecordChange record;
  Act act;
};

// Nothing: it said none, or what is known. INVALID_REQUEST for what is no URL, UNAUTHENTICATED without a proof.
Result<std::optional<SidecarUrlChange>> sidecar_url_change(Context& context, const std::string& workspace,
                                                           const json::Value& body);

}  // namespace lumenflow::conductor
