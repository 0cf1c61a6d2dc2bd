// The logs that a log was restored from: its entries up to there are theirs, so that a head of theirs, kept elsewhere,
// still proves them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"
#include "log/log.h"

namespace lumenflow::journal {

// The entry with which a log says which one it was before: `workspace.restored` from a backup, or `workspace.renamed`
// in place, because the other side had another history under the former name.
std::string encode_former(std::string_view type, const log::Head& former, Timestamp now, std::string_view version);

// log_id -> how many of its entries this log has, as its own entries of that kind say. Reads the whole log; any
// thread. What they say is a claim: the heads are held against the tree.
Result<std::map<std::string, std::uint64_t>> former_logs(const log::Log& log);

}  // namespace lumenflow::journal
