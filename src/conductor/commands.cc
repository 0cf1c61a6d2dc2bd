#include "conductor/commands.h"

#include <array>
#include <utility>

#include "base/sha256.h"
#include "conductor/standing.h"
#include "conductor/tables.h"
#include "event/event.h"
#include "json/canonical.h"

namespace lumenflow::conductor {
namespace {

// What the conductor has to say itself: of devices, whose tickets and ids are counted already.
bool is_own(std::string_view kind) {
  return kind == "conductor:device_requested" || kind == "conductor:device_revoked";
}

// What a workspace looks at first. It has room of its own.
bool is_urgent(std::string_view kind) {
  return kind != "conductor:tool_requested" && kind != "sidekick:command_received";
}

std::string caller_key(std::string_view caller, std::string_view workspace, std::string_view kind) {
  return key_of({caller, workspace}) + (is_urgent(kind) ? 'u' : 'c');
}

Position position_of(const json::Value& state) {
  return Position(static_cast<std::uint64_t>(json::integer_or(state, "position", 0)));
}

Timestamp created_at(const json::Value& state) {
  const Result<Timestamp> at = parse_rfc3339(json::string_or(state, "created_at", ""));
  return at.ok() ? *at : Timestamp{0};
}

// The command as the workspace is given it, and for whoever reads the audit: who asked, and when.
std::string queued_entry(const std::string& workspace, std::string_view envelope, const std::string& subject,
                         Timestamp now) {
  std::string text = R"({"command":)" + std::string(envelope) + R"(,"subject":)";
  json::append_canonical_string(subject, text);
  text += R"(,"ts":")" + format_rfc3339(now) + R"(","type":"command.queued","workspace":)";
  json::append_canonical_string(workspace, text);
  return text + "}";
}

bool may_follow(std::string_view from, std::string_view to) {
  constexpr std::array<std::string_view, 4> kOrder = {"queued", "delivered", "running", ""};
  const auto rank = [&](std::string_view state) {
    for (std::size_t i = 0; i < 3; ++i)
      if (kOrder[i] == state) return i;
    return std::size_t{3};
  };
  return rank(to) > rank(from);
}

}  // namespace

std::string key_at_workspace(const NewCommand& command) {
  constexpr std::size_t kKeyBytesMax = 256;
  const std::string key = command.idempotency_key.value_or("");
  if (key.empty() || !command.on_behalf_of) return key;
  std::string own = *command.on_behalf_of + "/" + key;
  return own.size() <= kKeyBytesMax ? own : "sha256:" + sha256_hex(own);
}

bool is_terminal(std::string_view state) {
  return state == "done" || state == "refused" || state == "expired" || state == "cancelled";
}

std::optional<std::string> caller_of(const json::Value& state) {
  if (is_own(json::string_or(state, "kind", ""))) return std::nullopt;
  const std::string from(json::string_or(state, "from", ""));
  if (from.find(":phone:") != std::string::npos) return from;
  return std::string(json::string_or(state, "on_behalf_of", from));
}

// It waits from now on.
Status Commands::enlist(const json::Value& state) {
  const std::string workspace(json::string_or(state, "workspace_id", "")), id(json::string_or(state, "command_id", ""));
  const Position at = position_of(state);
  LUMENFLOW_TRY(ledger_.put(kWaiting, waiting_key(workspace, at), id));
  const auto caller = caller_of(state);
  if (!caller) return {};
  const std::string key = caller_key(*caller, workspace, json::string_or(state, "kind", ""));
  return ledger_.put(kByCaller, key + big_endian(at.value()), id);
}

// It waits no more.
Status Commands::strike(const json::Value& state) {
  const std::string workspace(json::string_or(state, "workspace_id", ""));
  const Position at = position_of(state);
  LUMENFLOW_TRY(ledger_.erase(kWaiting, waiting_key(workspace, at)));
  const auto caller = caller_of(state);
  if (!caller) return {};
  const std::string key = caller_key(*caller, workspace, json::string_or(state, "kind", ""));
  return ledger_.erase(kByCaller, key + big_endian(at.value()));
}

// Whether neither the workspace nor whoever asked was revoked since.
Result<bool> Commands::counts(const json::Value& state, Voids& voids) const {
  const auto holds = [&](const std::string& subject) -> Result<bool> {
    auto found = voids.find(subject);
    if (found == voids.end()) {
      LUMENFLOW_TRY_ASSIGN(const Timestamp until, void_until(records_, subject));
      found = voids.emplace(subject, until).first;
    }
    return created_at(state) > found->second;
  };
  LUMENFLOW_TRY_ASSIGN(const bool there, holds(std::string(json::string_or(state, "workspace_id", ""))));
  const auto caller = caller_of(state);
  if (!there || !caller) return there;
  return holds(*caller);
}

Result<std::uint64_t> Commands::next_seq(const std::string& workspace, const std::string& stream) {
  const std::string key = key_of({workspace, stream});
  LUMENFLOW_TRY_ASSIGN(const auto last, ledger_.tables().get(kDown, key));
  const std::uint64_t seq = last ? from_big_endian(*last) + 1 : 1;
  LUMENFLOW_TRY(ledger_.put(kDown, key, big_endian(seq)));
  return seq;
}

Status Commands::save(const std::string& command_id, const json::Value& state) {
  return ledger_.put(kCommand, command_id, json::serialize(state));
}

Result<json::Value> Commands::load(const std::string& workspace, const std::string& command_id) const {
  Result<std::optional<std::string>> found = std::optional<std::string>();
  if (!command_id.empty()) found = ledger_.tables().get(kCommand, command_id);
  if (!found.ok()) return std::move(found).error();
  if (!*found) return Error(ErrorCode::kNotFound, "there is no command " + command_id);
  LUMENFLOW_TRY_ASSIGN(json::Value state, json::parse(**found));
  if (json::string_or(state, "workspace_id", "") != workspace)
    return Error(ErrorCode::kNotFound, "there is no command " + command_id);
  return state;
}

// What the same key of the same caller asked for; the key is good for a day.
Result<std::optional<QueuedCommand>> Commands::earlier(const NewCommand& command, const std::string& hash) const {
  const std::string key =
      key_of({command.workspace, command.from, command.on_behalf_of.value_or("")}) + *command.idempotency_key;
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kKeys, key));
  if (!found || found->size() < 72) return std::optional<QueuedCommand>();
  const Timestamp at{static_cast<std::int64_t>(from_big_endian(*found))};
  if (at + kCommandKeyLife <= clock_.now()) return std::optional<QueuedCommand>();
  if (found->substr(8, 64) != hash)
    return Error(ErrorCode::kIdempotencyConflict, "the idempotency key was used for another command");
  LUMENFLOW_TRY_ASSIGN(const json::Value state, load(command.workspace, found->substr(72)));
  QueuedCommand queued;
  queued.command_id = found->substr(72);
  queued.state = json::string_or(state, "state", "");
  queued.expires_at = {json::integer_or(state, "expires_ms", 0)};
  queued.replayed = true;
  return std::optional(std::move(queued));
}

