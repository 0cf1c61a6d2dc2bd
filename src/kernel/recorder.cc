#include "kernel/recorder.h"

#include <chrono>
#include <utility>

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::milliseconds kLinger{20};  // between looks at the queue: no wake for each frame
constexpr std::chrono::seconds kSyncWithin{1};
constexpr std::size_t kWakeBytes = 4u << 20;  // waiting, from which on the thread is woken

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
  write(bus::RecordingHeader{std::move(header)});
  thread_ = std::thread([this] { run(); });
}

Recorder::~Recorder() { finish(); }

// A file that has grown to its limit, or cannot be written, ends the recording just as a full queue does.
bool Recorder::take(RawFrame frame) {
  const std::size_t bytes = frame.bytes();
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    taken_bytes_ += bytes;
    if (queued_bytes_ + bytes > queue_bytes_max_ || taken_bytes_ > file_bytes_max_ || state_.fault) return false;
    queued_bytes_ += bytes;
    wake = queued_bytes_ > kWakeBytes;
    queue_.push_back(std::move(frame));
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

void Recorder::write(const bus::RecordingBlock& block) {
  const std::string bytes = encoder_.add(block);
  if (state().fault) return;
  const Status status = sink_->write(bytes);
  const std::lock_guard lock(mutex_);
  if (!status.ok()) state_.fault = status.error();
  state_.bytes += bytes.size();
  if (std::holds_alternative<bus::Frame>(block)) ++state_.frames;
}

void Recorder::run() {
  auto synced = std::chrono::steady_clock::now();
  bool unsynced = true;
  for (bool over = false; !over;) {
    std::vector<RawFrame> frames;
    std::optional<bus::RecordingEnd> end;
    {
      std::unique_lock lock(mutex_);
      work_.wait_for(lock, kLinger, [this] { return stopping_ || end_ || queued_bytes_ > kWakeBytes; });
      frames.swap(queue_);
      queued_bytes_ = 0;
      end = end_;
      over = stopping_ || end_;
    }
    for (RawFrame& raw : frames) {
      write(maker_.frame(raw));
      if (const auto checkpoint = maker_.checkpoint(raw)) write(*checkpoint);
    }
    if (end) {
      end->frames = state().frames;
      write(*end);
    }
    unsynced = unsynced || !frames.empty() || end;
    const auto now = std::chrono::steady_clock::now();
    if (!unsynced || (!over && now - synced < kSyncWithin)) continue;
    const Status status = sink_->sync();
    synced = now;
    unsynced = false;
    const std::lock_guard lock(mutex_);
    if (!status.ok() && !state_.fault) state_.fault = status.error();
    state_.ended = end.has_value();
    if (end) state_.reason = end->reason;
  }
}

}  // namespace lumenflow::kernel
