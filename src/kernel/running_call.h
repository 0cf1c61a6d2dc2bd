// One call between its arrival and its last record. Owned by the strand; the flag alone is shared with the tool's
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/ulid.h"
#include "journal/approvals.h"
#include "journal/recoveries.h"
#include "kernel/call.h"
#include "kernel/call_notices.h"
#include "kernel/cancellation.h"
#include "kernel/config.h"
#include "pack/enforced_scopes.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

// How a stage ends a call.
struct CallEnd {
  int stage = 12;
  journal::Outcome outcome = journal::Outcome::kSuccess;
  std::optional<ErrorCode> code;  // the kernel's; for a tool's own failure `tool_code` says it
  std::string tool_code;
  std::string decided_by;
  std::string message;
  json::Value details;     // null: none
  bool no_effect = false;  // of code that is gone: known to have changed nothing
};

// A call that another one left open proposes.
struct Proposed {
  std::string recovery_id, tool;
  json::Value input;
};

struct RunningCall {
  Ulid ulid;
  ReceiptId receipt;
  Call call;
  std::vector<Completion> completions;      // the caller's, and those of equal calls under the same idempotency key
  std::vector<CallNotices::Watch> watches;  // of the same

  std::shared_ptr<const pack::Registry> registry;  // shared: keeps `tool` alive over a reload
  const pack::ActiveTool* tool = nullptr;          // null: stage 1 found none
  std::string_view pack_id;                        // "kernel" for kernel tools, empty without a tool

  Timestamp arrived;
  std::chrono::nanoseconds arrived_monotonic{0};
  std::optional<std::chrono::nanoseconds> deadline;  // monotonic; once it runs off the strand

  // What of the input counts, where the pack reads it otherwise than it stands (0008); rules are asked about that.
  std::optional<json::Value> counted_input;
  std::string input_text;  // canonical and redacted; empty: has no canonical form, or was not reached
  std::optional<Hash256> input_hash;
  std::optional<Hash256> idempotency_hash;            // of (subject, tool, key)
  std::string policy;                                 // the decision of stage 5 and the rules that matched, as recorded
  Decision decision = Decision::kDeny;                // likewise
  std::vector<std::string> approvals;                 // surfaces that must approve it
  json::Value rules;                                  // where some must: the rules that matched, with their hashes
  std::shared_ptr<const journal::ParkedCall> parked;  // shared by nobody else; the approval in hand, null: none
  std::optional<json::Value> summary;                 // {tool, receipt_id, data}: what its approvers are told besides
  std::string decided;                                // an entry that goes before the call's further ones; may be empty

  std::string session_pack, intent;  // of the session that it is made in; empty: none, or it is the pack's own
  bool over_session_limit = false;   // it is one tool call too many for its session
  std::string opened_turn,
      turn_session;             // what it opened; empty: nothing. Written on the strand while its thread waits
  Position requested;           // the row of call.requested, once appended; 0: it is not
  bool started = false;         // call.started is in the journal
  bool starts_durably = false;  // something durable names it already: its start is recorded whatever it is
  bool launched = false;        // its code was handed to whoever runs it
  journal::Cleanup left_behind = journal::Cleanup::kClean;  // at worst, by it and by what was called within it
  std::vector<Proposed> proposed_within;                    // by recoveries of calls that were made within it
  std::unique_ptr<const CallEnd> refusal;                   // of one that starts durably: what ended it before it began
  int attempts = 0;                                         // executions whose store transaction was refused
  std::uint64_t store_version = 0;                          // of the pack's store when the tool was launched
  std::shared_ptr<Cancellation> cancelled;                  // shared with the thread that runs the tool
  // What a sandbox is to enforce, as of its start; null: the tool runs in the program itself. Shared with the kernel.
  std::shared_ptr<const pack::EnforcedScopes> enforced_scopes;
  std::string isolation;       // what held the tool's code; empty: it ran in the program itself
  int joined = 0;              // equal calls under the same idempotency key that wait for its end
  bool masked_input = false;   // in a replay: `input_text` came without what looks like a credential
  bool sealed_output = false;  // what its tool answered is on the tape only as it may be shown
  // What a recording has found out already: nothing looks like a credential; and the answer's data, as JSON.
  bool clean_input = false, clean_output = false;
  std::string output_text;
};

// What agent-runtime:tool_called says. What it views outlives the entry's making.
struct ToolCalled {
  std::string_view receipt, tool, envelope_hash, code, turn;  // the last: empty for none
  journal::Outcome outcome;
  std::int64_t duration_us;
};

}  // namespace lumenflow::kernel
