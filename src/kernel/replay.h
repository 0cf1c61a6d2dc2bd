// A recording run again: the kernel's own code, with the recorded outside world in place of the real one.
//
// Nothing of a pack's code runs, nothing is written, nobody is asked: clock, randomness, the journal's answers and what
// tools and handlers said come from the recording. Every frame is made again and compared with the one that was
// recorded. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/recording_file.h"
#include "catalogue/catalogue.h"
#include "kernel/kernel_options.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

struct ReplayOptions {
  // As the recorded workspace was opened: configuration, packs and kernel tools. What they do to the outside is not
  // used, and of the keys none is needed.
  KernelOptions kernel;
  std::optional<std::uint64_t> until;                 // the last tick that is wanted
  std::string program_version;                        // that replays; empty: it is not compared with the recorded one
  bool map = false;                                   // event types by their names, where they are compatible
  std::function<void(const bus::Frame&)> on_frame{};  // each that was made again and is equal
};

struct ReplayDifference {
  std::uint64_t tick = 0;
  std::string pointer;  // into the frame's JSON; empty: the whole
  std::string event;    // the type, where the difference is in one
  std::string what;
};

struct ReplayReport {
  std::uint64_t frames = 0, checkpoints = 0, last_tick = 0;
  std::uint64_t first_tick = 0;  // of the recording, whether it was run or not; 0: it has none
  std::optional<ReplayDifference> difference;
  std::vector<std::string> unverified;
  bool torn = false;       // the file breaks off; what is there was replayed
  std::string end_reason;  // why the recording ended; empty: it is torn, or was not looked at until there
  std::string remade;      // the recording as it was made again: header, frames, checkpoints and end
};

// Before the first tick: INVALID_CONFIGURATION where the catalogue is another one, with what to do about it; the same
// for a configuration that is not the recorded one.
Status check_replay(const bus::RecordingHeader& header, const ReplayOptions& options);

// `bytes`: a whole recording. Errors as of RecordingReader::open and check_replay; a difference is no error.
Result<ReplayReport> replay(std::string_view bytes, const ReplayOptions& options);

}  // namespace lumenflow::kernel
