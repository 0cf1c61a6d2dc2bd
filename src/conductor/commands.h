// The commands Log: what operators and devices ask of a workspace, queued until it is durable there, and what came of
// it.
//
// A command is an envelope of an inbound kind; its id is the envelope's event_id. States: queued, delivered, running,
// done, refused, expired, cancelled; the last four never change again. Whatever changes is part of this turn's batch of
// the ledger: who answers waits until it is durable.
// The io thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "conductor/ledger.h"
#include "conductor/records.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {

inline constexpr std::chrono::hours kCommandLife{24}, kCommandKeyLife{24};
inline constexpr std::size_t kCommandsPerFetch = 256;
// Of one caller, for one workspace; as many again of what stops, decides and takes back. What somebody else asks, and
// what the conductor has to say itself, finds room whatever one of them does.
inline constexpr std::size_t kQueuedByCallerMax = 500;

struct NewCommand {
  std::string workspace;
  std::string kind;
  json::Value payload;
  std::string from;    // the caller's subject
  std::string stream;  // bridge:… or phone:…
  std::optional<std::string> on_behalf_of = {};
  std::optional<std::string> idempotency_key = {};
  std::chrono::milliseconds life = kCommandLife;
  std::string traceparent = {};
  std::optional<Timestamp> decided_at = {};  // what a signature says; else now
};

// The key under which the workspace knows the call: all operators act there as one subject, and one's key is not
// another's. Empty without one.
std::string key_at_workspace(const NewCommand& command);

struct QueuedCommand {
  std::string command_id;
  std::string state;
  Timestamp expires_at;
  bool replayed = false;  // the same key asked for it before
};

struct CommandItem {
  Position position;
  std::string text;  // the envelope
};

class Commands {
 public:
  struct Ports {
    Ledger& ledger;
    const Records& records;
    const Clock& clock;
    Random& random;
  };
  explicit Commands(Ports ports)
      : ledger_(ports.ledger), records_(ports.records), clock_(ports.clock), random_(ports.random) {}

  // UNKNOWN_KIND, INVALID_PAYLOAD, IDEMPOTENCY_CONFLICT; OUTBOX_FULL when too many of this caller wait for the
  // workspace.
  Result<QueuedCommand> queue(const NewCommand& command);
  // How this history of the workspace's commands is called there.
  Result<std::string> log_id(const std::string& workspace) const;
  // Everything up to `after` of the Log `log_id` is durable in the workspace's inbox: what it is to be given next
  // stands behind the answer. Of another Log, or beyond what was ever given out here (this one was restored from a
  // copy), nothing is acknowledged, and it begins anew under another log_id: what comes twice it knows by its id.
  Result<Position> resume(const std::string& workspace, std::string_view log_id, Position after);
  // Everything up to `last` is on its way to the workspace.
  Status give_out(const std::string& workspace, Position last);
  // What waits for the workspace after a position, durable and not over, of callers who were not revoked since; nothing
  // of it is changed.
  Result<std::vector<CommandItem>> waiting(const std::string& workspace, Position after) const;
  // NOT_FOUND, also when it is another workspace's or was revoked with it; INVALID_REQUEST; CONFLICT when it ended
  // otherwise.
  Result<json::Value> report(const std::string& workspace, const std::string& command_id, const json::Value& report);
  // Still queued: cancelled here. Otherwise the workspace is asked to; it decides. A device takes back its own only
  // (NOT_FOUND), and nobody that a device is revoked (CONFLICT).
  Result<json::Value> cancel(const std::string& workspace, const std::string& command_id, const std::string& reason,
                             const NewCommand& as);
  // What waits of this caller, for whatever workspace, is refused: `caller` is operator:ana or ws-42:phone:pixel-8.
  Status refuse_all_of(const std::string& caller, const Error& why);
  // What waits for this workspace is cancelled.
  Status cancel_all(const std::string& workspace, const Error& why);
  // Asks the workspace to revoke the device too, and asks again when it said anything but that it is done.
  Status tell_revoked(const std::string& workspace, const std::string& device_id, const std::string& by);
  // Of devices whose revocation the workspace did not carry out: it is told anew. When it says hello.
  Status remind(const std::string& workspace);

  // NOT_FOUND, also for what stands at `floor` or before.
  Result<json::Value> show(const std::string& workspace, const std::string& command_id, Position floor) const;
  struct Seen {
    Position floor;    // nothing that stands there or before
    std::string from;  // only what this subject asked; empty: whatever anybody did
  };
  Result<json::Value> list(const std::string& workspace, Position before, std::size_t limit, const Seen& seen) const;
  // Queued commands whose time is over are expired; keys are forgotten. Once a second.
  void sweep();

  // Told of each workspace that something was queued for, once that is durable.
  void on_queued(std::function<void(const std::string& workspace)> told) { queued_ = std::move(told); }
  // Told of each command that ended or changed, once that is durable.
  void on_change(std::function<void(const std::string& command_id, const json::Value& state)> told) {
    told_ = std::move(told);
  }

 private:
  Result<json::Value> load(const std::string& workspace, const std::string& command_id) const;
  Result<std::optional<QueuedCommand>> earlier(const NewCommand& command, const std::string& hash) const;
  Status acknowledge(const std::string& workspace, Position after);
  Status save(const std::string& command_id, const json::Value& state);
  Status enlist(const json::Value& state);
  Status strike(const json::Value& state);
  using Voids = std::map<std::string, Timestamp>;  // by subject, as looked up before
  Result<bool> counts(const json::Value& state, Voids& voids) const;
  Status end(const std::string& workspace, const std::string& command_id, json::Value state, std::string_view to,
             const json::Object& details);
  Status end_all(std::string_view table, const std::string& prefix, std::string_view to, const Error& why);
  Status heard_of_revocation(const std::string& workspace, const json::Value& state);
  Result<std::uint64_t> next_seq(const std::string& workspace, const std::string& stream);

  Ledger& ledger_;
  const Records& records_;
  const Clock& clock_;
  Random& random_;
  std::function<void(const std::string&, const json::Value&)> told_;
  std::function<void(const std::string&)> queued_;
};

bool is_terminal(std::string_view state);
// Whose command it is: the device's or the operator's. Nothing for what the conductor has to say itself.
std::optional<std::string> caller_of(const json::Value& state);

}  // namespace lumenflow::conductor
