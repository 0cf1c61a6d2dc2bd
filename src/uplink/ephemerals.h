// The account of one stream's ephemeral events: each one that the journal has is sent, waiting, arrived, or counted as
// dropped, exactly once, also across a crash.
//
// The rule that makes it exact: nothing is sent past a dropped event before the durable mark covers the drop. So of
// what the mark does not cover, the other side's high-water seq tells what arrived. Not thread safe; no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/strong.h"
#include "journal/outbox.h"

namespace lumenflow::uplink {

class Ephemerals {
 public:
  using Counts = std::map<std::string, std::uint64_t>;
  static constexpr std::size_t kUnsettledMax = 16'384;  // sent beyond the mark, at most

  // `known`: the mark is durable.
  Ephemerals(journal::EphemeralMark mark, bool known) : mark_(mark), known_(known) {}

  // Whether the durable mark accounts for an event at this position.
  bool covers(Position at) const { return at <= mark_.settled || (at > mark_.dropped_after && at <= mark_.dropped_to); }
  // From where on there may be an event that the mark does not cover, at or after `at`.
  Position uncovered(Position at) const;

  void sent(Position at, std::uint64_t seq, const std::string& kind);
  // What an earlier run may have sent; false when it cannot have been, so that it is to be dropped.
  bool maybe_sent(Position at, std::uint64_t seq, const std::string& kind);
  // Never to be sent. `kept_between`: an event that was not dropped lies between this and every earlier drop.
  void dropped(Position at, const std::string& kind, bool kept_between);
  // The other side has everything up to `seq` of what was sent.
  void arrived(std::uint64_t seq);
  // As the other side's high-water mark says in a welcome: what is beyond it will never arrive.
  void resolve(std::uint64_t seq);
  // All drops become one: nothing that is waiting lies between them any more.
  void merge_drops();

  // Whether something at `at` may be sent now. If not, settle first.
  bool may_send(Position at) const;

  struct Due {
    journal::EphemeralMark mark;
    Counts dropped;
  };
  // What to make durable next; nothing when there is nothing to say, or what was said is not durable yet. `tail`:
  // everything up to there has been accounted for; `unsent`: the first event that still waits.
  std::optional<Due> settle(Position tail, std::optional<Position> unsent);
  void settled(bool durable);
  bool settling() const { return settling_.has_value(); }
  // Worth saying without being pressed: far beyond what is durable.
  bool lags(Position tail, std::uint64_t positions) const;
  bool known() const { return known_; }

  const Counts& counts() const { return counts_; }  // dropped since the start of this run
  std::size_t held() const { return sent_.size() + runs_.size(); }

 private:
  struct Sent {
    Position at;
    std::uint64_t seq;
    std::string kind;
  };
  struct Run {  // dropped, with nothing kept in between
    Position first, last;
    Counts counts;
  };
  struct Settling {
    journal::EphemeralMark mark;
    bool with_run;
    std::uint64_t sent_before;
  };
  std::optional<journal::EphemeralMark> mark_with_run(Position low, Position tail, Position unsent) const;

  journal::EphemeralMark mark_;
  bool known_;
  std::deque<Sent> sent_;  // not known to have arrived
  std::deque<Run> runs_;   // the first one may be on its way to being durable
  std::optional<Settling> settling_;
  std::uint64_t sent_beyond_mark_ = 0;
  Counts counts_;
};

}  // namespace lumenflow::uplink
