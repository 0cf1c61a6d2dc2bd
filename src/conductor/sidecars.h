// Sidecars that can be reached: where a workspace has said so at its enrollment (`uplink.sidecar_url`), its tools are
// listed and called there, with the token that the workspace minted for this conductor and no other right.
//
// A URL leads over https to a public address, or anywhere when the operator allows it: whoever enrolls names the URL.
// Whether an answer comes is never certain; a call names an idempotency key, under which it may be asked for again on
// the other way. A sidecar that did not answer is left alone for a while. The io thread only; requests run on threads
// of their own, so that a slow one holds up no other work.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "base/work_gate.h"
#include "conductor/context.h"
#include "http/client.h"

namespace lumenflow::conductor {

struct ReachableSidecar {
  std::string workspace;
  std::string url;    // scheme, host and port
  std::string token;  // minted by the workspace; never log it
};

class Sidecars {
 public:
  Sidecars(Context& context, bool private_addresses);
  ~Sidecars();

  // Nothing when the workspace is unknown, revoked or cannot be reached.
  std::optional<ReachableSidecar> find(const std::string& workspace);

  // `done` is told on the io thread; UNREACHABLE, RATE_LIMITED when too many run, SCOPE_DENIED for an address that it
  // may not lead to. Any status is a success.
  using Done = std::function<void(const Result<http::ClientResponse>&)>;
  void ask(const ReachableSidecar& sidecar, http::ClientRequest request, Done done);

 private:
  Context& context_;
  const bool private_addresses_;
  const std::shared_ptr<http::Interrupt> interrupt_;       // shared with the requests under way
  std::map<std::string, std::chrono::nanoseconds> avoid_;  // workspace -> until when; bounded
  std::unique_ptr<ThreadPoolExecutor> threads_;            // made when first needed
  WorkGate work_;
};

// Fetches the workspace's tools; `done` says whether they are kept.
void fetch_registry(Context& context, const ReachableSidecar& sidecar, std::function<void(const Status&)> done);

}  // namespace lumenflow::conductor
