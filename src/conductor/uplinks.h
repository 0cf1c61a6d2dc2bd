// The conversations with workspaces: each has one lease with a fencing number, and at most one question for commands
// that waits.
//
// What a workspace says of its state is kept in memory: the next heartbeat says it again. The io thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "conductor/context.h"
#include "conductor/ingest.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {

struct Uplink {
  std::uint64_t session = 0;  // of the lease; 0: none was ever given
  std::optional<Timestamp> seen;
  json::Value status;  // as the last heartbeat said
  json::Value versions;
  json::Value lag;
  std::string registry_hash;
};

// Somebody who waits for commands.
class CommandWaiter {
 public:
  virtual ~CommandWaiter() = default;
  virtual void look() = 0;                     // something may be there
  virtual void replace(const Error& why) = 0;  // somebody else asks now, or it is over
};

class Uplinks {
 public:
  explicit Uplinks(Context& context) : context_(context) {}

  // CONFLICT unless this is the number of the workspace's lease.
  Status check(const std::string& workspace, const json::Value& request);
  Status check(const std::string& workspace, std::uint64_t session);
  // Gives the lease to whoever says hello: `done` gets its number, once that is durable.
  void take_lease(const std::string& workspace, std::function<void(Result<std::uint64_t>)> done, int tries = 0);
  Uplink& of(const std::string& workspace);  // as the records say, when it is not known yet
  const Uplink* find(const std::string& workspace) const;

  void wait(const std::string& workspace, std::shared_ptr<CommandWaiter> waiter);
  void done_waiting(const std::string& workspace, const CommandWaiter* waiter);
  void ring(const std::string& workspace);
  // Ends whoever waits on behalf of this workspace.
  void end(const std::string& workspace, const Error& why);
  void end_all(const Error& why);
  // And what it said of itself: the id is nobody's now, or somebody else's.
  void forget(const std::string& workspace, const Error& why);
  std::size_t waiting() const { return waiters_.size(); }

 private:
  Context& context_;
  std::map<std::string, Uplink> uplinks_;
  std::map<std::string, std::shared_ptr<CommandWaiter>> waiters_;  // shared with the connection
};

}  // namespace lumenflow::conductor
