#include "sidekick/constants.h"
#include "sidekick/tool_impl/channels.h"
#include "sidekick/tool_impl/time.h"
#include "sidekick/tool_impl/transport.h"

namespace lumenflow::sidekick {
namespace {

// The channel as it will be: what the input leaves out stays, but settings belong to their type.
Result<json::Value> configured(Call& call, std::string_view name, const std::optional<Record>& existing) {
  const std::string now = format_time(call.context.now_ms());
  const std::optional<std::string_view> type = call.input.text("type");
  const json::Value* settings = call.input.find("settings");
  json::Value channel;
  if (existing) {
    channel = existing->value;
    json::Object& members = channel.as_object();
    const bool other_type = type && *type != json::string_or(channel, "type", {});
    if (other_type) members.set("type", *type);
    if (settings != nullptr)
      members.set("settings", *settings);
    else if (other_type)
      members.set("settings", json::Object{});
    members.set("updated_at", now);
  } else {
    channel = make_channel(std::string(kChannelIdPrefix) + call.context.new_ulid(), name, type.value_or(kTypeTerminal),
                           settings == nullptr ? json::Value(json::Object{}) : *settings, now);
  }
  const std::string_view served = json::string_or(channel, "type", {});
  const Transport* transport = find_transport(served, std::nullopt);
  LUMENFLOW_TRY(transport == nullptr ? check_no_settings(served, *channel.find("settings"))
                                     : transport->check(call.context, *channel.find("settings")));
  return channel;
}

}  // namespace

Result<std::optional<Record>> find_channel(const Snapshot& channels, std::string_view name) {
  LUMENFLOW_TRY_ASSIGN(std::vector<Record> found, channels.indexed({name, name}, 1));
  if (found.empty()) return std::optional<Record>();
  return std::optional(std::move(found.front()));
}

json::Value make_channel(std::string id, std::string_view name, std::string_view type, json::Value settings,
                         const std::string& now) {
  return json::Object{{"id", std::move(id)}, {"name", name},     {"type", type}, {"settings", std::move(settings)},
                      {"created_at", now},   {"updated_at", now}};
}

Answer configure_channel(Call& call) {
  LUMENFLOW_TRY_ASSIGN(const std::string_view name, call.input.required_text("name"));
  json::Value channel;
  if (call.input.flag("dry_run")) {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> channels, call.storage.read(Collection::kChannels));
    LUMENFLOW_TRY_ASSIGN(const std::optional<Record> existing, find_channel(*channels, name));
    LUMENFLOW_TRY_ASSIGN(channel, configured(call, name, existing));
    return answer_record("channel", std::move(channel), true);
  }
  const auto change = [&](Transaction& transaction) -> Status {
    Editor& channels = transaction.edit(Collection::kChannels);
    LUMENFLOW_TRY_ASSIGN(const std::optional<Record> existing, find_channel(channels, name));
    LUMENFLOW_TRY_ASSIGN(channel, configured(call, name, existing));
    const std::string id(json::string_or(channel, "id", {}));
    LUMENFLOW_TRY(channels.put(id, channel));
    AuditEvent event = audit_event(call.context, existing ? AuditOp::kUpdate : AuditOp::kCreate);
    event.ids.push_back(id);
    return transaction.append_audit(std::move(event));
  };
  LUMENFLOW_TRY(call.storage.transaction({Collection::kChannels}, change));
  return answer_record("channel", std::move(channel), false);
}

}  // namespace lumenflow::sidekick
