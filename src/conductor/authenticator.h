// Who asks: the bearer of a token that this conductor signed, or an operator's session.
//
// Verified tokens are cached; their life, their revocation and the role of an operator are looked up at every use. The
// io thread only; borrows all it is given.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "conductor/keys.h"
#include "conductor/principal.h"
#include "conductor/records.h"
#include "http/server.h"
#include "http/token.h"

namespace lumenflow::conductor {

inline constexpr std::string_view kIssuer = "lumenflow-conductor", kAudience = "conductor";
inline constexpr std::string_view kCookie = "lumenflow_session";
inline constexpr std::chrono::hours kTokenLife{24};
inline constexpr std::chrono::hours kSessionLife{12};
inline constexpr std::chrono::minutes kClockLeeway{5};  // between machines

// Names of tables of records.
inline constexpr const char* kWorkspacesTable = "workspaces";
inline constexpr const char* kDevicesTable = "devices";  // workspace, device id
inline constexpr const char* kOperatorsTable = "operators";
inline constexpr const char* kSessionsTable = "sessions";  // hash of the cookie
inline constexpr const char* kTicketsTable = "tickets";    // hash of the code
inline constexpr const char* kTokensTable = "tokens";      // jti of what was issued and lives
inline constexpr const char* kRevokedTable = "revoked";    // jti/…, subject/…
inline constexpr const char* kLeasesTable = "leases";
inline constexpr const char* kAssertionsTable = "assertions";  // jti of assertions that were used
inline constexpr const char* kRegistriesTable = "registries";  // workspace -> hash; hash -> document
inline constexpr const char* kHooksTable = "hooks";            // webhooks and push subscriptions

class Authenticator {
 public:
  Authenticator(Records& records, const ConductorKeys& keys, const Clock& clock);
  ~Authenticator();
  void keys_changed();

  // Nobody (kind 0) when the request carries no credential. UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED: `verified`
  // then has whose credential it was, where that was certain.
  Result<Principal> authenticate(const http::Request& request, std::string* verified = nullptr);
  // Whether what a principal was verified by still holds.
  Status still_holds(const Principal& principal) const;

 private:
  Result<Principal> of_token(std::string_view token, std::string* verified);
  Result<Principal> of_session(std::string_view cookie, const http::Request& request) const;
  Status check_revoked(const Principal& principal) const;

  Records& records_;
  const ConductorKeys& keys_;
  const Clock& clock_;
  std::vector<std::unique_ptr<http::TokenVerifier>> verifiers_;  // one for each key, newest first
};

// A token of this conductor for a workspace or a device.
struct Issued {
  std::string token, token_id, subject;
  Timestamp issued_at, expires_at;
};
Result<Issued> issue_token(const ConductorKeys& keys, std::string_view subject, const std::vector<std::string>& scopes,
                           Timestamp now, Random& random);
RecordChange token_record(const Issued& issued);

// The session's secret as its cookie; what is kept is its hash; and the value that the header X-CSRF-Token must have.
std::string session_key(std::string_view cookie);
std::string csrf_of(std::string_view cookie);
// What a request brings as that cookie.
std::optional<std::string_view> cookie_of(const http::Request& request);
// What a session is bound to: the passphrase that opened it, as it is kept. An account that was removed and made anew,
// or has another passphrase, has none of its former sessions.
std::string credential_of(std::string_view operator_record_value);
// Whether two texts are equal, in the same time whatever they are.
bool equal_secrets(std::string_view a, std::string_view b);

json::Value parsed(const Record& record);  // {} when it is no JSON

}  // namespace lumenflow::conductor
