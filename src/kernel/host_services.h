// What a context on an executor thread asks of the kernel. Thread safe; each waits for its answer.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "kernel/running_call.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

class HostState;

class HostServices {
 public:
  using Change = std::function<Status(pack::Store&)>;

  virtual ~HostServices() = default;
  // `call` is null for a timer and a delivery. See pack::HostContext::transact. `emitted`, when not null, is what
  // became of the last event that `change` emitted.
  virtual Status transact(HostState& state, const std::shared_ptr<RunningCall>& call, const Change& change,
                          pack::Emitted* emitted) = 0;
  virtual Status check_fetch(const pack::HttpRequest& request) const = 0;
  virtual Result<pack::HttpResponse> fetch(const pack::HttpRequest& request) = 0;
  virtual bool notify_operator(std::string_view line) = 0;
  virtual bool draining() const = 0;
};

}  // namespace lumenflow::kernel
