#include "kernel/bell.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/logging.h"
#include "json/canonical.h"
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
    write_log(LogLevel::kWarn, "bus", "a bus channel fills; what it cannot hold is not said, and stands in the journal",
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

void Bell::emitted(const event::Event& event, std::string_view stream, std::uint64_t seq) {
  if (!anyone()) return;
  coming_.emplace_back(
      EventEmitted{0, event.kind, event.event_id, std::string(stream), static_cast<std::int64_t>(seq)});
}

void Bell::finished(CallFinished call, std::size_t index) {
  call.position = static_cast<std::int64_t>(index);
  coming_.emplace_back(std::move(call));
}

// Events are said in the order in which they were stamped, which is that of their entries.
void Bell::place(const log::Row& row) {
  std::size_t index = 0;
  for (auto& ring : coming_) {
    auto* event = std::get_if<EventEmitted>(&ring);
    if (event == nullptr) continue;
    while (index < row.entries.size() && !row.entries[index].starts_with(kEventEntry)) ++index;
    LUMENFLOW_CHECK(index < row.entries.size());
    event->position = static_cast<std::int64_t>(index++);
  }
}

void Bell::appended(Position first) {
  for (auto& ring : coming_)
    std::visit([first](auto& payload) { payload.position += static_cast<std::int64_t>(first.value()); }, ring);
  std::ranges::move(coming_, std::back_inserter(open_));
  coming_.clear();
}

Rings Bell::take() { return std::exchange(open_, {}); }

void Bell::forget() {
  coming_.clear();
  open_.clear();
}

void Bell::ring(std::uint64_t tick, Rings rings, Timestamp now) {
  if (rings.empty() || !anyone()) return;
  if (!bus_->begin_tick(tick, now).ok()) return;  // a listener ran the strand: it was told in the tick that goes on
  for (auto& ring : rings)
    std::visit([this](auto& payload) { (void)bus_->publish(std::move(payload)); }, ring);  // the bus counts refusals
  bus_->dispatch();
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
