// Sessions of a made-up workload, recorded: calls on the strand and off it, transactions, timers, handlers, approvals,
// cancellations, refusals, secrets, turns of an agent, automations by events and by the clock, programs, requests to
// hosts, and what comes from outside; all drawn from one seed. For tests and benches only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel/kernel_options.h"
#include "kernel/recorder.h"
#include "kernel/replay.h"
#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {

// Keeps what it is given.
class TextSink final : public RecordingSink {
 public:
  explicit TextSink(std::string& out) : out_(out) {}
  Status write(std::string_view bytes) override {
    out_.append(bytes);
    return {};
  }
  Status sync() override { return {}; }

 private:
  std::string& out_;  // the test's
};

class RecordedWorld {
 public:
  explicit RecordedWorld(std::uint64_t seed);
  ~RecordedWorld();

  void begin();  // records from here on
  // So many steps of the workload.
  void work(int steps);
  // Ends the recording: its bytes.
  std::string end(const std::string& reason = "the session is over");
  // As the workspace was opened, for a replay. What it needs of keys is not in it.
  ReplayOptions replay_options() const;

  ApprovalWorld world;
  std::string recording;
  std::unique_ptr<Recorder> recorder;

 private:
  std::uint64_t draw(std::uint64_t below);
  void step();
  SeededRandom dice_;
  std::vector<std::string> waiting_;  // approvals
};

// The whole of a session.
std::string record_session(std::uint64_t seed, int steps = 40);
// Options that fit every such session.
ReplayOptions session_replay_options();

}  // namespace lumenflow::kernel
