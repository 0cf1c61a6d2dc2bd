// Diagnostics on stdout, in the format that was asked for.
#pragma once

#include <string>

#include "cli/context.h"
#include "pack/diagnostic.h"

namespace lumenflow::cli {

// `format` is text (in colour on a terminal), json or sarif.
void print_diagnostics(const Context& context, const pack::Diagnostics& diagnostics, const std::string& format);

// The same as text on stderr, beside what the command answers; nothing where there are none.
void warn_of(const Context& context, const pack::Diagnostics& diagnostics);

}  // namespace lumenflow::cli
