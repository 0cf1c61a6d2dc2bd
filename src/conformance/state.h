// What a pack has left behind in a workspace: its store, the files, the events it emitted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conformance/tree.h"

namespace lumenflow::conformance {

struct State {
  std::map<std::string, std::string> store;  // key -> JSON text
  Tree files;
  std::vector<std::string> events;  // "<kind> <payload>", sorted: without ids and times, which are the host's

  bool operator==(const State&) const = default;
};

// One line for each store key, file and event that differs; at most some dozens.
std::vector<std::string> differences(const State& expected, const State& found);

// The same of how many keys, files and events there are alone.
std::vector<std::string> differences_in_number(const State& expected, const State& found);

}  // namespace lumenflow::conformance
