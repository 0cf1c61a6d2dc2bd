// The conductor of an enrolled workspace, as the uplink's other side: the link, the errands beside it, and what they
// are told of this workspace.
//
// Made, refreshed and destroyed on the strand; what the link's threads ask for is kept where they may read it. Borrows
// the workspace.
#pragma once

#include <memory>
#include <string>

#include "conductor_link/enrollment.h"
#include "sidecar/workspace.h"
#include "uplink/link.h"

namespace lumenflow::sidecar {

class ConductorHost {
 public:
  ConductorHost(Workspace& workspace, conductor_link::Enrollment enrollment);
  ~ConductorHost();
  uplink::Link& link();
  // The tools may be others now, or the right to see them.
  void refresh();
  // Why the conductor's history is not believed any more; empty: it holds. Any thread.
  std::string alarm() const;
  // Says no more; what is under way is cut. Before the kernel goes.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lumenflow::sidecar
