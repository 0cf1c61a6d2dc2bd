#include "agent-runtime/sessions_timer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent-runtime/session_copy.h"
#include "agent-runtime/turn_loop.h"

namespace lumenflow::agent_runtime {
namespace {

// When a session was asked to go on, and did not: whoever began it may be stopped, or the workspace out of room. It
// stays due, and is asked again ever more rarely; in the end somebody has to look.
constexpr std::int64_t kAgainMs = 30'000, kAgainMaxMs = 120'000;
constexpr std::int64_t kAskedMax = 5'000;  // about a week
constexpr std::string_view kHeldUp =
    "it was to go on, and has not: whoever began it may be stopped, or without a token by now. `lumenflow audit list "
    "--tool agent:continue` says why; it is asked again";

std::int64_t again_ms(std::int64_t asked) {
  return asked > 3 ? kAgainMaxMs : std::min(kAgainMaxMs, kAgainMs << std::max<std::int64_t>(0, asked - 1));
}

class Caretaker {
 public:
  explicit Caretaker(pack::HostContext& context) : context_(context) {}

  Result<std::optional<std::int64_t>> run() {
    std::vector<std::string> ids;
    LUMENFLOW_TRY(context_.transact([&](pack::Store& store) -> Status {
      LUMENFLOW_TRY_ASSIGN(ids, sessions_of_timer(store));
      return {};
    }));
    for (const std::string& id : ids) {
      if (context_.cancelled()) break;
      LUMENFLOW_TRY(look_after(id));
    }
    return next_ms_;
  }

 private:
  Result<std::optional<SessionRecord>> load(const std::string& id) {
    std::optional<SessionRecord> session;
    LUMENFLOW_TRY(context_.transact([&](pack::Store& store) -> Status {
      LUMENFLOW_TRY_ASSIGN(session, load_session(store, id));
      return {};
    }));
    return session;
  }

  Status look_after(const std::string& id) {
    LUMENFLOW_TRY_ASSIGN(std::optional<SessionRecord> session, load(id));
    if (session && session->state == "running") {
      const Result<pack::TurnRecord> record = context_.turns()->look(session->turn);
      if (!record.ok() && record.error().code() != ErrorCode::kNotFound) return record.error();
      if (record.ok() && record->state == pack::TurnRecord::State::kRunning) return {};  // woken at its end
      LUMENFLOW_TRY(settle_aborted(context_, id, session->turn, record.ok() ? *record : pack::TurnRecord{}, {}));
      LUMENFLOW_TRY_ASSIGN(session, load(id));
    }
    if (!session) return {};
    if (session->state == "waiting") return approvals_are_there(*session) ? go_on(*session) : Status();
    if (session->state != "idle") return {};
    const NextTurn next = next_turn(session->plan, context_.now_ms());
    if (next.ready != nullptr) return go_on(*session);
    if (next.at_ms) run_at(*next.at_ms);
    return {};
  }

  bool approvals_are_there(const SessionRecord& session) {
    return std::ranges::all_of(session.waiting, [this](const Waiting& waiting) {
      const Result<pack::Invoked> outcome = context_.turns()->outcome(waiting.receipt_id);
      return outcome.ok() && outcome->outcome != "pending" && outcome->outcome != "running";
    });
  }

  Status go_on(const SessionRecord& session) {
    const std::int64_t again = session.asked_ms + again_ms(session.asked);
    if (session.asked_ms != 0 && context_.now_ms() < again && context_.now_ms() >= session.asked_ms) {
      run_at(again);
      return {};
    }
    std::string fault = session.asked >= kAskedMax ? "it was asked to go on, and could not" : "";
    if (fault.empty()) {
      LUMENFLOW_TRY(change(session.id, [this](SessionRecord& record) {
        if (record.asked > 0) record.reason = kHeldUp;
        record.asked_ms = context_.now_ms();
        ++record.asked;
      }));
      if (session.asked > 0 && session.reason != kHeldUp) LUMENFLOW_TRY(show(session.id));
      const Status asked = context_.turns()->go_on(session.id, kContinue, json::Object{{"session_id", session.id}}, {});
      run_at(context_.now_ms() + again_ms(session.asked + 1));
      if (asked.ok() || asked.error().code() == ErrorCode::kRateLimited) return {};
      fault = std::string(name(asked.error().code())) + ": " + asked.error().message();
    }
    context_.log("warn", "a session cannot go on", json::Object{{"session_id", session.id}, {"reason", fault}});
    return change(session.id, [&](SessionRecord& record) {
      record.state = "suspended";
      record.reason = fault;
    });
  }

  template <class Change>
  Status change(const std::string& id, const Change& change) {
    return context_.transact([&](pack::Store& store) -> Status {
      LUMENFLOW_TRY_ASSIGN(std::optional<SessionRecord> session, load_session(store, id));
      if (!session || session->state == "running") return {};  // it has gone on meanwhile
      change(*session);
      return save_session(store, *session);
    });
  }

  // For people: the copy says what the record does.
  Status show(const std::string& id) {
    std::optional<SessionRecord> session;
    std::vector<Message> messages;
    LUMENFLOW_TRY(context_.transact([&](pack::Store& store) -> Status {
      LUMENFLOW_TRY_ASSIGN(session, load_session(store, id));
      if (!session) return {};
      LUMENFLOW_TRY_ASSIGN(messages, load_messages(store, *session));
      return {};
    }));
    if (session) show_session(context_, *session, messages);
    return {};
  }

  void run_at(std::int64_t ms) { next_ms_ = std::min(next_ms_.value_or(INT64_MAX), ms); }

  pack::HostContext& context_;
  std::optional<std::int64_t> next_ms_;
};

}  // namespace

Result<std::optional<std::int64_t>> look_after_sessions(pack::HostContext& context) { return Caretaker(context).run(); }

}  // namespace lumenflow::agent_runtime
