// POST /tools/{name} over keep-alive connections, durable, against the bare HTTP library that commits as many bytes.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <ostream>
#include <thread>

#include "cli/bench_groups.h"
#include "cli/bench_pack.h"
#include "cli/bench_wrk.h"
#include "sidecar/sidecar.h"

namespace lumenflow::cli {
namespace {

constexpr int kConnections = 32;

struct ServedRun {
  WrkRun load;
  CallBytes bytes;  // per commit
};

// A sidecar as `lumenflow up` composes it, on a thread of this process, because its pack is the bench's own.
Result<ServedRun> run_sidecar(Bench& bench, std::string_view tool) {
  boost::asio::io_context io(1);
  sidecar::Doorbell doorbell(io);
  LUMENFLOW_TRY_ASSIGN(
      const std::unique_ptr<BenchWorkspace> workspace,
      BenchWorkspace::open(bench.context, bench.scratch.sub("http"), [&doorbell] { doorbell.ring(); }));
  sidecar::SidecarOptions options;
  options.listen = "127.0.0.1:0";
  const auto sidecar = sidecar::make_sidecar(io, workspace->workspace(), doorbell, bench.context.clock,
                                             bench.context.random, std::move(options));
  LUMENFLOW_TRY_ASSIGN(const sidecar::Ready ready, sidecar->start());
  LUMENFLOW_TRY_ASSIGN(const std::string token, workspace->mint());
  std::thread serving([&io] { io.run(); });
  const WrkLoad load{ready.url + "/tools/" + std::string(tool),
                     token,
                     bench.scratch.path(),
                     std::string(bench_input()),
                     kConnections,
                     kBenchRunSeconds};
  const Result<WrkRun> run = run_wrk(load);
  boost::asio::post(io, [&] { sidecar->drain([&io] { io.stop(); }); });
  serving.join();
  if (!run.ok()) return run.error();
  LUMENFLOW_TRY_ASSIGN(const CallBytes bytes, workspace->bytes_per_commit());
  return ServedRun{*run, bytes};
}

Result<std::optional<RateAndTail>> run_limit(Bench& bench, CallBytes bytes, int commits) {
  const std::size_t per_call = (bytes.entries + bytes.body) * static_cast<std::size_t>(commits);
  const std::optional<BenchLimits::Echo> echo = bench.limits.start_echo(per_call);
  if (!echo) return std::optional<RateAndTail>();
  const WrkLoad load{echo->url + "/", {}, bench.scratch.path(), std::string(bench_input()), kConnections,
                     kBenchRunSeconds};
  LUMENFLOW_TRY_ASSIGN(const WrkRun run, run_wrk(load));
  return std::optional(run.latency);
}

Status measure(Bench& bench, const std::string& name, std::string_view tool, int commits, double budget) {
  std::vector<double> rates, tails, limit_rates, limit_tails;
  for (int round = 0; round < kBenchRounds; ++round) {
    LUMENFLOW_TRY_ASSIGN(const ServedRun run, run_sidecar(bench, tool));
    rates.push_back(run.load.latency.rate);
    tails.push_back(run.load.latency.p99_us);
    LUMENFLOW_TRY_ASSIGN(const std::optional<RateAndTail> limit, run_limit(bench, run.bytes, commits));
    if (!limit) continue;
    limit_rates.push_back(limit->rate);
    limit_tails.push_back(limit->p99_us);
  }
  const bool limited = !limit_rates.empty();
  const auto against = [&](std::vector<double> values) {
    return limited ? std::optional(median(std::move(values))) : std::nullopt;
  };
  const std::string limit_name = limited ? "echo_limit --commit 1" : "";
  bench.figures.push_back(
      {name + ".rate", median(rates), "requests/s", limit_name, against(limit_rates), ratio_at_least(budget)});
  bench.figures.push_back({name + ".p99", median(tails), "us", limit_name, against(limit_tails), {}});
  return {};
}

}  // namespace

Status bench_http(Bench& bench) {
  Status done = measure(bench, "http.one_commit.32_connections", kOneCommitTool, 1, 0.65);
  if (done.ok()) done = measure(bench, "http.two_commits.32_connections", kTwoCommitTool, 2, 0.40);
  if (done.ok() || done.error().code() != ErrorCode::kNotFound) return done;
  bench.context.err << "lumenflow: " << done.error().message() << "\n";
  return {};
}

}  // namespace lumenflow::cli
