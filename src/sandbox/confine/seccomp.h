// The system calls that no confined program may make: those that reach the kernel's own workings, other processes, or
// the machine around the sandbox. Everything else is left to namespaces and Landlock.
#pragma once

#include "sandbox/plan.h"

namespace lumenflow::sandbox {

struct SystemCalls {
  bool inet = false;             // TCP and UDP sockets
  bool memory_files = true;      // memfd_create, whose memory no process need map to hold
  bool attributes = true;        // modes and owners of files; Landlock alone does not keep them to granted paths
  bool signals_confined = true;  // by a pid namespace or Landlock; else signals to other processes are forbidden here
};

// For this process and what it starts. 0, or the error.
int forbid_system_calls(const SystemCalls& allowed);
// The same, and forks and new threads are held until ForkGate lets them through, over `listener`.
int forbid_system_calls(const SystemCalls& allowed, int& listener);

}  // namespace lumenflow::sandbox
