#include "checker.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "conductor/tables.h"
#include "journal/emitted.h"
#include "journal/entry.h"
#include "journal/outbox.h"
#include "log/verify.h"
#include "tally_pack.h"

namespace lumenflow::sim {
namespace {

struct Found {  // an event in the journal
  std::string kind, event_id, text;
  std::int64_t n = 0;
  std::uint64_t queue_seq = 0;
};

struct Command {  // as the conductor has it
  std::string state, text;
};

class Check {
 public:
  Check(const Checked& what, bool at_rest) : what_(what), at_rest_(at_rest) {}

  std::string run() {
    what_.workspace.machine().disk.use();
    if (at_rest_) verify("the journal", what_.workspace.journal());
    if (fault_.empty()) read_journal();
    if (fault_.empty()) check_calls();
    if (fault_.empty()) check_handlers();
    if (fault_.empty()) check_link();
    what_.conductor.machine().disk.use();
    if (at_rest_ && fault_.empty()) verify("the conductor's log", *what_.conductor.store().log);
    if (fault_.empty()) read_conductor();
    if (fault_.empty() && at_rest_) check_commands();
    what_.workspace.machine().disk.use();
    if (fault_.empty() && at_rest_) check_dropped();
    return fault_.empty() ? fault_ : what_.workspace.name() + ": " + fault_;
  }

 private:
  void wrong(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  void verify(std::string_view name, const log::Log& log) {
    const auto report = log::verify_all(log, {});
    if (!report.ok()) return wrong(std::string(name) + ": " + report.error().to_string());
    if (!report->intact) wrong(std::string(name) + " does not verify: " + report->what);
  }

  std::vector<std::string> entries_of(const log::Log& log) {
    std::vector<std::string> out;
    const auto rows = log.read(Position(0), SIZE_MAX, SIZE_MAX);
    if (!rows.ok()) {
      wrong(rows.error().to_string());
      return out;
    }
    for (const log::StoredRow& row : *rows) out.insert(out.end(), row.entries.begin(), row.entries.end());
    return out;
  }

  void read_journal() {
    for (const std::string& entry : entries_of(what_.workspace.journal())) {
      const auto emitted = journal::read_emitted(entry);
      if (!emitted.ok()) return wrong(emitted.error().to_string());
      if (*emitted) {
        note_event(**emitted, std::string(journal::envelope_text(entry)));
        continue;
      }
      if (entry.ends_with(R"("type":"event.refused"})")) return wrong("refused: " + entry);
      if (entry.find(R"("type":"call.finished")") != std::string::npos) {
        const json::Value finished = *journal::decode(entry);
        finished_.insert(std::string(json::string_or(finished, "receipt_id", "")));
      }
    }
  }

  void note_event(const journal::EmittedEvent& emitted, std::string text) {
    const json::Value envelope = *json::parse(text);
    Found found{emitted.kind, std::string(json::string_or(envelope, "event_id", "")), std::move(text), 0,
                emitted.queue_seq};
    if (const json::Value* n = envelope.at_pointer("/payload/n")) found.n = n->as_integer();
    const std::string where = emitted.kind + " " + std::to_string(found.n) + ": ";
    if (emitted.seq != events_.size() + 1)
      wrong(where + "seq " + std::to_string(emitted.seq) + " is a gap or a repeat");
    if (emitted.queue_seq != 0 && emitted.queue_seq != ++queue_seq_)
      wrong(where + "queue_seq " + std::to_string(emitted.queue_seq) + " is a gap or a repeat");
    if (!ids_.insert(found.event_id).second) wrong(where + "an event_id is there twice");
    if (found.kind.starts_with("tally:") && found.kind != kHeard && !numbers_.emplace(found.kind, found.n).second)
      wrong(where + "it is there twice");
    events_.push_back(std::move(found));
  }

  // What was told is recorded, and what was done was done once, in the order of its events.
  void check_calls() {
    const auto durable = what_.workspace.journal().snapshot();
    if (!durable.ok()) return wrong(durable.error().to_string());
    const auto list = noted(**durable);
    if (!list.ok()) return wrong(list.error().to_string());
    std::vector<std::int64_t> emitted;
    for (const Found& event : events_)
      if (event.kind == kNoted) emitted.push_back(event.n);
    if (emitted != *list) return wrong("what was noted and the events of it differ");
    for (const auto& [n, call] : what_.history) {
      if (!call.succeeded) continue;
      const std::string_view kind = call.tool == kNote ? kNoted : call.tool == kSlow ? kSlowed : kSeen;
      const std::string name = call.tool + " " + std::to_string(n);
      if (!numbers_.contains({std::string(kind), n})) return wrong(name + " was acknowledged and its event is gone");
      if (!finished_.contains(call.receipt)) return wrong(name + " was answered and has no record: " + call.receipt);
    }
  }

  void check_handlers() {
    const auto durable = what_.workspace.journal().snapshot();
    if (!durable.ok()) return wrong(durable.error().to_string());
    for (const std::string_view kind : {kNoted, kSlowed}) {
      const auto heard = heard_of(**durable, kind);
      if (!heard.ok()) return wrong(heard.error().to_string());
      std::vector<std::int64_t> emitted;
      for (const Found& event : events_)
        if (event.kind == kind) emitted.push_back(event.n);
      if (heard->size() > emitted.size() || !std::equal(heard->begin(), heard->end(), emitted.begin()))
        return wrong("the handler of " + std::string(kind) + " heard twice, or in another order");
      if (at_rest_ && heard->size() != emitted.size()) return wrong(std::string(kind) + " was not heard of");
    }
  }

  void check_link() {
    if (const std::string alarm = what_.workspace.alarm(); !alarm.empty())
      return wrong("it takes the conductor's history for altered: " + alarm);
    const uplink::Engine* engine = what_.workspace.engine();
    if (engine != nullptr && engine->state().connection == uplink::Connection::kForked)
      return wrong("it was taken for forked: " + engine->state().last_error);
    const auto letters = journal::outbox_dead_letter_counts(what_.workspace.journal().tables());
    if (!letters.ok()) return wrong(letters.error().to_string());
    for (const auto& [stream, count] : *letters)
      if (count > 0) return wrong("an event became a dead letter: " + engine->state().last_error);
  }

  void read_conductor() {
    std::uint64_t seq = 0, queue_seq = 0;
    const std::string own = R"("workspace":")" + what_.workspace.name() + "\"";
    for (const std::string& entry : entries_of(*what_.conductor.store().log)) {
      if (entry.find(own) == std::string::npos) continue;
      const json::Value value = *json::parse(entry);
      const std::string_view type = json::string_or(value, "type", "");
      if (type == "event.tombstone") return wrong("the conductor has a tombstone: " + entry);
      if (type == "events.dropped") {
        const auto last = static_cast<std::uint64_t>(json::integer_or(value, "last_seq", 0));
        for (std::uint64_t missing = seq + 1; missing <= last && missing <= events_.size(); ++missing)
          if (events_[missing - 1].queue_seq != 0) return wrong("a queue event counts as dropped: " + entry);
        seq = std::max(seq, last);
      }
      if (type != "event.received") continue;
      const auto its = static_cast<std::uint64_t>(json::integer_or(*value.find("event"), "seq", 0));
      if (its <= seq) return wrong("the conductor has seq " + std::to_string(its) + " after " + std::to_string(seq));
      seq = its;
      if (seq > events_.size()) return wrong("the conductor has seq " + std::to_string(seq) + ", the journal has not");
      const Found& event = events_[seq - 1];
      if (!entry.starts_with(R"({"event":)" + event.text + ","))
        return wrong("the conductor has another event at seq " + std::to_string(seq) + ": " + entry);
      if (event.queue_seq != 0 && event.queue_seq != ++queue_seq)
        return wrong("the conductor has queue_seq " + std::to_string(event.queue_seq) + " as its " +
                     std::to_string(queue_seq));
      arrived_.insert(seq);
      if (at_rest_)
        what_.trace.line("  " + what_.workspace.name() + " " + std::to_string(seq) + " " + event.kind + " " +
                         event.event_id);
    }
    if (at_rest_ && queue_seq != queue_seq_)
      wrong("the conductor's log ends at queue_seq " + std::to_string(queue_seq) + ", the journal at " +
            std::to_string(queue_seq_));
  }

