// Where a handler's storage comes from: the adapter that lumenflow.yaml chooses.
//
//   sidekick:
//     storage: filesystem   # or journal
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "lumenflow/pack.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

// When a transaction of the port is durable: with the call's result, for tools that touch nothing but the store, or
// when it returns, for what has effects outside and for timers. (Over files it always is when it returns.)
enum class Durable : std::uint8_t { kWithResult, kAtOnce };

// Shared by the handlers of one workspace; thread safe. It ends with the workspace, and has then written all that it
// holds where it belongs.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  // For one call, or one run of a timer: borrows its context.
  virtual Result<std::unique_ptr<StoragePort>> open(pack::HostContext& context, Durable durable) = 0;
  // What the host may assume of a tool that has these traits while the journal is its store.
  virtual pack::ToolTraits traits(pack::ToolTraits over_journal) const = 0;

  // Looks up a call of a process that is gone, for adapters whose writes do not commit with the call.
  struct Trace {
    std::unique_ptr<StoragePort> storage;
    std::optional<json::Value> audit;  // the call's audit line, when it wrote
  };
  virtual Result<Trace> trace(const pack::StartedCall& call) = 0;
};

// `config` is the pack's section of lumenflow.yaml.
std::shared_ptr<StorageSource> make_storage_source(const json::Value& config);

}  // namespace lumenflow::sidekick
