// Reading, writing and checking a 500-byte object, and appending to the log. bench/ has the micro benches with more
// detail.
#include "base/check.h"
#include "cli/bench_cpu.h"
#include "cli/bench_groups.h"
#include "cli/bench_pack.h"
#include "journal/tables.h"
#include "json/canonical.h"
#include "json/schema.h"
#include "log/sqlite_log.h"
#include "log/tile.h"

namespace lumenflow::cli {
namespace {

constexpr int kOperations = 50'000;
constexpr std::chrono::milliseconds kLogRun{400};

volatile std::size_t g_kept = 0;  // what is measured must be computed
void keep(std::size_t value) { g_kept = g_kept + value; }

std::string random_text(Random& random, std::size_t bytes) {
  std::string text(bytes, ' ');
  random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  for (char& c : text) c = static_cast<char>('a' + static_cast<std::uint8_t>(c) % 26);
  return text;
}

// Rows a second at so many rows per commit, on one thread.
Result<double> append_rate(Bench& bench, int batch) {
  const std::string folder = bench.scratch.sub("log");
  log::SqliteLogOptions options;
  options.path = join_path(folder, "log.db");
  options.new_log_id = "bench";
  options.tables = journal::journal_tables();
  options.wal_pages = kBenchWalPages;
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
  SeededRandom random(1);
  log::Row row{{}, random_text(random, 600)};
  for (int i = 0; i < 3; ++i) row.entries.push_back(random_text(random, 300));
  const auto start = bench.context.clock.monotonic();
  auto now = start;
  double rows = 0;
  for (; now - start < kLogRun; now = bench.context.clock.monotonic()) {
    for (int i = 0; i < batch; ++i, ++rows) LUMENFLOW_TRY(log->append(row));
    LUMENFLOW_TRY(log->commit());
  }
  return rows / std::chrono::duration<double>(now - start).count();
}

}  // namespace

Status bench_json(Bench& bench) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, json::parse(bench_input()));
  LUMENFLOW_TRY_ASSIGN(const json::Value schema_json, json::parse(bench_input_schema()));
  LUMENFLOW_TRY_ASSIGN(const json::Schema schema, json::Schema::compile(schema_json));
  if (!schema.accepts(value)) return Error(ErrorCode::kInternal, "the bench's input does not match its schema");

  const double both =
      cpu_ns_of(bench.operations(kOperations), [] { keep(json::canonical(*json::parse(bench_input()))->size()); });
  const double parse =
      cpu_ns_of(bench.operations(kOperations), [] { keep(json::parse(bench_input())->as_object().size()); });
  const double validate = cpu_ns_of(bench.operations(kOperations), [&] { keep(schema.validate(value).size()); });
  bench.figures.push_back({"json.parse_and_canonical_500B", both, "ns", "", {}, value_at_most(2'000)});
  bench.figures.push_back({"json.parse_500B", parse, "ns", "", {}, {}});
  bench.figures.push_back({"json.validate_500B", validate, "ns", "", {}, value_at_most(1'000)});
  return {};
}

Status bench_log(Bench& bench) {
  for (const int batch : {1, 10, 100}) {
    std::vector<double> rates;
    for (int round = 0; round < bench.rounds(); ++round) {
      LUMENFLOW_TRY_ASSIGN(const double rate, append_rate(bench, batch));
      rates.push_back(rate);
    }
    bench.figures.push_back({"log.append_batch_" + std::to_string(batch), median(rates), "rows/s", "", {}, {}});
  }
  SeededRandom random(2);
  const std::string entry = random_text(random, 300);
  log::TreeEdge edge;
  std::vector<log::FinishedTile> finished;
  const double ns = cpu_ns_of(bench.operations(kOperations), [&] {
    finished.clear();
    edge.append(log::leaf_hash(entry), finished);
  });
  const std::optional<double> limit = bench.limits.hash("merkle_append_300B");
  bench.figures.push_back({"log.tree_append_300B", ns, "ns", limit ? "hash_limit merkle_append_300B" : "", limit, {}});
  return {};
}

}  // namespace lumenflow::cli
