// What this workspace has minted for whoever reaches it over the conductor: written down with the token, and all that
// counts of what a command says of its rights.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/call.h"
#include "log/log.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// In the kernel's store under this and the subject: {scopes, token_id}, of the token that it was given last. Of the
// conductor's also {issued_ms, expires_ms, given}: what it may do here ends with that token, and is renewed with it.
inline constexpr std::string_view kGrantPrefix = "grant/";
// In the kernel's store: {scopes, token_id} of the token that was minted for a conductor last. What it may do here
// changes when an enrollment is installed, not when it is asked for.
inline constexpr std::string_view kOfferedKey = "offered/conductor";
// In the kernel's store under this and its id: each token that was minted for a conductor and not revoked since. What a
// conductor was given before the one that counts, or asked for in vain, is good for nothing.
inline constexpr std::string_view kMintedPrefix = "minted/conductor/";
// There when an enrollment sends what was emitted before it, too.
inline constexpr std::string_view kBacklogKey = "enrollment/backlog";
// What an enrollment that starts now begins behind: the newest entry, or nothing.
Result<Position> enrollment_begin(const log::Log& log);
json::Value grant_record(const std::vector<std::string>& scopes, std::string_view token_id);

struct GrantLife {
  Timestamp issued_at, expires_at;
  bool given = false;  // the conductor has the token; else it may have the one before
};
json::Value grant_record(const std::vector<std::string>& scopes, std::string_view token_id, const GrantLife& life);
std::optional<GrantLife> life_of(const json::Value& grant);  // nothing: it says none

// The grant as it stands in the store, for those who look at more of it than its rights.
Result<std::optional<json::Value>> grant_document(const log::TableReader& tables, std::string_view subject);
// The conductor has said that it has this token now; nothing where another one counts. In the open batch.
Status note_given(log::Log& log, const std::string& subject, std::string_view token_id);

// "<workspace>:conductor": what operators do there without a key of their own.
std::string conductor_subject(std::string_view workspace_id);

// Nothing: none was ever minted for it. Whether it was revoked since is not said here; when it ends, is.
Result<std::optional<Credential>> grant_of(const log::TableReader& tables, const std::string& subject);

// What both hold. A scope for one pack is held by whoever holds it for all.
std::vector<std::string> common_scopes(const Credential& one, const Credential& other);

}  // namespace lumenflow::kernel
