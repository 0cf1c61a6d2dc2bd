// Commands from the other side of the uplink, carried out: each at most once, with the rights that this workspace has
// given whoever sent it and no others, on the one path of every call (05-conductor).
//
// What comes in is queued in the commit that takes it in, leaves the queue in the commit with the first record of its
// call or of its end, and what is to be said of it waits in the journal until the other side knows it
// (journal/commands.h). The strand's; a part of the kernel, which owns it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "journal/commands.h"
#include "journal/inbound.h"
#include "kernel/call.h"
#include "kernel/granted.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

class Kernel;
struct RunningCall;

// What a device signs so that what was stopped runs again: canonical JSON.
std::string resume_statement(std::string_view target, std::string_view decided_by, Timestamp decided_at);

// What a device signs of a command that becomes a call of a tool: canonical JSON. `payload` is the event's, whatever
// stands there as `signature`.
std::string command_statement(std::string_view kind, json::Value payload, std::string_view decided_by,
                              Timestamp decided_at);

inline constexpr std::chrono::minutes kCommandSkew{5};  // between the clocks of whoever sends and this one

// Under what a command, or what was signed of one, is remembered.
Hash256 command_memory_key(std::string_view what, std::string_view id);

class Commands {
 public:
  explicit Commands(Kernel& kernel) : kernel_(kernel) {}

  // After the kernel was opened: whether something waits from before.
  Status load();
  // Those among the events that were taken in with the open batch.
  Status received(const std::vector<journal::ReceivedEvent>& events);
  // Carries out what is due, in the open batch.
  void run();
  void look() { due_ = true; }
  bool idle() const { return in_hand_.empty() && !telling_; }
  // As after an opening, where nothing is in hand.
  Status begin() {
    due_ = false;
    retry_at_.reset();
    return load();
  }
  // When run() is to be called again at the latest, on the monotonic clock.
  std::optional<std::chrono::nanoseconds> next_retry() const { return retry_at_; }
  // The first record of this call is in the open batch: with it, the command has become a call.
  Status recorded(const RunningCall& call);
  // Called on the strand when there may be more to say of commands; empty: nobody listens.
  void on_reports(std::function<void()> callback) { on_reports_ = std::move(callback); }
  // workspace_warning, in the open batch.
  Status warn(const std::string& message);
  // What was minted for this subject last; without scopes: nothing, or it was revoked.
  Result<Credential> granted(const std::string& subject) const;

 private:
  struct Command {
    Position at;
    journal::CommandQueue queue;
    event::Event event;
    event::Stamp stamp;
    std::optional<Timestamp> expires_at;
  };
  struct InHand {
    journal::CommandQueue queue;
    std::string command_id, kind, from;
    std::string receipt;  // once it is recorded
  };
  Status run_queue(journal::CommandQueue queue);
  Result<bool> carry_out(Position at, journal::CommandQueue queue);
  Result<Command> read(Position at, journal::CommandQueue queue) const;
  // Nothing but the relay's word says that a device sent it, unless its signature does.
  enum class Word : std::uint8_t { kRelays, kSigned };
  Result<std::shared_ptr<const Credential>> credential_of(const Command& command, Word word = Word::kRelays) const;
  Result<Call> call_of(const Command& command);
  Result<Call> tool_call(const Command& command);
  Result<Call> decision_call(const Command& command) const;
  Result<Call> recovery_call(const Command& command) const;
  Result<Call> stop_call(const Command& command);
  Result<Call> device_call(const Command& command) const;
  Status check_signed(const Command& command);
  Status check_resume(const Command& command, const std::string& target);
  Status check_fresh(const Command& command) const;
  Status count_once(const Command& command, std::string_view what, std::string_view statement);
  Result<bool> dispatch(const Command& command, Call call);
  void ended(Position at, const CallResult& result);
  Status cancel(const Command& command);
  Result<bool> cancel_waiting(const Command& by, const std::string& command_id);
  Result<bool> cancel_parked(const Command& by, const std::string& command_id);
  // Without a call of its own.
  Status end(const Command& command, std::string state, const std::optional<Error>& why = std::nullopt);
  void tell_when_durable();

  Kernel& kernel_;
  std::map<std::uint64_t, InHand> in_hand_;  // dispatched by this process and not ended
  std::function<void()> on_reports_;
  bool telling_ = false;  // once the open batch is durable
  bool due_ = false;
  std::optional<std::chrono::nanoseconds> retry_at_;
};

}  // namespace lumenflow::kernel
