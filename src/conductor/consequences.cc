#include "conductor/consequences.h"

#include <string>

#include "conductor/commands.h"
#include "conductor/ingest.h"
#include "conductor/uplinks.h"

namespace lumenflow::conductor {
namespace {

std::string text(const json::Value& entry, std::string_view member) {
  return std::string(json::string_or(entry, member, ""));
}

Status device_revoked(Context& context, const std::string& workspace, const json::Value& entry) {
  const std::string id = text(entry, "device_id"), by = text(entry, "subject");
  const Error why(ErrorCode::kTokenRevoked, "the device was revoked before the workspace took it");
  LUMENFLOW_TRY(context.commands->refuse_all_of(device_subject(workspace, id), why));
  if (by == workspace) return {};  // it knows
  return context.commands->tell_revoked(workspace, id, by);
}

Status device_requested(Context& context, const std::string& workspace, const json::Value& entry) {
  NewCommand command;
  command.workspace = workspace;
  command.kind = "conductor:device_requested";
  command.payload = json::Object{{"device_id", text(entry, "device_id")},
                                 {"name", text(entry, "name")},
                                 {"public_key", text(entry, "public_key")}};
  command.from = workspace + ":conductor";
  command.stream = "bridge:conductor";
  command.on_behalf_of = text(entry, "ticket_by");
  LUMENFLOW_TRY_ASSIGN(const QueuedCommand queued, context.commands->queue(command));
  static_cast<void>(queued);
  return {};
}

Status workspace_revoked(Context& context, const std::string& workspace) {
  const Error why(ErrorCode::kTokenRevoked, "the workspace was revoked");
  context.uplinks->forget(workspace, why);
  return context.commands->cancel_all(workspace, why);
}

Status enrolled(Context& context, const std::string& workspace, const json::Value& entry, Position at) {
  if (!json::boolean_or(entry, "another_key", false)) return context.ingest->settle_fork(workspace);
  context.uplinks->forget(workspace, Error(ErrorCode::kTokenRevoked, "the id was given to another workspace"));
  return context.ingest->begin_anew(workspace, Position(at.value() - 1));
}

}  // namespace

Status follow_act(Context& context, const json::Value& entry, Position at) {
  const std::string type = text(entry, "type"), workspace = text(entry, "workspace");
  if (type.ends_with("_revoked") || type.ends_with("_removed")) ++context.revocations;
  if (type == "conductor.device_revoked") return device_revoked(context, workspace, entry);
  if (type == "conductor.device_requested") return device_requested(context, workspace, entry);
  if (type == "conductor.workspace_revoked") return workspace_revoked(context, workspace);
  if (type == "conductor.enrolled") return enrolled(context, workspace, entry, at);
  if (type == "conductor.operator_removed")
    return context.commands->refuse_all_of(
        "operator:" + text(entry, "name"),
        Error(ErrorCode::kTokenRevoked, "the operator was removed before the workspace took it"));
  return {};
}

}  // namespace lumenflow::conductor
