#include <ostream>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

// INVALID_REQUEST for what is no duration of at least a second.
Result<std::int64_t> seconds_of(const std::string& text) {
  const Result<std::chrono::milliseconds> duration = parse_duration(text);
  if (!duration.ok() || duration->count() < 1000)
    return Error(ErrorCode::kInvalidRequest, "--ttl '" + text + "' is no duration from 1s, like 30m, 1h or 30d");
  return std::int64_t{duration->count() / 1000};
}

Result<json::Value> mint(Context& context, const TokenFlags& flags) {
  json::Object input;
  if (!flags.subject.empty()) input.set("subject", flags.subject);
  if (!flags.scope.empty()) input.set("scope", flags.scope);
  if (!flags.audience.empty()) input.set("audience", flags.audience);
  if (!flags.ttl.empty()) {
    LUMENFLOW_TRY_ASSIGN(const std::int64_t ttl_seconds, seconds_of(flags.ttl));
    input.set("ttl_seconds", ttl_seconds);
  }
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(session->call_kernel("kernel:token_mint", json::Value(std::move(input)), passphrase));
}

Result<json::Value> revoke(Context& context, const TokenFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  const json::Value input = json::Object{{"token_id", flags.token_id}};
  return data_of(session->call_kernel("kernel:token_revoke", input, passphrase));
}

}  // namespace

int run_token_mint(Context& context, const TokenFlags& flags) {
  const Result<json::Value> minted = mint(context, flags);
  if (!minted.ok()) return fail(context, minted.error());
  if (flags.json)
    context.out << json::serialize(*minted) << "\n";
  else
    context.out << json::string_or(*minted, "token", "") << "\n";
  return 0;
}

int run_token_revoke(Context& context, const TokenFlags& flags) {
  const Result<json::Value> revoked = revoke(context, flags);
  if (!revoked.ok()) return fail(context, revoked.error());
  if (flags.json)
    context.out << json::serialize(*revoked) << "\n";
  else
    context.out << "a token with the id " << printable(flags.token_id)
                << " is refused from now on, whether or not it was ever minted\n";
  return 0;
}

}  // namespace lumenflow::cli
