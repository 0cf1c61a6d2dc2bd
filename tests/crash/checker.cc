#include "checker.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/sha256.h"
#include "journal/emitted.h"
#include "journal/entry.h"
#include "journal/key_window.h"
#include "journal/tables.h"
#include "kernel/subscriptions.h"
#include "ledger_pack.h"
#include "log/cursor.h"
#include "log/verify.h"

namespace lumenflow::crash {
namespace {

struct Found {  // an event in the journal
  Position at;
  std::string kind, event_id, text;
  std::int64_t n = 0;
  std::uint64_t seq = 0, queue_seq = 0;
};

class Check {
 public:
  Check(Process& process, const World& world, const History& history, bool at_rest)
      : process_(process), world_(world), history_(history), at_rest_(at_rest) {}

  std::string run() {
    verify("journal", process_.journal());
    verify("inbox", process_.inbox());
    if (fault_.empty()) read_journal();
    if (fault_.empty()) check_promises();
    if (fault_.empty()) check_inbox();
    if (fault_.empty()) check_dropped();
    for (const std::string_view kind : {kPosted, kBilled, kSeen, kAsked})
      if (fault_.empty()) check_effects(kind);
    return fault_;
  }

 private:
  void wrong(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  void verify(std::string_view name, const log::Log& log) {
    const auto report = log::verify_all(log, {});
    if (!report.ok()) return wrong(std::string(name) + ": " + report.error().to_string());
    if (!report->intact) wrong(std::string(name) + " does not verify: " + report->what);
    if (log.condition().damaged) wrong(std::string(name) + " is damaged: " + log.condition().what);
  }

  std::vector<std::pair<Position, std::string>> entries_of(const log::Log& log) {
    std::vector<std::pair<Position, std::string>> out;
    const auto rows = log.read(Position(0), SIZE_MAX, SIZE_MAX);
    if (!rows.ok()) {
      wrong(rows.error().to_string());
      return out;
    }
    for (const log::StoredRow& row : *rows)
      for (std::size_t i = 0; i < row.entries.size(); ++i)
        out.emplace_back(Position(row.first.value() + i), row.entries[i]);
    return out;
  }

  void read_journal() {
    for (const auto& [at, entry] : entries_of(process_.journal())) {
      const auto emitted = journal::read_emitted(entry);
      if (!emitted.ok()) return wrong(emitted.error().to_string());
      if (*emitted) {
        note_event(at, **emitted, std::string(journal::envelope_text(entry)));
        continue;
      }
      if (entry.ends_with(R"("type":"event.refused"})")) return wrong("refused: " + entry);
      if (entry.ends_with(R"("type":"event.received"})")) {
        note_received(at, *journal::decode(entry));
        continue;
      }
      if (entry.find("\"handler.done\"") == std::string::npos) continue;
      const json::Value done = *journal::decode(entry);
      const auto outcome = json::string_or(done, "outcome", "");
      if (outcome == "applied") ++applied_entries_[std::string(json::string_or(done, "event_id", ""))];
      if (outcome == "dead_lettered") wrong("a delivery became a dead letter: " + entry);
    }
  }

  void note_event(Position at, const journal::EmittedEvent& emitted, std::string text) {
    const json::Value envelope = *json::parse(text);
    Found found{at,          emitted.kind,     std::string(json::string_or(envelope, "event_id", "")), text, 0,
                emitted.seq, emitted.queue_seq};
    if (const json::Value* n = envelope.at_pointer("/payload/n")) found.n = n->as_integer();
    if (found.kind == kEchoed) ++echoes_[{std::string(json::string_or(*envelope.find("payload"), "of", "")), found.n}];
    const std::string where = emitted.kind + " " + std::to_string(found.n) + ": ";
    if (emitted.seq != events_.size() + 1)
      wrong(where + "seq " + std::to_string(emitted.seq) + " is a gap or a repeat");
    if (emitted.queue_seq != 0 && emitted.queue_seq != ++queue_seq_)
      wrong(where + "queue_seq " + std::to_string(emitted.queue_seq) + " is a gap or a repeat");
    if (!ids_.insert(found.event_id).second) wrong(where + "an event_id is there twice");
    events_.push_back(std::move(found));
  }

  void note_received(Position at, const json::Value& entry) {
    const json::Value& envelope = *entry.find("event");
    Found found{at, std::string(kAsked), std::string(json::string_or(envelope, "event_id", "")), {}, 0, 0, 0};
    found.n = std::stoll(envelope.at_pointer("/payload/command_id")->as_string());
    found.seq = found.queue_seq = static_cast<std::uint64_t>(json::integer_or(envelope, "queue_seq", 0));
    if (found.queue_seq != received_.size() + 1)
      wrong("of what came in, queue_seq " + std::to_string(found.queue_seq) + " is a gap or a repeat");
    received_.push_back(std::move(found));
  }

  void check_promises() {
    std::map<std::pair<std::string, std::int64_t>, const Found*> by_number;
    for (const Found& event : received_)
      if (!by_number.emplace(std::pair(event.kind, event.n), &event).second)
        wrong("what was said as " + std::to_string(event.n) + " came in twice");
    for (const Found& event : events_) {
      if (!event.kind.starts_with("ledger:") || event.kind == kEchoed) continue;
      if (!by_number.emplace(std::pair(event.kind, event.n), &event).second)
        wrong(event.kind + " " + std::to_string(event.n) + " is in the journal twice");
    }
    for (const auto& [what, asked] : history_) {
      const std::string name = what.first + " " + std::to_string(what.second);
      const auto found = by_number.find(what);
      if (found == by_number.end()) {
        if (asked.acknowledged && (what.first != kAsked || at_rest_))
          wrong(name + " was acknowledged and is not in the journal");
        continue;
      }
      if (!asked.event_id.empty() && asked.event_id != found->second->event_id)
        wrong(name + " has another event_id than its caller was told");
    }
  }

  void check_inbox() {
    std::uint64_t seq = 0, queue_seq = 0;
    for (const auto& [at, entry] : entries_of(process_.inbox())) {
      const json::Value value = *json::parse(entry);
      const auto type = json::string_or(value, "type", "");
      if (type == "events.dropped") {
        const auto last = static_cast<std::uint64_t>(json::integer_or(value, "last_seq", 0));
        for (std::uint64_t missing = seq + 1; missing <= last && missing <= events_.size(); ++missing)
          if (events_[missing - 1].queue_seq != 0) wrong("the inbox counts a queue event as dropped: " + entry);
        seq = std::max(seq, last);
        continue;
      }
      if (type != "event.received") return wrong("in the inbox: " + entry);
      const auto its = static_cast<std::uint64_t>(json::integer_or(*value.find("event"), "seq", 0));
      if (its <= seq) return wrong("the inbox has seq " + std::to_string(its) + " after " + std::to_string(seq));
      seq = its;
      if (seq > events_.size()) return wrong("the inbox has seq " + std::to_string(seq) + ", the journal has not");
      const Found& event = events_[seq - 1];
      if (entry != R"({"event":)" + event.text + R"(,"type":"event.received"})")
        return wrong("the inbox has another event at seq " + std::to_string(seq) + ": " + entry);
      if (event.queue_seq != 0 && event.queue_seq != ++queue_seq)
        return wrong("the inbox has queue_seq " + std::to_string(event.queue_seq) + " as its " +
                     std::to_string(queue_seq));
      arrived_.insert(seq);
    }
    if (at_rest_ && queue_seq != queue_seq_)
      wrong("the inbox ends at queue_seq " + std::to_string(queue_seq) + ", the journal at " +
            std::to_string(queue_seq_));
  }

  void check_dropped() {
    const auto counted = journal::dropped_ephemerals(process_.journal().tables());
    if (!counted.ok()) return wrong(counted.error().to_string());
    std::map<std::string, std::uint64_t> missing;
    for (const Found& event : events_)
      if (event.queue_seq == 0 && !arrived_.contains(event.seq)) ++missing[event.kind];
    for (const auto& [kind, count] : *counted)
      if (count > missing[kind]) wrong("more of " + kind + " are counted as dropped than are missing");
    if (at_rest_)
      for (const auto& [kind, count] : missing) {
        const auto found = counted->find(kind);
        const std::uint64_t known = found == counted->end() ? 0 : found->second;
        if (known != count)
          wrong(std::to_string(count) + " of " + kind + " did not arrive, and " + std::to_string(known) +
                " are counted as dropped");
      }
  }

  // The effect, the entry that says so, the replay record and the cursor are one.
  void check_effects(std::string_view kind) {
    const auto numbers = applied(process_.journal().tables(), kind);
    if (!numbers.ok()) return wrong(numbers.error().to_string());
    const std::string name(kind);
    journal::KeyWindow replays(process_.journal(), {journal::kReplayKeysTable, journal::kReplayKeyIndexTable});
    if (const Status loaded = replays.load(); !loaded.ok()) return wrong(loaded.error().to_string());
    const Position cursor = handled_to(kind == kAsked ? "bridge:loopback" : "sidecar");
    std::size_t next = 0;
    for (const Found& event : kind == kAsked ? received_ : events_) {
      if (event.kind != kind) continue;
      const std::string what = name + " " + std::to_string(event.n);
      const bool has_effect = next < numbers->size() && (*numbers)[next] == event.n;
      if (has_effect) ++next;
      const std::string_view nul("\0", 1);
      const auto recorded = replays.find(sha256({"ledger", nul, kind, nul, replay_key(kind, event.event_id, event.n)}),
                                         world_.clock.now());
      if (!recorded.ok()) return wrong(recorded.error().to_string());
      if (recorded->has_value() != has_effect)
        return wrong(what + (has_effect ? " has its effect and no replay record" : ": its replay record is ahead"));
      if (applied_entries_[event.event_id] != (has_effect ? 1u : 0u))
        return wrong(what + " was applied " + std::to_string(applied_entries_[event.event_id]) + " times");
      if (echoes_[{name, event.n}] != (has_effect && kind != kSeen && kind != kAsked ? 1u : 0u))
        return wrong(what + ": its handler's own event is there " + std::to_string(echoes_[{name, event.n}]) +
                     " times");
      if (!has_effect && event.at <= cursor) return wrong(what + ": the cursor is ahead of its effect");
      if (!has_effect && at_rest_) return wrong(what + " never had its effect");
    }
    if (next != numbers->size())
      wrong(name + ": effects are out of order, twice or of nothing, from the " + std::to_string(next + 1) + "th on");
  }

  Position handled_to(std::string_view stream) {
    Position to;
    for (const std::string& name : {kernel::handler_cursor("ledger"), kernel::handler_cursor("ledger", stream)}) {
      const auto position = log::Cursor(process_.journal(), name).position();
      if (!position.ok()) wrong(position.error().to_string());
      if (position.ok()) to = std::max(to, *position);
    }
    return to;
  }

  Process& process_;
  const World& world_;
  const History& history_;
  const bool at_rest_;
  std::string fault_;
  std::vector<Found> events_;    // by seq, from 1
  std::vector<Found> received_;  // from the other side, by queue_seq, from 1
  std::uint64_t queue_seq_ = 0;
  std::set<std::string> ids_;
  std::set<std::uint64_t> arrived_;  // by seq
  std::map<std::string, std::uint64_t> applied_entries_;
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> echoes_;  // by what they echo
};

}  // namespace

std::string check(Process& process, const World& world, const History& history, bool at_rest) {
  return Check(process, world, history, at_rest).run();
}

}  // namespace lumenflow::crash
