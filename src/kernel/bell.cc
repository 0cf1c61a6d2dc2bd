#include "kernel/bell.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/logging.h"
#include "json/canonical.h"
#include "kernel/secret_keeper.h"
#include "pack/event_types.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kEventEntry = R"({"class":")";  // how the entry of an event begins

}  // namespace

// Every call has both, so they are written in canonical form at once: members in their order.
void append_canonical(const EventEmitted& payload, std::string& out) {
  json::append_canonical_string(payload.channel, out.append(R"({"channel":)"));
  json::append_canonical_string(payload.event_id, out.append(R"(,"event_id":)"));
  json::append_canonical_string(payload.kind, out.append(R"(,"kind":)"));
  out.append(R"(,"position":)").append(std::to_string(payload.position));
  out.append(R"(,"seq":)").append(std::to_string(payload.seq)).push_back('}');
}

void append_canonical(const CallFinished& payload, std::string& out) {
  out.push_back('{');
  if (payload.code) {
    json::append_canonical_string(*payload.code, out.append(R"("code":)"));
    out.push_back(',');
  }
  if (payload.duration_ms) {
    LUMENFLOW_CHECK(json::canonical_to(*payload.duration_ms, out.append(R"("duration_ms":)")).ok());  // it is finite
    out.push_back(',');
  }
  json::append_canonical_string(payload.outcome, out.append(R"("outcome":)"));
  out.append(R"(,"position":)").append(std::to_string(payload.position));
  json::append_canonical_string(payload.receipt_id, out.append(R"(,"receipt_id":)"));
  json::append_canonical_string(payload.subject, out.append(R"(,"subject":)"));
  json::append_canonical_string(payload.tool, out.append(R"(,"tool":)"));
  out.push_back('}');
}

