// A small client of a conductor: what an operator or a device asks of workspaces through it.
//
//   ConductorClient conductor({.url = "https://conductor.example", .token = device_token});
//   const auto ended = conductor.call("ws-42", "task:create", {{"title", "Water"}}, {.idempotency_key = "plants-1"});
//   if (ended.ok() && ended->state == conductor::CommandStateName::kDone) use(*ended->result);
//
// Errors are the conductor's own (docs/reference/errors.md), a code that is not known here as INTERNAL with its name in
// the message; UNREACHABLE when nothing answers, INVALID_OUTPUT for an answer that is not what the description says.
// How a call or a command ended is a value, not an error: its `state` and `error` say it.
//
// Every operation blocks. One thread at a time; clients share nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lumenflow/consumers/conductor_types.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::consumers {

struct ConductorClientOptions {
  std::string url = {};                       // scheme, host and port
  std::string token = {};                     // of a device; empty for an operator, who signs in
  std::string ca_file = {};                   // when not empty, trusted instead of the system's authorities
  std::chrono::milliseconds timeout{60'000};  // of one request
  std::chrono::milliseconds wait{30'000};  // how long the conductor may keep a call waiting for its end: 30 s at most
  std::chrono::milliseconds pause{1'000};  // between two questions how a command is getting on
};

// How long is waited for an end; what is waited for goes on without whoever gave up.
inline constexpr std::chrono::milliseconds kConductorPatience = std::chrono::minutes(10);

// Who decides, with a key that the workspace has pinned. Never log it.
struct Decider {
  std::string subject = {};      // of a device: WORKSPACE:phone:DEVICE
  std::string private_key = {};  // P-256, PKCS #8 in PEM, unencrypted
};

struct ConductorCall {
  // The same key again is the same call: a retry that cannot do it twice. Without one, a call whose answer was lost may
  // have been made.
  std::string idempotency_key = {};
  std::chrono::milliseconds patience = kConductorPatience;
  Decider signer = {};  // of a device, which signs what it asks for; an operator gives none
};

struct ApprovalQuery {
  bool pending_only = false;
  std::int64_t before = 0;  // the `next` of the page before; 0: the newest
  std::int64_t limit = 100;
};

struct EventQuery {
  std::string kind = {};    // when not empty, only events of this kind
  std::string stream = {};  // when not empty, only events of this stream
  std::int64_t after = 0;   // behind this position: the `next` of the page before; 0 is the beginning
  std::int64_t limit = 100;
};

class ConductorClient {
 public:
  explicit ConductorClient(ConductorClientOptions options);
  ~ConductorClient();
  ConductorClient(ConductorClient&&) noexcept;

  // As an operator. The cookie and what stands against forged requests are kept here until signing out.
  Result<conductor::OpenedSession> sign_in(const conductor::SignIn& who);
  Status sign_out();

  // From behind the id that is the `next` of the page before.
  Result<conductor::WorkspacePage> workspaces(std::string_view after = "");
  Result<conductor::ToolRegistry> tools(std::string_view workspace);

  // Calls a tool and follows it to its end, also while it waits for an approval; after `patience`, as it is then.
  // INVALID_CONFIGURATION for a signer's key that is none.
  Result<conductor::ToolOutcome> call(std::string_view workspace, std::string_view tool, const json::Object& input,
                                      const ConductorCall& options = {});

  Result<conductor::QueuedCommand> queue(std::string_view workspace, const conductor::NewCommand& command);
  Result<conductor::Command> command(std::string_view workspace, std::string_view command_id);
  // Once it has ended; after `patience`, as it is then.
  Result<conductor::Command> outcome(std::string_view workspace, std::string_view command_id,
                                     std::chrono::milliseconds patience = kConductorPatience);
  // One that has left is the workspace's to end. CONFLICT for one that has ended.
  Result<conductor::Command> cancel(std::string_view workspace, std::string_view command_id,
                                    std::string_view reason = "");

  Result<conductor::ApprovalPage> approvals(std::string_view workspace, const ApprovalQuery& query = {});
  // Signs the decision about this very call and passes it on; the workspace judges it, and outcome() of what is
  // answered says how. INVALID_CONFIGURATION for what is no such key.
  Result<conductor::QueuedCommand> decide(const conductor::Approval& approval,
                                          conductor::ApprovalDecisionDecision decision, const Decider& decider,
                                          std::string_view reason = "");

  // As an admin: tokens are signed with a new key from now on. Those that were signed before count until they are over.
  Result<conductor::RotatedKey> rotate_key();

  Result<conductor::EventPage> events(std::string_view workspace, const EventQuery& query = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Done, refused, expired or cancelled: nothing more comes of it.
bool is_ended(conductor::CommandStateName state);

}  // namespace lumenflow::consumers
