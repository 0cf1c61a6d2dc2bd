// Which adapter the pack keeps its records with: the one place that chooses.
#pragma once

#include <cstdint>
#include <memory>

#include "lumenflow/pack.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

// When a transaction of the port is durable: with the call's result, for tools that touch nothing but the store, or
// when it returns, for what has effects outside and for timers.
enum class Durable : std::uint8_t { kWithResult, kAtOnce };

// Borrows the context for its length.
std::unique_ptr<StoragePort> open_storage(pack::HostContext& context, Durable durable);

}  // namespace lumenflow::sidekick
