// Keeps what the process holds in memory, keys among it, out of files. Whole process; call before others are started.
#pragma once

namespace lumenflow {

// No core dump of this process nor of those it starts, whatever was allowed: neither a file nor one piped to a program.
void never_dump_core();

// Nobody of the same user may read this process's memory or attach to it (PR_SET_DUMPABLE). Not inherited by programs
// that are started.
void hide_memory();

}  // namespace lumenflow
