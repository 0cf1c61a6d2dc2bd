#include "conductor/device_decision.h"

#include <utility>

#include "base/logging.h"
#include "base/sealing.h"
#include "conductor/authenticator.h"
#include "conductor/commands.h"
#include "conductor/standing.h"
#include "conductor/tables.h"

namespace lumenflow::conductor {
namespace {

constexpr int kDecisionTries = 8;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) parts.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return parts;
}

struct Decision {
  std::vector<RecordChange> changes;
  Act act;
};

Result<std::optional<Decision>> decide(Context& context, const std::string& workspace, const json::Value& command) {
  const std::string state(json::string_or(command, "state", "")), id(json::string_or(command, "device_id", ""));
  if (json::string_or(command, "kind", "") != "conductor:device_requested" || !is_terminal(state))
    return std::optional<Decision>();
  LUMENFLOW_TRY_ASSIGN(const auto found, context.store.records->get(kDevicesTable, key_of({workspace, id})));
  if (!found) return std::optional<Decision>();
  json::Value device = parsed(*found);
  if (json::string_or(device, "state", "") != "pending") return std::optional<Decision>();
  if (!check_device(*context.store.records, *found).ok()) return std::optional<Decision>();
  Decision decision;
  const std::string subject = device_subject(workspace, id);
  const json::Value* result = command.find("result");
  json::Object& members = device.as_object();
  decision.act = {"conductor.device_refused", subject, workspace, {}};
  members.set("state", "refused");
  if (state == "done" && result != nullptr && result->is_object()) {
    const std::string scope(json::string_or(*result, "scope", ""));
    LUMENFLOW_TRY_ASSIGN(const Issued issued,
                         issue_token(context.store.keys, subject, split(scope), context.clock.now(), context.random));
    members.set("state", "accepted");
    members.set("scope", scope);
    members.set("token", seal(issued.token, context.store.keys.seal, context.random));
    members.set("expires_at", format_rfc3339(issued.expires_at));
    members.set("token_expires_ms", issued.expires_at.ms);
    if (const std::string_view own = json::string_or(*result, "token", ""); !own.empty())
      members.set("workspace_token", seal(own, context.store.keys.seal, context.random));
    decision.changes.push_back(token_record(issued));
    decision.act.type = "conductor.device_enrolled";
    decision.act.details = {{"scope", scope}, {"token_id", issued.token_id}};
  }
  decision.act.details.set("device_id", id);
  decision.act.details.set("name", json::string_or(device, "name", ""));
  decision.changes.push_back({kDevicesTable, found->key, found->version, json::serialize(device)});
  return std::optional(std::move(decision));
}

}  // namespace

void decide_device(Context& context, const std::string& workspace, const json::Value& command_state, int tries) {
  auto decision = decide(context, workspace, command_state);
  if (decision.ok() && !*decision) return;
  const auto failed = [](const Error& why) {
    write_log(LogLevel::kError, "conductor", "a device's enrollment could not be settled", {{"reason", why.message()}});
  };
  if (!decision.ok()) return failed(decision.error());
  context.acts.change(std::move((*decision)->changes), (*decision)->act,
                      [&context, workspace, command_state, tries, failed](const Status& done) {
                        if (done.ok()) return;
                        if (done.error().code() == ErrorCode::kConflict && tries < kDecisionTries)
                          return decide_device(context, workspace, command_state, tries + 1);
                        failed(done.error());
                      });
}

}  // namespace lumenflow::conductor
