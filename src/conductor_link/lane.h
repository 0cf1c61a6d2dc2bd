// Requests to the conductor, one after the other, in the order in which they were asked for: the port to the way there.
//
// Adapters: a thread with a connection of its own (worker.h); a simulated network. Thread safe. Destroying a lane gives
// up what waits and what is under way.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "http/client.h"
#include "lumenflow/result.h"

namespace lumenflow::conductor_link {

class Lane {
 public:
  // Called when its turn has come; nothing: there is no need to ask, and nobody hears of it.
  using Write = std::function<std::optional<http::ClientRequest>()>;
  // Called once, with whatever status came; UNREACHABLE where nothing came, or it was given up, perhaps unwritten.
  using Hear = std::function<void(Result<http::ClientResponse>)>;

  virtual ~Lane() = default;
  virtual void ask(Write write, Hear hear) = 0;
  // Gives up the request that is under way, and what waits.
  virtual void cut() = 0;
};

using OpenLane = std::function<std::unique_ptr<Lane>()>;

}  // namespace lumenflow::conductor_link
