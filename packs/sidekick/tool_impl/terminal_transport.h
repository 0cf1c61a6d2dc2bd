// Shows messages on the operator's terminal. Without one they wait in the outbox, where channel:receive finds them.
#pragma once

#include "sidekick/constants.h"
#include "sidekick/tool_impl/transport.h"

namespace lumenflow::sidekick {

class TerminalTransport final : public Transport {
 public:
  std::string_view type() const override { return kTypeTerminal; }
  std::string_view provider() const override { return "terminal"; }
  Status check(const pack::HostContext& context, const json::Value& settings) const override;
  Result<Delivery> send(pack::HostContext& context, const json::Value& settings,
                        const json::Value& message) const override;
};

// The text with every control character (C0, DEL, C1) as a space: a message must not steer the terminal.
std::string without_controls(std::string_view text);

}  // namespace lumenflow::sidekick
