#include "sidekick/tool_impl/terminal_transport.h"

namespace lumenflow::sidekick {

std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;  // U+0080 to U+009F
    out += byte < 0x20 || byte == 0x7F || is_c1 ? ' ' : text[i];
  }
  return out;
}

Status TerminalTransport::check(const pack::HostContext&, const json::Value& settings) const {
  return check_no_settings(kTypeTerminal, settings);
}

Result<Delivery> TerminalTransport::send(pack::HostContext& context, const json::Value&,
                                         const json::Value& message) const {
  const auto part = [&](std::string_view field) { return without_controls(json::string_or(message, field, {})); };
  const std::string line = "[" + part("channel") + "] " + part("sender") + ": " + part("content");
  if (context.notify_operator(line)) return Delivery{DeliveryState::kDelivered, {}};
  return Delivery{DeliveryState::kStored, "no terminal is attached; channel:receive shows it"};
}

}  // namespace lumenflow::sidekick
