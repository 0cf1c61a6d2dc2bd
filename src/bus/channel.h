// One bus channel: its limits, who listens, and the payloads of the tick. Private to bus.
//
// One thread. Payloads stay where they are until the tick ends, so that handlers may publish while they read one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "bus/event.h"
#include "json/schema.h"

namespace lumenflow::bus {

using Handler = std::function<void(const Event& event)>;

struct Subscriber {
  Handler handler;
  std::string label;
  std::uint64_t id = 0;
  std::uint32_t channel = 0;
  bool is_live = true;
};

// Payloads of one size, in chunks that are kept from tick to tick.
class PayloadStore {
 public:
  PayloadStore() = default;
  PayloadStore(PayloadStore&&) = default;
  PayloadStore& operator=(PayloadStore&&) = delete;
  ~PayloadStore();

  const PayloadType* type() const { return type_; }
  void set_type(const PayloadType* type) { type_ = type; }  // once, before the first payload

  // Where the next payload is to be made.
  void* next() {
    if (count_ == chunks_.size() * kChunkPayloads) add_chunk();
    return chunks_[count_ / kChunkPayloads].get() + (count_ % kChunkPayloads) * type_->size;
  }
  void keep() { ++count_; }  // it has been made
  void clear();

 private:
  static constexpr std::size_t kChunkPayloads = 16;
  struct Free {
    std::size_t alignment;
    void operator()(std::byte* chunk) const { ::operator delete(chunk, std::align_val_t(alignment)); }
  };
  void add_chunk();

  const PayloadType* type_ = nullptr;
  std::size_t count_ = 0;
  std::vector<std::unique_ptr<std::byte, Free>> chunks_;
};

struct Channel {
  std::uint32_t capacity = 0, soft_limit = 0;
  std::uint32_t in_use = 0;  // of this tick
  std::uint32_t high_water = 0;
  PayloadStore typed;
  std::vector<std::unique_ptr<Subscriber>> subscribers;  // in the order of their subscription

  std::string type;
  std::int64_t version = 1;
  std::shared_ptr<const json::Schema> schema;  // shared with whoever made the channels; null: any payload
  std::deque<json::Value> json;                // payloads of the tick that came as JSON

  std::uint64_t breaches = 0;   // ticks in which the soft limit was reached
  std::uint64_t overflows = 0;  // publishes that were refused
  std::uint64_t warned_until = 0;
  std::uint64_t breached_at = 0;  // the last such tick, plus one
  std::uint32_t cool_down = 0;    // ticks
  std::uint64_t suppressed = 0;   // warnings since the last that was given
};

}  // namespace lumenflow::bus
