#include "uplink/ephemerals.h"

#include <algorithm>
#include <utility>

#include "event/stream_intake.h"

namespace lumenflow::uplink {
namespace {

constexpr Position kNowhere{UINT64_MAX};

Position before(Position at) { return Position(at.value() - 1); }

}  // namespace

Position Ephemerals::uncovered(Position at) const {
  if (at <= mark_.settled) at = mark_.settled.next();
  if (at > mark_.dropped_after && at <= mark_.dropped_to) at = mark_.dropped_to.next();
  return at;
}

void Ephemerals::sent(Position at, std::uint64_t seq, const std::string& kind) {
  sent_.push_back({at, seq, kind});
  ++sent_beyond_mark_;
}

bool Ephemerals::maybe_sent(Position at, std::uint64_t seq, const std::string& kind) {
  if (!known_ || sent_.size() >= kUnsettledMax) return false;
  sent(at, seq, kind);
  return true;
}

void Ephemerals::dropped(Position at, const std::string& kind, bool kept_between) {
  const bool sealed = runs_.size() == 1 && settling_ && settling_->with_run;
  if (runs_.empty() || kept_between || sealed) runs_.push_back({at, at, {}});
  Run& run = runs_.back();
  run.first = std::min(run.first, at);
  run.last = std::max(run.last, at);
  ++run.counts[kind];
  ++counts_[kind];
}

void Ephemerals::arrived(std::uint64_t seq) {
  while (!sent_.empty() && sent_.front().seq <= seq) sent_.pop_front();
}

void Ephemerals::resolve(std::uint64_t seq) {
  arrived(seq);
  if (sent_.empty()) return;
  // They come before everything that was dropped because it was never sent.
  Run run{sent_.front().at, sent_.back().at, {}};
  for (const Sent& lost : sent_) ++run.counts[lost.kind], ++counts_[lost.kind];
  sent_.clear();
  const bool sealed = settling_ && settling_->with_run;
  runs_.insert(runs_.begin() + (sealed ? 1 : 0), std::move(run));
}

void Ephemerals::merge_drops() {
  const std::size_t sealed = settling_ && settling_->with_run ? 1 : 0;
  while (runs_.size() > sealed + 1) {
    Run last = std::move(runs_.back());
    runs_.pop_back();
    Run& into = runs_.back();
    into.first = std::min(into.first, last.first);
    into.last = std::max(into.last, last.last);
    for (const auto& [kind, count] : last.counts) into.counts[kind] += count;
  }
}

bool Ephemerals::may_send(Position at) const {
  if (!known_ || sent_beyond_mark_ + event::kBatchEventsMax > kUnsettledMax) return false;
  return std::none_of(runs_.begin(), runs_.end(), [at](const Run& run) { return run.first < at; });
}

std::optional<journal::EphemeralMark> Ephemerals::mark_with_run(Position low, Position tail, Position unsent) const {
  const Run& run = runs_.front();
  if (run.first > unsent || run.last > tail) return std::nullopt;
  if (run.first < low) {  // nothing in doubt before it
    const Position next = runs_.size() > 1 ? runs_[1].first : kNowhere;
    const Position to = before(std::min({low, unsent, next, tail.next()}));
    journal::EphemeralMark mark{to, to, to};
    if (mark_.dropped_to > to)
      mark.dropped_after = std::max(mark_.dropped_after, to), mark.dropped_to = mark_.dropped_to;
    return mark;
  }
  // It is remembered as a range of its own, beyond what is in doubt.
  journal::EphemeralMark mark{before(low), before(run.first), run.last};
  if (mark_.dropped_to <= mark.settled) return mark;
  const bool apart = std::any_of(sent_.begin(), sent_.end(), [&](const Sent& sent) {
    return sent.at > std::min(mark_.dropped_to, run.first) && sent.at < std::max(mark_.dropped_to, run.first);
  });
  if (apart) return std::nullopt;  // until more is known to have arrived
  mark.dropped_after = std::min(mark_.dropped_after, mark.dropped_after);
  mark.dropped_to = std::max(mark_.dropped_to, mark.dropped_to);
  return mark;
}

std::optional<Ephemerals::Due> Ephemerals::settle(Position tail, std::optional<Position> unsent) {
  if (settling_) return std::nullopt;
  const Position low = sent_.empty() ? kNowhere : sent_.front().at;
  const Position waiting = unsent.value_or(kNowhere);
  if (!runs_.empty()) {
    if (const auto mark = mark_with_run(low, tail, waiting)) {
      settling_ = {*mark, true, sent_beyond_mark_ - sent_.size()};
      return Due{*mark, runs_.front().counts};
    }
  }
  const Position run = runs_.empty() ? kNowhere : runs_.front().first;
  const Position to = std::max(mark_.settled, before(std::min({low, waiting, run, tail.next()})));
  journal::EphemeralMark mark{to, to, to};
  if (mark_.dropped_to > to) mark.dropped_after = std::max(mark_.dropped_after, to), mark.dropped_to = mark_.dropped_to;
  if (known_ && mark == mark_ && sent_beyond_mark_ == sent_.size()) return std::nullopt;
  settling_ = {mark, false, sent_beyond_mark_ - sent_.size()};
  return Due{mark, {}};
}

void Ephemerals::settled(bool durable) {
  const Settling done = *std::exchange(settling_, std::nullopt);
  if (!durable) {
    // What was found lost meanwhile stood behind the run on its way, and comes before it.
    std::ranges::sort(runs_, {}, &Run::first);
    return;
  }
  mark_ = done.mark;
  known_ = true;
  sent_beyond_mark_ -= done.sent_before;
  if (done.with_run) runs_.pop_front();
}

bool Ephemerals::lags(Position tail, std::uint64_t positions) const {
  const Position known = runs_.empty() ? mark_.settled : std::max(mark_.settled, mark_.dropped_to);
  return tail.value() > known.value() + positions;
}

}  // namespace lumenflow::uplink
