// The port through which packs reach hosts outside the workspace (pack::HostContext::fetch).
#pragma once

#include "lumenflow/pack.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// Thread safe.
class Outbound {
 public:
  virtual ~Outbound() = default;
  // Without connecting: INVALID_INPUT for what is no https URL, SCOPE_DENIED for a host that the request's allowlist
  // does not have.
  virtual Status check(const pack::HttpRequest& request) const = 0;
  // The same, then posts and waits for the answer. SCOPE_DENIED for an address behind the name that is neither public
  // nor on the list, UNREACHABLE. Any status is a success.
  virtual Result<pack::HttpResponse> post(const pack::HttpRequest& request) = 0;
};

}  // namespace lumenflow::kernel
