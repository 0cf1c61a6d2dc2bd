// One life of a workspace's process: journal, kernel and uplink with its inbox, composed as the sidecar does it, on one
// thread with a clock that is told. What it remembers is gone with it; what it wrote is on the disk.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "journal/body.h"
#include "kernel/kernel.h"
#include "log/log.h"
#include "uplink/engine.h"
#include "uplink/loopback.h"

namespace lumenflow::crash {

// What outlives the process without being on the disk under test.
struct World {
  explicit World(std::uint64_t seed) : random(seed) {}
  ManualClock clock;
  SeededRandom random;
  std::string folder;     // of the files, with its slash; empty on a simulated disk
  bool pipelined = true;  // as the sidecar has it; else every commit is waited for on the spot
  int wal_pages = 24;     // short, so that folding back is part of it
  std::unique_ptr<Files> files = make_memory_files();
};

class Process {
 public:
  // Opens what the disk holds. An error when it died on the way, or when something is wrong with what it found.
  static Result<std::unique_ptr<Process>> start(World& world);
  ~Process();

  void submit(std::string_view tool, std::int64_t n, const std::string& key, kernel::Completion done);
  // The other side has something for the workspace; whether it is sure of it.
  bool say(std::int64_t n);
  // Runs everything that can run now.
  void settle();
  // Lets time pass, in pieces, and settles after each.
  void pass(std::chrono::milliseconds time);
  // Until nothing is left to do for handlers and uplink; false when that never comes.
  bool come_to_rest();

  kernel::Kernel& kernel() { return *kernel_; }
  log::Log& journal() { return *log_; }
  log::Log& inbox() { return *inbox_; }
  const uplink::Engine& engine() const { return *engine_; }
  bool connected = true;  // else the link refuses

 private:
  explicit Process(World& world) : world_(world), blobs_(*world.files, "/blobs") {}
  Status open();
  Status open_kernel();
  Status open_uplink();
  void ring();
  bool run_engine();
  bool settle_account();
  void carry_out(const uplink::Action& action);
  void keep(std::uint64_t id, std::function<Status(journal::Outbox&)> change);
  uplink::Millis now() const;
  bool anything_left() const;

  World& world_;
  journal::BlobStore blobs_;
  ManualExecutor executor_;
  bool in_task_ = false;
  std::atomic<bool> rung_ = false;  // since the kernel last looked; the log's thread rings too  // a task runs: what it
                                    // waits for is done at once
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<kernel::Kernel> kernel_;
  std::unique_ptr<log::Log> inbox_;
  std::vector<std::pair<std::uint64_t, uplink::FetchAnswer>> fetched_;  // before the link, which may still answer
  std::unique_ptr<uplink::LoopbackLink> link_;
  std::unique_ptr<uplink::Source> source_;
  std::unique_ptr<uplink::Engine> engine_;
};

}  // namespace lumenflow::crash
