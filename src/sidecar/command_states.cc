#include "sidecar/command_states.h"

#include <optional>
#include <utility>

#include "http/token.h"
#include "journal/approvals.h"
#include "journal/commands.h"

namespace lumenflow::sidecar {
namespace {

using conductor_link::CommandState;
using journal::Outcome;

constexpr std::string_view kReplayed = "idempotency:";

std::vector<std::string> scopes_of(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) scopes.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return scopes;
}

// The token of what kernel:device_pair has written down: made anew each time it is asked for, and the same but for its
// signature.
Result<std::string> token_of_device(const json::Value& paired, const WorkspaceKeys& keys,
                                    const std::string& workspace_id) {
  http::TokenClaims claims;
  claims.issuer = workspace_id;
  claims.subject = json::string_or(paired, "subject", "");
  claims.audience = "sidecar";
  claims.scopes = scopes_of(json::string_or(paired, "scope", ""));
  claims.id = json::string_or(paired, "token_id", "");
  LUMENFLOW_TRY_ASSIGN(claims.issued_at, parse_rfc3339(json::string_or(paired, "issued_at", "")));
  LUMENFLOW_TRY_ASSIGN(claims.expires_at, parse_rfc3339(json::string_or(paired, "expires_at", "")));
  return http::mint_token(claims, keys.token_private_pem, keys.token_key_id);
}

json::Value error_of_result(const json::Value& result) {
  const json::Value* error = result.find("error");
  return error == nullptr ? json::Value(json::Object{{"code", "INTERNAL"}, {"message", "the call failed"}}) : *error;
}

class StateReader {
 public:
  StateReader(const log::Log& log, const journal::Reader& reader, const WorkspaceKeys& keys,
              const std::string& workspace_id)
      : log_(log), reader_(reader), keys_(keys), workspace_id_(workspace_id) {}

  Result<CommandState> state_of(const journal::CommandReport& report) const {
    CommandState state{report.at.value(), report.command_id, report.state, {}};
    if (report.state == "call") {
      LUMENFLOW_TRY(read_call(report, ReceiptId(report.receipt), state));
      return state;
    }
    if (!report.code.empty())
      state.details.set("error", json::Object{{"code", report.code}, {"message", report.message}});
    return state;
  }

 private:
  Status read_call(const journal::CommandReport& report, const ReceiptId& receipt, CommandState& state) const {
    state.details.set("receipt_id", receipt.str());
    state.state = "running";
    LUMENFLOW_TRY_ASSIGN(const auto tables, log_.snapshot());
    LUMENFLOW_TRY_ASSIGN(const auto parked, journal::find_parked(*tables, receipt));
    if (parked && parked->state == journal::ParkedCall::State::kOpen) {
      state.details.set("approval_id", parked->approval_id());
      return {};
    }
    Result<journal::RecordedCall> call = reader_.call(receipt);
    if (!call.ok()) return call.error().code() == ErrorCode::kNotFound ? Status() : call.error();
    if (!call->finished) return {};
    const std::string_view decided_by = json::string_or(*call->finished, "decided_by", "");
    if (decided_by.starts_with(kReplayed))  // an equal call's result; of that one, what there is now
      return read_call(report, ReceiptId(std::string(decided_by.substr(kReplayed.size()))), state);
    const Outcome outcome =
        journal::outcome_from_name(json::string_or(*call->finished, "outcome", "")).value_or(Outcome::kFailure);
    json::Value result = json::parse(call->body.result, {.depth_max = 512}).value_or(json::Value());
    if (outcome == Outcome::kDenied || outcome == Outcome::kStopped || outcome == Outcome::kCancelled) {
      state.state = outcome == Outcome::kCancelled ? "cancelled" : "refused";
      state.details.set("error", error_of_result(result));
      return {};
    }
    state.state = "done";
    if (report.kind == "conductor:device_requested") return say_device(result, state);
    if (result.is_object()) state.details.set("result", std::move(result));
    return {};
  }

  Status say_device(const json::Value& result, CommandState& state) const {
    const json::Value* paired = result.find("data");
    if (paired == nullptr) {
      state.state = "refused";
      state.details.set("error", error_of_result(result));
      return {};
    }
    LUMENFLOW_TRY_ASSIGN(const std::string token, token_of_device(*paired, keys_, workspace_id_));
    json::Value said = *paired;
    said.as_object().set("token", token);
    state.details.set("result", std::move(said));
    return {};
  }

  const log::Log& log_;
  const journal::Reader& reader_;
  const WorkspaceKeys& keys_;
  const std::string& workspace_id_;
};

}  // namespace

Result<std::vector<CommandState>> read_command_states(const log::Log& log, const journal::Reader& reader,
                                                      const WorkspaceKeys& keys, const std::string& workspace_id,
                                                      std::uint64_t after, std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(const auto tables, log.snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto reports, journal::command_reports(*tables, Position(after), limit));
  const StateReader states(log, reader, keys, workspace_id);
  std::vector<CommandState> read;
  for (const journal::CommandReport& report : reports) {
    LUMENFLOW_TRY_ASSIGN(CommandState state, states.state_of(report));
    read.push_back(std::move(state));
  }
  return read;
}

}  // namespace lumenflow::sidecar
