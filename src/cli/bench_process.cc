// The sidecar as a process of its own: how long it takes to be ready, and how much memory it keeps.
#include <csignal>
#include <cstdlib>
#include <ostream>

#include "cli/bench_groups.h"
#include "cli/bench_memory.h"
#include "cli/bench_wrk.h"
#include "http/client.h"
#include "http/token.h"
#include "journal/entry.h"
#include "journal/key_window.h"
#include "journal/tables.h"
#include "log/checkpoint.h"
#include "log/sqlite_log.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kBenchReadyTime{60'000}, kStopTime{20'000};
constexpr std::uint64_t kManyEntries = 3'000'000;
constexpr std::string_view kProcessBenchId = "bench";

struct Running {
  std::unique_ptr<Process> process;
  std::string url;
  double start_ms = 0;
};

Result<Running> start(Bench& bench, const std::string& root) {
  ProcessOptions options;
  options.command = {bench.context.program, "--workspace", root, "up", "--json", "--listen", "127.0.0.1:0"};
  for (const char* name : {"PATH", "HOME", "XDG_RUNTIME_DIR", "TMPDIR"})
    if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
  const auto began = bench.context.clock.monotonic();
  Running running;
  LUMENFLOW_TRY_ASSIGN(running.process, PosixProcesses().start(options));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, running.process->read_line(kBenchReadyTime));
  running.start_ms = std::chrono::duration<double, std::milli>(bench.context.clock.monotonic() - began).count();
  if (!line) return Error(ErrorCode::kInternal, "the sidecar ended before it was ready");
  LUMENFLOW_TRY_ASSIGN(const json::Value ready, json::parse(*line));
  running.url = json::string_or(ready, "url", "");
  return running;
}

Status stop(Running& running, int signal) {
  running.process->signal_group(signal);
  LUMENFLOW_TRY(running.process->wait(kStopTime));
  return {};
}

Result<std::string> new_workspace(Bench& bench, const std::string& name) {
  const std::string root = bench.scratch.sub(name);
  const sidecar::InitOptions init{.id = std::string(kProcessBenchId), .production = false, .operator_passphrase = {}};
  LUMENFLOW_TRY(sidecar::init_workspace(bench.context.files, root, init));
  return root;
}

Result<std::string> mint(Bench& bench, const sidecar::WorkspacePaths& paths) {
  LUMENFLOW_TRY_ASSIGN(const sidecar::WorkspaceKeys keys, sidecar::load_keys(bench.context.files, paths.keys));
  const Timestamp issued = bench.context.clock.now() - std::chrono::seconds(1);
  const http::TokenClaims claims{std::string(kProcessBenchId),   "bench:visitor", "sidecar", {"workspace"}, issued,
                                 issued + std::chrono::hours(1), "bench-token"};
  return http::mint_token(claims, keys.token_private_pem, keys.token_key_id);
}

log::SqliteLogOptions log_options(const sidecar::WorkspacePaths& paths) {
  log::SqliteLogOptions options;
  options.path = paths.journal;
  options.new_log_id = "bench";
  options.tables = journal::journal_tables();
  return options;
}

constexpr journal::KeyTables kCallKeys{journal::kCallKeysTable, journal::kCallKeyIndexTable};

// The journal's part of a start: opening it against its last checkpoint, and the keys it remembers.
Result<double> journal_open_ms(Bench& bench, const sidecar::WorkspacePaths& paths) {
  LUMENFLOW_TRY_ASSIGN(const sidecar::WorkspaceKeys keys, sidecar::load_keys(bench.context.files, paths.keys));
  const log::CheckpointStore checkpoints(bench.context.files, paths.checkpoints, keys.log_key);
  const auto began = bench.context.clock.monotonic();
  log::SqliteLogOptions options = log_options(paths);
  if (const Result<log::Checkpoint> latest = checkpoints.latest(); latest.ok()) options.checkpoint = latest->head;
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
  LUMENFLOW_TRY(journal::KeyWindow(*log, kCallKeys).load());
  const double ms = std::chrono::duration<double, std::milli>(bench.context.clock.monotonic() - began).count();
  if (log->condition().damaged) return Error(ErrorCode::kJournalDamaged, log->condition().what);
  return ms;
}

