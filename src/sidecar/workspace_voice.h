// What the conductor is told of a workspace besides events, as the link and the errands ask for it.
//
// Thread safe: asked on the link's threads, told on the strand. Borrows what it is given.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "conductor_link/errand_list.h"
#include "conductor_link/wire.h"
#include "journal/reader.h"
#include "kernel/kernel.h"
#include "log/log.h"
#include "sidecar/keys.h"

namespace lumenflow::sidecar {

struct VoiceParts {
  log::Log& log;
  kernel::Kernel& kernel;
  const WorkspaceKeys& keys;
  std::string workspace_id;
};

class WorkspaceVoice final : public conductor_link::ErrandSource {
 public:
  explicit WorkspaceVoice(VoiceParts parts);

  // The tools are these now.
  void tell(conductor_link::Registry registry);
  conductor_link::Vitals vitals() const;

  Result<std::vector<conductor_link::CommandState>> states(std::uint64_t after, std::size_t limit) override;
  void acknowledged(std::uint64_t number) override;
  conductor_link::Registry registry() override;

 private:
  const VoiceParts parts_;
  const journal::Reader reader_;
  mutable std::mutex mutex_;
  conductor_link::Registry registry_;
};

}  // namespace lumenflow::sidecar
