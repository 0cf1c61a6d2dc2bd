// A call as it enters the kernel, who makes it, and what comes back.
//
// Value types. Credentials are immutable and shared between a connection and its calls in flight.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "journal/entry.h"
#include "lumenflow/error_code.h"
#include "lumenflow/json.h"
#include "pack/scope.h"

namespace lumenflow::kernel {

// Where a call came in. Which of them a kernel tool answers on is its own (kernel_tool.h).
enum class Surface : std::uint8_t { kHttp, kSocket, kCli, kPack };

// Who acts, from an authenticated token or the peer of the local socket; never from a body.
struct Credential {
  Subject subject;
  std::string on_behalf_of;
  std::vector<std::string> scopes;
  std::string token_id;  // jti; empty: no token (local socket, CLI)
  std::optional<Timestamp> expires_at;
  bool operator_key = false;  // proved possession of the workspace's operator key with this very request
};

// Whether the credential holds the token scope: itself, `workspace` for what it stands for, and for
// `tools:<permission>` also `tools:<permission>:<pack>`.
bool holds_scope(const Credential& credential, std::string_view scope, std::string_view pack);

// The call within which a pack makes another.
struct OuterCall {
  ReceiptId receipt;
  int depth = 1;                                     // of the inner one
  std::vector<pack::ScopeLayer> layers;              // what the inner one may not go beyond
  std::shared_ptr<const OuterCall> outer = nullptr;  // within which that one was made; null: none. Shared likewise
};

class CallAsker;  // kernel/call_asker.h
struct CallNotice;
using CallListener = std::function<void(const CallNotice&)>;  // call_notices.h

struct Call {
  std::string tool;  // name or alias, as asked
  json::Value input;
  std::shared_ptr<const Credential> credential;
  Surface surface = Surface::kHttp;
  std::string idempotency_key;  // empty: none
  std::string traceparent;
  std::shared_ptr<const OuterCall> outer = nullptr;  // null: made from outside. Shared by what it calls in turn
  std::string recovery = {};                         // whose confirmation made it; empty: none
  Position command = {};                             // of the event that asks for it (commands.h); 0: none does
  std::string session = {};  // in which it is made; empty: none. From outside it is the caller's claim (sessions.h)
  std::string turn = {};     // that makes it; empty: none. Never said from outside
  bool goes_on = false;      // the pack of the session makes it for the holder (pack::Turns::go_on)
  std::shared_ptr<CallAsker> asker = {};                   // null: nobody answers what it asks. Shared with the surface
  std::shared_ptr<const CallListener> listener = nullptr;  // null: nobody. Shared: who submits may keep it
};

// Whose tasks a call may change, and whose it is bound by: what a pack calls within a call is the work of who called
// it.
inline const std::string& actor_of(const Call& call) {
  const Credential& who = *call.credential;
  return call.surface == Surface::kPack && !who.on_behalf_of.empty() ? who.on_behalf_of : who.subject.str();
}

struct CallResult {
  ReceiptId receipt;
  journal::Outcome outcome = journal::Outcome::kSuccess;
  std::optional<ErrorCode> code;  // the kernel's refusal; nothing on success and for a tool's own failure
  std::string body;               // the Result of 03-dispatch as JSON text
  bool replayed = false;          // an idempotency key gave an earlier call's result
};

// Called once, on the strand, after the commit that records the call.
using Completion = std::function<void(const CallResult&)>;

}  // namespace lumenflow::kernel
