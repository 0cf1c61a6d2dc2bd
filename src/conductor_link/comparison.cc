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

class Comparer {
 public:
  explicit Comparer(const WorkspaceFacts& facts) : facts_(facts) {}

  Status compare(const StreamFacts& stream, EventPages& here, EventPages& there) {
    std::uint64_t last_seen = 0;
    for (;;) {
      LUMENFLOW_TRY_ASSIGN(const json::Value* theirs, there.peek());
      LUMENFLOW_TRY_ASSIGN(const json::Value* ours, here.peek());
      if (ours == nullptr && theirs != nullptr) {  // it may have been emitted since
        here.look_again();
        LUMENFLOW_TRY_ASSIGN(ours, here.peek());
      }
      if (ours == nullptr && theirs == nullptr) return {};
      if (ours != nullptr) last_seen = number(*ours, "seq");
      if (theirs == nullptr) {
        absent(stream, *ours, true);
        here.pop();
      } else if (const auto span = span_of(*theirs)) {
        if (ours == nullptr || last_seen > span->last) {
          if (span->last > last_seen) note(found_.invented, "invented", *theirs);
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
    if (!facts_.streams.contains(json::string_or(theirs, "channel", ""))) note(found_.invented, "invented", theirs);
  }

  Comparison found() && { return std::move(found_); }

 private:
  void note(std::uint64_t& count, const char* what, const json::Value& item) {
    ++count;
    if (found_.examples.size() >= kExamplesMax) return;
    found_.examples.push_back(json::Object{{"what", what},
                                           {"seq", number(item, "seq")},
                                           {"kind", std::string(json::string_or(item, "kind", ""))},
                                           {"event_id", std::string(json::string_or(item, "event_id", ""))}});
  }

  // Both have something at this seq, or only the conductor has.
  Status present(const json::Value* ours, const json::Value& theirs) {
    if (ours == nullptr || number(*ours, "seq") != number(theirs, "seq")) {
      note(found_.invented, "invented", theirs);
      return {};
    }
    LUMENFLOW_TRY_ASSIGN(const std::string our_text, envelope_text(*ours));
    LUMENFLOW_TRY_ASSIGN(const std::string their_text, envelope_text(theirs));
    const std::string_view said_class = json::string_or(theirs, "class", "");
    const bool same = our_text == their_text && json::string_or(theirs, "log_id", facts_.log_id) == facts_.log_id &&
                      (said_class.empty() || said_class == (is_queued(*ours) ? "queue" : "ephemeral"));
    same ? void(++found_.accounted) : note(found_.altered, "altered", *ours);
    return {};
  }

  // The conductor says nothing of it. `at_end`: nor of anything behind it.
  void absent(const StreamFacts& stream, const json::Value& ours, bool at_end) {
    const std::uint64_t seq = number(ours, "seq");
    if (seq <= stream.base_seq) return void(++found_.explained);
    if (!at_end || seq <= stream.acknowledged_seq) return note(found_.missing, "missing", ours);
    is_queued(ours) ? void(++found_.explained) : dropped(stream, ours);
  }

  // The conductor says that it never got it.
  void covered(const StreamFacts& stream, const json::Value& ours, const Span& span) {
    if (number(ours, "seq") <= stream.base_seq) return void(++found_.explained);
    if (!is_queued(ours)) return span.tombstone ? note(found_.missing, "missing", ours) : dropped(stream, ours);
    const bool fine = span.tombstone && stream.tombstones.contains(number(ours, "position"));
    fine ? void(++found_.explained) : note(found_.missing, "missing", ours);
  }

  // As many as the workspace counted, and no more; what is not settled yet is not counted yet.
  void dropped(const StreamFacts& stream, const json::Value& ours) {
    if (number(ours, "position") > stream.settled) return void(++found_.explained);
    const std::string kind(json::string_or(ours, "kind", ""));
    const auto counted = facts_.dropped.find(kind);
    const std::uint64_t allowed = counted == facts_.dropped.end() ? 0 : counted->second;
    ++dropped_[kind] <= allowed ? void(++found_.explained) : note(found_.missing, "missing", ours);
  }

  const WorkspaceFacts& facts_;
  std::map<std::string, std::uint64_t, std::less<>> dropped_;
  Comparison found_;
};

}  // namespace

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
        items_.push_back(item);
      else if (others_)
        others_(item);
    }
    const std::int64_t* at = next == nullptr ? nullptr : next->if_integer();
    over_ = at == nullptr || *at < 0 || static_cast<std::uint64_t>(*at) <= before;
    if (!over_) after_ = std::max(after_, static_cast<std::uint64_t>(*at));
  }
  return items_.empty() ? nullptr : &items_.front();
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
