#include "kernel/recorder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/logging.h"

namespace lumenflow::kernel {
namespace {

// Between looks at the queue: the strand does not wake the thread, which would cost it more than what it hands over.
// How long is told by what there was the last time: few enough bytes that they are in a cache yet, and that what goes
// back to the strand is in its own.
constexpr std::chrono::microseconds kLingerMin{500}, kLingerMax{20'000};
constexpr std::size_t kLookBytes = 64u << 10;
constexpr std::chrono::seconds kSyncWithin{10};
constexpr std::size_t kWakeBytes = 1u << 20;      // waiting, from which on the thread is woken all the same
constexpr std::size_t kSpareBytesMax = 4u << 20;  // memory that is kept when what was in it is written

std::chrono::microseconds next_linger(std::chrono::microseconds linger, std::size_t bytes) {
  const auto factor = static_cast<double>(kLookBytes) / static_cast<double>(std::max<std::size_t>(bytes, 1));
  return std::clamp(std::chrono::duration_cast<std::chrono::microseconds>(linger * std::clamp(factor, 0.25, 2.0)),
                    kLingerMin, kLingerMax);
}

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
  write(encoder_.add(bus::RecordingHeader{std::move(header)}), 0);
  thread_ = std::thread([this] { run(); });
}

Recorder::~Recorder() { finish(); }

// A file that has grown to its limit, or cannot be written, ends the recording just as a full queue does.
bool Recorder::take(const RawFrame& frame) {
  const std::size_t bytes = frame.bytes();
  const std::lock_guard lock(mutex_);
  taken_bytes_ += bytes;
  const std::size_t waiting = queue_.bytes();
  if (waiting + bytes > queue_bytes_max_ || taken_bytes_ > file_bytes_max_ || state_.fault) return false;
  queue_.add(frame, maker_.manifest_hash());
  if (waiting <= kWakeBytes && queue_.bytes() > kWakeBytes) work_.notify_one();
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

void Recorder::write(std::string_view bytes, std::uint64_t frames) {
  if (bytes.empty() || state().fault) return;
  const Status status = sink_->write(bytes);
  if (!status.ok()) fail(status.error());
  const std::lock_guard lock(mutex_);
  if (status.ok()) state_.frames += frames;
  state_.bytes += bytes.size();
}

// It is over: who has to make room deletes the file, which frees nothing while it is open.
void Recorder::fail(const Error& error) {
  sink_.reset();
  write_log(LogLevel::kError, "recorder", "the recording failed; nothing more is written to it",
            {{"reason", error.to_string()}});
  const std::lock_guard lock(mutex_);
  state_.fault = error;
}

// As many frames as are one behind the other at once.
void Recorder::write_frames(FrameChunk& chunk) {
  std::span<char> unwritten;
  std::uint64_t frames = 0;
  const auto write_on = [&] {
    write({unwritten.data(), unwritten.size()}, std::exchange(frames, 0));
    unwritten = {};
  };
  maker_.make(chunk, [&](std::span<char> block, const std::optional<bus::Checkpoint>& checkpoint) {
    encoder_.seal(block);
    unwritten = unwritten.empty() ? block : std::span(unwritten.data(), unwritten.size() + block.size());
    ++frames;
    ++encoded_;
    if (!checkpoint) return;
    write_on();
    write(encoder_.add(*checkpoint), 0);
  });
  write_on();
  chunk.clear();
  if (chunk.capacity() > kSpareBytesMax) chunk = FrameChunk();
}

void Recorder::run() {
  auto synced = std::chrono::steady_clock::now();
  bool unsynced = true;
  std::chrono::microseconds linger = kLingerMax;
  FrameChunk frames;  // becomes the queue when they are written
  for (bool over = false; !over;) {
    std::optional<bus::RecordingEnd> end;
    {
      std::unique_lock lock(mutex_);
      work_.wait_for(lock, linger, [this] { return stopping_ || end_ || queue_.bytes() > kWakeBytes; });
      std::swap(frames, queue_);
      end = end_;
      over = stopping_ || end_;
    }
    linger = next_linger(linger, frames.bytes());
    unsynced = unsynced || !frames.empty() || end;
    write_frames(frames);
    if (end) {
      end->frames = encoded_;
      write(encoder_.add(*end), 0);
    }
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
