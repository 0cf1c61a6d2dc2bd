#include "cli/bench_wrk.h"

#include <cmath>
#include <cstdlib>

#include "base/files.h"
#include "base/process.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kSlack{10'000};

std::string script_text(const WrkLoad& load) {
  std::string text = "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n";
  if (!load.token.empty()) text += "wrk.headers[\"Authorization\"] = \"Bearer " + load.token + "\"\n";
  text += "wrk.body = [==[" + load.body + "]==]\n";
  if (load.delay_ms > 0)
    text += "function delay() return math.random(0, " + std::to_string(2 * load.delay_ms) + ") end\n";
  return text + R"(function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests":%d,"us":%d,"p99":%.1f,"errors":%d}', summary.requests, summary.duration,
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
)";
}

}  // namespace

Result<WrkRun> run_wrk(const WrkLoad& load) {
  const std::string script = join_path(load.scratch, "load.lua");
  LUMENFLOW_TRY(PosixFiles().write_atomic(script, script_text(load), 0600));
  const int seconds = std::max(1, static_cast<int>(std::lround(load.seconds)));  // wrk counts in whole ones
  ProcessOptions options;
  options.command = {
      "wrk",  "-t1",   "-c" + std::to_string(load.connections), "-d" + std::to_string(seconds) + "s", "-s",
      script, load.url};
  if (const char* path = std::getenv("PATH"); path != nullptr)
    options.environment.push_back("PATH=" + std::string(path));
  Result<std::unique_ptr<Process>> process = PosixProcesses().start(options);
  if (!process.ok())
    return Error(ErrorCode::kNotFound, "wrk is not installed: no HTTP figures (Debian's package is wrk)");
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line,
                         (*process)->read_line(std::chrono::seconds(seconds) + kSlack));
    if (!line) return Error(ErrorCode::kInternal, "wrk ended without a figure");
    if (!line->starts_with('{')) continue;
    LUMENFLOW_TRY_ASSIGN(const json::Value figure, json::parse(*line));
    const std::int64_t errors = json::integer_or(figure, "errors", 0);
    if (errors > 0) return Error(ErrorCode::kInternal, std::to_string(errors) + " requests failed");
    WrkRun run;
    run.requests = static_cast<double>(json::integer_or(figure, "requests", 0));
    run.latency.rate =
        run.requests * 1e6 / static_cast<double>(std::max<std::int64_t>(1, json::integer_or(figure, "us", 1)));
    const json::Value* tail = figure.find("p99");
    run.latency.p99_us = tail == nullptr ? 0 : tail->as_double();
    return run;
  }
}

}  // namespace lumenflow::cli
