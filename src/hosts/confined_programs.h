// Programs that packs have run during a call, confined by the launcher to what the call may reach.
//
// Thread safe. One thread looks after all programs of one call: it waits in poll() for them, for its run's cancellation
// and for the time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pack/programs.h"
#include "sandbox/launcher.h"

namespace lumenflow::hosts {

struct ConfinedProgramsOptions {
  sandbox::Limits limits{};                    // of one program with all that it starts
  std::vector<std::string> read_only_paths{};  // absolute: what every program may see besides the system's
  std::size_t expanded_files_max = 4'096;      // of the read scopes of one call
  std::size_t output_bytes_max = 16u << 20;    // of each stream, whatever is asked for
  std::size_t line_bytes_max = 64u << 10;      // of what on_line is given at once
  std::size_t programs_max = 64;               // of one request
};

class ConfinedPrograms final : public pack::Programs {
 public:
  // `launcher` is asked with the first program, since finding out what the machine offers takes time; any thread.
  ConfinedPrograms(std::function<sandbox::Launcher&()> launcher, ConfinedProgramsOptions options)
      : launcher_(std::move(launcher)), options_(std::move(options)) {}

  std::vector<Result<pack::ProgramEnd>> run(const std::string& workspace_root, pack::HostedRun& run,
                                            const std::vector<pack::ProgramRequest>& requests,
                                            std::size_t at_once) override;

 private:
  // What one request is held to.
  Result<sandbox::Confinement> confinement(const std::string& workspace_root, const pack::EnforcedScopes& scopes,
                                           const pack::ProgramRequest& request) const;

  const std::function<sandbox::Launcher&()> launcher_;
  const ConfinedProgramsOptions options_;
};

// The scopes as far as `paths` go. SCOPE_DENIED for one that none of the mounts holds.
Result<pack::EnforcedScopes> narrowed(const pack::EnforcedScopes& scopes, const std::vector<pack::ProgramPath>& paths);

}  // namespace lumenflow::hosts
