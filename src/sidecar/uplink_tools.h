// Kernel tools over the uplink that runs: to consent to a fork, and to say something as the other side of the loopback.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kernel/kernel_tool.h"

namespace lumenflow::sidecar {

class UplinkHost;

// Where the tools find the uplink: there while a sidecar carries events away. Thread safe.
class UplinkSlot {
 public:
  void set(UplinkHost* host) {
    const std::lock_guard lock(mutex_);
    host_ = host;
  }
  // What `ask` says of the uplink that is there, under the lock: it must not wait. UNREACHABLE when there is none.
  template <class Ask>
  auto with(const Ask& ask) -> Result<decltype(ask(std::declval<UplinkHost&>()))> {
    const std::lock_guard lock(mutex_);
    if (host_ == nullptr)
      return Error(ErrorCode::kUnreachable,
                   "no uplink runs here: it takes `uplink: loopback` in lumenflow.yaml and a sidecar (`lumenflow up`)");
    return ask(*host_);
  }

 private:
  std::mutex mutex_;
  UplinkHost* host_ = nullptr;
};

Result<std::vector<kernel::KernelTool>> make_uplink_tools(std::shared_ptr<UplinkSlot> slot);

}  // namespace lumenflow::sidecar
