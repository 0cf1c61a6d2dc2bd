#include "harness.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/logging.h"
#include "ledger_pack.h"

namespace lumenflow::crash {
namespace {

using std::chrono::milliseconds;

std::vector<std::string_view> kinds_of(std::string_view tool) {
  if (tool == kPost) return {kPosted};
  if (tool == kBill) return {kBilled};
  if (tool == kSee) return {kSeen};
  return {kPosted, kSeen, kBilled};
}

class Run {
 public:
  explicit Run(const TrialOptions& options)
      : options_(options), disk_(options.seed), world_(options.seed), workload_(options.seed), random_(options.seed) {
    world_.pipelined = options.seed % 4 != 0;
    disk_.ignore_syncs(options.ignores_syncs);
    configure_logging(LogLevel::kOff, LogFormat::kText);  // a disk that dies is complained of
  }

  Trial run() {
    for (const std::uint64_t death : options_.deaths) {
      disk_.die_after(death);
      live(false);
      if (!trial_.fault.empty()) return end();
      if (disk_.dead()) ++trial_.deaths;
      if (options_.power)
        disk_.cut_power();
      else
        disk_.restart_process();
    }
    live(true);
    return end();
  }

 private:
  void wrong(const std::string& what) {
    if (!trial_.fault.empty()) return;
    trial_.fault = "seed " + std::to_string(options_.seed) + ", deaths after";
    for (const std::uint64_t death : options_.deaths) trial_.fault += " " + std::to_string(death);
    trial_.fault += ": " + what;
  }

  void live(bool last) {
    Result<std::unique_ptr<Process>> started = Process::start(world_);
    if (!started.ok()) {
      if (!disk_.dead()) wrong("it does not start: " + started.error().to_string());
      return;
    }
    const std::unique_ptr<Process> process = *std::move(started);
    if (disk_.dead()) return;
    if (const std::string found = check(*process, world_, workload_.history(), false); !found.empty())
      if (!disk_.dead()) return wrong("after its start: " + found);
    for (std::size_t i = 0; i < options_.steps && !disk_.dead(); ++i) {
      if (options_.fault != SimDisk::Fault::kNone && random_() % 3 == 0)
        disk_.fail(options_.fault, random_() % 12, 1 + random_() % 6);
      workload_.step(*process);
    }
    for (const Promise& promise : ledger_memory().promises) promised_.push_back(promise);
    trial_.changes = disk_.changes();
    if (!last) return;
    disk_.fail(SimDisk::Fault::kNone, 0, 0);
    process->connected = true;
    const bool rests = process->come_to_rest();
    if (!rests) wrong("it never comes to rest: " + process->engine().state().last_error);
    if (const std::string found = check(*process, world_, with_promises(), rests); !found.empty())
      wrong("in the end: " + found);
    if (options_.fault == SimDisk::Fault::kNone && options_.deaths.empty() && workload_.refused() > 0)
      wrong("calls were refused");
  }

  // What a tool was told counts, also where its own caller heard nothing any more.
  History with_promises() const {
    History history = workload_.history();
    for (const Promise& promise : promised_) history[{std::string(kBilled), promise.n}] = {true, promise.event_id};
    return history;
  }

  Trial end() {
    for (const auto& [what, asked] : workload_.history()) trial_.acknowledged += asked.acknowledged ? 1 : 0;
    return trial_;
  }

  const TrialOptions options_;
  SimDisk disk_;
  World world_;
  Workload workload_;
  std::mt19937 random_;
  std::vector<Promise> promised_;
  Trial trial_;
};

}  // namespace

void Workload::call(Process& process, std::string_view tool, std::int64_t n, const std::string& key) {
  for (const std::string_view kind : kinds_of(tool)) history_[{std::string(kind), n}];
  process.submit(tool, n, key, [this, tool, n](const kernel::CallResult& result) {
    if (result.outcome != journal::Outcome::kSuccess) {
      ++refused_;
      return;
    }
    for (const std::string_view kind : kinds_of(tool)) {
      Asked& asked = history_[{std::string(kind), n}];
      asked.acknowledged = true;
      const json::Value body = *json::parse(result.body);
      if (const json::Value* id = body.at_pointer("/data/event_id")) asked.event_id = id->as_string();
      if (told_) told_(kind, n, asked);
    }
  });
}

void Workload::call_something(Process& process) {
  constexpr std::string_view kTools[] = {kPost, kPost, kBill, kSee, kBook};
  const std::string_view tool = kTools[random_() % std::size(kTools)];
  const std::int64_t n = ++next_n_;
  std::string key;
  if (random_() % 2 == 0) {
    key = "key-" + std::to_string(n);
    keyed_.push_back({tool, n, key});
  }
  call(process, tool, n, key);
}

void Workload::step(Process& process) {
  switch (random_() % 9) {
    case 0:
      process.connected = !process.connected;
      return process.settle();
    case 1:
      return process.pass(milliseconds(random_() % 1'500));
    case 2:
      if (keyed_.empty()) return;
      for (std::size_t left = 1 + random_() % 2; left > 0; --left) {
        const Keyed& again = keyed_[random_() % keyed_.size()];
        call(process, again.tool, again.n, again.key);
      }
      break;
    case 3:
      for (std::size_t left = 1 + random_() % 3; left > 0; --left) {
        const std::int64_t n = ++next_n_;
        Asked& asked = history_[{std::string(kAsked), n}];
        asked.acknowledged = process.say(n);
        if (told_ && asked.acknowledged) told_(kAsked, n, asked);
      }
      break;
    default:
      for (std::size_t left = 1 + random_() % 5; left > 0; --left) call_something(process);
  }
  if (random_() % 3 == 0) return process.kernel().run_pending();  // and what follows waits for the next step
  process.settle();
  process.pass(milliseconds(15));
}

Trial run_trial(const TrialOptions& options) { return Run(options).run(); }

std::uint32_t scale() {
  const char* wanted = std::getenv("LUMENFLOW_CRASH_SCALE");
  return wanted == nullptr ? 1 : static_cast<std::uint32_t>(std::max(1, std::atoi(wanted)));
}

}  // namespace lumenflow::crash
