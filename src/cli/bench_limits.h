// The limit programs: what the machine does when nothing of ours is in between. They are found in the folder that the
// environment variable LUMENFLOW_LIMITS names; one that is not there is said once, and its figures are shown bare.
//
// One thread. Every program that is started has ended when the call returns, or when its object goes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/process.h"
#include "cli/context.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {

// Bytes that one call leaves in the store: of its rows' entries, and of the bodies beside them. Per commit.
struct CallBytes {
  std::size_t entries = 0;
  std::size_t body = 0;
};

struct RateAndTail {
  double rate = 0;  // calls per second
  double p99_us = 0;
};

// The WAL's length, in pages, of both the product and its limits.
inline constexpr int kBenchWalPages = 250;

class BenchLimits {
 public:
  BenchLimits(Context& context, std::string scratch);

  // One run of commit_limit over so many seconds.
  std::optional<RateAndTail> commit(int callers, int commits, CallBytes bytes, double seconds);
  // The CPU time of one figure of hash_limit, in ns; the program runs once.
  std::optional<double> hash(const std::string& figure);

  // ns per delivery to so many subscribers, published in bursts of `batch` (1 or 64); the program runs once.
  std::optional<double> bus(int subscribers, int batch);

  // A running echo_limit that commits `bytes` per request; ends with the object.
  struct Echo {
    std::unique_ptr<Process> process;
    std::string url;
  };
  std::optional<Echo> start_echo(std::size_t bytes);

 private:
  // The path of a program; nothing when it is missing, which is said once.
  std::optional<std::string> find(const std::string& program);
  std::vector<json::Value> run(std::vector<std::string> command);
  Context& context_;
  const std::string scratch_;
  std::string folder_;  // empty: none was named
  std::set<std::string> missing_;
  std::vector<json::Value> hashes_, buses_;
};

}  // namespace lumenflow::cli
