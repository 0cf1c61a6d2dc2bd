#include "conductor_link/comparison.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "json/canonical.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::size_t kExamplesMax = 20;
constexpr int kEmptyPagesMax = 1'000;  // one after the other

std::uint64_t number(const json::Value& item, std::string_view member) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::integer_or(item, member, 0)));
}

bool is_queued(const json::Value& event) { return event.find("queue_seq") != nullptr; }

// Without what each side says of where it stands there.
Result<std::string> envelope_text(const json::Value& item) {
  json::Object envelope = item.as_object();
  for (const char* member : {"class", "position", "log_id"}) envelope.erase(member);
  return json::canonical(json::Value(std::move(envelope)));
}

// What the conductor has instead of events, from one seq to another: a gap that it wrote down, or a tombstone.
struct Span {
  std::uint64_t first = 0, last = 0;
  bool tombstone = false;
};
std::optional<Span> span_of(const json::Value& item) {
  if (item.find("event_id") != nullptr) return std::nullopt;
  if (item.find("first_seq") != nullptr) return Span{number(item, "first_seq"), number(item, "last_seq"), false};
  return Span{number(item, "seq"), number(item, "seq"), true};
}

std::uint64_t first_of(const json::Value& item) {
  const auto span = span_of(item);
  return span ? span->first : number(item, "seq");
}

class Comparer {
 public:
  explicit Comparer(const WorkspaceFacts& facts, Heard heard = {}) : facts_(facts), heard_(std::move(heard)) {}

  // `last_seq`: what the conductor says beyond it is not looked at.
  Status compare(const StreamFacts& stream, EventPages& here, EventPages& there, std::uint64_t last_seq = UINT64_MAX) {
    std::uint64_t last_seen = 0;
    for (;;) {
      LUMENFLOW_TRY_ASSIGN(const json::Value* theirs, there.peek());
      LUMENFLOW_TRY_ASSIGN(const json::Value* ours, here.peek());
      if (ours == nullptr && theirs != nullptr) {  // it may have been emitted since
        here.look_again();
        LUMENFLOW_TRY_ASSIGN(ours, here.peek());
      }
      if (ours == nullptr && (theirs == nullptr || first_of(*theirs) > last_seq)) return {};
      if (ours != nullptr) last_seen = number(*ours, "seq");
      if (theirs == nullptr) {
        absent(stream, *ours, true);
        here.pop();
      } else if (const auto span = span_of(*theirs)) {
        if (ours == nullptr || last_seen > span->last) {
          if (std::min(span->last, last_seq) > last_seen) say(Verdict::kInvented, *theirs);
          there.pop();
        } else {
          last_seen < span->first ? absent(stream, *ours, false) : covered(stream, *ours, *span);
          here.pop();
        }
      } else if (ours != nullptr && last_seen < number(*theirs, "seq")) {
        absent(stream, *ours, false);
        here.pop();
      } else {
        LUMENFLOW_TRY(present(ours, *theirs));
        if (ours != nullptr && last_seen == number(*theirs, "seq")) here.pop();
        there.pop();
      }
    }
  }

  void foreign(const json::Value& theirs) {
    if (!facts_.streams.contains(json::string_or(theirs, "channel", ""))) say(Verdict::kInvented, theirs);
  }

  Comparison found() && { return std::move(found_); }

 private:
  void say(Verdict verdict, const json::Value& item) {
    std::uint64_t* const counts[] = {&found_.accounted, &found_.explained, &found_.missing, &found_.altered,
                                     &found_.invented};
    ++*counts[static_cast<std::size_t>(verdict)];
    if (heard_) heard_(item, verdict);
    const bool well = verdict == Verdict::kAccounted || verdict == Verdict::kExplained;
    if (well || found_.examples.size() >= kExamplesMax) return;
    found_.examples.push_back(json::Object{{"what", name(verdict)},
                                           {"seq", number(item, "seq")},
                                           {"kind", std::string(json::string_or(item, "kind", ""))},
                                           {"event_id", std::string(json::string_or(item, "event_id", ""))}});
  }

  // Both have something at this seq, or only the conductor has.
  Status present(const json::Value* ours, const json::Value& theirs) {
    if (ours == nullptr || number(*ours, "seq") != number(theirs, "seq")) {
      say(Verdict::kInvented, theirs);
      return {};
    }
    LUMENFLOW_TRY_ASSIGN(const std::string our_text, envelope_text(*ours));
    LUMENFLOW_TRY_ASSIGN(const std::string their_text, envelope_text(theirs));
    const std::string_view said_class = json::string_or(theirs, "class", "");
    const bool same = our_text == their_text && json::string_or(theirs, "log_id", facts_.log_id) == facts_.log_id &&
                      (said_class.empty() || said_class == (is_queued(*ours) ? "queue" : "ephemeral"));
    say(same ? Verdict::kAccounted : Verdict::kAltered, *ours);
    return {};
  }

