// What has to hold of a workspace whatever happened to it: its journal, its inbox and its pack's store against each
// other, and against what callers were promised.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "process.h"

namespace lumenflow::crash {

// An emission as its caller knows it.
struct Asked {
  bool acknowledged = false;
  std::string event_id;  // where the caller was told; else empty
};

// By kind and number.
using History = std::map<std::pair<std::string, std::int64_t>, Asked>;

// What is wrong, for a person; empty when nothing is. `at_rest`: all that was to be done has been done.
std::string check(Process& process, const World& world, const History& history, bool at_rest);

}  // namespace lumenflow::crash
