// What the pack keeps of a session: where it stands, and its conversation. The kernel's own record (who holds it, its
// intent, its counters) is elsewhere and decides.
//
// Kept in the pack's part of the journal, so that it commits with the events about it; a copy for people to read lies
// in `.agent-runtime/sessions/`. Values, and functions of a store; call them within one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent-runtime/plan.h"
#include "agent-runtime/provider.h"
#include "lumenflow/host.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

// A call that waits for an approval.
struct Waiting {
  std::string receipt_id;
  std::string request_id;  // of the model
  std::string tool;
};

struct SessionRecord {
  std::string id;
  std::string state = "idle";  // idle, running, waiting (for approvals), suspended
  std::string reason;          // suspended: why; idle: what ended the last turn, where that was no answer
  std::string turn;            // running: which
  std::string node;            // running: of the plan; empty: none
  std::string model;           // the profile of its last turn
  std::uint64_t messages = 0;
  Usage usage;
  double cost_usd = 0;
  std::vector<Waiting> waiting;
  Plan plan;
  // Waiting: whoever began the turn goes on with it (`resume`), not the timer.
  bool attended = false;
  // It was asked to go on, and has not yet: when, and how often.
  std::int64_t asked_ms = 0;
  std::int64_t asked = 0;
  std::uint64_t turns = 0;
  std::int64_t used_ms = 0;  // when a turn of it began or ended last, since 1970; 0: before that was kept

  bool needs_timer() const;
  bool has_ended() const;  // nothing of it goes on by itself
};

// JOURNAL_DAMAGED for a record that cannot be read.
Result<std::optional<SessionRecord>> load_session(pack::Store& store, std::string_view id);
// Also notes whether the timer has to look at it.
Status save_session(pack::Store& store, const SessionRecord& session);
// Ids of those that the timer has to look at.
Result<std::vector<std::string>> sessions_of_timer(pack::Store& store);

Result<std::vector<Message>> load_messages(pack::Store& store, const SessionRecord& session);
// Counts them in the record, which is to be saved after.
Status append_messages(pack::Store& store, SessionRecord& session, const std::vector<Message>& messages);

// Those that are over, by id.
struct EndedSession {
  std::string id;
  std::int64_t used_ms;
};
Result<std::vector<EndedSession>> ended_sessions(pack::Store& store);
// Its record and its messages.
Status erase_session(pack::Store& store, std::string_view id);

// For people; never read back.
json::Value document_of(const SessionRecord& session, const std::vector<Message>& messages);

}  // namespace lumenflow::agent_runtime
