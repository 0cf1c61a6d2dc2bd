// The checks of `lumenflow doctor`. Each looks at one thing, changes nothing, and says what to do where it is not well.
//
// One thread; nothing here opens the workspace but check_sidecar, which does as every other command does.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "kernel/workspace_packs.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {

enum class Health : std::uint8_t { kOk, kWarning, kFault };

struct Check {
  std::string name;
  Health health = Health::kOk;
  std::string what;  // what was found
  std::string help;  // what to do; empty when it is well
};
using Checks = std::vector<Check>;

// Of the machine (doctor_system.cc).
Check check_environment();                                              // system, our variables, open files
Check check_clock(const Context& context, const std::string& journal);  // plausible, synchronised, not set back
Check check_space(const std::string& path);
Check check_sandbox(bool required);  // what isolation this machine allows
// Whether the address can be listened on; nothing when `host_port` names no fixed port.
Check check_port(const std::string& host_port, bool tls);

// Of the workspace (doctor_checks.cc).
Check check_state(const Context& context, const sidecar::WorkspacePaths& paths);
Check check_keys(const Context& context, const sidecar::WorkspacePaths& paths);
Check check_config(const kernel::WorkspacePacks& read);
void check_packs(const kernel::WorkspacePacks& read, Checks& checks);
// Retention and backups, as the sidecar that did them last wrote down, and as the folder of backups shows.
void check_housekeeping(const Context& context, const sidecar::WorkspacePaths& paths,
                        const kernel::WorkspaceConfig& config, Checks& checks);
Check check_uplink(const Context& context, const sidecar::WorkspacePaths& paths, const kernel::WorkspaceConfig& config);
// Opens the workspace, through its sidecar if one runs: journal, drift of packs, and what each pack's own status tool
// says of what it keeps (`<slug>:status`, if it needs no input). Answers whether a sidecar runs.
bool check_sidecar(const Context& context, const kernel::WorkspacePacks& read, Checks& checks);

}  // namespace lumenflow::cli
