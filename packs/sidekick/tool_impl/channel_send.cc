// channel:send: the message is stored as pending, then taken where the channel leads, then what came of it is stored.
// Each step is durable before the next one, so a crash leaves a message that says it is pending, and nothing is ever
// sent that the outbox does not know.
#include <algorithm>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/channels.h"
#include "sidekick/tool_impl/time.h"
#include "sidekick/tool_impl/transport.h"
#include "sidekick/tool_impl/ulid.h"

namespace lumenflow::sidekick {
namespace {

json::Value to_json(const Delivery& delivery, const std::string& at) {
  json::Object members{{"state", name(delivery.state)}};
  if (!delivery.detail.empty()) members.append("detail", delivery.detail);
  if (delivery.state != DeliveryState::kPending) members.append("at", at);
  return members;
}

// What is to be sent, and how.
struct Outgoing {
  std::string_view channel_name;
  json::Value settings = json::Object{};
  const Transport* transport = nullptr;
  json::Value message;
};

Answer no_provider(std::string_view type, std::optional<std::string_view> provider) {
  return refusal("PROVIDER_NOT_REGISTERED",
                 provider ? "no provider '" + std::string(*provider) + "' serves channels of type " + std::string(type)
                          : "no provider serves channels of type " + std::string(type));
}

json::Value make_message(Call& call, const Outgoing& outgoing, std::string_view content) {
  json::Object message;
  message.reserve(8);
  message.append("id", std::string(kMessageIdPrefix) + call.context.new_ulid());
  message.append("channel", outgoing.channel_name);
  message.append("provider", outgoing.transport->provider());
  message.append("sender", call.input.text("sender").value_or(kSenderDefault));
  message.append("content", content);
  if (const json::Value* metadata = call.input.find("metadata")) message.append("metadata", *metadata);
  std::string now = format_time(call.context.now_ms());
  message.append("delivery", to_json({}, now));
  message.append("created_at", std::move(now));
  return message;
}

// Stores the message as pending, and its channel where that is missing. In the order of ids, so that whoever reads on
// from an id misses none: the id grows if a newer message was stored meanwhile.
Status store_pending(Call& call, Outgoing& outgoing) {
  const auto change = [&](Transaction& transaction) -> Status {
    Editor& messages = transaction.edit(Collection::kMessages);
    LUMENFLOW_TRY_ASSIGN(const std::vector<Record> newest, messages.newest({}, 1));
    std::string id(json::string_or(outgoing.message, "id", {}));
    if (!newest.empty() && newest.front().id >= id)
      id = std::string(kMessageIdPrefix) +
           next_ulid(std::string_view(newest.front().id).substr(kMessageIdPrefix.size()));
    outgoing.message.as_object().set("id", id);
    LUMENFLOW_TRY(messages.insert(id, outgoing.message));

    AuditEvent event = audit_event(call.context, AuditOp::kCreate);
    event.ids.push_back(id);
    Editor& channels = transaction.edit(Collection::kChannels);
    LUMENFLOW_TRY_ASSIGN(const std::optional<Record> channel, find_channel(channels, outgoing.channel_name));
    if (!channel) {
      const std::string channel_id = std::string(kChannelIdPrefix) + call.context.new_ulid();
      LUMENFLOW_TRY(channels.insert(channel_id, make_channel(channel_id, outgoing.channel_name, kTypeTerminal,
                                                             json::Object{}, format_time(call.context.now_ms()))));
      event.ids.push_back(channel_id);
    }
    return transaction.append_audit(std::move(event));
  };
  return call.storage.transaction({Collection::kChannels, Collection::kMessages}, change);
}

Status store_outcome(Call& call, Outgoing& outgoing, const Delivery& delivery) {
  outgoing.message.as_object().set("delivery", to_json(delivery, format_time(call.context.now_ms())));
  return call.storage.update(Collection::kMessages, [&](Editor& messages) {
    return messages.put(json::string_or(outgoing.message, "id", {}), outgoing.message);
  });
}

Answer deliver(Call& call, Outgoing& outgoing) {
  LUMENFLOW_TRY(store_pending(call, outgoing));
  const Result<Delivery> sent = outgoing.transport->send(call.context, outgoing.settings, outgoing.message);
  const Delivery delivery = sent.ok() ? *sent : Delivery{DeliveryState::kFailed, sent.error().message()};
  LUMENFLOW_TRY(store_outcome(call, outgoing, delivery));
  if (!sent.ok()) return sent.error();
  const std::string_view id = json::string_or(outgoing.message, "id", {});
  if (delivery.state == DeliveryState::kFailed)
    return refusal("PROVIDER_SEND_FAILED", delivery.detail, json::Object{{"message_id", id}});
  LUMENFLOW_TRY(
      call.context.emit(kMessageSent, json::Object{{"message_id", id},
                                                   {"sidekick_channel", outgoing.channel_name},
                                                   {"sender", json::string_or(outgoing.message, "sender", {})}}));
  return answer_record("message", std::move(outgoing.message), false);
}

}  // namespace

Answer send_message(Call& call) {
  LUMENFLOW_TRY_ASSIGN(const std::string_view content, call.input.required_text("content"));
  Outgoing outgoing;
  outgoing.channel_name = call.input.text("channel").value_or(kChannelDefault);
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> channels, call.storage.read(Collection::kChannels));
  LUMENFLOW_TRY_ASSIGN(std::optional<Record> channel, find_channel(*channels, outgoing.channel_name));
  std::string type(kTypeTerminal);
  if (channel) {
    type = json::string_or(channel->value, "type", {});
    if (const json::Value* settings = channel->value.find("settings")) outgoing.settings = *settings;
  }
  const std::optional<std::string_view> provider = call.input.text("provider");
  outgoing.transport = find_transport(type, provider);
  if (outgoing.transport == nullptr) return no_provider(type, provider);
  LUMENFLOW_TRY(outgoing.transport->check(call.context, outgoing.settings));
  outgoing.message = make_message(call, outgoing, content);
  if (call.input.flag("dry_run")) return answer_record("message", std::move(outgoing.message), true);
  return deliver(call, outgoing);
}

}  // namespace lumenflow::sidekick
