// The logs that a log was restored from: its entries up to there are theirs, so that a head of theirs, kept elsewhere,
// still proves them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "log/log.h"

namespace lumenflow::journal {

// log_id -> how many of its entries this log has, as its own `workspace.restored` entries say. Reads the whole log; any
// thread. What they say is a claim: the heads are held against the tree.
Result<std::map<std::string, std::uint64_t>> former_logs(const log::Log& log);

}  // namespace lumenflow::journal
