// What is known of a server while it is connected: what it speaks, and which of its tools are as they were accepted.
//
// Values and pure functions.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mounts/definitions.h"
#include "mounts/session.h"

namespace lumenflow::mounts {

struct Known {
  using Time = std::chrono::steady_clock::time_point;
  Peer peer;
  Time checked{};      // when its tools were last compared; the beginning of time: never
  bool stale = false;  // it says that its tools have changed
  std::map<std::string, std::string, std::less<>> blocked;  // the tools' names at the server -> what is wrong

  bool due(Time now, std::chrono::milliseconds age) const { return checked == Time() || stale || now - checked >= age; }
};

// What is wrong with each accepted tool, in words that repeat nothing of the server's: an agent reads them.
std::map<std::string, std::string, std::less<>> blocked_by(const std::vector<Change>& changes);

}  // namespace lumenflow::mounts
