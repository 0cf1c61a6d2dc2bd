// wrk, driving one URL with the bench's input over keep-alive connections. One run per call; it has ended on return.
#pragma once

#include <string>

#include "cli/bench_limits.h"
#include "lumenflow/result.h"

namespace lumenflow::cli {

struct WrkRun {
  RateAndTail latency;
  double requests = 0;
};

struct WrkLoad {
  std::string url;
  std::string token;    // empty: none is sent
  std::string scratch;  // a folder for its script
  std::string body;
  int connections = 32;
  double seconds = 1;
  int delay_ms = 0;  // between a connection's requests, on average
};

// NOT_FOUND when wrk is not installed; INTERNAL when a request failed.
Result<WrkRun> run_wrk(const WrkLoad& load);

}  // namespace lumenflow::cli