Status measure_starts(Bench& bench, const std::string& name, const std::string& root, int signal) {
  const sidecar::WorkspacePaths paths(root);
  std::vector<double> starts, journals;
  const int count = bench.quick ? 1 : 9;
  for (int i = 0; i <= count; ++i) {
    LUMENFLOW_TRY_ASSIGN(Running running, start(bench, root));
    if (i > 0) starts.push_back(running.start_ms);  // the first one fills the cache
    LUMENFLOW_TRY(stop(running, signal));
    LUMENFLOW_TRY_ASSIGN(const double journal, journal_open_ms(bench, paths));
    journals.push_back(journal);
  }
  bench.figures.push_back({name + ".ready", median(starts), "ms", "", {}, value_at_most(50)});
  bench.figures.push_back({name + ".journal_open", median(journals), "ms", "", {}, value_at_most(15)});
  return {};
}

// As many entries as a busy workspace has after weeks, three per row as calls write them, each call under a key of its
// own.
Status fill(const sidecar::WorkspacePaths& paths, Timestamp now) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(log_options(paths)));
  journal::CallFinished finished;
  finished.decided_by = "default:development";
  finished.receipt = "rcpt-01J9ZK4A5B6C7D8E9F0G1H2J3K";
  const std::string entry = journal::encode(finished);
  const log::Row row{{entry, entry, entry}, std::string(600, 'x')};
  journal::KeyWindow keys(*log, kCallKeys);
  LUMENFLOW_TRY(keys.load());
  const std::string record = journal::encode(journal::IdempotencyRecord{{}, std::string(16, 'r')});
  const auto append_call = [&]() -> Status {
    LUMENFLOW_TRY_ASSIGN(const Position at, log->append(row));
    return keys.put(sha256(std::to_string(at.value())), record, now + std::chrono::hours(24));
  };
  while (log->next_position().value() <= kManyEntries) {
    for (int i = 0; i < 1'000; ++i) LUMENFLOW_TRY(append_call());
    LUMENFLOW_TRY(log->commit());
  }
  return {};
}

// Calls of a first-party tool until about `count` were made; how many there were.
Result<double> make_calls(Bench& bench, const Running& running, const std::string& token, double count) {
  WrkLoad load{running.url + "/tools/sidekick:status", token, bench.scratch.path(), "{}", 32, 1};
  double calls = 0;
  while (calls < count) {
    LUMENFLOW_TRY_ASSIGN(const WrkRun run, run_wrk(load));
    calls += run.requests;
    load.seconds = std::max(1.0, (count - calls) / std::max(1.0, run.latency.rate));
  }
  return calls;
}

}  // namespace

Status bench_startup(Bench& bench) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, new_workspace(bench, "startup"));
  LUMENFLOW_TRY(measure_starts(bench, "startup", root, SIGTERM));
  if (!bench.long_runs) return {};
  LUMENFLOW_TRY_ASSIGN(const std::string many, new_workspace(bench, "startup-many"));
  LUMENFLOW_TRY(fill(sidecar::WorkspacePaths(many), bench.context.clock.now()));
  return measure_starts(bench, "startup.after_kill_at_3M_entries", many, SIGKILL);
}

Status bench_memory(Bench& bench) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, new_workspace(bench, "memory"));
  LUMENFLOW_TRY_ASSIGN(const std::string token, mint(bench, sidecar::WorkspacePaths(root)));
  LUMENFLOW_TRY_ASSIGN(Running running, start(bench, root));
  bench.figures.push_back(
      {"memory.idle", resident_mb(std::to_string(running.process->pid())), "MB", "", {}, value_at_most(25)});
  const Result<double> calls =
      make_calls(bench, running, token, bench.long_runs ? 1'000'000 : bench.operations(20'000));
  if (calls.ok()) {
    const std::string name = "memory.after_" + std::to_string(static_cast<long>(*calls)) + "_calls";
    bench.figures.push_back(
        {name, resident_mb(std::to_string(running.process->pid())), "MB", "", {}, value_at_most(60)});
  } else if (calls.error().code() == ErrorCode::kNotFound) {
    bench.context.err << "lumenflow: " << calls.error().message() << "\n";
  }
  LUMENFLOW_TRY(stop(running, SIGTERM));
  return calls.ok() || calls.error().code() == ErrorCode::kNotFound ? Status() : Status(calls.error());
}

}  // namespace lumenflow::cli
