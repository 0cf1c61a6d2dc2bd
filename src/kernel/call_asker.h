// Who answers what a call asks while it runs: the surface that the call came in by.
//
// Shared between the call and the surface, because either may end first; any thread. What was asked and answered is not
// recorded: what the tool makes of it is.
#pragma once

#include <string_view>
#include <vector>

#include "kernel/cancellation.h"
#include "lumenflow/host.h"

namespace lumenflow::kernel {

class CallAsker {
 public:
  virtual ~CallAsker() = default;
  // See pack::HostContext.
  virtual bool may_ask(std::string_view method) const = 0;
  // Blocks; `cancelled`, when not null, ends the wait with TOOL_CANCELLED.
  virtual Result<std::vector<json::Value>> ask(const std::vector<pack::Question>& questions,
                                               Cancellation* cancelled) = 0;
};

}  // namespace lumenflow::kernel