Result<QueuedCommand> Commands::queue(const NewCommand& command) {
  const event::KnownKind* kind = event::find_kernel_kind(command.kind);
  if (kind == nullptr || !kind->inbound)
    return Error(ErrorCode::kUnknownKind, "'" + command.kind + "' is no kind that a workspace takes from outside");
  LUMENFLOW_TRY(event::validate_kernel_payload(command.kind, command.payload));
  const Timestamp now = clock_.now();
  event::BuildOptions options;
  options.timestamp = command.decided_at.value_or(now);
  options.entropy = random_.draw16();
  LUMENFLOW_TRY_ASSIGN(const event::Event built, event::build_kernel_event_v2(command.kind, command.payload, options));
  // Signed anew it is the same question.
  json::Value asked = built.payload;
  asked.as_object().erase("signature");
  LUMENFLOW_TRY_ASSIGN(const std::string canonical, json::canonical(asked));
  const std::string hash = sha256_hex(command.kind + '\0' + canonical);
  if (command.idempotency_key) {
    LUMENFLOW_TRY_ASSIGN(auto before, earlier(command, hash));
    if (before) return *std::move(before);
  }
  json::Object state{{"workspace_id", command.workspace}, {"kind", command.kind}, {"from", command.from}};
  if (command.on_behalf_of && !command.on_behalf_of->empty()) state.set("on_behalf_of", *command.on_behalf_of);
  if (const auto caller = caller_of(json::Value(state))) {
    const std::string key = caller_key(*caller, command.workspace, command.kind);
    LUMENFLOW_TRY_ASSIGN(const auto full, ledger_.tables().scan(kByCaller, key, "", kQueuedByCallerMax));
    if (full.size() >= kQueuedByCallerMax)
      return Error(ErrorCode::kOutboxFull, "too many commands of " + *caller + " wait for " + command.workspace);
  }

  event::Stamp stamp;
  stamp.from = command.from;
  stamp.stream = command.stream;
  LUMENFLOW_TRY_ASSIGN(stamp.seq, next_seq(command.workspace, command.stream));
  stamp.queue_seq = stamp.seq;  // every command is of the queue class
  stamp.emitted_at = now;
  stamp.expires_at = now + command.life;
  if (command.on_behalf_of && !command.on_behalf_of->empty()) stamp.on_behalf_of = command.on_behalf_of;
  if (!command.traceparent.empty()) stamp.traceparent = command.traceparent;
  std::string envelope;
  event::append_envelope(built, stamp, envelope);
  LUMENFLOW_TRY_ASSIGN(
      const Position at,
      ledger_.append({queued_entry(command.workspace, envelope, stamp.on_behalf_of.value_or(command.from), now)},
                     lists_of_command(command.workspace)));
  QueuedCommand queued{built.event_id, "queued", *stamp.expires_at, false};
  state.set("command_id", queued.command_id);
  state.set("state", "queued");
  state.set("position", at.value());
  state.set("created_at", format_rfc3339(now));
  state.set("expires_at", format_rfc3339(queued.expires_at));
  state.set("expires_ms", queued.expires_at.ms);
  if (command.kind == "conductor:tool_requested") state.set("tool", json::string_or(command.payload, "tool", ""));
  if (is_own(command.kind)) state.set("device_id", json::string_or(command.payload, "device_id", ""));
  LUMENFLOW_TRY(save(queued.command_id, state));
  LUMENFLOW_TRY(enlist(json::Value(state)));
  LUMENFLOW_TRY(ledger_.put(kExpiring, big_endian(static_cast<std::uint64_t>(queued.expires_at.ms)) + queued.command_id,
                            command.workspace));
  if (command.idempotency_key) {
    const std::string key =
        key_of({command.workspace, command.from, command.on_behalf_of.value_or("")}) + *command.idempotency_key;
    const std::string time = big_endian(static_cast<std::uint64_t>(now.ms));
    LUMENFLOW_TRY(ledger_.put(kKeys, key, time + hash + queued.command_id));
    LUMENFLOW_TRY(ledger_.put(kKeysExpire, time + key, "-"));
  }
  if (queued_)
    ledger_.when_durable([this, workspace = command.workspace](const Status& done) {
      if (done.ok()) queued_(workspace);
    });
  return queued;
}

