// A Log that does all of a Log's work but the store's: it encodes rows, hashes leaves and keeps the tree's frontier,
// and forgets. What is left of a call when SQLite is taken away. One thread.
#pragma once

#include <memory>

#include "log/log.h"

namespace lumenflow::cli {

std::unique_ptr<log::Log> make_null_log();

}  // namespace lumenflow::cli
