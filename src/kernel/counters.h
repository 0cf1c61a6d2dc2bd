// What the kernel counts, for metrics. Values of the strand.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lumenflow::kernel {

// Counters since start, for metrics.
struct KernelCounters {
  std::map<std::string, std::uint64_t> calls_by_outcome;
  std::map<std::string, std::uint64_t> deliveries_by_outcome;
  std::map<std::string, std::uint64_t> slow_handlers;    // runs over 50 ms, by "<pack> <kind>"
  std::map<std::string, std::uint64_t> events_received;  // from the other side of the uplink, by kind
  std::map<std::string, std::uint64_t> events_refused;   // … that could not be taken, by code
  std::uint64_t events_received_again = 0;               // … that were here already
  std::uint64_t commits = 0;
  std::uint64_t commits_failed = 0;
  std::uint64_t refused_unrecorded = 0;  // rate limit and draining, counted in their own entries
  std::uint64_t late_results = 0;        // of tools that were cancelled or timed out before they returned
};

}  // namespace lumenflow::kernel
