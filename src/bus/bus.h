// The event bus: in-process events of declared types, delivered in the order in which they were published.
//
// One global order over all channels. What a handler publishes joins the end of the same tick. A channel holds at most
// its capacity of events in one tick; then it refuses, and the others go on. Nothing on the way of a typed event
// allocates once the bus is warm. The bus only rings the bell: whoever must not miss something reads the Log.
//
// One thread. Payloads and events are valid until the next begin_tick.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strong.h"
#include "bus/channel.h"
#include "bus/event.h"
#include "bus/stopwatch.h"
#include "catalogue/catalogue.h"
#include "lumenflow/result.h"

namespace lumenflow::bus {

struct ChannelOptions {
  std::string type;
  std::uint32_t capacity = catalogue::kCapacityDefault;
  std::optional<std::uint32_t> soft_limit = {};  // nothing: three quarters of the capacity
  std::int64_t version = 1;
  std::shared_ptr<const json::Schema> schema = {};  // of JSON payloads; shared; null: any
};

// In the order of the catalogue's channels, with their schemas compiled.
Result<std::vector<ChannelOptions>> channels_of(const catalogue::Catalogue& catalogue);

// Whoever wants to know. Called on the bus's thread, from within publish and dispatch.
class BusObserver {
 public:
  virtual ~BusObserver() = default;
  virtual void handler_failed(std::string_view type, std::string_view label, std::string_view what) = 0;
  // Of one handler; or of several, of which at least one was slow, where `labels` names them all.
  virtual void handler_slow(std::string_view type, std::string_view labels, std::chrono::nanoseconds took) = 0;
  // At most once a tick for a channel, and more and more seldom while it goes on. `suppressed`: since the last time.
  virtual void soft_limit_reached(std::string_view type, std::uint32_t in_use, std::uint32_t capacity,
                                  std::uint64_t suppressed) = 0;
};

struct BusOptions {
  std::chrono::nanoseconds slow_handler = std::chrono::milliseconds(2);
  BusObserver* observer = nullptr;  // borrowed; null: nobody
};

enum class PublishStatus : std::uint8_t { kAccepted, kSoftLimit };

struct Published {
  PublishStatus status = PublishStatus::kAccepted;
  std::uint64_t dispatch_order = 0;
  std::uint32_t remaining = 0;  // of the channel's capacity in this tick
};

struct Dispatched {
  std::uint64_t events = 0, deliveries = 0, failures = 0;
};

struct ChannelSnapshot {
  std::string type;
  std::uint32_t capacity = 0, soft_limit = 0, in_use = 0, high_water = 0;
  std::size_t subscribers = 0;
  std::uint64_t breaches = 0, overflows = 0;
};

struct BusSnapshot {
  std::uint64_t tick = 0;
  std::uint64_t published = 0, dispatched = 0, delivered = 0, failed = 0, slow = 0, overflowed = 0, refused = 0;
  std::vector<ChannelSnapshot> channels;  // by number
};

using SubscriptionId = StrongNumber<struct SubscriptionIdTag>;

class EventBus {
 public:
  // INVALID_CONFIGURATION for a type twice, a capacity of zero, a soft limit of zero or above the capacity.
  static Result<std::unique_ptr<EventBus>> create(std::vector<ChannelOptions> channels, BusOptions options = {});
  ~EventBus();
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  // Ends the tick before and lets go of its payloads. Refused while an event of it is undelivered or dispatch() runs.
  Status begin_tick(std::uint64_t tick, Timestamp issued_at = {});

  // NOT_FOUND for an unknown type, in three lines; EVENT_BUFFER_OVERFLOW; INVALID_PAYLOAD. What is refused takes no
  // order number. The payload is the bus's from then on and does not change.
  Result<Published> publish(std::string_view type, json::Value payload);
  // A payload that was judged before, and of which something was masked since: its schema is not asked again.
  Result<Published> publish_judged(std::string_view type, json::Value payload);

  // E is a generated payload struct; it is not checked against the schema. Also INVALID_CONFIGURATION where the struct
  // was generated for another version of the type.
  template <class E>
  Result<Published> publish(E payload) {
    Channel* channel = bound<E>();
    if (channel == nullptr) [[unlikely]] {
      LUMENFLOW_TRY_ASSIGN(channel, bind(E::kType, E::kVersion, &kPayloadType<E>));
    }
    if (channel->in_use >= channel->capacity) [[unlikely]]
      return overflow(*channel);
    const void* kept = ::new (channel->typed.next()) E(std::move(payload));
    channel->typed.keep();
    return accept(*channel, kept, &kPayloadType<E>);
  }