Result<std::string> Commands::log_id(const std::string& workspace) const {
  LUMENFLOW_TRY_ASSIGN(const auto given, ledger_.tables().get(kGiven, workspace));
  const std::uint64_t anew = from_big_endian(given.value_or(""));
  return ledger_.head().log_id + (anew == 0 ? std::string() : "/" + std::to_string(anew));
}

Result<Position> Commands::resume(const std::string& workspace, std::string_view log_id_said, Position after) {
  LUMENFLOW_TRY_ASSIGN(const std::string own, log_id(workspace));
  if (log_id_said != own) return Position(0);
  LUMENFLOW_TRY_ASSIGN(const auto given, ledger_.tables().get(kGiven, workspace));
  const std::string_view row = given ? std::string_view(*given) : std::string_view();
  const std::uint64_t last = row.size() == 16 ? from_big_endian(row.substr(8)) : 0;
  if (after.value() > last) {
    const std::uint64_t anew = from_big_endian(given.value_or("")) + 1;
    LUMENFLOW_TRY(ledger_.put(kGiven, workspace, big_endian(anew) + big_endian(0)));
    return Position(0);
  }
  LUMENFLOW_TRY(acknowledge(workspace, after));
  return after;
}

Status Commands::give_out(const std::string& workspace, Position last) {
  LUMENFLOW_TRY_ASSIGN(const auto given, ledger_.tables().get(kGiven, workspace));
  const std::string_view row = given ? std::string_view(*given) : std::string_view();
  if (row.size() == 16 && from_big_endian(row.substr(8)) >= last.value()) return {};
  return ledger_.put(kGiven, workspace, big_endian(from_big_endian(row)) + big_endian(last.value()));
}

Status Commands::acknowledge(const std::string& workspace, Position after) {
  json::Array ids;
  Voids voids;
  for (std::string last;;) {
    LUMENFLOW_TRY_ASSIGN(const auto rows,
                         ledger_.tables().scan(kWaiting, key_of({workspace}), last, kCommandsPerFetch));
    bool beyond = rows.size() < kCommandsPerFetch;
    for (const log::KeyValue& row : rows) {
      if (row.key > waiting_key(workspace, after)) {
        beyond = true;
        break;
      }
      last = row.key;
      LUMENFLOW_TRY_ASSIGN(json::Value state, load(workspace, row.value));
      LUMENFLOW_TRY(strike(state));
      if (json::string_or(state, "state", "") != "queued") continue;
      LUMENFLOW_TRY_ASSIGN(const bool counted, counts(state, voids));
      if (!counted) {  // it was passed over: what follows from the revocation is on its way
        const json::Object details{
            {"error", json::Object{{"code", "TOKEN_REVOKED"}, {"message", "whoever asked was revoked since"}}}};
        LUMENFLOW_TRY(end(workspace, row.value, std::move(state), "refused", details));
        continue;
      }
      state.as_object().set("state", "delivered");
      state.as_object().set("delivered_at", format_rfc3339(clock_.now()));
      LUMENFLOW_TRY(save(row.value, state));
      ids.push_back(row.value);
      if (told_)
        ledger_.when_durable([this, id = row.value, state](const Status& done) {
          if (done.ok()) told_(id, state);
        });
    }
    if (beyond) break;
  }
  if (ids.empty()) return {};
  const json::Object entry{{"type", "command.delivered"},
                           {"workspace", workspace},
                           {"ts", format_rfc3339(clock_.now())},
                           {"command_ids", std::move(ids)}};
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(entry));
  LUMENFLOW_TRY_ASSIGN(const Position at, ledger_.append({text}, {list_of_commands(workspace)}));
  static_cast<void>(at);
  return {};
}

