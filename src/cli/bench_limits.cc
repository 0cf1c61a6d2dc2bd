#include "cli/bench_limits.h"

#include <cstdlib>
#include <ostream>

#include "base/files.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kProgramTime{120'000}, kStartTime{5'000};

double number_or(const json::Value& object, std::string_view key, double fallback) {
  const json::Value* value = object.find(key);
  return value == nullptr || !value->is_number() ? fallback : value->as_double();
}

}  // namespace

BenchLimits::BenchLimits(Context& context, std::string scratch) : context_(context), scratch_(std::move(scratch)) {
  if (const char* folder = std::getenv("LUMENFLOW_LIMITS"); folder != nullptr) folder_ = folder;
}

std::optional<std::string> BenchLimits::find(const std::string& program) {
  const std::string path = folder_.empty() ? std::string() : join_path(folder_, program);
  if (!path.empty()) {
    const auto found = context_.files.stat(path);
    if (found.ok() && *found) return path;
  }
  if (missing_.insert(program).second)
    context_.err << "lumenflow: no " << program << " in "
                 << (folder_.empty() ? "LUMENFLOW_LIMITS, which is not set" : folder_)
                 << ": its figures are shown without a limit\n";
  return std::nullopt;
}

std::vector<json::Value> BenchLimits::run(std::vector<std::string> command) {
  ProcessOptions options;
  options.command = std::move(command);
  std::vector<json::Value> figures;
  const Result<std::unique_ptr<Process>> process = PosixProcesses().start(options);
  if (!process.ok()) return figures;
  for (;;) {
    const Result<std::optional<std::string>> line = (*process)->read_line(kProgramTime);
    if (!line.ok() || !*line) return figures;
    if (Result<json::Value> figure = json::parse(**line); figure.ok()) figures.push_back(*std::move(figure));
  }
}

std::optional<RateAndTail> BenchLimits::commit(int callers, int commits, CallBytes bytes, double seconds) {
  const std::optional<std::string> program = find("commit_limit");
  if (!program) return std::nullopt;
  RateAndTail out;
  const std::string row_bytes = std::to_string(bytes.entries) + "," + std::to_string(bytes.body);
  for (const json::Value& figure :
       run({*program, "--callers", std::to_string(callers), "--commits", std::to_string(commits), "--bytes", row_bytes,
            "--runs", "1", "--seconds", std::to_string(seconds), "--wal-pages", std::to_string(kBenchWalPages), "--dir",
            scratch_})) {
    const std::string_view name = json::string_or(figure, "name", "");
    if (name == "commit_rate") out.rate = number_or(figure, "value", 0);
    if (name == "commit_p99") out.p99_us = number_or(figure, "value", 0);
  }
  return out.rate > 0 ? std::optional(out) : std::nullopt;
}

std::optional<double> BenchLimits::hash(const std::string& figure) {
  if (hashes_.empty()) {
    const std::optional<std::string> program = find("hash_limit");
    if (!program) return std::nullopt;
    hashes_ = run({*program});
  }
  for (const json::Value& known : hashes_)
    if (json::string_or(known, "name", "") == figure) return number_or(known, "value", 0);
  return std::nullopt;
}

std::optional<double> BenchLimits::bus(int subscribers, int batch) {
  if (buses_.empty()) {
    const std::optional<std::string> program = find("bus_limit");
    if (!program) return std::nullopt;
    buses_ = run({*program});
  }
  const std::string name = "bus_pointer_" + std::to_string(subscribers);
  for (const json::Value& known : buses_)
    if (json::string_or(known, "name", "") == name && json::integer_or(known, "batch", 0) == batch)
      return number_or(known, "value", 0);
  return std::nullopt;
}

std::optional<BenchLimits::Echo> BenchLimits::start_echo(std::size_t bytes) {
  const std::optional<std::string> program = find("echo_limit");
  if (!program) return std::nullopt;
  const std::string database = join_path(scratch_, "echo_limit.tmp");
  for (const char* suffix : {"", "-wal", "-shm"}) (void)context_.files.remove(database + suffix);
  ProcessOptions options;
  options.command = {
      *program, "--commit", "1", "--bytes", std::to_string(bytes), "--wal-pages", std::to_string(kBenchWalPages),
      "--db",   database};
  Result<std::unique_ptr<Process>> process = PosixProcesses().start(options);
  if (!process.ok()) return std::nullopt;
  const auto port = (*process)->read_line(kStartTime);
  if (!port.ok() || !*port) return std::nullopt;
  return Echo{*std::move(process), "http://127.0.0.1:" + **port};
}

}  // namespace lumenflow::cli
