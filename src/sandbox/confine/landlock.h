// Landlock, by its system calls: what a process and all it starts can never do again (Linux 5.13 and later; what newer
// kernels add is used where it is there). https://docs.kernel.org/userspace-api/landlock.html
#pragma once

#include <string>
#include <vector>

#include "sandbox/plan.h"

namespace lumenflow::sandbox {

// 0 where the kernel has none.
int landlock_version();
// Since version 6 a process can be kept from signalling any outside its own domain.
constexpr int kLandlockSignals = 6;

// Puts this process, and what it starts from now on, into a domain of its own that only keeps signals inside. Its
// signals reach nobody else then. False where that is not certain.
bool enter_signal_domain();

// Nothing but the rules' paths from now on; no TCP unless `tcp`; neither abstract sockets nor signals to the outside.
// 0, or the error.
int restrict_paths(const std::vector<PathRule>& rules, bool tcp, std::string& what);

}  // namespace lumenflow::sandbox
