// The uplink at work: the engine on a thread of its own, with the real clock, the journal's bell, a link and a keeper.
//
// Thread safe. Borrows everything it is given; all of it must outlive it, and the link's and the keeper's callbacks may
// still come after it is gone: they are then ignored.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "log/log.h"
#include "uplink/engine.h"
#include "uplink/keeper.h"
#include "uplink/link.h"

namespace lumenflow::uplink {

struct UplinkParts {
  log::Log& log;  // the journal, to read and to hear its bell
  Link& link;
  OutboxKeeper& keeper;
  Files& files;
  std::string outbox_folder;  // empty: nothing is shown in files
  Clock& clock;
  Random& random;  // the uplink's own
};

struct UplinkStatus {
  EngineState engine;
  std::uint64_t pending_events = 0;
  std::uint64_t pending_bytes = 0;
  std::uint64_t dead_letters = 0;
  std::optional<Timestamp> oldest;  // when the oldest pending event was emitted
};

class Uplink {
 public:
  // Starts the thread. JOURNAL_DAMAGED and the like.
  static Result<std::unique_ptr<Uplink>> start(const UplinkParts& parts, EngineLimits limits = {});
  ~Uplink();  // stops
  // Writes down what is known, waits for that at most `wait`, and ends the thread. What is in flight is decided by the
  // next welcome. Once; nothing afterwards.
  void stop(std::chrono::milliseconds wait = std::chrono::seconds(1));

  // An operator consents to go on after LOG_FORKED with this journal, which he names; `done` is called on the uplink's
  // thread with the log_id that the journal goes on under when the other side knows, or with why not (Engine::consent).
  // Not called when the uplink is stopped before.
  void consent(std::string log_id, std::function<void(const Result<std::string>&)> done);
  // Runs work on the thread that uses the link. Dropped when the uplink is stopped before.
  void run_beside_link(std::function<void()> work);
  Result<UplinkStatus> status() const;

 private:
  class Impl;
  explicit Uplink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lumenflow::uplink
