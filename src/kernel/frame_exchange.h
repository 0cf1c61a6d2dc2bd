// Between the strand, which adds frames, and whoever writes them. Neither waits for the other: a thread that works at
// leisure may be stopped anywhere, and the strand must not find a lock in its hands.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <thread>

#include "kernel/raw_frame.h"

namespace lumenflow::kernel {

class FrameExchange {
 public:
  // The strand: adds the frame to those that wait, unless that would be more than so many bytes. How many wait then; 0
  // where it was not added.
  std::size_t add(const RawFrame& frame, std::string_view manifest_hash, std::size_t bytes_max) {
    FrameChunk* const chunk = there_.exchange(nullptr, std::memory_order_acquire);  // there is always one
    const bool has_room = chunk->bytes() + frame.bytes() <= bytes_max;
    if (has_room) chunk->add(frame, manifest_hash);
    const std::size_t waiting = has_room ? chunk->bytes() : 0;
    there_.store(chunk, std::memory_order_release);
    return waiting;
  }

  // One reader at a time: those that wait, until the next call. What it was given before is over.
  FrameChunk& take() {
    taken_->clear();
    FrameChunk* chunk = there_.load(std::memory_order_acquire);
    // Where there is none the strand has it, for as long as it adds one frame.
    while (chunk == nullptr || !there_.compare_exchange_weak(chunk, taken_, std::memory_order_acq_rel)) {
      if (chunk == nullptr) std::this_thread::yield();
      chunk = there_.load(std::memory_order_acquire);
    }
    taken_ = chunk;
    return *taken_;
  }

 private:
  std::array<FrameChunk, 2> chunks_;
  std::atomic<FrameChunk*> there_{&chunks_[0]};  // null while the strand has it
  FrameChunk* taken_ = &chunks_[1];              // the reader's
};

}  // namespace lumenflow::kernel
