// What an enrollment asks for, checked; and the document that it is answered with. Pure, but for the keys it is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "conductor/authenticator.h"
#include "conductor/keys.h"
#include "conductor/records.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {

struct WorkspaceEnrollment {
  std::string workspace_id;
  std::string public_pem;  // of the workspace's token key
  std::string log_id;
  std::string log_key;  // 32 bytes, Ed25519
  std::string token;    // minted by the workspace for this conductor
  std::vector<std::string> token_scopes;
  Timestamp token_expires_at;
  std::string sidecar_url;
};

// INVALID_INPUT with the member that is wrong; UNAUTHENTICATED when the token was not signed by the key, or is not for
// a conductor. `now` and the workspace's clock may be five minutes apart.
Result<WorkspaceEnrollment> read_workspace_enrollment(const json::Value& body, Timestamp now);

// What such a workspace minted for this conductor's calls, likewise; also the one that takes its place later.
struct MintedToken {
  std::vector<std::string> scopes;
  Timestamp expires_at;
};
Result<MintedToken> read_minted_token(std::string_view token, const std::string& workspace_id,
                                      const std::string& public_pem, Timestamp now);
// Puts it into the workspace's record.
void keep_minted_token(json::Object& record, std::string_view token, const MintedToken& minted,
                       std::string_view seal_key, Random& random);

struct EnrollmentContext {
  const ConductorKeys& keys;
  std::string public_url;
  std::string log_id;  // of the conductor's Log
};
// What the workspace installs as enrollment.json.
Result<json::Value> enrollment_document(const EnrollmentContext& context, std::string_view workspace_id,
                                        const Issued& issued);
// The value of the workspace's record: `state` active.
json::Value workspace_record(const WorkspaceEnrollment& enrollment, const Issued& issued, std::string_view seal_key,
                             Timestamp now, Random& random);

// The name of the conductor as a witness, and its key as others pin it.
std::string witness_name(std::string_view conductor_log_id);

}  // namespace lumenflow::conductor
