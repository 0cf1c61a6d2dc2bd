// What is asked of the person at the terminal.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::cli {

// One line that is not shown while it is typed. CANCELLED on Ctrl-C or Ctrl-D, IO_ERROR when `terminal` is none; it is
// left as it was either way.
Result<std::string> ask_secret(int terminal, std::string_view question);

}  // namespace lumenflow::cli
