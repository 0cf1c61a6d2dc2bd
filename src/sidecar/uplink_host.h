// The uplink of an open workspace: the engine, the adapter that lumenflow.yaml names, and the kernel as keeper of the
// outbox.
//
// Made and destroyed on the strand's thread; stop() is not called on it. Borrows the workspace and the ports, which
// outlive it.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "conductor_link/enrollment.h"
#include "kernel/config.h"
#include "sidecar/workspace.h"
#include "uplink/uplink.h"

namespace lumenflow::sidecar {

// Whether queue-class events wait in a workspace with this configuration: `none` gives up what waits, `auto` without an
// enrollment keeps it.
kernel::OutboxMode outbox_mode(const kernel::WorkspaceConfig& config, bool enrolled);

// The enrollment that the workspace's uplink is to use; nothing when it is not enrolled, or its uplink is another.
// INVALID_CONFIGURATION saying what is wrong with the one that there is, or that `uplink: conductor` lacks one.
Result<std::optional<conductor_link::Enrollment>> enrollment_of(const Files& files, const WorkspacePaths& paths,
                                                                const kernel::WorkspaceConfig& config, Timestamp now);

class UplinkHost {
 public:
  // Null when the workspace has none. IO_ERROR, UNSUPPORTED_FORMAT and the like of the inbox.
  static Result<std::unique_ptr<UplinkHost>> start(Workspace& workspace);
  ~UplinkHost();

  bool is_conductor() const;
  // What the other side is told of the workspace besides events may have changed. Strand.
  void refresh();
  // Writes down what is known and ends the uplink's thread; waits for the strand, within a second.
  void stop();
  // --- any thread ---
  Result<uplink::UplinkStatus> status() const;
  // Why what the conductor says of its own history is not believed any more; empty: it holds, or there is none.
  std::string alarm() const;
  // Uplink::consent; the log_id that the journal goes on under. Broken when the uplink is stopped before.
  std::future<Result<std::string>> consent(const std::string& log_id);
  // LoopbackLink::put_in, on the stream `bridge:loopback`. Broken where the other side is a conductor.
  std::future<Result<uplink::StreamAt>> put_in(const event::Event& event, const std::string& from);

 private:
  struct Parts;
  explicit UplinkHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lumenflow::sidecar
