#include "bus/bus.h"

#include <algorithm>
#include <exception>

#include "base/check.h"

namespace lumenflow::bus {
namespace {

constexpr std::uint32_t kCoolDownMaxTicks = 1'024;

Error unknown_type(std::string_view type) {
  return Error(ErrorCode::kNotFound, "there is no event type '" + std::string(type) +
                                         "' in the catalogue\n"
                                         "declare it in the pack's content/event-types.json\n"
                                         "and run `lumenflow generate`");
}

Error invalid(const std::string& type, std::string_view why) {
  return Error(ErrorCode::kInvalidConfiguration, "bus channel '" + type + "': " + std::string(why));
}

}  // namespace

PayloadStore::~PayloadStore() { clear(); }

void PayloadStore::add_chunk() {
  void* chunk = ::operator new(type_->size* kChunkPayloads, std::align_val_t(type_->alignment));
  chunks_.emplace_back(static_cast<std::byte*>(chunk), Free{type_->alignment});
}

void PayloadStore::clear() {
  if (type_ != nullptr && type_->destroy != nullptr)
    for (std::size_t i = 0; i < count_; ++i)
      type_->destroy(chunks_[i / kChunkPayloads].get() + (i % kChunkPayloads) * type_->size);
  count_ = 0;
}

Result<std::vector<ChannelOptions>> channels_of(const catalogue::Catalogue& catalogue) {
  std::vector<ChannelOptions> out;
  out.reserve(catalogue.events.size());
  json::SchemaOptions options;
  options.assert_format = true;
  for (const catalogue::EventType& event : catalogue.events) {
    ChannelOptions channel{event.type, event.capacity, event.soft_limit, event.version, nullptr};
    channel.schema = event.validator;
    if (event.schema != nullptr && channel.schema == nullptr) {
      LUMENFLOW_TRY_ASSIGN(json::Schema schema, json::Schema::compile(*event.schema, options));
      channel.schema = std::make_shared<const json::Schema>(std::move(schema));
    }
    out.push_back(std::move(channel));
  }
  return out;
}

Result<std::unique_ptr<EventBus>> EventBus::create(std::vector<ChannelOptions> channels, BusOptions options) {
  std::unordered_map<std::string_view, int> seen;
  for (ChannelOptions& channel : channels) {
    if (!channel.soft_limit) channel.soft_limit = catalogue::soft_limit_default(channel.capacity);
    if (!seen.emplace(channel.type, 0).second) return invalid(channel.type, "the type is there twice");
    if (channel.capacity == 0) return invalid(channel.type, "a capacity of zero holds no event");
    if (*channel.soft_limit == 0 || *channel.soft_limit > channel.capacity)
      return invalid(channel.type,
                     "the soft limit is not from 1 to the capacity of " + std::to_string(channel.capacity));
  }
  return std::unique_ptr<EventBus>(new EventBus(std::move(channels), options));
}

EventBus::EventBus(std::vector<ChannelOptions> channels, BusOptions options) : options_(options) {
  channels_.reserve(channels.size());
  by_type_.reserve(channels.size());
  for (ChannelOptions& given : channels) {
    Channel& channel = channels_.emplace_back();
    channel.type = std::move(given.type);
    channel.capacity = given.capacity;
    channel.soft_limit = *given.soft_limit;
    channel.version = given.version;
    channel.schema = std::move(given.schema);
  }
  for (std::size_t i = 0; i < channels_.size(); ++i) by_type_.emplace(channels_[i].type, static_cast<std::uint32_t>(i));
}

EventBus::~EventBus() = default;

Status EventBus::begin_tick(std::uint64_t tick, Timestamp issued_at) {
  if (dispatching_) return Error(ErrorCode::kConflict, "a tick cannot begin while its events are delivered");
  if (next_ < slots_.size())
    return Error(ErrorCode::kConflict, std::to_string(slots_.size() - next_) + " events of tick " +
                                           std::to_string(tick_) + " are not delivered yet");
  for (const std::uint32_t index : touched_) {
    Channel& channel = channels_[index];
    channel.in_use = 0;
    channel.typed.clear();
    channel.json.clear();
  }
  touched_.clear();
  slots_.clear();
  next_ = 0;
  tick_ = tick;
  issued_at_ = issued_at;
  return {};
}

Result<Channel*> EventBus::find(std::string_view type) {
  const auto found = by_type_.find(type);
  if (found == by_type_.end()) return unknown_type(type);
  return &channels_[found->second];
}

Result<Channel*> EventBus::bind(std::string_view type, std::int64_t version, const PayloadType* payload_type) {
  LUMENFLOW_TRY_ASSIGN(Channel * channel, find(type));
  if (channel->version != version)
    return Error(ErrorCode::kInvalidConfiguration, "the payload of '" + channel->type + "' was generated for version " +
                                                       std::to_string(version) + ", and the catalogue has version " +
                                                       std::to_string(channel->version) +
                                                       "; run `lumenflow generate` and build anew");
  if (channel->typed.type() == nullptr) channel->typed.set_type(payload_type);
  if (channel->typed.type() != payload_type)
    return Error(ErrorCode::kInvalidConfiguration, "two structs are published as '" + channel->type + "'");
  return channel;
}

Error EventBus::overflow(Channel& channel) {
  ++channel.overflows;
  ++overflowed_;
  return Error(ErrorCode::kEventBufferOverflow, "bus channel '" + channel.type + "' holds " +
                                                    std::to_string(channel.capacity) + " events of tick " +
                                                    std::to_string(tick_) + ", its capacity");
}

Result<Published> EventBus::publish(std::string_view type, json::Value payload) {
  LUMENFLOW_TRY_ASSIGN(Channel * channel, find(type));
  if (channel->in_use >= channel->capacity) return overflow(*channel);
  if (channel->schema != nullptr && !channel->schema->accepts(payload)) {
    ++refused_;
    std::vector<ErrorDetail> details = channel->schema->validate(payload);
    std::string message = "the payload does not match the schema of '" + channel->type + "'";
    if (!details.empty()) message += ": '" + details.front().pointer + "' " + details.front().reason;
    return Error(ErrorCode::kInvalidPayload, std::move(message), std::move(details));
  }
  const json::Value& kept = channel->json.emplace_back(std::move(payload));
  return accept(*channel, &kept, nullptr);
}

Result<Published> EventBus::publish_judged(std::string_view type, json::Value payload) {
  LUMENFLOW_TRY_ASSIGN(Channel * channel, find(type));
  if (channel->in_use >= channel->capacity) return overflow(*channel);
  const json::Value& kept = channel->json.emplace_back(std::move(payload));
  return accept(*channel, &kept, nullptr);
}

void EventBus::reach_soft_limit(Channel& channel) {
  const bool is_first_of_tick = channel.breached_at != tick_ + 1;
  if (is_first_of_tick) {
    // A pause as long as the cool-down was ends it.
    if (channel.breached_at != 0 && tick_ > channel.breached_at - 1 + std::max(channel.cool_down, 1u))
      channel.cool_down = 0;
    ++channel.breaches;
    channel.breached_at = tick_ + 1;
  }
  if (!is_first_of_tick || (channel.cool_down != 0 && tick_ < channel.warned_until)) {
    ++channel.suppressed;
    return;
  }
  channel.cool_down = channel.cool_down == 0 ? 1 : std::min(channel.cool_down * 2, kCoolDownMaxTicks);
  channel.warned_until = tick_ + channel.cool_down;
  const std::uint64_t suppressed = std::exchange(channel.suppressed, 0);
  if (options_.observer != nullptr)
    options_.observer->soft_limit_reached(channel.type, channel.in_use, channel.capacity, suppressed);
}

Dispatched EventBus::dispatch() {
  Dispatched done;
  if (dispatching_ || next_ == slots_.size()) return done;
  dispatching_ = true;
  block_start_ = Stopwatch::ticks();
  while (next_ < slots_.size()) {
    const Slot slot = slots_[next_++];  // a copy: handlers publish
    Channel& channel = channels_[slot.channel];
    const Event event{channel.type, slot.channel, tick_, slot.order, issued_at_, slot.payload, slot.payload_type};
    if (slot.payload != nullptr) deliver(event, channel, done);
    ++done.events;
  }
  if (block_size_ > 0) end_block();
  dispatching_ = false;
  sweep();
  dispatched_ += done.events;
  delivered_ += done.deliveries;
  failed_ += done.failures;
  return done;
}

// Exactly once to each that was subscribed when the delivery began and still is when its turn comes.
void EventBus::deliver(const Event& event, Channel& channel, Dispatched& done) {
  const std::size_t count = channel.subscribers.size();
  for (std::size_t i = 0; i < count;) {
    try {
      while (i < count) {
        const Subscriber& subscriber = *channel.subscribers[i++];
        if (!subscriber.is_live) continue;
        ++done.deliveries;
        subscriber.handler(event);
        note_delivery(subscriber);
      }
    } catch (const std::exception& error) {
      report_failure(event, *channel.subscribers[i - 1], error.what(), done);
    } catch (...) {
      report_failure(event, *channel.subscribers[i - 1], "something that is no std::exception", done);
    }
  }
}

void EventBus::report_failure(const Event& event, const Subscriber& subscriber, std::string_view what,
                              Dispatched& done) {
  ++done.failures;
  note_delivery(subscriber);
  if (options_.observer != nullptr) options_.observer->handler_failed(event.type, subscriber.label, what);
}

inline void EventBus::note_delivery(const Subscriber& subscriber) {
  block_[block_size_++] = &subscriber;
  if (block_size_ == kBlock || exact_left_ > 0) end_block();
}

void EventBus::end_block() {
  const std::uint64_t now = Stopwatch::ticks(), passed = now - block_start_;
  if (exact_left_ > 0) --exact_left_;
  block_start_ = now;
  if (Stopwatch::may_exceed(passed, options_.slow_handler)) [[unlikely]] {
    const std::chrono::nanoseconds took = stopwatch_.duration(passed);
    if (took >= options_.slow_handler) {
      ++slow_;
      exact_left_ = kExactDeliveries;
      std::string labels;
      for (std::size_t i = 0; i < block_size_; ++i) {
        const bool is_named = std::find(block_, block_ + i, block_[i]) != block_ + i;
        if (!is_named) labels.append(labels.empty() ? "" : ", ").append(block_[i]->label);
      }
      const std::string& type = channels_[block_[block_size_ - 1]->channel].type;
      if (options_.observer != nullptr) options_.observer->handler_slow(type, labels, took);
    }
    block_start_ = Stopwatch::ticks();  // without what the report took
  }
  block_size_ = 0;
}

Result<SubscriptionId> EventBus::subscribe(std::string_view type, Handler handler, std::string label) {
  LUMENFLOW_TRY_ASSIGN(Channel * channel, find(type));
  LUMENFLOW_CHECK(handler != nullptr);
  auto subscriber = std::make_unique<Subscriber>();
  subscriber->handler = std::move(handler);
  subscriber->label = std::move(label);
  subscriber->id = ++last_subscription_;
  subscriber->channel = static_cast<std::uint32_t>(channel - channels_.data());
  by_id_.emplace(subscriber->id, subscriber.get());
  channel->subscribers.push_back(std::move(subscriber));
  exact_left_ = kExactDeliveries;
  return SubscriptionId(last_subscription_);
}

bool EventBus::unsubscribe(SubscriptionId id) {
  const auto found = by_id_.find(id.value());
  if (found == by_id_.end()) return false;
  Subscriber& subscriber = *found->second;
  by_id_.erase(found);
  subscriber.is_live = false;
  to_sweep_.push_back(subscriber.channel);
  if (!dispatching_) sweep();  // else it may be this handler that runs
  return true;
}

void EventBus::sweep() {
  for (const std::uint32_t index : to_sweep_)
    std::erase_if(channels_[index].subscribers, [](const auto& subscriber) { return !subscriber->is_live; });
  to_sweep_.clear();
}

Event EventBus::event_at(std::size_t index) const {
  const Slot& slot = slots_.at(index);
  return {channels_[slot.channel].type, slot.channel, tick_, slot.order, issued_at_, slot.payload, slot.payload_type};
}

BusSnapshot EventBus::snapshot() const {
  BusSnapshot out{tick_, order_, dispatched_, delivered_, failed_, slow_, overflowed_, refused_, {}};
  out.channels.reserve(channels_.size());
  for (const Channel& channel : channels_) {
    const auto live = std::ranges::count_if(channel.subscribers, [](const auto& each) { return each->is_live; });
    out.channels.push_back({channel.type, channel.capacity, channel.soft_limit, channel.in_use, channel.high_water,
                            static_cast<std::size_t>(live), channel.breaches, channel.overflows});
  }
  return out;
}

}  // namespace lumenflow::bus
