// With whose rights a command is carried out, and what has to be signed for it.
#include <utility>

#include "base/encoding.h"
#include "base/signing.h"
#include "json/canonical.h"
#include "kernel/commands.h"
#include "kernel/device_tools.h"
#include "kernel/granted.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::hours kSignedLife{24};

std::string signature_of(const json::Value& payload) {
  return from_base64url(json::string_or(payload, "signature", "")).value_or("");
}

}  // namespace

Hash256 command_memory_key(std::string_view what, std::string_view id) {
  const std::string_view nul("\0", 1);
  return sha256({"commands", nul, what, nul, id});
}

std::string resume_statement(std::string_view target, std::string_view decided_by, Timestamp decided_at) {
  const json::Value statement = json::Object{{"decided_at", format_rfc3339(decided_at)},
                                             {"decided_by", std::string(decided_by)},
                                             {"purpose", "resume"},
                                             {"target", std::string(target)}};
  return json::canonical(statement).value_or("");
}

std::string command_statement(std::string_view kind, json::Value payload, std::string_view decided_by,
                              Timestamp decided_at) {
  payload.as_object().erase("signature");
  const json::Value statement = json::Object{{"decided_at", format_rfc3339(decided_at)},
                                             {"decided_by", std::string(decided_by)},
                                             {"kind", std::string(kind)},
                                             {"payload", std::move(payload)},
                                             {"purpose", "command"}};
  return json::canonical(statement).value_or("");
}

Result<Credential> Commands::granted(const std::string& subject) const {
  LUMENFLOW_TRY_ASSIGN(const auto grant, grant_of(kernel_.ports_.log.tables(), subject));
  Credential credential;
  credential.subject = Subject(subject);
  return grant && !kernel_.revoked(grant->token_id) && !kernel_.revoked(subject) ? *grant : credential;
}

Result<std::shared_ptr<const Credential>> Commands::credential_of(const Command& command, Word word) const {
  const log::TableReader& tables = kernel_.ports_.log.tables();
  const std::string& workspace = kernel_.options_.config.id.str();
  const std::string& from = command.stamp.from;
  const std::string conductor = conductor_subject(workspace);
  const bool of_device = command.stamp.stream.starts_with("phone:") && from == workspace + ":" + command.stamp.stream;
  if (from != conductor && !of_device)
    return Error(ErrorCode::kFromMismatch, "'" + from + "' is neither the conductor nor a device");
  LUMENFLOW_TRY_ASSIGN(auto grant, grant_of(tables, from));
  if (!grant) return Error(ErrorCode::kUnauthenticated, "this workspace has minted no token for '" + from + "'");
  if (of_device) {
    LUMENFLOW_TRY_ASSIGN(const std::string key, device_key(tables, workspace, from));
    if (key.empty()) return Error(ErrorCode::kUnauthenticated, "this workspace has pinned no key of '" + from + "'");
    if (word == Word::kSigned) return std::make_shared<const Credential>(*std::move(grant));  // shared: see below
    // It is the relay that acts, then, in the device's name: under its own policy, and with no right of its own but
    // what both hold.
    LUMENFLOW_TRY_ASSIGN(auto relay, grant_of(tables, conductor));
    if (!relay || kernel_.revoked(relay->token_id))
      return Error(ErrorCode::kTokenRevoked, "what was minted for the conductor is good no more");
    if (kernel_.revoked(from) || kernel_.revoked(grant->token_id))
      return Error(ErrorCode::kTokenRevoked, "'" + from + "' was revoked");
    relay->scopes = common_scopes(*grant, *relay);
    relay->on_behalf_of = from;
    return std::make_shared<const Credential>(*std::move(relay));  // shared: see Call::credential
  }
  grant->on_behalf_of = command.stamp.on_behalf_of.value_or("");
  return std::make_shared<const Credential>(*std::move(grant));  // shared: see Call::credential
}

// Whether it is the device's word, of today, and was not said under another id before.
Status Commands::check_signed(const Command& command) {
  const std::string& from = command.stamp.from;
  LUMENFLOW_TRY_ASSIGN(const std::string key,
                       device_key(kernel_.ports_.log.tables(), kernel_.options_.config.id.str(), from));
  const std::string statement =
      command_statement(command.event.kind, command.event.payload, from, command.event.timestamp);
  if (key.empty() || !p256_verify(statement, signature_of(command.event.payload), key))
    return Error(ErrorCode::kUnauthenticated,
                 "a device signs what it asks for, with the key that this workspace has pinned");
  LUMENFLOW_TRY(check_fresh(command));
  return count_once(command, "command signed", statement);
}

Status Commands::check_fresh(const Command& command) const {
  const Timestamp now = kernel_.ports_.clock.now(), decided_at = command.event.timestamp;
  if (decided_at <= now + kCommandSkew && decided_at + kSignedLife >= now) return {};
  return Error(ErrorCode::kInvalidInput, "it was signed at " + format_rfc3339(decided_at) + ", which is not now");
}

// Also when the same command comes up again, after a pause or a crash: that is one time.
Status Commands::count_once(const Command& command, std::string_view what, std::string_view statement) {
  const Timestamp now = kernel_.ports_.clock.now();
  const Hash256 said = command_memory_key(what, statement);
  const std::string at = std::to_string(command.at.value());
  LUMENFLOW_TRY_ASSIGN(const auto before, kernel_.replays_.find(said, now));
  if (before && *before == at) return {};
  if (before) return Error(ErrorCode::kAlreadyDecided, "this was said before, and counts once");
  return kernel_.replays_.put(said, at, now + kSignedLife + kSignedLife);
}

Status Commands::check_resume(const Command& command, const std::string& target) {
  const log::TableReader& tables = kernel_.ports_.log.tables();
  const std::string& from = command.stamp.from;
  LUMENFLOW_TRY_ASSIGN(const std::string key, device_key(tables, kernel_.options_.config.id.str(), from));
  const std::string statement = resume_statement(target, from, command.event.timestamp);
  if (key.empty() || kernel_.revoked(from) || !p256_verify(statement, signature_of(command.event.payload), key))
    return Error(ErrorCode::kUnauthenticated,
                 "to resume takes the signature of a device that this workspace has pinned");
  LUMENFLOW_TRY_ASSIGN(const auto grant, grant_of(tables, from));
  if (!grant || !holds_scope(*grant, "control:stop", ""))
    return Error(ErrorCode::kTokenScopeDenied, "'" + from + "' was not given the scope control:stop");
  LUMENFLOW_TRY(check_fresh(command));
  return count_once(command, "resume", statement);
}

}  // namespace lumenflow::kernel
