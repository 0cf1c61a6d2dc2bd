// Governed turns of agents, for packs compiled into lumenflow: what an agent does, the kernel holds to its session.
//
// A turn is opened within a call that came from outside, once; from then on what the call invokes is the turn's: its
// subject is `<workspace>:turn:<turn_id>`, on behalf of whoever made the call. It may do no more than that caller may:
// the caller's token scopes, and the layers of workspace, lane and task. What the tool itself may reach does not bound
// it. A call of a turn that needs an approval waits for it; the turn may not decide it, the caller may.
//
// The session lives in the kernel: who holds it, its intent (which is declared once, and by the caller alone), and how
// many turns and tool calls it has had. Every attempt counts. One thread, as the context that it comes from; each
// function returns when what it did is durable.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/invoked.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::pack {

class Store;  // lumenflow/host.h

struct TurnOpening {
  std::string session_id;            // ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$; one that there is not yet is opened
  std::string intent;                // empty: as the session has it
  std::uint64_t turns_max = 0;       // of the session, this one included; 0: any number
  std::uint64_t tool_calls_max = 0;  // likewise
  // A timer of the pack: it runs when the turn has broken off, and when a call of it that waited for an approval has
  // ended. Empty: none.
  std::string timer;
};

struct Turn {
  std::string turn_id;  // "t-" and a ULID
  std::string session_id;
  std::string subject;
  std::string intent;            // of the session; empty: none was declared
  std::uint64_t turns = 0;       // of the session, with this one
  std::uint64_t tool_calls = 0;  // of the session, before this one
};

// What the journal knows of a turn.
struct TurnRecord {
  enum class State : std::uint8_t { kRunning, kEnded, kAborted };
  State state = State::kRunning;
  std::string session_id;
  std::uint64_t tool_calls = 0;  // its own
  std::string code;              // aborted: what ended it, such as TOOL_TIMEOUT
  // Aborted: clean, partial or needs_recovery; while it runs what it would be if it ended now.
  std::string cleanup_status;
  std::string recovery_action;  // empty: nothing is to be done
};

// What a turn may ask for; some input of it gets through, or an approval lets it.
struct OfferedTool {
  std::string name;
  std::string description;
  json::Value input_schema;
};

class Turns {
 public:
  virtual ~Turns() = default;
  // INVALID_REQUEST outside of a call that came from outside, and for a second turn; INVALID_INPUT for an id or an
  // intent that cannot be; SCOPE_DENIED for a session that the caller does not hold; LIMIT_EXCEEDED.
  virtual Result<Turn> open(const TurnOpening& opening) = 0;
  // What the turn that this call has opened may call now, by name. INVALID_REQUEST without one.
  virtual Result<std::vector<OfferedTool>> tools() = 0;
  // NOT_FOUND, also for one that has ended well.
  virtual Result<TurnRecord> look(std::string_view turn_id) = 0;
  // What has become of a call that a turn made: its outcome is "pending" while it waits, "running" while it runs.
  // NOT_FOUND for any other.
  virtual Result<Invoked> outcome(std::string_view receipt_id) = 0;
  // Has the pack's own tool called as the pack, on behalf of the session's holder and with what the holder's token
  // granted when it opened its last turn; does not wait. The turn that this call opens in the session is the holder's.
  // NOT_FOUND, and TOKEN_REVOKED once the holder's token or device is.
  virtual Status go_on(std::string_view session_id, std::string_view tool, json::Value input,
                       std::string_view idempotency_key) = 0;
  // Lets go of what is kept of a session, and of its turns that broke off, in the commit of what `change` does to the
  // pack's store: its id is anybody's then. Fine when there is none. The error of `change` and nothing done; NOT_FOUND
  // for another pack's session; CONFLICT while a call is made in it.
  virtual Status forget(std::string_view session_id, const std::function<Status(Store&)>& change) = 0;
};

}  // namespace lumenflow::pack
