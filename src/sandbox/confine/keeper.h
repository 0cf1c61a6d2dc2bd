// Stands between the launcher and the sandbox, outside of it: starts it, holds its limits, and ends all of it when
// told, when the launcher is gone, or when the program has ended. Exits only when nothing of it is left.
#pragma once

namespace lumenflow::sandbox {

int run_keeper();

}  // namespace lumenflow::sandbox