  // Each command that was taken has ended, and what it asked for was done once, or not at all where it says so.
  void check_commands() {
    const log::TableReader& tables = what_.conductor.store().log->tables();
    for (const auto& [n, command] : what_.commands) {
      if (command.workspace != what_.workspace.name()) continue;
      const std::string name = command.tool + " " + std::to_string(n);
      if (command.command_id.empty()) return wrong(name + " was never taken");
      const auto text = tables.get(conductor::kCommand, command.command_id);
      if (!text.ok() || !*text) return wrong(name + " was taken, and the conductor does not know it");
      const json::Value state = *json::parse(**text);
      const std::string_view ended = json::string_or(state, "state", "");
      const bool done = numbers_.contains({std::string(command.tool == kNote ? kNoted : kSlowed), n});
      what_.trace.line("  " + name + " " + std::string(ended));
      if (ended == "done" && !done && command.tool == kNote) return wrong(name + " is done, and has no effect");
      if (ended != "done" && done && command.tool == kNote)
        return wrong(name + " had its effect, and is " + std::string(ended) + ": " + **text);
      if (ended != "done" && ended != "refused") return wrong(name + " is " + std::string(ended) + ": " + **text);
    }
  }

  void check_dropped() {
    const auto counted = journal::dropped_ephemerals(what_.workspace.journal().tables());
    if (!counted.ok()) return wrong(counted.error().to_string());
    std::map<std::string, std::uint64_t> missing;
    for (std::size_t i = 0; i < events_.size(); ++i)
      if (events_[i].queue_seq == 0 && !arrived_.contains(i + 1)) ++missing[events_[i].kind];
    for (const auto& [kind, count] : *counted)
      if (count > missing[kind]) wrong("more of " + kind + " are counted as dropped than are missing");
  }

  const Checked& what_;
  const bool at_rest_;
  std::string fault_;
  std::vector<Found> events_;  // by seq, from 1
  std::uint64_t queue_seq_ = 0;
  std::set<std::string> ids_;
  std::set<std::pair<std::string, std::int64_t>> numbers_;  // kind and n of the pack's events
  std::set<std::string> finished_;                          // receipts
  std::set<std::uint64_t> arrived_;                         // by seq
};

}  // namespace

std::string check(const Checked& what, bool at_rest) { return Check(what, at_rest).run(); }

}  // namespace lumenflow::sim
