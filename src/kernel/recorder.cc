#include "kernel/recorder.h"

#include <algorithm>
#include <utility>

#include "base/leisure.h"
#include "base/logging.h"

namespace lumenflow::kernel {
namespace {

// Between looks at what waits: the strand wakes nobody, which would cost it more than what it hands over. How long is
// told by what there was the last time: few enough bytes that they are in a cache yet.
constexpr std::chrono::microseconds kRestMin{200}, kRestMax{20'000};
constexpr std::size_t kLookBytes = 40u << 10;
constexpr std::size_t kPieceBytes = 32u << 10;    // written at once, before the other thread may go on with it
constexpr std::size_t kBehindBytes = 1u << 20;    // waiting, from which on the prompt thread is called
constexpr std::size_t kSpareBytesMax = 4u << 20;  // memory that is kept when what was in it is written
constexpr std::chrono::seconds kBehindTime{
    1};  // or without a look by the other, which may have been its last: two at most
constexpr std::chrono::seconds kSyncWithin{10};

std::chrono::microseconds next_rest(std::chrono::microseconds rest, std::size_t bytes) {
  const auto factor = static_cast<double>(kLookBytes) / static_cast<double>(std::max<std::size_t>(bytes, 1));
  return std::clamp(std::chrono::duration_cast<std::chrono::microseconds>(rest * std::clamp(factor, 0.25, 2.0)),
                    kRestMin, kRestMax);
}

std::string text_of(const json::Value& header, std::string_view member) {
  return std::string(json::string_or(header, member, ""));
}

}  // namespace

Recorder::Recorder(std::unique_ptr<RecordingSink> sink, json::Value header, std::size_t queue_bytes_max,
                   std::uint64_t file_bytes_max)
    : queue_bytes_max_(queue_bytes_max),
      file_bytes_max_(file_bytes_max),
      sink_(std::move(sink)),
      maker_(text_of(header, "manifest_hash"), text_of(header, "contract_digest")) {
  write(encoder_.add(bus::RecordingHeader{std::move(header)}), 0);
  leisurely_ = std::thread([this] { work_leisurely(); });
  prompt_ = std::thread([this] { work_promptly(); });
}

Recorder::~Recorder() { finish(); }

// A file that has grown to its limit, or cannot be written, ends the recording just as a full queue does.
bool Recorder::take(const RawFrame& frame) {
  taken_bytes_ += frame.bytes();
  if (taken_bytes_ > file_bytes_max_ || failed_.load(std::memory_order_relaxed)) return false;
  const std::size_t waiting = exchange_.add(frame, maker_.manifest_hash(), queue_bytes_max_);
  if (waiting > kBehindBytes && !behind_.exchange(true)) {
    { const std::lock_guard lock(mutex_); }  // it is not about to sleep
    called_.notify_one();
  }
  return waiting != 0;
}

void Recorder::end(std::string reason, std::vector<std::string> not_captured) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = bus::RecordingEnd{0, std::move(reason), std::move(not_captured)};
  called_.notify_one();
}

void Recorder::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  called_.notify_one();
  if (prompt_.joinable()) prompt_.join();
  if (leisurely_.joinable()) leisurely_.join();
}

RecorderState Recorder::state() const {
  const std::lock_guard lock(mutex_);
  RecorderState out = state_;
  out.frames = frames_;
  out.bytes = bytes_;
  return out;
}

void Recorder::write(std::string_view bytes, std::uint64_t frames) {
  if (bytes.empty() || sink_ == nullptr) return;
  if (const Status status = sink_->write(bytes); !status.ok()) return fail(status.error());
  frames_ += frames;
  bytes_ += bytes.size();
}

// It is over: who has to make room deletes the file, which frees nothing while it is open.
void Recorder::fail(const Error& error) {
  failed_ = true;
  sink_.reset();
  write_log(LogLevel::kError, "recorder", "the recording failed; nothing more is written to it",
            {{"reason", error.to_string()}});
  const std::lock_guard lock(mutex_);
  state_.fault = error;
}

void Recorder::sync() {
  if (sink_ != nullptr && unsynced_)
    if (const Status status = sink_->sync(); !status.ok()) fail(status.error());
  synced_ = std::chrono::steady_clock::now();
  unsynced_ = false;
}

// As many frames as are one behind the other at once.
std::size_t Recorder::write_some() {
  const std::lock_guard lock(work_);
  std::span<char> unwritten;
  std::uint64_t frames = 0;
  const auto write_on = [&] {
    write({unwritten.data(), unwritten.size()}, std::exchange(frames, 0));
    unwritten = {};
  };
  const FrameMaker::Each each = [&](std::span<char> block, const std::optional<bus::Checkpoint>& checkpoint) {
    encoder_.seal(block);
    unwritten = unwritten.empty() ? block : std::span(unwritten.data(), unwritten.size() + block.size());
    ++frames;
    ++encoded_;
    if (!checkpoint) return;
    write_on();
    write(encoder_.add(*checkpoint), 0);
  };
  std::size_t bytes = chunk_ == nullptr ? 0 : maker_.make(*chunk_, kPieceBytes, each);
  if (bytes == 0) {
    if (chunk_ != nullptr && chunk_->capacity() > kSpareBytesMax) *chunk_ = FrameChunk();
    chunk_ = &exchange_.take();
    bytes = maker_.make(*chunk_, kPieceBytes, each);
  }
  write_on();
  unsynced_ = unsynced_ || bytes != 0;
  return bytes;
}

void Recorder::sync_if_due() {
  const std::lock_guard lock(work_);
  if (unsynced_ && std::chrono::steady_clock::now() - synced_ >= kSyncWithin) sync();
}

void Recorder::close(std::optional<bus::RecordingEnd> end) {
  const std::lock_guard work(work_);
  if (end) {
    end->frames = encoded_;
    write(encoder_.add(*end), 0);
    unsynced_ = true;
  }
  sync();
  if (!end) return;
  sink_.reset();
  const std::lock_guard lock(mutex_);
  state_.ended = true;
  state_.reason = end->reason;
}

void Recorder::work_leisurely() {
  work_at_leisure();
  for (std::chrono::microseconds rest = kRestMax; !over_;) {
    {
      std::unique_lock lock(rest_);
      rested_.wait_for(lock, rest, [this] { return over_.load(); });
    }
    ++looks_;
    std::size_t written = 0;
    while (const std::size_t bytes = over_ ? 0 : write_some()) written += bytes;
    rest = next_rest(rest, written);
    sync_if_due();
  }
  leisurely_over_ = true;
}

void Recorder::work_promptly() {
  std::uint64_t looks = 0;
  for (bool over = false; !over;) {
    std::optional<bus::RecordingEnd> end;
    bool called = false;
    {
      std::unique_lock lock(mutex_);
      called = called_.wait_for(lock, kBehindTime, [this] { return behind_ || stopping_ || end_; });
      end = end_;
      over = stopping_ || end_;
    }
    const bool looked = std::exchange(looks, looks_.load()) != looks_;
    if (looked && !called) continue;
    while (write_some() != 0) {
    }
    behind_ = false;
    if (over) close(std::move(end));
    sync_if_due();
  }
  {
    const std::lock_guard lock(rest_);
    over_ = true;
  }
  rested_.notify_one();
}

}  // namespace lumenflow::kernel
