#include "cli/demo_trace.h"

#include <ostream>
#include <utility>
#include <variant>

#include "cli/commands.h"
#include "cli/demo_repository.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kTracedWorkspace = "demo";
constexpr std::chrono::milliseconds kEventTime{20'000};

std::string text_of(const json::Value& value, std::string_view pointer) {
  const json::Value* found = value.at_pointer(pointer);
  const std::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : *text;
}

}  // namespace

Status DemoTrace::show() {
  LUMENFLOW_TRY(claim());
  LUMENFLOW_TRY(turn());
  return verify();
}

Status DemoTrace::claim() {
  step(1, std::string("ana wants ") + kDemoWorkUnit + " to be worked on, in the lane \"" + kDemoLane + "\":");
  LUMENFLOW_TRY_ASSIGN(const json::Value data,
                       call("software-delivery:wu_claim", json::Object{{"wu_id", kDemoWorkUnit}, {"lane", kDemoLane}}));
  step(3, "the answer says where the work is to be done: " + text_of(data, "/worktree_path"));
  LUMENFLOW_TRY_ASSIGN(const json::Value claimed, arrives("software-delivery:wu_claimed"));
  step(4, "the conductor has the event " + text_of(claimed, "/event_id") + " from " + text_of(claimed, "/from"));
  return {};
}

Status DemoTrace::turn() {
  step(5,
       "and an agent is to see whether its gates hold; what it says stands in a script, what it does is as real as "
       "ever:");
  LUMENFLOW_TRY_ASSIGN(const json::Value data, call("agent:execute-turn", json::Object{{"goal", kDemoGoal}}));
  turn_id_ = text_of(data, "/turn_id");
  LUMENFLOW_TRY_ASSIGN(const json::Value started, arrives("agent-runtime:turn_started"));
  step(6, "turn_started " + text_of(started, "/payload/turn_id") + ": " + text_of(started, "/payload/goal"));
  for (std::string tool; tool != "software-delivery:gates";) {
    LUMENFLOW_TRY_ASSIGN(const json::Value called, arrives("agent-runtime:tool_called"));
    tool = text_of(called, "/payload/tool_name");
    if (tool == "software-delivery:gates")
      step(7, "tool_called " + tool + " " + text_of(called, "/payload/outcome") + " by the turn");
  }
  LUMENFLOW_TRY_ASSIGN(const json::Value passed, arrives("software-delivery:gate_passed"));
  step(8,
       "gate_passed " + text_of(passed, "/payload/gate") + ", its log is " + text_of(passed, "/payload/evidence_ref"));
  LUMENFLOW_TRY_ASSIGN(const json::Value completed, arrives("agent-runtime:turn_completed"));
  step(9, "turn_completed " + text_of(completed, "/payload/status"));
  step(10, "the answer to ana: \"" + text_of(data, "/assistant_message") + "\"");
  if (text_of(data, "/status") == "reply" || text_of(data, "/status") == "complete") return {};
  return Error(ErrorCode::kInternal, "the turn was expected to complete");
}

Status DemoTrace::verify() {
  context_.out << "* every step of the turn, in the journal and at the conductor:" << std::endl;
  const int well = run_verify_turn(context_, {.turn_id = turn_id_});
  return well == 0 ? Status() : Status(Error(ErrorCode::kJournalDamaged, "the two sides do not agree on the turn"));
}

Result<json::Value> DemoTrace::call(const std::string& tool, const json::Object& input) {
  context_.out << "> " << tool << " of " << kTracedWorkspace << " " << json::serialize(json::Value(input)) << std::endl;
  LUMENFLOW_TRY_ASSIGN(const auto outcome, ana_.call(kTracedWorkspace, tool, input));
  if (outcome.error)
    return Error(ErrorCode::kInternal, tool + ": " + outcome.error->code + " " + outcome.error->message);
  if (!outcome.result || !outcome.result->data || !outcome.result->success)
    return Error(ErrorCode::kInternal,
                 tool + " was expected to succeed: " + json::serialize(consumers::conductor::to_json(outcome)));
  context_.out << "< " << consumers::conductor::name(outcome.state) << ", receipt " << outcome.receipt_id.value_or("")
               << std::endl;
  return *outcome.result->data;
}

Result<json::Value> DemoTrace::arrives(const std::string& kind) {
  consumers::EventQuery query{.kind = kind};
  const Timestamp give_up = context_.clock.now() + kEventTime;
  while (context_.clock.now() < give_up) {
    LUMENFLOW_TRY_ASSIGN(const auto page, ana_.events(kTracedWorkspace, query));
    for (const auto& item : page.items) {
      const auto* event = std::get_if<consumers::conductor::WorkspaceEvent>(&item);
      if (event == nullptr || !seen_.insert(event->event_id).second) continue;
      return consumers::conductor::to_json(*event);
    }
    if (page.next) query.after = *page.next;
    if (!wait_()) return Error(ErrorCode::kUnreachable, "the conductor has ended by itself");
  }
  return Error(ErrorCode::kRequestTimeout, "no event " + kind + " arrived at the conductor");
}

void DemoTrace::step(int number, const std::string& text) {
  context_.out << (number < 10 ? " " : "") << number << ". " << text << std::endl;
}

}  // namespace lumenflow::cli
