// The turns of the workspace's agents, added up from their events as a conductor does: read from where it stopped, so
// that asking again costs what is new.
//
// The io thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lumenflow/json.h"

namespace lumenflow::local_page {

class Turns {
 public:
  // The kinds that say something of turns.
  static constexpr std::string_view kKinds[] = {"agent-runtime:turn_started", "agent-runtime:turn_completed",
                                                "agent-runtime:turn_aborted"};

  void take(const json::Value& event, const std::string& workspace);
  // {items, next}: the newest first, without those before `before` (0: from the end).
  json::Value page(std::uint64_t before, std::size_t limit) const;

  std::uint64_t read_to = 0;  // what stands there or before has been taken, or is too old

 private:
  std::map<std::string, json::Object, std::less<>> turns_;
  std::map<std::uint64_t, std::string> order_;  // by the position of the first event
};

}  // namespace lumenflow::local_page