Result<std::vector<CommandItem>> Commands::waiting(const std::string& workspace, Position after) const {
  LUMENFLOW_TRY_ASSIGN(const auto durable, ledger_.snapshot());
  LUMENFLOW_TRY_ASSIGN(
      const auto rows,
      durable->scan(kWaiting, key_of({workspace}), after.value() == 0 ? std::string() : waiting_key(workspace, after),
                    kCommandsPerFetch));
  std::vector<CommandItem> items;
  std::size_t bytes = 0;
  Voids voids;
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(const json::Value state, load(workspace, row.value));
    if (json::string_or(state, "state", "") != "queued" || json::integer_or(state, "expires_ms", 0) <= clock_.now().ms)
      continue;
    LUMENFLOW_TRY_ASSIGN(const bool counted, counts(state, voids));
    if (!counted) continue;
    const Position position(from_big_endian(std::string_view(row.key).substr(workspace.size() + 1)));
    LUMENFLOW_TRY_ASSIGN(const json::Value entry, ledger_.entry_at(position));
    items.push_back({position, json::serialize(*entry.find("command"))});
    bytes += items.back().text.size();
    if (bytes > (1u << 20)) break;
  }
  return items;
}

Result<json::Value> Commands::report(const std::string& workspace, const std::string& command_id,
                                     const json::Value& report) {
  LUMENFLOW_TRY_ASSIGN(json::Value state, load(workspace, command_id));
  LUMENFLOW_TRY_ASSIGN(const Timestamp revoked, void_until(records_, workspace));
  if (created_at(state) <= revoked)
    return Error(ErrorCode::kNotFound, "the workspace was revoked after the command " + command_id);
  const std::string to(json::string_or(report, "state", ""));
  if (to != "running" && !is_terminal(to))
    return Error(ErrorCode::kInvalidRequest, "'state' must be running, done, refused, cancelled or expired");
  json::Object details;
  for (const char* member : {"receipt_id", "result", "error"})
    if (const json::Value* value = report.find(member)) details.set(member, *value);
  const std::string now(json::string_or(state, "state", ""));
  if (now == to || (is_terminal(now) && to == "running")) {
    for (const json::Member& detail : details)
      if (const json::Value* there = state.find(detail.key);
          is_terminal(now) && to == now && (!there || !(*there == detail.value)))
        return Error(ErrorCode::kConflict, "the command ended with another result");
    return state;  // said again
  }
  if (!may_follow(now, to)) return Error(ErrorCode::kConflict, "the command is " + now + " already");
  LUMENFLOW_TRY(end(workspace, command_id, state, to, details));
  return load(workspace, command_id);
}

Result<json::Value> Commands::show(const std::string& workspace, const std::string& command_id, Position floor) const {
  LUMENFLOW_TRY_ASSIGN(json::Value state, load(workspace, command_id));
  if (position_of(state) <= floor) return Error(ErrorCode::kNotFound, "there is no command " + command_id);
  return state;
}

Result<json::Value> Commands::list(const std::string& workspace, Position before, std::size_t limit,
                                   const Seen& seen) const {
  json::Array items;
  Position at = before;
  bool more = true;
  // Reports stand in the same list: a few pages of it hold what is asked for.
  for (int pages = 0; pages < 8 && more && items.size() < limit; ++pages) {
    LUMENFLOW_TRY_ASSIGN(const ListPage page, ledger_.page_back(list_of_commands(workspace), at, limit));
    more = page.more;
    for (const ListedEntry& listed : page.items) {
      at = listed.position;
      if (at <= seen.floor) {
        more = false;
        break;
      }
      const json::Value* command = listed.entry.find("command");
      if (command == nullptr) continue;
      if (!seen.from.empty() && json::string_or(*command, "from", "") != seen.from) continue;
      LUMENFLOW_TRY_ASSIGN(json::Value state, load(workspace, std::string(json::string_or(*command, "event_id", ""))));
      items.push_back(std::move(state));
      if (items.size() >= limit) {
        more = more || &listed != &page.items.back();
        break;
      }
    }
  }
  return json::Value(
      json::Object{{"items", std::move(items)}, {"next", more ? json::Value(at.value()) : json::Value()}});
}

}  // namespace lumenflow::conductor
