// What the kernel does besides for a run whose code is in another process: for the hosts of such packs.
//
// One belongs to one context and is used by that context's thread, but for the listener, which any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "pack/enforced_scopes.h"

namespace lumenflow::pack {

class HostedRun {
 public:
  virtual ~HostedRun() = default;
  virtual const EnforcedScopes& scopes() const = 0;  // nothing for a delivery
  virtual const std::string& idempotency_key() const = 0;
  // Until the run is ended; nothing: it has no deadline.
  virtual std::optional<std::chrono::nanoseconds> time_left() const = 0;
  // Called once, when the run is cancelled or its deadline passes, or at once when it was already; briefly, and on any
  // thread. It takes the place of the one before, which is returned unless it was called, and waits until that is not
  // being called; an empty one only takes it away.
  virtual std::function<void()> when_cancelled(std::function<void()> listener) = 0;
  // What holds the code of this run, for its record.
  virtual void held_by(std::string isolation) = 0;
  // Whether an event of this kind was handled by the pack under this replay key, within the window.
  virtual Result<bool> was_handled(std::string_view kind, std::string_view replay_key) = 0;
  // Calls a tool as the pack on behalf of the run's subject and waits for its Result, as JSON text. Any outcome is a
  // success. INVALID_REQUEST outside of a call and where calls are nested too deep; TOOL_CANCELLED.
  virtual Result<std::string> invoke(std::string_view tool, json::Value input, std::string_view idempotency_key) = 0;
  // To whoever follows the call, besides the workspace's log; without what the pack was given in its environment.
  virtual void progressed(double fraction, std::string message) = 0;
  virtual void logged(std::string_view level, std::string message) = 0;
};

}  // namespace lumenflow::pack
