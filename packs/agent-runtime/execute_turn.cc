#include "agent-runtime/execute_turn.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "agent-runtime/session_copy.h"
#include "agent-runtime/turn_loop.h"

namespace lumenflow::agent_runtime {
namespace {

pack::ToolError misconfigured(const Error& error) { return {"CONFIGURATION_ERROR", error.message(), {}}; }

std::string text(const json::Value& input, std::string_view key) {
  return std::string(json::string_or(input, key, ""));
}

// The profile that the input names, or the session had.
Result<TurnInput> turn_of(const Settings& settings, const json::Value& input, std::string_view profile) {
  TurnInput turn;
  LUMENFLOW_TRY_ASSIGN(turn.model, find_model(settings, profile));
  const json::Value* asked = input.find("limits");
  turn.limits = asked == nullptr ? settings.limits : narrowed(settings.limits, *asked);
  turn.intent = text(input, "intent");
  turn.stream = json::boolean_or(input, "stream", false);
  turn.attended = json::boolean_or(input, "attended", false);
  // A budget without a price would never be used up.
  if (turn.limits.cost_usd && (!turn.model.input_price || !turn.model.output_price))
    return Error(ErrorCode::kInvalidConfiguration,
                 "max_cost_usd is set, and the model '" + turn.model.profile +
                     "' has no price: give it price_usd_per_million_tokens {input, output}");
  return turn;
}

void one_step(TurnInput& turn, const json::Value& input) {
  turn.single = true;
  for (const json::Value& message : input.find("messages")->as_array()) turn.messages.push_back(message_of(message));
  if (const json::Value* catalog = input.find("tool_catalog"))
    for (const json::Value& item : catalog->as_array()) {
      const json::Value* schema = item.find("input_schema");
      turn.tools.push_back({text(item, "name"), text(item, "description"),
                            schema == nullptr ? json::Value(json::Object{{"type", "object"}}) : *schema});
    }
  if (const json::Value* catalog = input.find("intent_catalog"))
    for (const json::Value& item : catalog->as_array())
      turn.intents.push_back({text(item, "id"), text(item, "description")});
}

Message user(const std::string& said) { return {Message::Role::kUser, said, {}, {}, false}; }

// Takes the plan up; its turns are run one by one, by the timer. The turn that this call is has no other use.
pack::ToolResult plan_session(const Settings& settings, pack::ToolContext& context, const json::Value& input) {
  Result<Plan> plan = read_plan(*input.find("plan"));
  if (!plan.ok()) return refused(plan.error());
  std::string id = text(input, "session_id");
  if (id.empty()) id = "s-" + context.new_ulid();
  const std::string profile = text(input, "model_profile");
  if (!profile.empty())
    if (const Result<Model> model = find_model(settings, profile); !model.ok()) return misconfigured(model.error());
  const json::Value* asked = input.find("limits");
  const Limits limits = asked == nullptr ? settings.limits : narrowed(settings.limits, *asked);
  const Result<pack::Turn> turn =
      context.turns()->open({id, text(input, "intent"), limits.turns, limits.tool_calls, std::string(kSessionsTimer)});
  if (!turn.ok()) return refused(turn.error());
  const std::size_t planned = plan->size();
  SessionRecord shown;
  std::vector<Message> said;
  const Status kept = context.transact([&](pack::Store& store) -> Status {
    LUMENFLOW_TRY_ASSIGN(std::optional<SessionRecord> found, load_session(store, id));
    SessionRecord session = found ? *std::move(found) : SessionRecord{};
    if (session.state == "running" || session.state == "waiting" || !is_over(session.plan))
      return Error(ErrorCode::kConflict, "the session '" + id + "' is not done with what it has to do");
    session.id = id;
    session.state = "idle";
    session.reason.clear();
    session.model = profile;
    session.turns = turn->turns;
    session.used_ms = context.now_ms();
    session.plan = *std::move(plan);
    LUMENFLOW_TRY_ASSIGN(said, load_messages(store, session));
    shown = session;
    return save_session(store, session);
  });
  if (!kept.ok()) return refused(kept.error());
  show_session(context, shown, said);
  context.wake(kSessionsTimer, context.now_ms());
  return pack::ToolOutput{
      json::Object{
          {"status", "complete"},
          {"intent", turn->intent},
          {"assistant_message", std::to_string(planned) + (planned == 1 ? " turn is" : " turns are") + " planned"},
          {"provider", json::Object{{"kind", "none"}, {"model", ""}}},
          {"finish_reason", "planned"},
          {"session_id", id},
          {"turn_id", turn->turn_id},
          {"tool_calls", json::Array{}},
          {"evidence_refs", json::Array{}},
          {"cleanup_status", "clean"}},
      {}};
}

// What became of a call that the model had asked for and that had to wait.
Message answer_to(const Waiting& waiting, const pack::Invoked& outcome) {
  json::Object answer{{"outcome", outcome.outcome}};
  if (outcome.ok())
    answer.set("data", outcome.data);
  else
    answer.set("error", json::Object{{"code", outcome.code}, {"message", outcome.message}});
  return {Message::Role::kTool, json::serialize(json::Value(std::move(answer))), {}, waiting.request_id, !outcome.ok()};
}

// What has come of all that the session waits for. Nothing: something of it is still open.
Result<std::optional<std::vector<Message>>> answers_of(pack::ToolContext& context, const SessionRecord& session) {
  std::vector<Message> answers;
  for (const Waiting& waiting : session.waiting) {
    LUMENFLOW_TRY_ASSIGN(const pack::Invoked outcome, context.turns()->outcome(waiting.receipt_id));
    if (outcome.outcome == "pending" || outcome.outcome == "running") return std::optional<std::vector<Message>>();
    answers.push_back(answer_to(waiting, outcome));
  }
  return std::optional(std::move(answers));
}

Result<std::optional<SessionRecord>> session_of(pack::ToolContext& context, const std::string& id) {
  std::optional<SessionRecord> session;
  LUMENFLOW_TRY(context.transact([&](pack::Store& store) -> Status {
    LUMENFLOW_TRY_ASSIGN(session, load_session(store, id));
    return {};
  }));
  return session;
}

// Goes on with a session whose calls have waited for approvals, as whoever holds it. That they hold it the kernel says
// when the turn is opened; before that nothing of the session is said.
pack::ToolResult resume_session(const Settings& settings, pack::ToolContext& context, const json::Value& input) {
  const auto loaded = session_of(context, text(input, "session_id"));
  if (!loaded.ok()) return refused(loaded.error());
  const bool waits = *loaded && (*loaded)->state == "waiting";
  const SessionRecord session = *loaded ? **loaded : SessionRecord{};
  const bool meant =
      waits && std::ranges::all_of(input.find("resume")->as_array(), [&](const json::Value& receipt) {
        return std::ranges::find(session.waiting, receipt.as_string(), &Waiting::receipt_id) != session.waiting.end();
      });
  if (!meant) return pack::ToolError{"CONFLICT", "the session does not wait for what `resume` names", {}};
  Result<TurnInput> turn = turn_of(settings, input, session.model);
  if (!turn.ok()) return misconfigured(turn.error());
  auto answers = answers_of(context, session);
  if (!answers.ok()) return refused(answers.error());
  if (!*answers) return pack::ToolError{"CONFLICT", "a call of the session still waits for its approval", {}};
  for (const Message& answer : **answers) {
    const auto asked = std::ranges::find(session.waiting, answer.request_id, &Waiting::request_id);
    turn->results.push_back({answer.request_id, asked->tool, answer.text, answer.failed});
  }
  turn->session_id = session.id;
  turn->node = session.node;
  turn->messages = **std::move(answers);
  return run_turn(context, *turn);
}

pack::ToolOutput stands(const SessionRecord& session) {
  return {json::Object{{"session_id", session.id}, {"state", session.state}}, {}};
}

}  // namespace

pack::ToolResult execute_turn(const Settings& settings, pack::ToolContext& context, const json::Value& input) {
  if (context.turns() == nullptr) return pack::ToolError{"CONFIGURATION_ERROR", "this host has no turns", {}};
  if (input.find("plan") != nullptr) return plan_session(settings, context, input);
  if (input.find("resume") != nullptr) return resume_session(settings, context, input);
  Result<TurnInput> turn = turn_of(settings, input, text(input, "model_profile"));
  if (!turn.ok()) return misconfigured(turn.error());
  turn->session_id = text(input, "session_id");
  if (turn->session_id.empty()) turn->session_id = "s-" + context.new_ulid();
  if (input.find("messages") != nullptr) {
    one_step(*turn, input);
  } else {
    turn->goal = text(input, "goal");
    turn->messages = {user(turn->goal)};
  }
  return run_turn(context, *turn);
}

pack::ToolResult continue_session(const Settings& settings, pack::ToolContext& context, const json::Value& input) {
  if (context.turns() == nullptr) return pack::ToolError{"CONFIGURATION_ERROR", "this host has no turns", {}};
  const auto loaded = session_of(context, text(input, "session_id"));
  if (!loaded.ok()) return refused(loaded.error());
  const std::optional<SessionRecord>& session = *loaded;
  if (!session) return pack::ToolError{"NOT_FOUND", "there is no such session", {}};
  Result<TurnInput> turn = turn_of(settings, json::Object{}, session->model);
  if (session->state == "waiting") {
    auto answers = answers_of(context, *session);
    if (!answers.ok()) return refused(answers.error());
    if (!*answers) return stands(*session);
    if (!turn.ok()) return misconfigured(turn.error());
    turn->messages = **std::move(answers);
    turn->node = session->node;
  } else {
    const NextTurn next = next_turn(session->plan, context.now_ms());
    if (session->state != "idle" || next.ready == nullptr) return stands(*session);
    if (!turn.ok()) return misconfigured(turn.error());
    turn->node = next.ready->id;
    turn->goal = next.ready->goal;
    turn->messages = {user(next.ready->goal)};
  }
  turn->session_id = session->id;
  pack::ToolResult result = run_turn(context, *turn);
  if (auto* output = std::get_if<pack::ToolOutput>(&result))
    output->data = json::Object{{"session_id", session->id}, {"state", "ran"}, {"turn", std::move(output->data)}};
  return result;
}

}  // namespace lumenflow::agent_runtime
