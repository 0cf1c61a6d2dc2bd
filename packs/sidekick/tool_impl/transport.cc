#include "sidekick/tool_impl/transport.h"

#include <algorithm>
#include <array>

#include "sidekick/tool_impl/terminal_transport.h"
#include "sidekick/tool_impl/webhook_transport.h"

namespace lumenflow::sidekick {
namespace {

const std::array<const Transport*, 2>& transports() {
  static const TerminalTransport terminal;
  static const WebhookTransport webhook;
  static const std::array<const Transport*, 2> all{&terminal, &webhook};
  return all;
}

}  // namespace

std::string_view name(DeliveryState state) {
  constexpr std::array<std::string_view, 4> kNames{"pending", "delivered", "stored", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

Status check_no_settings(std::string_view type, const json::Value& settings) {
  const json::Object* members = settings.if_object();
  if (members == nullptr || members->empty()) return {};
  return Error(
      ErrorCode::kInvalidInput, "a " + std::string(type) + " has no settings",
      {{"/settings/" + json::escape_pointer_token(members->begin()->key), "is no setting of a " + std::string(type)}});
}

const Transport* find_transport(std::string_view type, std::optional<std::string_view> provider) {
  for (const Transport* transport : transports())
    if (transport->type() == type && (!provider || transport->provider() == *provider)) return transport;
  return nullptr;
}

bool is_provider(std::string_view provider) {
  return std::ranges::any_of(transports(), [&](const Transport* each) { return each->provider() == provider; });
}

}  // namespace lumenflow::sidekick
