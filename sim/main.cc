// lumenflow_sim: runs seeds of the simulation, and says which failed and how to see it again.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <string>

#include "world.h"

namespace {

using lumenflow::sim::RunOptions;
using lumenflow::sim::RunResult;

std::string hex(std::uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[value >> shift & 15];
  return text;
}

std::string reproduce(const RunOptions& options) {
  std::string command = "lumenflow_sim --seed " + std::to_string(options.seed);
  if (options.workspaces > 0) command += " --workspaces " + std::to_string(options.workspaces);
  if (options.steps > 0) command += " --steps " + std::to_string(options.steps);
  return command + " --trace FILE";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Workspaces and a conductor in simulated time, from a seed.");
  RunOptions options;
  std::string seeds, trace;
  app.add_option("--seed", options.seed, "one seed");
  app.add_option("--seeds", seeds, "A..B, both included");
  app.add_option("--workspaces", options.workspaces, "how many; default: as the seed says")->check(CLI::Range(1, 64));
  app.add_option("--steps", options.steps, "how much work; default: as the seed says")->check(CLI::Range(1, 100'000));
  app.add_option("--trace", trace, "where to write what happened, a line for each step");
  CLI11_PARSE(app, argc, argv);

  std::uint64_t first = options.seed, last = options.seed;
  if (const std::size_t dots = seeds.find(".."); !seeds.empty()) {
    if (dots == std::string::npos) return std::cerr << "--seeds is of the form 1..200\n", 2;
    first = std::stoull(seeds.substr(0, dots));
    last = std::stoull(seeds.substr(dots + 2));
  }
  std::ofstream out;
  if (!trace.empty()) {
    out.open(trace);
    if (!out) return std::cerr << "cannot write " << trace << "\n", 2;
    options.trace = &out;
  }
  std::uint64_t failed = 0, calls = 0, commands = 0, done = 0, crashes = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    options.seed = seed;
    const RunResult result = lumenflow::sim::run(options);
    calls += result.calls;
    commands += result.commands;
    done += result.commands_done;
    crashes += result.crashes;
    if (first == last || !result.fault.empty())
      std::cout << "seed " << seed << ": " << result.lines << " lines, hash " << hex(result.hash) << "\n";
    if (result.fault.empty()) continue;
    ++failed;
    std::cout << "  wrong: " << result.fault << "\n  again: " << reproduce(options) << "\n";
  }
  std::cout << last - first + 1 << " seeds: " << failed << " failed; " << calls << " calls, " << commands
            << " commands, " << done << " of them done, " << crashes << " crashes\n";
  return failed == 0 ? 0 : 1;
}
