// lumenflow verify turn ID: the journal against its last checkpoint; each event of an agent's turn, and of whatever
// happened meanwhile, in the journal and at the conductor; and each call of the turn against its own record.
#include <algorithm>
#include <functional>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/audit_facts.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "conductor_link/enrollment.h"

namespace lumenflow::cli {
namespace {

using conductor_link::Verdict;

constexpr std::string_view kStarted = "agent-runtime:turn_started", kCompleted = "agent-runtime:turn_completed",
                           kAborted = "agent-runtime:turn_aborted", kCalled = "agent-runtime:tool_called";

std::uint64_t seq_of(const json::Value& event) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, json::integer_or(event, "seq", 0)));
}
std::string text_at(const json::Value& event, std::string_view pointer) {
  const json::Value* found = event.at_pointer(pointer);
  const std::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : *text;
}

struct Step {
  json::Value event;
  std::optional<Verdict> there;  // nothing: there is no conductor
  std::string fault;             // of its call's own record; empty: none
};

struct Turn {
  std::string id, state = "running";
  std::string stream, trace;
  std::uint64_t first_seq = 0, last_seq = UINT64_MAX;
  std::vector<Step> steps;
  std::string damage;          // of this side's journal: what of the turn is gone, nobody can tell from it; empty: none
  bool goes_on_later = false;  // it runs, and no sidecar does
  bool compared = false;
  std::string not_compared;  // why
  conductor_link::Comparison comparison;

  bool has(const json::Value& event) const {
    const std::string named = text_at(event, "/payload/turn_id");
    return named == id || (named.empty() && !trace.empty() && json::string_or(event, "trace", "") == trace);
  }
};

Result<Turn> find_turn(Session& session, const std::string& id) {
  Turn turn;
  turn.id = id;
  const auto find = [&](std::string_view kind, const std::function<void(const json::Value&)>& found) {
    return each_item(session, "/events?limit=1000&kind=" + std::string(kind), [&](const json::Value& event) {
      if (text_at(event, "/payload/turn_id") != id) return false;
      found(event);
      return true;
    });
  };
  LUMENFLOW_TRY(find(kStarted, [&turn](const json::Value& event) {
    turn.stream = json::string_or(event, "channel", "");
    turn.trace = json::string_or(event, "trace", "");
    turn.first_seq = seq_of(event);
  }));
  if (turn.first_seq == 0)
    return Error(ErrorCode::kNotFound, "no turn '" + id + "' began here; `lumenflow events tail --kind " +
                                           std::string(kStarted) + "` lists those that did");
  for (const std::string_view kind : {kCompleted, kAborted})
    LUMENFLOW_TRY(find(kind, [&turn, kind](const json::Value& event) {
      turn.state = kind == kCompleted ? "completed" : "aborted";
      turn.last_seq = seq_of(event);
    }));
  return turn;
}

// What the event says of its call, against the call's record.
Result<std::string> fault_of_call(Session& session, const json::Value& event) {
  const std::string receipt = text_at(event, "/payload/receipt_id"), said = text_at(event, "/payload/outcome");
  const Result<json::Value> shown = session.get("/calls/" + encode_path_segment(receipt));
  if (!shown.ok() && shown.error().code() == ErrorCode::kNotFound) return std::string("its call is not in the journal");
  if (!shown.ok()) return shown.error();
  const std::string recorded(json::string_or(*shown, "outcome", json::string_or(*shown, "status", "")));
  if (said == "pending" || recorded == said) return std::string();
  return "the call ended as " + recorded + ", the event says " + said;
}

Status take_local(Session& session, Turn& turn) {
  conductor_link::EventPages pages(local_events(session), turn.stream);
  pages.between(turn.first_seq, turn.last_seq);
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const json::Value* event, pages.peek());
    if (event == nullptr) return {};
    if (turn.has(*event)) {
      Step step{*event, {}, {}};
      if (json::string_or(*event, "kind", "") == kCalled) {
        LUMENFLOW_TRY_ASSIGN(step.fault, fault_of_call(session, *event));
      }
      turn.steps.push_back(std::move(step));
    }
    pages.pop();
  }
}

Status take_conductors(const BothSides& sides, Turn& turn) {
  const conductor_link::StreamRange range{turn.stream, turn.first_seq, turn.last_seq};
  const auto heard = [&turn](const json::Value& item, Verdict verdict) {
    for (Step& step : turn.steps)
      if (seq_of(step.event) == seq_of(item) && verdict != Verdict::kInvented) {
        step.there = verdict;
        return;
      }
    // Of somebody else who worked meanwhile: only what is not well is of interest here.
    if (verdict == Verdict::kAccounted || verdict == Verdict::kExplained) return;
    turn.steps.push_back({item, verdict, {}});
  };
  LUMENFLOW_TRY_ASSIGN(turn.comparison,
                       conductor_link::compare_range(sides.facts, range, sides.here, sides.there, heard));
  turn.compared = true;
  return {};
}

