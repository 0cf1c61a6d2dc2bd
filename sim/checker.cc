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
  std::uint64_t position = 0;
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
    if (fault_.empty()) check_decisions();
    if (fault_.empty()) check_link();
    what_.conductor.machine().disk.use();
    if (at_rest_ && fault_.empty()) verify("the conductor's log", *what_.conductor.store().log);
    if (fault_.empty()) read_conductor();
    if (fault_.empty() && at_rest_) check_commands();
    if (fault_.empty() && at_rest_) check_phone();
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
      ++position_;
      if (entry.ends_with(R"("type":"event.refused"})") && !is_hole(entry)) return wrong("refused: " + entry);
      note_governance(entry);
      if (entry.find(R"("type":"call.finished")") != std::string::npos) {
        const json::Value finished = *journal::decode(entry);
        finished_.insert(std::string(json::string_or(finished, "receipt_id", "")));
      }
    }
  }

  // Whether it notes that the conductor left something out, and that may be: of its streams what was taken back or
  // refused before it left does not arrive.
  bool is_hole(const std::string& entry) const {
    if (entry.find("what is between is missing") == std::string::npos) return false;
    if (entry.find("'phone:") != std::string::npos) return what_.phone.is_being_revoked();
    return std::ranges::any_of(what_.commands, [this](const auto& asked) {
      return asked.second.taken_back && asked.second.workspace == what_.workspace.name();
    });
  }

  // Decisions, what was taken back, and that the phone is revoked; and where in the journal.
  void note_governance(const std::string& entry) {
    const auto is = [&](std::string_view type) { return entry.find(type) != std::string::npos; };
    const bool cancels = is(R"("kind":"conductor:command_cancelled")");
    const bool is_call = is(R"("type":"call.requested")") || is(R"("type":"call.finished")");
    if (!cancels && !is_call && !is(R"("type":"call.decided")") && !is(R"("type":"command.dispatched")")) return;
    const json::Value value = *journal::decode(entry);
    const std::string_view type = json::string_or(value, "type", "");
    const std::string receipt(json::string_or(value, "receipt_id", "")), id(json::string_or(value, "command_id", ""));
    if (type == "event.received")
      takes_back_[std::string(json::string_or(*value.find("event"), "event_id", ""))] =
          value.at_pointer("/event/payload/command_id")->as_string();
    const bool heard =
        json::string_or(value, "state", "") == "done" || json::string_or(value, "code", "") == "NOT_FOUND";
    if (type == "command.ended" && cancels && heard) taken_back_.insert(takes_back_[id]);
    if (type == "command.dispatched" && taken_back_.contains(id)) wrong("it was taken back, and begins: " + entry);
    if (type == "call.requested") tools_[receipt] = json::string_or(value, "tool", "");
    if (type == "call.decided") {
      if (!decisions_.emplace(receipt, json::string_or(value, "decision", "")).second)
        wrong("it was decided twice: " + entry);
      if (revoked_at_ != 0 && json::string_or(value, "decided_by", "") == what_.phone.subject())
        wrong("a revoked device has decided: " + entry);
    }
    if (type != "call.finished" || json::string_or(value, "outcome", "") != "success") return;
    const std::string& tool = tools_[receipt];
    if (tool == kAsk && (!decisions_.contains(receipt) || decisions_.at(receipt) != "approve"))
      wrong("nobody approved it, and it was done: " + entry);
    if (tool == kAsk) ++approved_done_;
    if (tool == "kernel:device_revoke" && revoked_at_ == 0) revoked_at_ = position_;
  }

  // As often as it was approved, and no oftener.
  void check_decisions() {
    std::size_t done = 0;
    for (const Found& event : events_) done += event.kind == kAsked;
    if (done != approved_done_)
      wrong(std::to_string(approved_done_) + " approved calls were done, and there are events of " +
            std::to_string(done));
  }

  void note_event(const journal::EmittedEvent& emitted, std::string text) {
    const json::Value envelope = *json::parse(text);
    Found found{emitted.kind,      std::string(json::string_or(envelope, "event_id", "")),
                std::move(text),   0,
                emitted.queue_seq, ++position_};
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
      // One that was taken back here may have begun there before its workspace heard of that.
      const bool taken_back = ended == "cancelled" && command.taken_back;
      if (ended != "done" && done && command.tool == kNote && !taken_back)
        return wrong(name + " had its effect, and is " + std::string(ended) + ": " + **text);
      if (ended != "done" && ended != "refused" && !taken_back)
        return wrong(name + " is " + std::string(ended) + ": " + **text);
    }
  }

  // What the phone asked for is done once or not at all, and not at all once the workspace knows that it is revoked.
  void check_phone() {
    const Phone& phone = what_.phone;
    if (phone.is_revoked() && revoked_at_ == 0) return wrong(phone.subject() + " is revoked, and not at its workspace");
    std::map<std::int64_t, std::uint64_t> done;
    for (const Found& event : events_)
      if (event.kind == kNoted) done[event.n] = event.position;
    for (const auto& [n, command] : phone.asked()) {
      const bool is_done = done.contains(n);
      const std::string name = "what the phone asked, " + std::to_string(n) + ", ";
      if (is_done && revoked_at_ != 0 && done.at(n) > revoked_at_) return wrong(name + "was done after it was revoked");
      if (command.command_id.empty()) continue;
      const auto text = what_.conductor.store().log->tables().get(conductor::kCommand, command.command_id);
      if (!text.ok() || !*text) return wrong(name + "was taken, and the conductor does not know it");
      const json::Value state = *json::parse(**text);
      const std::string_view ended = json::string_or(state, "state", "");
      what_.trace.line("  phone " + std::to_string(n) + " " + std::string(ended));
      if (ended == "done" && !is_done) return wrong(name + "is done, and has no effect");
      if (ended != "done" && ended != "refused") return wrong(name + "is " + std::string(ended) + ": " + **text);
      if (ended != "done" && is_done && revoked_at_ == 0)
        return wrong(name + "had its effect, and is " + std::string(ended) + ": " + **text);
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
  std::uint64_t position_ = 0;                     // of the entry that was read last
  std::map<std::string, std::string> takes_back_;  // by command: which one
  std::set<std::string> taken_back_;               // commands, as far as their workspace has done it
  std::map<std::string, std::string> tools_;       // by receipt
  std::map<std::string, std::string> decisions_;   // by receipt
  std::size_t approved_done_ = 0;
  std::uint64_t revoked_at_ = 0;  // where the workspace knew; 0: it does not
  std::set<std::string> ids_;
  std::set<std::pair<std::string, std::int64_t>> numbers_;  // kind and n of the pack's events
  std::set<std::string> finished_;                          // receipts
  std::set<std::uint64_t> arrived_;                         // by seq
};

}  // namespace

std::string check(const Checked& what, bool at_rest) { return Check(what, at_rest).run(); }

}  // namespace lumenflow::sim
