// The command line: every command and flag, by CLI11.
#pragma once

#include "cli/context.h"

namespace lumenflow::cli {

// Parses, runs what was asked for and answers the exit code; usage errors are 2.
int run_command_line(Context& context, int argc, char** argv);

}  // namespace lumenflow::cli