  // The conductor says nothing of it. `at_end`: nor of anything behind it.
  void absent(const StreamFacts& stream, const json::Value& ours, bool at_end) {
    const std::uint64_t seq = number(ours, "seq");
    if (seq <= stream.base_seq) return say(Verdict::kExplained, ours);
    if (!at_end || seq <= stream.acknowledged_seq) return say(Verdict::kMissing, ours);
    is_queued(ours) ? say(Verdict::kExplained, ours) : dropped(stream, ours);
  }

  // The conductor says that it never got it.
  void covered(const StreamFacts& stream, const json::Value& ours, const Span& span) {
    if (number(ours, "seq") <= stream.base_seq) return say(Verdict::kExplained, ours);
    if (!is_queued(ours)) return span.tombstone ? say(Verdict::kMissing, ours) : dropped(stream, ours);
    const bool fine = span.tombstone && stream.tombstones.contains(number(ours, "position"));
    say(fine ? Verdict::kExplained : Verdict::kMissing, ours);
  }

  // As many as the workspace counted, and no more; what is not settled yet is not counted yet.
  void dropped(const StreamFacts& stream, const json::Value& ours) {
    if (number(ours, "position") > stream.settled) return say(Verdict::kExplained, ours);
    const std::string kind(json::string_or(ours, "kind", ""));
    const auto counted = facts_.dropped.find(kind);
    const std::uint64_t allowed = counted == facts_.dropped.end() ? 0 : counted->second;
    say(++dropped_[kind] <= allowed ? Verdict::kExplained : Verdict::kMissing, ours);
  }

  const WorkspaceFacts& facts_;
  const Heard heard_;
  std::map<std::string, std::uint64_t, std::less<>> dropped_;
  Comparison found_;
};

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::string_view kNames[] = {"accounted", "explained", "missing", "altered", "invented"};
  return kNames[static_cast<std::size_t>(verdict)];
}

void EventPages::take(const json::Value& item) {
  const auto span = span_of(item);
  const std::uint64_t first = span ? span->first : number(item, "seq"), last = span ? span->last : first;
  if (last >= first_seq_ && first <= last_seq_) items_.push_back(item);
}

Result<const json::Value*> EventPages::peek() {
  for (int pages = 0; items_.empty() && !over_; ++pages) {
    if (pages == kEmptyPagesMax) return Error(ErrorCode::kInvalidOutput, "page after page of events is empty");
    const std::uint64_t before = after_;
    LUMENFLOW_TRY_ASSIGN(json::Value page, fetch_(after_));
    const json::Value *items = page.find("items"), *next = page.find("next");
    if (items == nullptr || !items->is_array())
      return Error(ErrorCode::kInvalidOutput, "a page of events has no 'items'");
    for (const json::Value& item : items->as_array()) {
      after_ = std::max(after_, number(item, "position"));
      if (json::string_or(item, "channel", "") == stream_)
        take(item);
      else if (others_)
        others_(item);
    }
    const std::int64_t* at = next == nullptr ? nullptr : next->if_integer();
    over_ = at == nullptr || *at < 0 || static_cast<std::uint64_t>(*at) <= before;
    if (!over_) after_ = std::max(after_, static_cast<std::uint64_t>(*at));
  }
  return items_.empty() ? nullptr : &items_.front();
}

Result<Comparison> compare_range(const WorkspaceFacts& facts, const StreamRange& range, const EventPages::Fetch& here,
                                 const EventPages::Fetch& there, const Heard& heard) {
  const auto stream = facts.streams.find(range.stream);
  if (stream == facts.streams.end())
    return Error(ErrorCode::kNotFound, "nothing of the stream '" + range.stream + "' is sent to a conductor");
  Comparer comparer(facts, heard);
  EventPages ours(here, range.stream), theirs(there, range.stream);
  ours.between(range.first_seq, range.last_seq);
  theirs.between(range.first_seq, UINT64_MAX);  // what comes behind says that nothing more of the range will
  LUMENFLOW_TRY(comparer.compare(stream->second, ours, theirs, range.last_seq));
  return std::move(comparer).found();
}

Result<Comparison> compare_events(const WorkspaceFacts& facts, const EventPages::Fetch& here,
                                  const EventPages::Fetch& there) {
  Comparer comparer(facts);
  bool first = true;
  for (const auto& [name, stream] : facts.streams) {
    EventPages ours(here, name), theirs(there, name);
    if (std::exchange(first, false)) theirs.others([&](const json::Value& item) { comparer.foreign(item); });
    LUMENFLOW_TRY(comparer.compare(stream, ours, theirs));
  }
  return std::move(comparer).found();
}

}  // namespace lumenflow::conductor_link
