// A kernel in a world that stands still: memory log, manual clock and executor, seeded randomness, and a pack of tools
// that do what tests need. For tests only; one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "journal/body.h"
#include "kernel/kernel.h"
#include "log/memory_log.h"

namespace lumenflow::kernel {

// The tools of the pack `probe`; see kernel_world.cc for its manifest.
const pack::BuiltinPack& probe_pack();
std::shared_ptr<const pack::Registry> registry_of(const pack::BuiltinPack& pack, const WorkspaceConfig& config);

class KernelWorld {
 public:
  KernelWorld();
  ~KernelWorld();

  // Opens the kernel over what the log holds; again: as a new process after the old one is gone.
  void open();
  // Drops the kernel and everything that was not committed.
  void crash();

  // One call, run to its end (executor included).
  CallResult call(const std::string& tool, json::Value input = json::Object{}, const std::string& idempotency_key = {});
  // Submits without running anything.
  void submit(const std::string& tool, json::Value input, const std::string& idempotency_key, Completion done);
  // Runs the strand and the executor until both are idle.
  void settle();

  // Every entry of the journal, decoded; and the raw bytes, for comparing whole journals.
  std::vector<json::Value> entries() const;
  std::string bytes() const;
  std::vector<log::StoredRow> rows() const;
  // The entries of one call, in order.
  std::vector<json::Value> entries_of(const ReceiptId& receipt) const;

  ManualClock clock;
  SeededRandom random{42};
  ManualExecutor executor;
  log::LogFaults faults;
  std::unique_ptr<Files> files = make_memory_files();
  journal::BlobStore blobs{*files, "/blobs"};
  std::unique_ptr<log::Log> log;
  WorkspaceConfig config;
  Credential credential;
  Surface surface = Surface::kHttp;
  std::vector<KernelTool> kernel_tools;
  const pack::BuiltinPack* pack = &probe_pack();   // the one that is loaded
  std::shared_ptr<const pack::Registry> registry;  // instead of one that is built of it; null: build it
  Outbound* outbound = nullptr;
  pack::Programs* programs = nullptr;
  OutboxMode outbox = OutboxMode::kAsBefore;
  std::string operator_public_pem;  // empty: nobody's decisions count
  std::string root = "/ws";
  std::vector<std::string> notices;  // what the operator was shown
  bool has_terminal = true;
  std::unique_ptr<Kernel> kernel;
  bool running_task = false;              // a tool or timer runs on this thread: what it waits for is done at once
  bool waits_for_tools = false;           // a running task may wait for another: such run at once, within it
  std::optional<int> fail_commits_after;  // of those that a running task waits for, so many succeed
  std::vector<std::string> effects;       // what `probe:effect` did to the outside world
  pack::StatusHandler status;             // what the pack says of calls that a dead process had started; empty: nothing

 private:
  void run_strand();
  bool on_strand_ = false, rung_ = false;
};

}  // namespace lumenflow::kernel