  // Whether anybody is subscribed to E's type.
  template <class E>
  bool is_heard() {
    if (const Channel* channel = bound<E>()) return !channel->subscribers.empty();
    const Result<Channel*> channel = bind(E::kType, E::kVersion, &kPayloadType<E>);
    return channel.ok() && !(*channel)->subscribers.empty();
  }
  // An event that nobody listens to: it takes its place in the order and in its channel as any other, has no payload
  // and is delivered to nobody.
  template <class E>
  Result<Published> publish_unheard() {
    Channel* channel = bound<E>();
    if (channel == nullptr) [[unlikely]] {
      LUMENFLOW_TRY_ASSIGN(channel, bind(E::kType, E::kVersion, &kPayloadType<E>));
    }
    if (channel->in_use >= channel->capacity) [[unlikely]]
      return overflow(*channel);
    return accept(*channel, nullptr, &kPayloadType<E>);
  }

  // Delivers all that was published, and what handlers publish meanwhile. Within a handler it does nothing: the events
  // are delivered by the call that runs. A handler that throws is reported, and the others get the event all the same.
  Dispatched dispatch();

  // From the next event on. The label names the handler in reports. NOT_FOUND as of publish.
  Result<SubscriptionId> subscribe(std::string_view type, Handler handler, std::string label);
  // `handler(const E&, const Event&)`; what was published as JSON is read into an E before, and counts as a failure of
  // the handler where it has not the struct's shape.
  template <class E, class F>
  Result<SubscriptionId> subscribe(F handler, std::string label) {
    return subscribe(
        E::kType,
        [handler = std::move(handler)](const Event& event) mutable {
          if (const E* payload = event.typed<E>()) return static_cast<void>(handler(*payload, event));
          E read;
          if (!from_json(event.json(), read)) throw std::invalid_argument("the payload has another shape");
          handler(read, event);
        },
        std::move(label));
  }
  // At once: not even an event that is being delivered reaches it any more. False where it is not subscribed.
  bool unsubscribe(SubscriptionId id);

  BusSnapshot snapshot() const;

  // The events of this tick in the order of their dispatch, delivered or not.
  std::size_t events_of_tick() const { return slots_.size(); }
  Event event_at(std::size_t index) const;

 private:
  struct Slot {
    const void* payload;
    const PayloadType* payload_type;
    std::uint64_t order;
    std::uint32_t channel;
  };

  EventBus(std::vector<ChannelOptions> channels, BusOptions options);
  // Null until the first payload of this struct.
  template <class E>
  Channel* bound() {
    Channel* channel = E::kChannel < channels_.size() ? &channels_[E::kChannel] : nullptr;
    return channel != nullptr && channel->typed.type() == &kPayloadType<E> ? channel : nullptr;
  }
  Result<Channel*> find(std::string_view type);
  Result<Channel*> bind(std::string_view type, std::int64_t version, const PayloadType* payload_type);
  Error overflow(Channel& channel);

  Published accept(Channel& channel, const void* payload, const PayloadType* payload_type) {
    const auto index = static_cast<std::uint32_t>(&channel - channels_.data());
    if (channel.in_use++ == 0) touched_.push_back(index);
    slots_.push_back({payload, payload_type, ++order_, index});
    if (channel.in_use > channel.high_water) channel.high_water = channel.in_use;
    const std::uint32_t remaining = channel.capacity - channel.in_use;
    if (channel.in_use < channel.soft_limit) [[likely]]
      return {PublishStatus::kAccepted, order_, remaining};
    reach_soft_limit(channel);
    return {PublishStatus::kSoftLimit, order_, remaining};
  }

  void reach_soft_limit(Channel& channel);
  void deliver(const Event& event, Channel& channel, Dispatched& done);
  void report_failure(const Event& event, const Subscriber& subscriber, std::string_view what, Dispatched& done);
  void note_delivery(const Subscriber& subscriber);
  void end_block();
  void sweep();  // what was unsubscribed during dispatch

  const BusOptions options_;
  std::vector<Channel> channels_;  // never resized: slots and bindings point into it
  std::unordered_map<std::string_view, std::uint32_t> by_type_;
  std::unordered_map<std::uint64_t, Subscriber*> by_id_;
  std::vector<Slot> slots_;             // of this tick, in order
  std::size_t next_ = 0;                // to be delivered
  std::vector<std::uint32_t> touched_;  // channels with events of this tick
  std::vector<std::uint32_t> to_sweep_;
  std::uint64_t tick_ = 0;
  Timestamp issued_at_;
  std::uint64_t order_ = 0;
  std::uint64_t last_subscription_ = 0;
  bool dispatching_ = false;

  // Slow handlers: time is read after every delivery at first, and after blocks of deliveries once none was slow.
  static constexpr std::size_t kBlock = 16;
  static constexpr std::uint32_t kExactDeliveries = 1'024;
  Stopwatch stopwatch_;
  std::uint64_t block_start_ = 0;
  std::size_t block_size_ = 0;
  std::uint32_t exact_left_ = kExactDeliveries;
  const Subscriber* block_[kBlock] = {};

  std::uint64_t dispatched_ = 0, delivered_ = 0, failed_ = 0, slow_ = 0, overflowed_ = 0, refused_ = 0;
};

}  // namespace lumenflow::bus
