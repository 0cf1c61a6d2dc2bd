// What a kernel is opened with.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/random.h"
#include "base/time.h"
#include "journal/body.h"
#include "kernel/config.h"
#include "kernel/kernel_tool.h"
#include "kernel/outbound.h"
#include "log/log.h"
#include "pack/programs.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

// The outside world; all outlive the kernel.
struct KernelPorts {
  log::Log& log;
  journal::BlobStore& blobs;
  const Clock& clock;
  Random& random;
  Executor& executor;
  Outbound* outbound = nullptr;        // null: packs reach no other host
  pack::Programs* programs = nullptr;  // null: packs run no programs
};

// Whether queue-class events wait until an uplink has delivered them.
enum class OutboxMode : std::uint8_t {
  kNone,      // no: what waited is given up
  kAsBefore,  // whatever was so when the workspace was last open
  kWaits,     // yes, from now on
};

struct KernelOptions {
  WorkspaceConfig config;
  std::shared_ptr<const pack::Registry> registry;  // shared with calls in flight
  std::vector<KernelTool> kernel_tools;
  std::string workspace_root;
  std::string redaction_key;        // HMAC key of values at writeOnly positions; 32 bytes
  std::string operator_public_pem;  // on the disk; pinned at the first opening, then it has to be that one
  std::string version;              // of the program, recorded
  OutboxMode outbox = OutboxMode::kAsBefore;
  std::chrono::milliseconds delivery_pause{100};  // at most, before a handler is tried again; doubles with each failure
  // Called on the strand before calls that have come are looked at: to say what lumenflow.yaml is now. May be empty.
  std::function<void()> look_at_configuration;
  std::function<void()> doorbell;  // rung from any thread when the queue stops being empty
  // Shows one line to the operator, from any thread; whether somebody saw it. Empty: nobody does.
  std::function<bool(std::string_view)> on_notice;
};

}  // namespace lumenflow::kernel
