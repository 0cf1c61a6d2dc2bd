// A pack whose tools do what tests of the sidecar need. Tests only.
#pragma once

#include <condition_variable>
#include <mutex>

#include "lumenflow/pack.h"

namespace lumenflow::sidecar {

// Where `probe:wait` and `probe:deaf` wait to be told. Thread safe.
class Gate {
 public:
  void open();
  void shut();  // and forgets who came
  // Until so many have come since the gate was shut; false after ten seconds, which no passing test comes near.
  bool wait_for_arrivals(int count);
  // A tool's side: until the gate opens or, unless it is deaf, the call is cancelled. True when it opened.
  bool pass(const pack::ToolContext& context, bool deaf);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrivals_ = 0;
};

Gate& probe_gate();  // one for the process: handlers are plain functions

// probe:echo answers its input; probe:wait waits at the gate and heeds a cancellation, probe:deaf does not; probe:fail
// says no, with the `details` it is given; probe:emit emits probe:happened.
const pack::BuiltinPack& probe_pack();

}  // namespace lumenflow::sidecar
