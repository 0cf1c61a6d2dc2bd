// What recording costs a dispatch, and how fast recordings are made and run again.
#include "bus/recording_file.h"
#include "cli/bench_callers.h"
#include "cli/bench_cpu.h"
#include "cli/bench_groups.h"
#include "cli/bench_pack.h"
#include "kernel/replay.h"
#include "sidecar/recorded_workspace.h"

namespace lumenflow::cli {
namespace {

constexpr double kMegabyte = 1e6;

struct Overhead {
  std::vector<double> without, with;
};

double percent_lost(const std::vector<double>& before, const std::vector<double>& after) {
  return 100 * (1 - median(after) / median(before));
}

// Runs with and without take turns, so that what else the machine does falls on both; there are many, since the disk's
// syncs differ from one to the next by more than a recording costs.
Status measure_overhead(Bench& bench, int callers, std::string& file) {
  Overhead rate, cpu;
  for (int round = 0; round < (bench.quick ? 1 : 3 * bench.rounds()); ++round) {
    const std::string aside = bench.scratch.sub("recording");
    CallerLoad load{callers, kOneCommitTool, bench.run_seconds()};
    LUMENFLOW_TRY_ASSIGN(const CallerRun plain, run_callers(bench.context, bench.scratch.sub("dispatch"), load));
    load.record_to = file = aside + "/bench.lfrec";
    LUMENFLOW_TRY_ASSIGN(const CallerRun recorded, run_callers(bench.context, bench.scratch.sub("dispatch"), load));
    rate.without.push_back(plain.latency.rate);
    rate.with.push_back(recorded.latency.rate);
    cpu.without.push_back(plain.strand_cpu_us);
    cpu.with.push_back(recorded.strand_cpu_us);
  }
  const std::string name = "recording.dispatch_" + std::to_string(callers) + "_callers";
  bench.figures.push_back({name + ".rate", median(rate.with), "calls/s", "the same without", median(rate.without), {}});
  bench.figures.push_back({name + ".overhead", percent_lost(rate.without, rate.with), "%", "", {}, value_at_most(5)});
  bench.figures.push_back(
      {name + ".strand_cpu", median(cpu.with), "us/call", "the same without", median(cpu.without), {}});
  return {};
}

// What the strand does for a recording, and what the recorder's thread does besides.
class Taker final : public kernel::FrameTaker {
 public:
  explicit Taker(bool encodes) : encodes_(encodes) {}
  bool take(const kernel::RawFrame& frame) override {
    chunk_.clear();
    chunk_.add(frame, maker_.manifest_hash());
    if (encodes_)
      maker_.make(chunk_, SIZE_MAX,
                  [this](std::span<char> block, const std::optional<bus::Checkpoint>&) { encoder_.seal(block); });
    return true;
  }
  void end(std::string, std::vector<std::string>) override {}

 private:
  const bool encodes_;
  kernel::FrameMaker maker_{"00000000", ""};
  bus::RecordingEncoder encoder_;
  kernel::FrameChunk chunk_;
};

Status measure_cpu(Bench& bench) {
  std::vector<double> without, strand, all;
  for (int round = 0; round < bench.rounds(); ++round) {
    Taker keeps(false), encodes(true);
    LUMENFLOW_TRY_ASSIGN(without.emplace_back(), dispatch_cpu_us(bench, nullptr));
    LUMENFLOW_TRY_ASSIGN(strand.emplace_back(), dispatch_cpu_us(bench, &keeps));
    LUMENFLOW_TRY_ASSIGN(all.emplace_back(), dispatch_cpu_us(bench, &encodes));
  }
  const double plain = median(without);
  bench.figures.push_back({"recording.cpu_of_strand", median(strand) - plain, "us/call", "a dispatch", plain, {}});
  bench.figures.push_back(
      {"recording.cpu_of_recorder", median(all) - median(strand), "us/call", "a dispatch", plain, {}});
  return {};
}

Status measure_replay(Bench& bench, const std::string& file) {
  LUMENFLOW_TRY_ASSIGN(const std::string bytes, bench.context.files.read(file, bus::kRecordingBytesMax));
  LUMENFLOW_TRY_ASSIGN(const bus::RecordingReader reader, bus::RecordingReader::open(bytes));
  const std::vector<const pack::BuiltinPack*> packs{&bench_pack()};
  LUMENFLOW_TRY_ASSIGN(
      const kernel::ReplayOptions options,
      sidecar::recorded_workspace(bench.context.files, bench.scratch.sub("replay"), packs, reader.header()));
  const double megabytes = static_cast<double>(bytes.size()) / kMegabyte;

  std::vector<bus::RecordingBlock> blocks;
  const double read_ns = cpu_ns_of(1, [&] {
    blocks.clear();
    Result<bus::RecordingReader> again = bus::RecordingReader::open(bytes);
    for (;;) {
      auto block = again->next();
      if (!block.ok() || !*block) return;
      blocks.push_back(**std::move(block));
    }
  });
  std::size_t written = 0;
  const double write_ns = cpu_ns_of(1, [&] {
    bus::RecordingEncoder encoder;
    for (const bus::RecordingBlock& block : blocks) written += encoder.add(block).size();
  });
  Result<kernel::ReplayReport> report = kernel::ReplayReport();
  const double replay_ns = cpu_ns_of(1, [&] { report = kernel::replay(bytes, options); });
  if (!report.ok()) return report.error();
  if (report->difference)
    return Error(ErrorCode::kInternal, "the bench's recording differs: " + report->difference->what);

  kernel::ReplayOptions other = options;
  other.kernel.config.hash = "another";
  bool refused = false;
  const double refuse_ns = cpu_ns_of(bench.operations(20), [&] { refused = !kernel::replay(bytes, other).ok(); });
  if (!refused) return Error(ErrorCode::kInternal, "another configuration was not refused");

  const auto frames = static_cast<double>(report->frames);
  bench.figures.push_back({"recording.frame", write_ns / frames / 1'000, "us", "", {}, {}});
  bench.figures.push_back({"recording.write", megabytes / (write_ns / 1e9), "MB/s", "", {}, {}});
  bench.figures.push_back({"recording.read", megabytes / (read_ns / 1e9), "MB/s", "", {}, {}});
  bench.figures.push_back({"recording.replay", megabytes / (replay_ns / 1e9), "MB/s", "", {}, {}});
  bench.figures.push_back({"recording.refusal", refuse_ns / 1e6, "ms", "", {}, value_at_most(50)});
  return {};
}

}  // namespace

Status bench_recording(Bench& bench) {
  std::string file;
  LUMENFLOW_TRY(measure_cpu(bench));
  for (const int callers : {1, 8, 32}) LUMENFLOW_TRY(measure_overhead(bench, callers, file));
  return measure_replay(bench, file);
}

}  // namespace lumenflow::cli
