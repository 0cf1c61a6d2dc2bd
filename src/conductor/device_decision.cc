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

struct Decision {
  std::vector<RecordChange> changes;
  Act act;
};

Result<std::optional<Decision>> decide(const Context& context, const DeviceReport& report) {
  const std::string state(json::string_or(report.command, "state", ""));
  const std::string id(json::string_or(report.command, "device_id", ""));
  if (json::string_or(report.command, "kind", "") != "conductor:device_requested" || !is_terminal(state))
    return std::optional<Decision>();
  LUMENFLOW_TRY_ASSIGN(const auto found, context.store.records->get(kDevicesTable, key_of({report.workspace, id})));
  if (!found) return std::optional<Decision>();
  json::Value device = parsed(*found);
  if (json::string_or(device, "state", "") != "pending") return std::optional<Decision>();
  if (!check_device(*context.store.records, *found).ok()) return std::optional<Decision>();
  Decision decision;
  const json::Value* result = report.command.find("result");
  json::Object& members = device.as_object();
  decision.act = {"conductor.device_refused", device_subject(report.workspace, id), report.workspace, {}};
  members.set("state", "refused");
  if (state == "done" && result != nullptr && result->is_object()) {
    const std::string scope(json::string_or(*result, "scope", ""));
    members.set("state", "accepted");
    members.set("scope", scope);
    const Timestamp until = context.clock.now() + kTokenLife;
    members.set("token_expires_ms", until.ms);  // its key is good for as long as if it had a token now
    if (!report.workspace_token.empty()) {
      members.set("workspace_token", seal(report.workspace_token, context.store.keys.seal, context.random));
      members.set("workspace_token_until_ms", until.ms);
    }
    decision.act.type = "conductor.device_enrolled";
    decision.act.details = {{"scope", scope}};
  }
  decision.act.details.set("device_id", id);
  decision.act.details.set("name", json::string_or(device, "name", ""));
  decision.changes.push_back({kDevicesTable, found->key, found->version, json::serialize(device)});
  return std::optional(std::move(decision));
}

void try_to_decide(Context& context, const DeviceReport& report, std::function<void(const Status&)> done, int tries) {
  auto decision = decide(context, report);
  if (decision.ok() && !*decision) return done({});
  const auto failed = [done](const Error& why) {
    write_log(LogLevel::kError, "conductor", "a device's enrollment could not be settled", {{"reason", why.message()}});
    done(why);
  };
  if (!decision.ok()) return failed(decision.error());
  context.acts.change(std::move((*decision)->changes), (*decision)->act,
                      [&context, report, tries, done, failed](const Status& changed) {
                        if (changed.ok()) return done({});
                        if (changed.error().code() == ErrorCode::kConflict && tries < kDecisionTries)
                          return try_to_decide(context, report, done, tries + 1);
                        failed(changed.error());
                      });
}

}  // namespace

void decide_device(Context& context, const DeviceReport& report, std::function<void(const Status&)> done) {
  try_to_decide(context, report, std::move(done), 0);
}

std::string take_workspace_token(json::Value& report) {
  json::Value* result = report.is_object() ? report.as_object().find("result") : nullptr;
  if (result == nullptr || !result->is_object()) return {};
  std::string token(json::string_or(*result, "token", ""));
  result->as_object().erase("token");
  return token;
}

}  // namespace lumenflow::conductor
