// Writes what the kernel leaves to be recorded, on threads of its own: the strand never waits for them.
//
// One works at leisure, on processors that nobody else wants, so that a recording takes as little as can be of the
// calls that it records. Where it lags behind, since nothing is left over, another one does the same promptly; it also
// ends the recording, and waits for the other one for 32 KiB of writing or one sync at most. Frames wait in bounded
// memory; where that is full the recording ends, and says so. What was written is synced within ten seconds, and when
// the recording ends: a sync holds up those of the journal, whose disk it mostly is. What a process wrote before it
// died is there all the same. The sink is the recorder's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "bus/recording_file.h"
#include "kernel/frame_exchange.h"
#include "kernel/raw_frame.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// Where the bytes go. The recorder's threads call it, one call after the other.
class RecordingSink {
 public:
  virtual ~RecordingSink() = default;
  virtual Status write(std::string_view bytes) = 0;
  virtual Status sync() = 0;
};

struct RecorderState {
  std::uint64_t frames = 0, bytes = 0;  // written
  bool ended = false;
  std::string reason;          // of the end
  std::optional<Error> fault;  // what the sink said: nothing was written after it
};

class Recorder final : public FrameTaker {
 public:
  // `header` goes first. The threads begin at once.
  Recorder(std::unique_ptr<RecordingSink> sink, json::Value header, std::size_t queue_bytes_max = 64u << 20,
           std::uint64_t file_bytes_max = bus::kRecordingBytesMax);
  ~Recorder() override;  // writes what was taken; without an end where there was none

  bool take(const RawFrame& frame) override;
  void end(std::string reason, std::vector<std::string> not_captured) override;
  // Until everything that was taken is written and synced. Not the strand's while it has better to do.
  void finish();
  RecorderState state() const;  // any thread
  // Whether its threads have ended, so that its destructor waits for nobody: a little after the recording has. Any
  // thread.
  bool is_over() const { return leisurely_over_; }

 private:
  void work_leisurely();
  void work_promptly();
  std::size_t write_some();  // of what waits; how many bytes of frames, 0 when there are none
  void sync_if_due();
  void close(std::optional<bus::RecordingEnd> end);
  void write(std::string_view bytes, std::uint64_t frames);  // and how many frames they are
  void sync();
  void fail(const Error& error);

  const std::size_t queue_bytes_max_;
  const std::uint64_t file_bytes_max_;
  FrameExchange exchange_;
  std::uint64_t taken_bytes_ = 0;  // the strand's

  std::mutex work_;                      // whoever works has it, and with it what follows; never the strand
  std::unique_ptr<RecordingSink> sink_;  // null when the recording is over
  FrameMaker maker_;
  bus::RecordingEncoder encoder_;
  FrameChunk* chunk_ = nullptr;  // the exchange's: what is being written
  std::uint64_t encoded_ = 0;    // frames
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
  bool unsynced_ = true;

  std::atomic<std::uint64_t> frames_{0}, bytes_{0};  // written
  std::atomic<std::uint64_t> looks_{0};              // of the leisurely thread
  std::atomic<bool> failed_{false}, behind_{false};
  std::atomic<bool> over_{false}, leisurely_over_{false};  // the one after the other
  mutable std::mutex mutex_;                               // short, and of threads that run; of what follows
  std::condition_variable called_;
  std::optional<bus::RecordingEnd> end_;
  bool stopping_ = false;
  RecorderState state_;  // but for its numbers
  std::mutex rest_;      // the leisurely thread's, to sleep with
  std::condition_variable rested_;
  std::thread leisurely_, prompt_;  // last: they start when all else is there
};

}  // namespace lumenflow::kernel
