// How a message leaves for where a channel leads: one transport for each way, selected by the channel's type and, when
// several serve one type, by the provider's name.
//
// Transports are stateless and live as long as the program; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"

namespace lumenflow::sidekick {

// A message's `delivery.state`. Pending also says, after a crash, that nobody knows.
enum class DeliveryState : std::uint8_t { kPending, kDelivered, kStored, kFailed };
std::string_view name(DeliveryState state);

struct Delivery {
  DeliveryState state = DeliveryState::kPending;
  std::string detail;  // for a person; may be empty
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::string_view type() const = 0;      // of the channels it serves
  virtual std::string_view provider() const = 0;  // its own name
  // Whether a channel may have these settings: INVALID_INPUT with pointers below /settings, SCOPE_DENIED. Connects to
  // nothing.
  virtual Status check(const pack::HostContext& context, const json::Value& settings) const = 0;
  // Takes the message there; may block. What goes wrong is the delivery's state, except for SCOPE_DENIED.
  virtual Result<Delivery> send(pack::HostContext& context, const json::Value& settings,
                                const json::Value& message) const = 0;
};

// INVALID_INPUT about the first of the settings of a type that takes none.
Status check_no_settings(std::string_view type, const json::Value& settings);

// The provider of this name, or without one the type's first. Null when none is registered.
const Transport* find_transport(std::string_view type, std::optional<std::string_view> provider);
bool is_provider(std::string_view provider);

}  // namespace lumenflow::sidekick
