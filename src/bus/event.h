// An event on the bus, as a handler sees it.
//
// Borrowed: valid until the tick after it begins. One thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "bus/payload.h"
#include "lumenflow/json.h"

namespace lumenflow::bus {

// What the bus knows of a payload struct; one for each, told apart by its address.
struct PayloadType {
  std::size_t size;
  std::size_t alignment;
  void (*destroy)(void* payload);  // null where there is nothing to destroy
  json::Value (*to_json)(const void* payload);
};

template <class E>
inline constexpr PayloadType kPayloadType{
    sizeof(E), alignof(E),
    std::is_trivially_destructible_v<E> ? nullptr : +[](void* payload) { static_cast<E*>(payload)->~E(); },
    [](const void* payload) { return json_of(*static_cast<const E*>(payload)); }};

struct Event {
  std::string_view type;
  std::uint32_t channel = 0;
  std::uint64_t tick = 0;
  std::uint64_t dispatch_order = 0;           // over all channels, from 1, without a gap
  Timestamp issued_at;                        // of the tick
  const void* payload = nullptr;              // nobody may change it; null: nobody listened (publish_unheard)
  const PayloadType* payload_type = nullptr;  // null: the payload is a json::Value

  // The struct that was published; null where it was JSON.
  template <class E>
  const E* typed() const {
    return payload_type == &kPayloadType<E> ? static_cast<const E*>(payload) : nullptr;
  }
  json::Value json() const {
    return payload_type == nullptr ? *static_cast<const json::Value*>(payload) : payload_type->to_json(payload);
  }
};

}  // namespace lumenflow::bus
