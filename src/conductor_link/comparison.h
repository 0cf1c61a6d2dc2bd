// What a conductor shows of a workspace's events, held against the workspace's own journal, stream by stream.
//
// The conductor is not believed in anything: what it may leave out is what the journal itself says was not sent (before
// the enrollment, not acknowledged yet), was given up (a tombstone), or was dropped on the way and counted
// (ephemerals). Pure but for what the two sides fetch; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::conductor_link {

// What the journal says of one of its streams, read before any event is.
struct StreamFacts {
  std::uint64_t base_seq = 0;          // up to there nothing was ever to be sent
  std::uint64_t acknowledged_seq = 0;  // of the last queue-class event that the conductor said it has
  std::uint64_t settled = 0;           // a position: ephemerals up to there arrived or were counted as dropped
  std::set<std::uint64_t> tombstones;  // positions of events that were given up
};

struct WorkspaceFacts {
  std::string log_id;
  std::map<std::string, StreamFacts, std::less<>> streams;
  std::map<std::string, std::uint64_t, std::less<>> dropped;  // ephemerals, by kind
};

// One side's items of one stream in order of seq, page by page.
class EventPages {
 public:
  // {items, next} from behind a position.
  using Fetch = std::function<Result<json::Value>(std::uint64_t after)>;
  EventPages(Fetch fetch, std::string stream) : fetch_(std::move(fetch)), stream_(std::move(stream)) {}

  // The next item; null at the end. `others`, when given, hears of items of other streams.
  Result<const json::Value*> peek();
  void pop() { items_.pop_front(); }
  // There may be more by now.
  void look_again() { over_ = false; }
  void others(std::function<void(const json::Value&)> heard) { others_ = std::move(heard); }
  // Only what lies between these, or reaches into it.
  void between(std::uint64_t first_seq, std::uint64_t last_seq) { first_seq_ = first_seq, last_seq_ = last_seq; }

 private:
  void take(const json::Value& item);
  Fetch fetch_;
  const std::string stream_;
  std::function<void(const json::Value&)> others_;
  std::deque<json::Value> items_;
  std::uint64_t first_seq_ = 0, last_seq_ = UINT64_MAX;
  std::uint64_t after_ = 0;
  bool over_ = false;
};

// What is said of one item.
enum class Verdict : std::uint8_t { kAccounted, kExplained, kMissing, kAltered, kInvented };
std::string_view name(Verdict verdict);  // "accounted", …

struct Comparison {
  std::uint64_t accounted = 0;  // there, as they are here
  std::uint64_t explained = 0;  // not there, and the journal says why
  std::uint64_t missing = 0;    // not there, and nothing here says why
  std::uint64_t altered = 0;
  std::uint64_t invented = 0;  // never emitted here
  json::Array examples;        // {what, seq, kind, event_id} of the first that are not well

  bool well() const { return missing + altered + invented == 0; }
};

// A part of one stream, both ends included.
struct StreamRange {
  std::string stream;
  std::uint64_t first_seq = 0, last_seq = 0;
};
// The same of a part, with what is said of each item: of ours, and of theirs that we do not have.
using Heard = std::function<void(const json::Value& item, Verdict verdict)>;
Result<Comparison> compare_range(const WorkspaceFacts& facts, const StreamRange& range, const EventPages::Fetch& here,
                                 const EventPages::Fetch& there, const Heard& heard);

// All streams that the workspace has, and whatever else the conductor says is of this journal. Errors are those of the
// fetches; INVALID_OUTPUT for a page that is none.
Result<Comparison> compare_events(const WorkspaceFacts& facts, const EventPages::Fetch& here,
                                  const EventPages::Fetch& there);

}  // namespace lumenflow::conductor_link
