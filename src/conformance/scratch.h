// A workspace that is thrown away: the real kernel over a journal in memory and a folder on disk, with a clock and
// random draws that stand still until told.
//
// It goes on while the kernel and the pack's code end and begin again, which is what most checks are about. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "conformance/observed.h"
#include "conformance/pack_under_test.h"
#include "conformance/state.h"
#include "journal/body.h"
#include "kernel/kernel.h"
#include "log/memory_log.h"

namespace lumenflow::conformance {

// The stream on which the events of the checks come in.
inline constexpr std::string_view kTestStream = "phone:conformance";

struct TestEvent {
  std::string kind;
  json::Value payload;
  std::uint64_t number = 1;  // another number: another event_id and another moment
};

// What became of one delivery, as the journal tells it.
struct Delivered {
  std::string outcome;  // applied, repeated, failed, dead_lettered; empty: the event found no handler
  std::string error;
};

class Scratch {
 public:
  // Empties `folder` and opens a workspace in it, with the pack started. INVALID_CONFIGURATION when the pack is
  // refused.
  static Result<std::unique_ptr<Scratch>> open(PackUnderTest& pack, Observed& seen, const std::string& folder,
                                               std::uint64_t seed);
  ~Scratch();  // ends the pack's code

  // The kernel ends in order, and begins again over the same pack's code, or over code that is started anew.
  enum class Code { kGoesOn, kStartsAnew };
  Status reopen(Code code);
  // Everything ends at once; what was not committed never was. The pack's code is started anew.
  Status crash();

  kernel::CallResult call(const std::string& tool, json::Value input);
  // Puts the event on kTestStream once more and lets the pack have it. `moment` chooses what the clock reads and the
  // random draws give meanwhile: equal moments, equal readings.
  Result<Delivered> deliver(const TestEvent& event, std::uint64_t moment);
  // The same, but everything ends after the handler has returned and before that is recorded; then what a new process
  // makes of it. `moment_after` is that of the second process.
  Result<Delivered> deliver_and_crash(const TestEvent& event, std::uint64_t moment, std::uint64_t moment_after);
  // As if the window of the replay records were over, or they had been lost.
  Status forget_replays();
  void settle();

  Result<State> state() const;
  Result<Tree> tree() const;  // of the folder that the workspace lies in: paths begin with `workspace/`, or do not
  // What tools and handlers emitted since the beginning: envelopes, in order.
  Result<std::vector<json::Value>> emitted() const;
  const pack::LoadedPack& pack() const { return *registry_->packs().front(); }
  const pack::Registry& registry() const { return *registry_; }
  Observed& seen() { return seen_; }

 private:
  Scratch(PackUnderTest& pack, Observed& seen, std::string folder, std::uint64_t seed);
  Status start_code();
  Status open_kernel();
  Status put_event(const TestEvent& event);
  Result<Delivered> outcome_since(std::size_t entries_before) const;
  Result<std::vector<json::Value>> entries() const;
  void set_moment(std::uint64_t moment);

  PackUnderTest& pack_;
  Observed& seen_;
  const std::string folder_;
  const std::string root_;
  const std::uint64_t seed_;
  ManualClock clock_;
  SeededRandom random_;
  ManualExecutor executor_;
  std::shared_ptr<Executor> hosted_executor_;  // shared, as registrations hold it: executor_ again
  log::LogFaults faults_;
  std::unique_ptr<Files> blob_files_;
  journal::BlobStore blobs_;
  std::unique_ptr<log::Log> log_;
  std::shared_ptr<const pack::Registry> registry_;  // shared with calls in flight
  std::unique_ptr<kernel::Kernel> kernel_;
  std::uint64_t events_ = 0;
  bool in_task_ = false;
};

}  // namespace lumenflow::conformance
