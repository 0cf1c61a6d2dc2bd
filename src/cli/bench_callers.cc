#include "cli/bench_callers.h"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "cli/bench_cpu.h"
#include "cli/bench_figure.h"
#include "cli/bench_workspace.h"

namespace lumenflow::cli {
namespace {

using Stopwatch = std::chrono::steady_clock;

// One wake-up per batch for all whose calls it held, as commit_limit does: whoever submits waits on the word of the
// batch that is filling. There are more words than batches under way, so that hardly anybody is woken for another's.
class Strand {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    bell_.notify_one();
  }

  void run(BenchWorkspace& bench) {
    while (!stopping_) {
      wait();
      filling_.store((filling_.load() + 1) % kWords);
      bench.kernel().run_pending();
      for (std::size_t i = 0; i < kWords; ++i)
        if (std::exchange(touched_[i], false)) {
          words_[i].fetch_add(1);
          words_[i].notify_all();
        }
      bench.workspace().checkpoint_if_due();
      cpu_us_.store(thread_cpu_ns() / 1000, std::memory_order_relaxed);
    }
  }
  void stop() {
    stopping_ = true;
    ring();
  }

  // Any thread: one call, until it is answered. False when it failed.
  bool call(BenchWorkspace& bench, kernel::Call call) {
    struct Waiter {
      Strand* strand;
      std::size_t word;
      bool ok = false;
      std::atomic<bool> done{false};
    } waiter{this, filling_.load(), false, {}};
    const auto completion = [&waiter](const kernel::CallResult& result) {
      waiter.strand->touched_[waiter.word] = true;
      waiter.ok = result.outcome == journal::Outcome::kSuccess;
      waiter.done.store(true);
    };
    if (!bench.kernel().submit(std::move(call), completion).ok()) return false;
    for (;;) {
      const int seen = words_[waiter.word].load();
      if (waiter.done.load()) return waiter.ok;
      words_[waiter.word].wait(seen);
    }
  }
  double cpu_us() const { return cpu_us_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kWords = 64;

  void wait() {
    std::unique_lock lock(mutex_);
    bell_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

  std::mutex mutex_;
  std::condition_variable bell_;
  bool rung_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> filling_{0};
  std::array<std::atomic<int>, kWords> words_{};
  std::array<bool, kWords> touched_{};  // the strand's
  std::atomic<double> cpu_us_{0};
};

struct Progress {
  std::atomic<int> phase{0};  // 0 warm-up, 1 measured, 2 end
  std::atomic<int> failed{0};
  std::vector<std::vector<double>> latencies;  // us, by caller
};

void call_in_a_loop(Strand& strand, BenchWorkspace& bench, const CallerLoad& load, Progress& progress,
                    std::size_t caller) {
  std::vector<double>& latencies = progress.latencies[caller];
  latencies.reserve(1 << 18);
  for (int now = 0; (now = progress.phase.load(std::memory_order_relaxed)) < 2;) {
    const Stopwatch::time_point start = Stopwatch::now();
    if (!strand.call(bench, bench.call(load.tool))) ++progress.failed;
    if (now == 1) latencies.push_back(std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count());
  }
}

}  // namespace

Result<CallerRun> run_callers(Context& context, const std::string& root, const CallerLoad& load) {
  Strand strand;
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<BenchWorkspace> bench,
                       BenchWorkspace::open(context, root, [&strand] { strand.ring(); }));
  if (!load.record_to.empty()) LUMENFLOW_TRY(bench->workspace().recordings().start(bench->kernel(), load.record_to));
  Progress progress;
  progress.latencies.resize(static_cast<std::size_t>(load.callers));
  std::thread kernel_thread([&] { strand.run(*bench); });
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < progress.latencies.size(); ++i)
    threads.emplace_back([&, i] { call_in_a_loop(strand, *bench, load, progress, i); });
  std::this_thread::sleep_for(std::chrono::duration<double>(load.seconds / 3));
  const double cpu_before = strand.cpu_us();
  progress.phase = 1;
  std::this_thread::sleep_for(std::chrono::duration<double>(load.seconds));
  progress.phase = 2;
  const double cpu_after = strand.cpu_us();
  for (std::thread& thread : threads) thread.join();
  strand.stop();
  kernel_thread.join();

  if (progress.failed > 0)
    return Error(ErrorCode::kInternal,
                 std::to_string(progress.failed) + " calls of " + std::string(load.tool) + " failed");
  CallerRun run;
  std::vector<double> all;
  for (const std::vector<double>& latencies : progress.latencies)
    all.insert(all.end(), latencies.begin(), latencies.end());
  const auto calls = static_cast<double>(all.size());
  run.latency = {calls / load.seconds, percentile(std::move(all), 0.99)};
  if (calls > 0) run.strand_cpu_us = (cpu_after - cpu_before) / calls;
  LUMENFLOW_TRY_ASSIGN(run.bytes, bench->bytes_per_commit());
  return run;
}

}  // namespace lumenflow::cli
