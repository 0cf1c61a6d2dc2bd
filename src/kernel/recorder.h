// Writes what the kernel leaves to be recorded, on a thread of its own: the strand never waits for it.
//
// The queue between them is bounded; where it is full the recording ends, and says so. What was written is synced
// within ten seconds, and when the recording ends: a sync holds up those of the journal, whose disk it mostly is. What
// a process wrote before it died is there all the same. The sink is the recorder's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus/recording_file.h"
#include "kernel/raw_frame.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// Where the bytes go. The recorder's thread calls it, one call after the other.
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
  // `header` goes first. The thread begins at once.
  Recorder(std::unique_ptr<RecordingSink> sink, json::Value header, std::size_t queue_bytes_max = 64u << 20,
           std::uint64_t file_bytes_max = bus::kRecordingBytesMax);
  ~Recorder() override;  // writes what was taken; without an end where there was none

  bool take(const RawFrame& frame) override;
  void end(std::string reason, std::vector<std::string> not_captured) override;
  // Until everything that was taken is written and synced. Not the strand's while it has better to do.
  void finish();
  RecorderState state() const;  // any thread

 private:
  void run();
  void write_frames(FrameChunk& chunk);
  void write(std::string_view bytes, std::uint64_t frames);  // and how many frames they are
  void fail(const Error& error);

  std::unique_ptr<RecordingSink> sink_;  // the thread's; let go of when the recording is over
  const std::size_t queue_bytes_max_;
  const std::uint64_t file_bytes_max_;
  FrameMaker maker_;  // the thread's, as the encoder is
  bus::RecordingEncoder encoder_;
  std::uint64_t encoded_ = 0;  // frames
  mutable std::mutex mutex_;
  std::condition_variable work_;
  FrameChunk queue_;  // the thread has another one, and they take turns
  std::uint64_t taken_bytes_ = 0;
  std::optional<bus::RecordingEnd> end_;
  bool stopping_ = false;
  RecorderState state_;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace lumenflow::kernel
