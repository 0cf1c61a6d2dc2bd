#include "kernel/timers.h"

#include <algorithm>
#include <utility>

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::milliseconds kRetryFirst{1'000};
constexpr std::chrono::milliseconds kRetryMax{60'000};

void pull(std::optional<Timestamp>& next, Timestamp at) { next = next ? std::min(*next, at) : at; }

}  // namespace

Timers::Timers(const pack::Registry& registry, Timestamp now) { rebind(registry, now); }

void Timers::rebind(const pack::Registry& registry, Timestamp now) {
  const std::vector<TimerPtr> before = std::exchange(timers_, {});
  for (const auto& pack : registry.packs())
    for (const pack::RegisteredTimer& timer : pack->timers) {
      const auto same = std::ranges::find_if(before, [&](const TimerPtr& each) {
        return each->pack->manifest.id == pack->manifest.id && each->timer->name == timer.name;
      });
      timers_.push_back(same == before.end() ? std::make_shared<PackTimer>() : *same);
      PackTimer& bound = *timers_.back();
      if (same == before.end() || bound.pack->code != pack->code) pull(bound.next, now);
      bound.pack = pack.get();
      bound.timer = &timer;
    }
}

void Timers::wake(std::string_view pack_id, std::string_view timer, Timestamp at) {
  for (const TimerPtr& each : timers_)
    if (each->pack->manifest.id == pack_id && each->timer->name == timer) pull(each->next, at);
}

std::vector<TimerPtr> Timers::take_due(Timestamp now) {
  std::vector<TimerPtr> due;
  for (const TimerPtr& timer : timers_) {
    if (timer->running || !timer->next || *timer->next > now) continue;
    timer->running = true;
    timer->next.reset();  // what wakes it from now on asks for another run
    due.push_back(timer);
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
  for (const TimerPtr& timer : timers_)
    if (!timer->running && timer->next) pull(next, *timer->next);
  return next;
}

bool Timers::any_running() const {
  return std::ranges::any_of(timers_, [](const TimerPtr& timer) { return timer->running; });
}

}  // namespace lumenflow::kernel