// A journal that was cut off is shorter than its checkpoint says: what opens it notices.
Result<std::string> damage_of_journal(Session& session) {
  LUMENFLOW_TRY_ASSIGN(const json::Value diagnostics, session.get("/diagnostics"));
  const json::Value* journal = diagnostics.find("journal");
  if (journal == nullptr || !json::boolean_or(*journal, "damaged", false)) return std::string();
  return cell(journal->find("what")) + ", from position " + cell(journal->find("first_affected"));
}

Result<Turn> turn_here(Session& session, const std::string& id) {
  LUMENFLOW_TRY_ASSIGN(std::string damage, damage_of_journal(session));
  Result<Turn> turn = find_turn(session, id);
  if (!turn.ok() && !damage.empty() && turn.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kJournalDamaged,
                 "no turn '" + id + "' is in the journal, which is damaged: " + damage + "; `lumenflow audit verify`");
  if (!turn.ok()) return turn;
  LUMENFLOW_TRY(take_local(session, *turn));
  turn->damage = std::move(damage);
  turn->goes_on_later = turn->state == "running" && !session.is_remote();
  return turn;
}

Result<Turn> verify_turn(Context& context, const std::string& id) {
  Result<BothSides> sides = both_sides(context);
  if (sides.ok()) {
    LUMENFLOW_TRY_ASSIGN(Turn turn, turn_here(*sides->session, id));
    LUMENFLOW_TRY(take_conductors(*sides, turn));
    return turn;
  }
  if (sides.error().code() != ErrorCode::kNotFound) return sides.error();
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  LUMENFLOW_TRY_ASSIGN(Turn turn, turn_here(*session, id));
  turn.not_compared = sides.error().message();
  return turn;
}

bool is_well(const Turn& turn) {
  if (!turn.damage.empty()) return false;
  if (turn.compared && !turn.comparison.well()) return false;
  return std::ranges::all_of(turn.steps, [](const Step& step) { return step.fault.empty(); });
}

std::string what_of(const Step& step) {
  const std::string kind(json::string_or(step.event, "kind", json::string_or(step.event, "type", "")));
  if (kind == kCalled)
    return kind + " " + text_at(step.event, "/payload/tool_name") + " " + text_at(step.event, "/payload/outcome");
  return kind;
}

json::Value document_of(const Turn& turn) {
  json::Array steps;
  for (const Step& step : turn.steps) {
    json::Object shown{{"seq", seq_of(step.event)},
                       {"kind", std::string(json::string_or(step.event, "kind", ""))},
                       {"event_id", std::string(json::string_or(step.event, "event_id", ""))}};
    if (const json::Value* position = step.event.find("position")) shown.set("position", *position);
    for (const char* member : {"tool_name", "receipt_id", "outcome"})
      if (std::string text = text_at(step.event, std::string("/payload/") + member); !text.empty())
        shown.set(member, std::move(text));
    if (step.there) shown.set("conductor", name(*step.there));
    if (!step.fault.empty()) shown.set("fault", step.fault);
    steps.push_back(std::move(shown));
  }
  json::Object document{
      {"turn_id", turn.id}, {"state", turn.state}, {"well", is_well(turn)}, {"steps", std::move(steps)}};
  if (!turn.damage.empty()) document.set("journal", turn.damage);
  if (turn.compared)
    document.set("conductor", json::Object{{"accounted", turn.comparison.accounted},
                                           {"explained", turn.comparison.explained},
                                           {"missing", turn.comparison.missing},
                                           {"altered", turn.comparison.altered},
                                           {"invented", turn.comparison.invented}});
  else
    document.set("not_compared", turn.not_compared);
  return document;
}

}  // namespace

int run_verify_turn(Context& context, const VerifyTurnFlags& flags) {
  const Result<Turn> turn = verify_turn(context, flags.turn_id);
  if (!turn.ok()) return fail(context, turn.error());
  if (flags.json) {
    context.out << json::serialize(document_of(*turn)) << "\n";
    return is_well(*turn) ? 0 : 1;
  }
  context.out << "turn " << turn->id << " " << turn->state << "\n";
  for (const Step& step : turn->steps)
    context.out << "  #" << seq_of(step.event) << " " << what_of(step)
                << (step.there ? std::string(": ") + std::string(name(*step.there)) : std::string())
                << (step.fault.empty() ? std::string() : "; " + step.fault) << "\n";
  if (!turn->damage.empty())
    context.out << "this side's journal is damaged: " << turn->damage
                << "; what is gone of the turn cannot be told from it; `lumenflow audit verify` says more\n";
  if (turn->goes_on_later) context.out << "no sidecar runs: the turn is gone on with, or ended, by `lumenflow up`\n";
  if (!turn->compared) context.out << "only this side was looked at: " << turn->not_compared << "\n";
  if (turn->compared)
    context.out << "at the conductor " << turn->comparison.accounted << " events of that time are accounted for, "
                << turn->comparison.explained << " are explained gaps, " << turn->comparison.missing << " are missing, "
                << turn->comparison.altered << " were altered, " << turn->comparison.invented
                << " were never emitted here\n";
  return is_well(*turn) ? 0 : 1;
}

}  // namespace lumenflow::cli
