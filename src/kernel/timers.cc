#include "kernel/timers.h"

#include <algorithm>

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::milliseconds kRetryFirst{1'000};
constexpr std::chrono::milliseconds kRetryMax{60'000};

void pull(std::optional<Timestamp>& next, Timestamp at) { next = next ? std::min(*next, at) : at; }

}  // namespace

Timers::Timers(const pack::Registry& registry, Timestamp now) {
  for (const auto& pack : registry.packs())
    for (const pack::RegisteredTimer& timer : pack->timers) timers_.push_back({pack.get(), &timer, now});
}

void Timers::wake(std::string_view pack_id, std::string_view timer, Timestamp at) {
  for (PackTimer& each : timers_)
    if (each.pack->manifest.id == pack_id && each.timer->name == timer) pull(each.next, at);
}

std::vector<PackTimer*> Timers::take_due(Timestamp now) {
  std::vector<PackTimer*> due;
  for (PackTimer& timer : timers_) {
    if (timer.running || !timer.next || *timer.next > now) continue;
    timer.running = true;
    timer.next.reset();  // what wakes it from now on asks for another run
    due.push_back(&timer);
  }
  return due;
}

void Timers::returned(PackTimer& timer, const Result<std::optional<std::int64_t>>& next_ms, Timestamp now) {
  timer.running = false;
  if (next_ms.ok()) {
    timer.failures = 0;
    if (*next_ms) pull(timer.next, Timestamp{**next_ms});
    return;
  }
  std::chrono::milliseconds delay = kRetryFirst;
  for (int i = 0; i < timer.failures && delay < kRetryMax; ++i) delay *= 2;
  ++timer.failures;
  timer.next = now + std::min(delay, kRetryMax);
}

std::optional<Timestamp> Timers::next() const {
  std::optional<Timestamp> next;
  for (const PackTimer& timer : timers_)
    if (!timer.running && timer.next) pull(next, *timer.next);
  return next;
}

bool Timers::any_running() const { return std::ranges::any_of(timers_, &PackTimer::running); }

}  // namespace lumenflow::kernel
