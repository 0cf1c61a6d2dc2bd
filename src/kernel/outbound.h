// The port through which packs reach hosts outside the workspace (pack::HostContext::fetch).
#pragma once

#include "kernel/cancellation.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// Thread safe. Takes the word of a request for what lumenflow.yaml names: the kernel has compared it (fetch_rules.h).
class Outbound {
 public:
  virtual ~Outbound() = default;
  // Without connecting; see pack::HostContext::check_fetch.
  virtual Status check(const pack::HttpRequest& request) const = 0;
  // See pack::HostContext::fetch. `cancelled` ends the request; null: nobody does.
  virtual Result<pack::HttpResponse> fetch(const pack::HttpRequest& request, Cancellation* cancelled) = 0;
};

}  // namespace lumenflow::kernel
