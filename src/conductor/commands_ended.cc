// How commands end without their workspace: taken back, expired, or because whoever asked or was asked was revoked.
#include <utility>

#include "conductor/commands.h"
#include "conductor/tables.h"
#include "json/canonical.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kSweepMax = 256;
constexpr std::size_t kRowsPerScan = 256;
constexpr std::string_view kDeviceRevoked = "conductor:device_revoked";

}  // namespace

Status Commands::end(const std::string& workspace, const std::string& command_id, json::Value state,
                     std::string_view to, const json::Object& details) {
  json::Object entry = details;
  json::Object& members = state.as_object();
  for (const json::Member& detail : details) members.set(detail.key, detail.value);
  members.set("state", to);
  members.set("changed_at", format_rfc3339(clock_.now()));
  entry.set("type", "command.result");
  entry.set("command_id", command_id);
  entry.set("workspace", workspace);
  entry.set("state", to);
  entry.set("ts", format_rfc3339(clock_.now()));
  Result<std::string> text = json::canonical(json::Value(entry));
  if (!text.ok())
    return Error(ErrorCode::kInvalidRequest, "the result has no canonical form: " + text.error().message());
  std::vector<std::string> lists{list_of_commands(workspace)};
  if (is_terminal(to)) lists = lists_of_command(workspace);
  LUMENFLOW_TRY_ASSIGN(const Position at, ledger_.append({*text}, lists));
  static_cast<void>(at);
  LUMENFLOW_TRY(save(command_id, state));
  if (is_terminal(to)) {
    const auto expires = static_cast<std::uint64_t>(json::integer_or(state, "expires_ms", 0));
    LUMENFLOW_TRY(ledger_.erase(kExpiring, big_endian(expires) + command_id));
    LUMENFLOW_TRY(strike(state));
    LUMENFLOW_TRY(heard_of_revocation(workspace, state));
  }
  if (told_)
    ledger_.when_durable([this, command_id, state](const Status& done) {
      if (done.ok()) told_(command_id, state);
    });
  return {};
}

Result<json::Value> Commands::cancel(const std::string& workspace, const std::string& command_id,
                                     const std::string& reason, const NewCommand& as) {
  LUMENFLOW_TRY_ASSIGN(json::Value state, load(workspace, command_id));
  const std::string_view now = json::string_or(state, "state", "");
  const bool own = caller_of(state) && json::string_or(state, "from", "") == as.from;
  if (as.from != workspace + ":conductor" && !own)
    return Error(ErrorCode::kNotFound, "there is no command " + command_id + " of yours");
  if (json::string_or(state, "kind", "") == kDeviceRevoked)
    return Error(ErrorCode::kConflict, "that a device is revoked is not taken back; pair it anew under another id");
  if (is_terminal(now)) return Error(ErrorCode::kConflict, "the command is " + std::string(now) + " already");
  const json::Object details{{"error", json::Object{{"code", "TOOL_CANCELLED"}, {"message", reason}}}};
  // It may have left already, though nothing says that it arrived: the workspace is told whatever the state.
  NewCommand command = as;
  command.kind = "conductor:command_cancelled";
  command.payload = json::Object{{"command_id", command_id}, {"reason", reason}};
  LUMENFLOW_TRY_ASSIGN(const QueuedCommand queued, queue(command));
  static_cast<void>(queued);
  if (now == "queued") LUMENFLOW_TRY(end(workspace, command_id, state, "cancelled", details));
  return load(workspace, command_id);
}

// --- because somebody was revoked ---

Status Commands::end_all(std::string_view table, const std::string& prefix, std::string_view to, const Error& why) {
  const json::Object details{
      {"error", json::Object{{"code", name(why.code())}, {"message", std::string(why.message())}}}};
  for (std::string last;;) {
    LUMENFLOW_TRY_ASSIGN(const auto rows, ledger_.tables().scan(table, prefix, last, kRowsPerScan));
    for (const log::KeyValue& row : rows) {
      last = row.key;
      LUMENFLOW_TRY_ASSIGN(const auto text, ledger_.tables().get(kCommand, row.value));
      if (!text) continue;
      LUMENFLOW_TRY_ASSIGN(json::Value state, json::parse(*text));
      if (is_terminal(json::string_or(state, "state", ""))) continue;
      const std::string workspace(json::string_or(state, "workspace_id", ""));
      LUMENFLOW_TRY(end(workspace, row.value, std::move(state), to, details));
    }
    if (rows.size() < kRowsPerScan) return {};
  }
}

Status Commands::refuse_all_of(const std::string& caller, const Error& why) {
  return end_all(kByCaller, key_of({caller}), "refused", why);
}

