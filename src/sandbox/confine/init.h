// The first process of a pid namespace: starts the program, reaps what it leaves behind, counts where nothing else
// does, and reports how it ended. The namespace ends with it.
#pragma once

namespace lumenflow::sandbox {

int run_init();

}  // namespace lumenflow::sandbox