// What goes wrong on the bus goes to the log.
class Bell::Reporter final : public bus::BusObserver {
 public:
  void handler_failed(std::string_view type, std::string_view label, std::string_view what) override {
    write_log(LogLevel::kWarn, "bus", "a listener failed",
              {{"type", std::string(type)}, {"listener", std::string(label)}, {"reason", std::string(what)}});
  }
  void handler_slow(std::string_view type, std::string_view labels, std::chrono::nanoseconds took) override {
    write_log(LogLevel::kWarn, "bus", "a listener holds up the strand",
              {{"type", std::string(type)},
               {"listener", std::string(labels)},
               {"microseconds", std::to_string(took.count() / 1'000)}});
  }
  void soft_limit_reached(std::string_view type, std::uint32_t in_use, std::uint32_t capacity,
                          std::uint64_t suppressed) override {
    write_log(LogLevel::kWarn, "bus", "a bus channel fills; what it cannot hold is not said",
              {{"type", std::string(type)},
               {"in_use", std::to_string(in_use)},
               {"capacity", std::to_string(capacity)},
               {"suppressed", std::to_string(suppressed)}});
  }
};

Bell::Bell(const pack::Registry& registry) : reporter_(std::make_unique<Reporter>()) { rebind(registry); }

Bell::~Bell() = default;

void Bell::rebind(const pack::Registry& registry) {
  std::vector<const pack::Manifest*> manifests;
  for (const auto& loaded : registry.packs()) manifests.push_back(&loaded->manifest);
  catalogue_ = pack::catalogue_of(manifests);
  auto channels = bus::channels_of(catalogue_);
  LUMENFLOW_CHECK(channels.ok());  // each pack's types were judged when it was read
  auto made = bus::EventBus::create(*std::move(channels), {.observer = reporter_.get()});
  LUMENFLOW_CHECK(made.ok());  // the registry has no type twice
  bus_ = *std::move(made);
  for (const Listener& listener : listeners_)
    if (Status status = subscribe(listener); !status.ok())
      write_log(LogLevel::kWarn, "bus", "a listener has nothing to listen to",
                {{"listener", listener.label}, {"reason", status.error().message()}});
  subscribe_automations(registry);
}

Status Bell::subscribe(const Listener& listener) {
  const auto call = [handler = listener.handler](const bus::Event& event) { (*handler)(event); };
  const auto id = bus_->subscribe(listener.type, call, listener.label);
  return id.ok() ? Status() : Status(id.error());
}

Status Bell::listen(std::string type, bus::Handler handler, std::string label) {
  Listener listener{std::move(type), std::make_shared<const bus::Handler>(std::move(handler)), std::move(label)};
  LUMENFLOW_TRY(subscribe(listener));
  listeners_.push_back(std::move(listener));
  return {};
}

void Bell::subscribe_automations(const pack::Registry& registry) {
  automations_ = 0;
  for (const auto& loaded : registry.packs())
    for (const pack::Automation& automation : loaded->automations) {
      if (!automation.on_bus) continue;
      const auto hear = [this, pack = loaded.get(), &automation](const bus::Event& event) {
        const auto trace = std::ranges::find(traces_, event.dispatch_order, &decltype(traces_)::value_type::first);
        hear_(
            {*pack, automation, event, trace == traces_.end() ? std::string_view() : std::string_view(trace->second)});
      };
      const auto id = bus_->subscribe(automation.on, hear, loaded->manifest.id + "." + automation.id);
      LUMENFLOW_CHECK(id.ok());  // its type is the core's or an active pack's (LF1078)
      ++automations_;
    }
}

void Bell::emitted(const event::Event& event, std::string_view stream, std::uint64_t seq,
                   const std::string& traceparent) {
  if (!anyone()) return;
  coming_.push_back({EventEmitted{0, event.kind, event.event_id, std::string(stream), static_cast<std::int64_t>(seq)},
                     automations_ > 0 ? traceparent : std::string()});
}

void Bell::finished(CallFinished call, std::size_t index, const std::string& traceparent) {
  call.position = static_cast<std::int64_t>(index);
  coming_.push_back({std::move(call), automations_ > 0 ? traceparent : std::string()});
}

void Bell::published(const catalogue::EventType& type, const json::Value& payload, const std::string& traceparent) {
  if (!anyone()) return;
  auto masked = payload_without_secrets(payload);
  const bool sealed = type.validator != nullptr && type.validator->has_write_only();
  coming_.push_back({PackEvent{type.type, masked ? *std::move(masked) : payload, sealed},
                     automations_ > 0 ? traceparent : std::string()});
}

std::size_t Bell::waiting(std::string_view type) const {
  const auto is_it = [type](const Ring& ring) {
    const auto* event = std::get_if<PackEvent>(&ring.what);
    return event != nullptr && event->type == type;
  };
  return static_cast<std::size_t>(std::ranges::count_if(coming_, is_it) + std::ranges::count_if(open_, is_it));
}

void Bell::watch(bus::FrameEvents* watcher) {
  watcher_ = watcher;
  if (watcher != nullptr) lost_.clear();
}

std::vector<std::string> Bell::lost() const {
  std::vector<std::string> out;
  for (const auto& [type, count] : lost_)
    out.push_back(std::to_string(count) + " events of " + type +
                  ": its bus channel was full, so nobody heard them, and nothing keeps them");
  return out;
}

// Events are said in the order in which they were stamped, which is that of their entries.
void Bell::place(const log::Row& row) {
  std::size_t index = 0;
  for (Ring& ring : coming_) {
    auto* event = std::get_if<EventEmitted>(&ring.what);
    if (event == nullptr) continue;
    while (index < row.entries.size() && !row.entries[index].starts_with(kEventEntry)) ++index;
    LUMENFLOW_CHECK(index < row.entries.size());
    event->position = static_cast<std::int64_t>(index++);
  }
}

void Bell::appended(Position first) {
  for (Ring& ring : coming_)
    std::visit(
        [first](auto& what) {
          if constexpr (requires { what.position; }) what.position += static_cast<std::int64_t>(first.value());
        },
        ring.what);
  std::ranges::move(coming_, std::back_inserter(open_));
  coming_.clear();
}

// What was said without an entry of its own comes last.
Rings Bell::take() {
  std::ranges::move(coming_, std::back_inserter(open_));
  coming_.clear();
  Rings next;
  next.reserve(open_.size());  // batches are like those before them
  return std::exchange(open_, std::move(next));
}

void Bell::forget() {
  coming_.clear();
  open_.clear();
}

void Bell::publish(Ring& ring) {
  Result<bus::Published> done = std::visit(
      [this](auto& what) -> Result<bus::Published> {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(what)>, PackEvent>)
          return what.sealed ? bus_->publish_judged(what.type, std::move(what.payload))
                             : bus_->publish(what.type, std::move(what.payload));
        else
          return bus_->publish(std::move(what));
      },
      ring.what);
  if (done.ok() && !ring.traceparent.empty()) traces_.emplace_back(done->dispatch_order, std::move(ring.traceparent));
  if (done.ok()) return;
  if (done.error().code() == ErrorCode::kEventBufferOverflow)
    note_overflow(ring);
  else  // a type that a reload took away, or a payload that lost a secret
    write_log(LogLevel::kWarn, "bus", "an event was not said", {{"reason", done.error().message()}});
}

void Bell::note_overflow(const Ring& ring) {
  const auto* event = std::get_if<PackEvent>(&ring.what);
  if (event == nullptr) {
    const bool is_event = std::holds_alternative<EventEmitted>(ring.what);
    ++overflows_[std::string(is_event ? EventEmitted::kType : CallFinished::kType)];
    return;
  }
  ++overflows_[event->type];
  const auto type = std::ranges::find(catalogue_.events, event->type, &catalogue::EventType::type);
  if (type != catalogue_.events.end() && type->kind.empty()) ++lost_of_tick_[event->type];
}

// Once a tick: what is lost is lost in bursts.
void Bell::report_lost() {
  for (const auto& [type, count] : lost_of_tick_) {
    lost_[type] += count;
    write_log(LogLevel::kWarn, "bus",
              "a bus channel was full: events were not said, and nothing else keeps them; give the type a larger "
              "'capacity' or a 'kind' in content/event-types.json",
              {{"code", "EVENT_BUFFER_OVERFLOW"}, {"type", type}, {"events", std::to_string(count)}});
  }
  lost_of_tick_.clear();
}

void Bell::ring(std::uint64_t tick, Rings rings, Timestamp now) {
  if (rings.empty() || !anyone()) return;
  if (!bus_->begin_tick(tick, now).ok()) return;  // a listener ran the strand: it was told in the tick that goes on
  traces_.clear();
  for (Ring& ring : rings) publish(ring);
  bus_->dispatch();
  if (!lost_of_tick_.empty()) report_lost();
  if (watcher_ != nullptr) note_tick();
}

void Bell::note_tick() {
  for (std::size_t i = 0; i < bus_->events_of_tick(); ++i) {
    const bus::Event event = bus_->event_at(i);
    payload_.clear();
    if (const auto* emitted = event.typed<EventEmitted>())
      append_canonical(*emitted, payload_);
    else if (const auto* finished = event.typed<CallFinished>())
      append_canonical(*finished, payload_);
    else if (const json::Value payload = event.json(); !json::canonical_to(payload, payload_).ok())
      payload_ = json::serialize(payload);
    watcher_->add(event.dispatch_order, event.channel, event.type, payload_);
  }
}

}  // namespace lumenflow::kernel
