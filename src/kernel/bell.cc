#include "kernel/bell.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/logging.h"
#include "json/canonical.h"
#include "kernel/secret_keeper.h"
#include "pack/event_types.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kEventEntry = R"({"class":")";  // how the entry of an event begins
constexpr std::size_t kSpareRingsMax = 8;                  // batches that are under way at a time are fewer

}  // namespace

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

template <class Payload, class Facts>
void Bell::add(Ring::Kind kind, std::int64_t position, const Facts& facts, const std::string& traceparent) {
  if (!anyone()) return;
  Ring& ring = open_.rings.emplace_back(Ring{.kind = kind, .position = position});
  if (watcher_ != nullptr) {
    ring.text = open_.text.size();
    ring.position_at = append_payload(facts, open_.text);
    ring.text_end = open_.text.size();
  }
  if (!bus_->is_heard<Payload>()) return;
  ring.heard = std::make_unique<Ring::Heard>();
  ring.heard->payload = payload_of(facts);
  if (automations_ > 0) ring.heard->traceparent = traceparent;
}

void Bell::emitted(const EmittedFacts& event, const std::string& traceparent) {
  add<EventEmitted>(Ring::Kind::kEmitted, 0, event, traceparent);
}

void Bell::finished(const FinishedFacts& call, std::size_t index, const std::string& traceparent) {
  add<CallFinished>(Ring::Kind::kFinished, static_cast<std::int64_t>(index), call, traceparent);
}

void Bell::published(const catalogue::EventType& type, const json::Value& payload, const std::string& traceparent) {
  if (!anyone()) return;
  auto masked = payload_without_secrets(payload);
  const bool sealed = type.validator != nullptr && type.validator->has_write_only();
  Ring& ring = open_.rings.emplace_back(Ring{.kind = Ring::Kind::kPack});
  ring.heard = std::make_unique<Ring::Heard>();
  ring.heard->payload = PackEvent{type.type, masked ? *std::move(masked) : payload, sealed};
  if (automations_ > 0) ring.heard->traceparent = traceparent;
}

std::size_t Bell::waiting(std::string_view type) const {
  return static_cast<std::size_t>(std::ranges::count_if(open_.rings, [type](const Ring& ring) {
    return ring.kind == Ring::Kind::kPack && std::get<PackEvent>(ring.heard->payload).type == type;
  }));
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
  for (std::size_t i = appended_; i < open_.rings.size(); ++i) {
    if (open_.rings[i].kind != Ring::Kind::kEmitted) continue;
    while (index < row.entries.size() && !row.entries[index].starts_with(kEventEntry)) ++index;
    LUMENFLOW_CHECK(index < row.entries.size());
    open_.rings[i].position = static_cast<std::int64_t>(index++);
  }
}

void Bell::appended(Position first) {
  for (; appended_ < open_.rings.size(); ++appended_)
    open_.rings[appended_].position += static_cast<std::int64_t>(first.value());
}

// What was said without an entry of its own comes last.
Rings Bell::take() {
  Rings next;
  if (!spare_.empty()) {
    next = std::move(spare_.back());
    spare_.pop_back();
  }
  appended_ = 0;
  return std::exchange(open_, std::move(next));
}

void Bell::forget() {
  open_.clear();
  appended_ = 0;
}

Result<bus::Published> Bell::publish(Ring& ring) {
  if (ring.heard == nullptr)
    return ring.kind == Ring::Kind::kEmitted ? bus_->publish_unheard<EventEmitted>()
                                             : bus_->publish_unheard<CallFinished>();
  return std::visit(
      [&](auto& payload) -> Result<bus::Published> {
        if constexpr (requires { payload.sealed; }) {
          return payload.sealed ? bus_->publish_judged(payload.type, std::move(payload.payload))
                                : bus_->publish(payload.type, std::move(payload.payload));
        } else {
          payload.position = ring.position;
          return bus_->publish(std::move(payload));
        }
      },
      ring.heard->payload);
}

void Bell::say(Ring& ring) {
  const Result<bus::Published> done = publish(ring);
  if (done.ok()) {
    said_.push_back(&ring);
    if (ring.heard != nullptr && !ring.heard->traceparent.empty())
      traces_.emplace_back(done->dispatch_order, std::move(ring.heard->traceparent));
  } else if (done.error().code() == ErrorCode::kEventBufferOverflow) {
    note_overflow(ring);
  } else {  // a type that a reload took away, or a payload that lost a secret
    write_log(LogLevel::kWarn, "bus", "an event was not said", {{"reason", done.error().message()}});
  }
}

void Bell::note_overflow(const Ring& ring) {
  if (ring.kind != Ring::Kind::kPack) {
    const bool is_event = ring.kind == Ring::Kind::kEmitted;
    ++overflows_[std::string(is_event ? EventEmitted::kType : CallFinished::kType)];
    return;
  }
  const std::string& of = std::get<PackEvent>(ring.heard->payload).type;
  ++overflows_[of];
  const auto type = std::ranges::find(catalogue_.events, of, &catalogue::EventType::type);
  if (type != catalogue_.events.end() && type->kind.empty()) ++lost_of_tick_[of];
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
  said_.clear();
  for (Ring& ring : rings.rings) say(ring);
  bus_->dispatch();
  if (!lost_of_tick_.empty()) report_lost();
  if (watcher_ != nullptr) note_tick(rings);
  rings.clear();
  if (spare_.size() < kSpareRingsMax) spare_.push_back(std::move(rings));
}

void Bell::note_tick(const Rings& rings) {
  const std::string_view text = rings.text.view();
  for (std::size_t i = 0; i < bus_->events_of_tick(); ++i) {
    const bus::Event event = bus_->event_at(i);
    if (i < said_.size() && said_[i]->text_end != 0) {
      const Ring& ring = *said_[i];
      char number[24];
      const char* const end = std::to_chars(number, number + sizeof number, ring.position).ptr;
      watcher_->add(event.dispatch_order, event.channel, event.type,
                    {text.substr(ring.text, ring.position_at - ring.text), std::string_view(number, end),
                     text.substr(ring.position_at, ring.text_end - ring.position_at)});
    } else if (event.payload != nullptr) {
      const json::Value payload = event.json();
      const Result<std::string> canonical = json::canonical(payload);
      watcher_->add(event.dispatch_order, event.channel, event.type,
                    {canonical.ok() ? *canonical : json::serialize(payload)});
    }
  }
}

}  // namespace lumenflow::kernel
