// What an enrolled workspace knows of its conductor: the document that enrolling gives, kept as `enrollment.json`.
//
// Value type; pure but for the two functions that read and write the file.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/time.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::conductor_link {

inline constexpr std::chrono::hours kRenewableAfterExpiry{30 * 24};
inline constexpr std::chrono::minutes kClockLeeway{5};

struct Enrollment {
  std::string conductor_url;  // scheme, host and port, and where the conductor's routes begin; no slash at its end
  std::string workspace_id;
  std::string subject;  // of the token: `from` of every event
  std::string token;    // bearer; never log it
  Timestamp issued_at;
  Timestamp expires_at;
  json::Value conductor_jwks;
  std::string conductor_log_origin;      // of the conductor's own Log; empty: unknown
  std::string conductor_log_public_key;  // 32 bytes; empty: unknown
  std::string witness_key;               // NAME+KEYID+BASE64 of whoever co-signs for it; empty: unknown
};

// INVALID_INPUT naming the first member that is wrong, or whose it is when it is another workspace's.
Result<Enrollment> parse_enrollment(std::string_view text, std::string_view workspace_id);
std::string to_json_text(const Enrollment& enrollment);

enum class Standing : std::uint8_t { kValid, kRenewable, kOver };
Standing standing_of(const Enrollment& enrollment, Timestamp now);
// INVALID_INPUT when its token is of a time that has not come yet here, and by how much.
Status check_clocks(const Enrollment& enrollment, Timestamp now);

// `.lumenflow/state/conductor`
std::string enrollment_path(std::string_view conductor_folder);
std::string ca_path(std::string_view conductor_folder);  // of authorities that are trusted instead of the system's

// NOT_FOUND when the workspace is not enrolled; INVALID_CONFIGURATION, naming the file and what to do, when others can
// read it, when it is malformed or foreign, and when it cannot be renewed any more.
Result<Enrollment> load_enrollment(const Files& files, const std::string& conductor_folder,
                                   std::string_view workspace_id, Timestamp now);
// Durable on return, for its owner's eyes alone.
Status store_enrollment(Files& files, const std::string& conductor_folder, const Enrollment& enrollment);

}  // namespace lumenflow::conductor_link
