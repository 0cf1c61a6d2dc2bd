// What a reload brings in: a configuration and the packs that it pins, read and judged off the strand.
#pragma once

#include <functional>
#include <memory>

#include "kernel/config.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

struct Reloaded {
  WorkspaceConfig config;
  std::shared_ptr<const pack::Registry> registry;  // shared with calls in flight
  std::function<void()> adopted;                   // on the strand, once it counts; may be empty
};

}  // namespace lumenflow::kernel
