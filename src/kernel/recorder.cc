#include "kernel/recorder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/logging.h"

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::milliseconds kLinger{20};  // between looks at the queue: no wake for each frame
constexpr std::chrono::seconds kSyncWithin{10};
constexpr std::size_t kWakeBytes = 1u << 20;   // waiting, from which on the thread is woken: they are in a cache yet
constexpr std::size_t kWriteBytes = 1u << 20;  // go to the sink at once
constexpr std::size_t kReservedFramesMax = 4'096;     // in a queue that is empty
constexpr std::size_t kSpareFrameBytes = 256u << 10;  // a frame that held more does not go back to the strand

std::string text_of(const json::Value& header, std::string_view member) {
  return std::string(json::string_or(header, member, ""));
}

}  // namespace

Recorder::Recorder(std::unique_ptr<RecordingSink> sink, json::Value header, std::size_t queue_bytes_max,
                   std::uint64_t file_bytes_max)
    : sink_(std::move(sink)),
      queue_bytes_max_(queue_bytes_max),
      file_bytes_max_(file_bytes_max),
      maker_(text_of(header, "manifest_hash"), text_of(header, "contract_digest")) {
  buffer_ = encoder_.add(bus::RecordingHeader{std::move(header)});
  write(0);
  thread_ = std::thread([this] { run(); });
}

Recorder::~Recorder() { finish(); }

// A file that has grown to its limit, or cannot be written, ends the recording just as a full queue does.
bool Recorder::take(RawFrame& frame) {
  const std::size_t bytes = frame.bytes();
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    taken_bytes_ += bytes;
    if (queued_bytes_ + bytes > queue_bytes_max_ || taken_bytes_ > file_bytes_max_ || state_.fault) return false;
    queued_bytes_ += bytes;
    wake = queued_bytes_ > kWakeBytes;
    queue_.push_back(std::move(frame));
    if (spare_.empty()) {
      frame = RawFrame();
    } else {
      frame = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (wake) work_.notify_one();
  return true;
}

void Recorder::end(std::string reason, std::vector<std::string> not_captured) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = bus::RecordingEnd{0, std::move(reason), std::move(not_captured)};
  work_.notify_one();
}

void Recorder::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

RecorderState Recorder::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Recorder::write(std::uint64_t frames) {
  if (buffer_.empty() || state().fault) return buffer_.clear();
  const Status status = sink_->write(buffer_);
  if (!status.ok()) fail(status.error());
  const std::lock_guard lock(mutex_);
  if (status.ok()) state_.frames += frames;
  state_.bytes += buffer_.size();
  buffer_.clear();
}

// It is over: who has to make room deletes the file, which frees nothing while it is open.
void Recorder::fail(const Error& error) {
  sink_.reset();
  write_log(LogLevel::kError, "recorder", "the recording failed; nothing more is written to it",
            {{"reason", error.to_string()}});
  const std::lock_guard lock(mutex_);
  state_.fault = error;
}

void Recorder::write_frames(std::vector<RawFrame>& frames) {
  std::uint64_t unwritten = 0;
  for (RawFrame& raw : frames) {
    const bool large = raw.bytes() > kSpareFrameBytes;
    encoder_.add_frame(maker_.frame(raw), buffer_);
    if (const auto checkpoint = maker_.checkpoint(raw)) buffer_ += encoder_.add(*checkpoint);
    if (large) raw = RawFrame();
    ++encoded_;
    ++unwritten;
    if (buffer_.size() >= kWriteBytes) write(std::exchange(unwritten, 0));
  }
  write(unwritten);
}

// Frames go round, every one of them: where the strand had to ask for memory anew, and let strings grow to what those
// before them had needed, that would cost it more than all that is copied into them. What is kept is as much as the
// queue may hold.
void Recorder::take_back(std::vector<RawFrame> frames) {
  for (RawFrame& frame : frames) frame.clear();
  const std::size_t spares_max = queue_bytes_max_ / kSpareFrameBytes;
  const std::lock_guard lock(mutex_);
  for (RawFrame& frame : frames)
    if (spare_.size() < spares_max) spare_.push_back(std::move(frame));
}

void Recorder::run() {
  auto synced = std::chrono::steady_clock::now();
  bool unsynced = true;
  std::size_t taken = 0;  // frames, the last time
  for (bool over = false; !over;) {
    std::vector<RawFrame> frames;  // becomes the queue: the strand shall not have to let it grow
    frames.reserve(std::min(2 * taken, kReservedFramesMax));
    std::optional<bus::RecordingEnd> end;
    {
      std::unique_lock lock(mutex_);
      work_.wait_for(lock, kLinger, [this] { return stopping_ || end_ || queued_bytes_ > kWakeBytes; });
      frames.swap(queue_);
      queued_bytes_ = 0;
      taken = frames.size();
      end = end_;
      over = stopping_ || end_;
    }
    write_frames(frames);
    if (end) {
      end->frames = encoded_;
      buffer_ = encoder_.add(*end);
      write(0);
    }
    unsynced = unsynced || !frames.empty() || end;
    take_back(std::move(frames));
    const auto now = std::chrono::steady_clock::now();
    if (!unsynced || (!over && now - synced < kSyncWithin)) continue;
    const Status status = sink_ == nullptr ? Status() : sink_->sync();
    synced = now;
    unsynced = false;
    if (!status.ok()) fail(status.error());
    if (end) sink_.reset();
    const std::lock_guard lock(mutex_);
    state_.ended = end.has_value();
    if (end) state_.reason = end->reason;
  }
}

}  // namespace lumenflow::kernel
