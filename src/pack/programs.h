// The port through which packs run programs (pack::HostContext::run_programs): what holds them is the adapter's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lumenflow/program.h"
#include "lumenflow/result.h"
#include "pack/hosted_run.h"

namespace lumenflow::pack {

// Thread safe; each call waits for its programs.
class Programs {
 public:
  virtual ~Programs() = default;
  // See HostContext::run_programs. `run` is whose scopes, deadline and cancellation hold, and whose record names what
  // held the programs. As many results as requests.
  virtual std::vector<Result<ProgramEnd>> run(const std::string& workspace_root, HostedRun& run,
                                              const std::vector<ProgramRequest>& requests, std::size_t at_once) = 0;
};

}  // namespace lumenflow::pack
