// A pack's registration with an ear at it: what its code does that the journal does not say.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "lumenflow/pack.h"

namespace lumenflow::conformance {

// Filled while the pack's code runs; whoever tests reads and clears it in between. One thread.
struct Observed {
  struct RefusedEmission {
    std::string by;  // "tool acme:run", "handler of acme:done"
    std::string kind;
    std::string message;  // the host's
  };
  std::vector<RefusedEmission> undeclared;  // kinds that the manifest does not list; over the whole run
  std::vector<std::string> rule_faults;     // the pack's input rule threw; with what
  std::map<std::string, int> tool_runs;     // by name
  std::map<std::string, int> handler_runs;  // by kind
  std::function<void()> handler_returned;   // called after each handler's end; may be empty
  // Run once with the pack's own context, when the workspace next opens; may be empty.
  std::function<void(pack::HostContext&)> probe;
};

// Runs `seen.probe`, which outlives it, when the workspace opens.
pack::RegisteredTimer probe_timer(Observed& seen);

// Moves what `pack` registered to `host`, each function wrapped. `seen` outlives it. What has an executor of its own
// runs on `executor` instead, so that a test has one thread and one order.
void observe(pack::Registration& pack, Observed& seen, pack::Registration& host,
             std::shared_ptr<Executor> executor = nullptr);

}  // namespace lumenflow::conformance
