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
Result<ServedRun> run_sidecar(Bench& bench, std::string_view tool, int delay_ms) {
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
                     bench.run_seconds(),
                     delay_ms};
  const Result<WrkRun> run = run_wrk(load);
  boost::asio::post(io, [&] { sidecar->drain([&io] { io.stop(); }); });
  serving.join();
  if (!run.ok()) return run.error();
  LUMENFLOW_TRY_ASSIGN(const CallBytes bytes, workspace->bytes_per_commit());
  return ServedRun{*run, bytes};
}

Result<std::optional<RateAndTail>> run_limit(Bench& bench, CallBytes bytes, int commits, int delay_ms) {
  const std::size_t per_call = (bytes.entries + bytes.body) * static_cast<std::size_t>(commits);
  const std::optional<BenchLimits::Echo> echo = bench.limits.start_echo(per_call);
  if (!echo) return std::optional<RateAndTail>();
  const WrkLoad load{echo->url + "/",     {},      bench.scratch.path(), std::string(bench_input()), kConnections,
                     bench.run_seconds(), delay_ms};
  LUMENFLOW_TRY_ASSIGN(const WrkRun run, run_wrk(load));
  return std::optional(run.latency);
}

struct HttpCase {
  std::string name;
  std::string_view tool;
  int commits;
  int delay_ms;
  std::optional<Budget> rate, tail;
};

Status measure_http(Bench& bench, const HttpCase& of) {
  std::vector<double> rates, tails, limit_rates, limit_tails;
  for (int round = 0; round < bench.rounds(); ++round) {
    LUMENFLOW_TRY_ASSIGN(const ServedRun run, run_sidecar(bench, of.tool, of.delay_ms));
    rates.push_back(run.load.latency.rate);
    tails.push_back(run.load.latency.p99_us);
    LUMENFLOW_TRY_ASSIGN(const std::optional<RateAndTail> limit, run_limit(bench, run.bytes, of.commits, of.delay_ms));
    if (!limit) continue;
    limit_rates.push_back(limit->rate);
    limit_tails.push_back(limit->p99_us);
  }
  const bool limited = !limit_rates.empty();
  const auto against = [&](std::vector<double> values) {
    return limited ? std::optional(median(std::move(values))) : std::nullopt;
  };
  const std::string limit_name = limited ? "echo_limit --commit 1" : "";
  bench.figures.push_back({of.name + ".rate", median(rates), "requests/s", limit_name, against(limit_rates), of.rate});
  bench.figures.push_back({of.name + ".p99", median(tails), "us", limit_name, against(limit_tails), of.tail});
  return {};
}

}  // namespace

Status bench_http(Bench& bench) {
  // A wait of a millisecond between requests makes about half the load; wrk counts what a stall kept it from sending.
  const HttpCase cases[] = {{"http.one_commit.32_connections", kOneCommitTool, 1, 0, ratio_at_least(0.65), {}},
                            {"http.two_commits.32_connections", kTwoCommitTool, 2, 0, ratio_at_least(0.40), {}},
                            {"http.one_commit.half_load", kOneCommitTool, 1, 1, {}, ratio_at_most(1.5)}};
  Status done;
  for (const HttpCase& of : cases)
    if (done.ok()) done = measure_http(bench, of);
  if (done.ok() || done.error().code() != ErrorCode::kNotFound) return done;
  bench.context.err << "lumenflow: " << done.error().message() << "\n";
  return {};
}

}  // namespace lumenflow::cli
