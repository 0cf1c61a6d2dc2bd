// Runs packs of runtime `mcp`: a server that is a confined child of this process, or one behind a URL, whose tools are
// called as any pack's are.
//
// Thread safe. What load() registers shares ownership of the mounted pack and may outlive the host: its children are
// ended with the host, and what is called after that fails with TOOL_CRASHED. The launcher outlives both.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "hosts/process_host.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"
#include "sandbox/launcher.h"

namespace lumenflow::mounts {

struct MountHostOptions {
  hosts::ProcessHostOptions programs{};               // of servers that are children
  std::chrono::milliseconds probe{10'000};            // how long an old server may keep silent about a new question
  std::chrono::milliseconds connect{30'000};          // until it has said who it is, and listed its tools
  std::chrono::milliseconds definitions_age{60'000};  // then its tools are compared again with what was accepted
  std::string ca_file{};                              // when not empty, trusted instead of the system's authorities
};

class MountHost {
 public:
  // `launcher` is asked for with the first server that is a child.
  MountHost(std::function<sandbox::Launcher&()> launcher, MountHostOptions options);
  ~MountHost();
  MountHost(const MountHost&) = delete;
  MountHost& operator=(const MountHost&) = delete;

  // Registers the tools of the manifest. No server is started or asked before the first call. INVALID_CONFIGURATION for
  // definitions that are not those of the manifest's tools.
  Status load(const hosts::ProcessPackSource& source, pack::Registration& registration);

 private:
  class Core;
  std::shared_ptr<Core> core_;  // shared with the packs that it loaded
};

}  // namespace lumenflow::mounts