Status Commands::cancel_all(const std::string& workspace, const Error& why) {
  LUMENFLOW_TRY(end_all(kWaiting, key_of({workspace}), "cancelled", why));
  for (;;) {  // it hears of no device any more
    LUMENFLOW_TRY_ASSIGN(const auto rows, ledger_.tables().scan(kRevoking, key_of({workspace}), "", kRowsPerScan));
    for (const log::KeyValue& row : rows) LUMENFLOW_TRY(ledger_.erase(kRevoking, row.key));
    if (rows.size() < kRowsPerScan) return {};
  }
}

Status Commands::tell_revoked(const std::string& workspace, const std::string& device_id, const std::string& by) {
  const std::string key = key_of({workspace}) + device_id;
  LUMENFLOW_TRY_ASSIGN(const auto before, ledger_.tables().get(kRevoking, key));
  if (before) {
    LUMENFLOW_TRY_ASSIGN(const json::Value state, load(workspace, *before));
    if (!is_terminal(json::string_or(state, "state", ""))) return {};  // it is on its way
  }
  NewCommand command;
  command.workspace = workspace;
  command.kind = kDeviceRevoked;
  command.payload = json::Object{{"device_id", device_id}};
  command.from = workspace + ":conductor";
  command.stream = "bridge:conductor";
  command.on_behalf_of = by;
  LUMENFLOW_TRY_ASSIGN(const QueuedCommand queued, queue(command));
  return ledger_.put(kRevoking, key, queued.command_id);
}

// The workspace is told until it has done it, or knows no such device.
Status Commands::heard_of_revocation(const std::string& workspace, const json::Value& state) {
  if (json::string_or(state, "kind", "") != kDeviceRevoked) return {};
  const json::Value* error = state.find("error");
  const bool unknown = error != nullptr && json::string_or(*error, "code", "") == "NOT_FOUND";
  if (json::string_or(state, "state", "") != "done" && !unknown) return {};
  return ledger_.erase(kRevoking, key_of({workspace}) + std::string(json::string_or(state, "device_id", "")));
}

Status Commands::remind(const std::string& workspace) {
  LUMENFLOW_TRY_ASSIGN(const auto rows, ledger_.tables().scan(kRevoking, key_of({workspace}), "", kRowsPerScan));
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(const json::Value state, load(workspace, row.value));
    if (!is_terminal(json::string_or(state, "state", ""))) continue;
    LUMENFLOW_TRY(tell_revoked(workspace, row.key.substr(workspace.size() + 1),
                               std::string(json::string_or(state, "on_behalf_of", ""))));
  }
  return {};
}

void Commands::sweep() {
  const std::string now = big_endian(static_cast<std::uint64_t>(clock_.now().ms));
  const auto due = ledger_.tables().scan(kExpiring, "", "", kSweepMax);
  for (std::size_t i = 0; due.ok() && i < due->size() && (*due)[i].key.substr(0, 8) <= now; ++i) {
    const std::string command_id = (*due)[i].key.substr(8), workspace = (*due)[i].value;
    auto state = load(workspace, command_id);
    const bool queued = state.ok() && json::string_or(*state, "state", "") == "queued";
    const json::Object details{
        {"error", json::Object{{"code", "TOKEN_EXPIRED"}, {"message", "it was not fetched in time"}}}};
    if (queued) {
      const std::string device(json::string_or(*state, "kind", "") == kDeviceRevoked
                                   ? json::string_or(*state, "device_id", "")
                                   : std::string_view());
      const std::string by(json::string_or(*state, "on_behalf_of", ""));
      (void)end(workspace, command_id, *std::move(state), "expired", details);
      if (!device.empty()) (void)tell_revoked(workspace, device, by);
    } else
      (void)ledger_.erase(kExpiring, (*due)[i].key);  // delivered: the workspace says what becomes of it
  }
  const std::string forgotten = big_endian(static_cast<std::uint64_t>((clock_.now() - kCommandKeyLife).ms));
  const auto keys = ledger_.tables().scan(kKeysExpire, "", "", kSweepMax);
  for (std::size_t i = 0; keys.ok() && i < keys->size() && (*keys)[i].key.substr(0, 8) <= forgotten; ++i) {
    const std::string key = (*keys)[i].key.substr(8);
    const auto there = ledger_.tables().get(kKeys, key);
    // The key may have been used anew since.
    if (there.ok() && *there && (*there)->substr(0, 8) <= forgotten) (void)ledger_.erase(kKeys, key);
    (void)ledger_.erase(kKeysExpire, (*keys)[i].key);
  }
}

}  // namespace lumenflow::conductor
