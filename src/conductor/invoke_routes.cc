// The caller's half of commands: operators and devices ask, wait, look and cancel.
#include <algorithm>
#include <map>
#include <utility>

#include "base/ulid.h"
#include "conductor/authenticator.h"
#include "conductor/callers.h"
#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/ingest.h"
#include "conductor/metrics.h"
#include "conductor/sidecars.h"

namespace lumenflow::conductor {
namespace {

constexpr std::chrono::milliseconds kSyncMax{30'000};

json::Object answer_of(const QueuedCommand& queued) {
  return {
      {"command_id", queued.command_id}, {"state", queued.state}, {"expires_at", format_rfc3339(queued.expires_at)}};
}

void queue_command(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const json::Value* payload = body->find("payload");
  NewCommand command = command_of(*exchange, std::string(exchange->path("id")));
  command.kind = json::string_or(*body, "kind", "");
  command.payload = payload == nullptr ? json::Value(json::Object{}) : *payload;
  if (const json::Value* key = body->find("idempotency_key")) {
    const std::string* text = key->if_string();
    if (text == nullptr || text->empty() || text->size() > 256)
      return refuse(context, exchange,
                    Error(ErrorCode::kInvalidRequest, "'idempotency_key' must be a string of 1 to 256 bytes"));
    command.idempotency_key = *text;
  }
  // A signature that stands beside the payload is of it: passed on as it is.
  if (const json::Value* signature = body->find("signature"); signature != nullptr && command.payload.is_object())
    command.payload.as_object().set("signature", *signature);
  if (const Status taken = take_decided_at(*body, command); !taken.ok())
    return refuse(context, exchange, taken.error());
  if (const Status may = may_send(exchange->principal, command); !may.ok())
    return refuse(context, exchange, may.error());
  queue_and_answer(context, exchange, command);
}

// Calls of tools whose callers wait for the result.
class Invocation : public std::enable_shared_from_this<Invocation> {
 public:
  Invocation(Context& context, ExchangePtr exchange, QueuedCommand queued)
      : context_(context), exchange_(std::move(exchange)), queued_(std::move(queued)) {}

  void start(std::chrono::milliseconds wait) {
    if (look()) return;
    context_.bells.subscribe("command " + queued_.command_id, weak_from_this(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->look();
    });
    context_.after(wait, [self = shared_from_this()] { self->answer_pending(); });
  }

 private:
  bool look() {
    if (answered_) return true;
    const auto state = context_.commands->show(std::string(exchange_->path("id")), queued_.command_id, Position(0));
    if (!state.ok() || !is_terminal(json::string_or(*state, "state", ""))) return false;
    answered_ = true;
    const json::Value* result = state->find("result");
    const json::Value* error = state->find("error");
    json::Object answer{{"command_id", queued_.command_id}, {"state", json::string_or(*state, "state", "")}};
    if (const json::Value* receipt = state->find("receipt_id")) answer.set("receipt_id", *receipt);
    if (result != nullptr) answer.set("result", *result);
    if (error != nullptr) answer.set("error", *error);
    int status = 200;
    if (error != nullptr)
      if (const auto code = error_code_from_name(json::string_or(*error, "code", ""))) status = info(*code).http_status;
    exchange_->send_json(status, json::serialize(json::Value(std::move(answer))));
    return true;
  }
  void answer_pending() {
    if (std::exchange(answered_, true)) return;
    const auto state = context_.commands->show(std::string(exchange_->path("id")), queued_.command_id, Position(0));
    json::Object answer = answer_of(queued_);
    if (state.ok()) answer.set("state", json::string_or(*state, "state", ""));
    exchange_->send_json(202, json::serialize(json::Value(std::move(answer))));
  }

  Context& context_;
  const ExchangePtr exchange_;
  const QueuedCommand queued_;
  bool answered_ = false;
};

void queue_call(Context& context, const ExchangePtr& exchange, const NewCommand& command,
                std::chrono::milliseconds wait) {
  auto queued = context.commands->queue(command);
  if (!queued.ok()) return refuse(context, exchange, queued.error());
  context.metrics->count_command(command.kind);
  context.ledger.when_durable([&context, exchange, queued = *queued, wait](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    std::make_shared<Invocation>(context, exchange, queued)->start(wait);
  });
}

// Whether it stands in a path as it is.
bool is_plain_name(std::string_view tool) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' ||
           c == '-';
  };
  return !tool.empty() && std::ranges::all_of(tool, plain);
}

void call_tool(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const auto wait = parse_duration(exchange->query("wait").value_or("30s"));
  if (!wait.ok() || *wait > kSyncMax)
    return refuse(context, exchange, Error(ErrorCode::kInvalidRequest, "'wait' must be a duration up to 30s"));
  NewCommand command = command_of(*exchange, std::string(exchange->path("id")));
  command.kind = "conductor:tool_requested";
  json::Object payload{{"tool", exchange->path("name")}, {"input", *body}};
  const auto key = exchange->request().header("idempotency-key");
  std::optional<ReachableSidecar> sidecar;  // a device speaks for itself, by what it signs: over the uplink alone
  if (!exchange->principal.is_device() && is_plain_name(exchange->path("name")))
    sidecar = context.sidecars->find(command.workspace);
  if (key) {
    command.idempotency_key = std::string(*key);
  } else if (sidecar) {  // asked for on two ways at most, the call happens once
    command.idempotency_key = "call-" + make_ulid(context.clock.now(), context.random.draw16()).str();
  }
  if (command.idempotency_key) payload.set("idempotency_key", key_at_workspace(command));
  if (const auto signature = exchange->request().header("lumenflow-signature"))
    payload.set("signature", std::string(*signature));
  command.payload = std::move(payload);
  json::Object signed_at;
  if (const auto at = exchange->request().header("lumenflow-decided-at")) signed_at.set("decided_at", std::string(*at));
  if (const Status taken = take_decided_at(json::Value(signed_at), command); !taken.ok())
    return refuse(context, exchange, taken.error());
  if (const Status may = may_send(exchange->principal, command); !may.ok())
    return refuse(context, exchange, may.error());
  if (const Status there = check_workspace(context, command.workspace); !there.ok())
    return refuse(context, exchange, there.error());
  if (!sidecar) return queue_call(context, exchange, command, *wait);
  call_directly(
      context, exchange, *sidecar, command, *wait,
      [&context, exchange, command](std::chrono::milliseconds rest) { queue_call(context, exchange, command, rest); });
}

void show_command(const ExchangePtr& exchange, Context& context) {
  const std::string workspace(exchange->path("id"));
  const auto floor = floor_of(context, exchange->principal, workspace);
  if (!floor.ok()) return exchange->fail(floor.error());
  const auto state = context.commands->show(workspace, std::string(exchange->path("command_id")), *floor);
  if (!state.ok()) return refuse(context, exchange, state.error());
  const Principal& principal = exchange->principal;
  if (principal.is_device() && json::string_or(*state, "from", "") != principal.subject)
    return refuse(context, exchange,
                  Error(ErrorCode::kNotFound, "there is no command " + std::string(exchange->path("command_id"))));
  exchange->send_json(*state);
}

void list_commands(const ExchangePtr& exchange, Context& context) {
  const auto before = exchange->query_number("before", 0, 0, UINT64_MAX),
             limit = exchange->query_number("limit", 100, 1, 1000);
  if (!before.ok()) return refuse(context, exchange, before.error());
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const std::string workspace(exchange->path("id"));
  const auto floor = floor_of(context, exchange->principal, workspace);
  if (!floor.ok()) return exchange->fail(floor.error());
  const Principal& principal = exchange->principal;
  const std::string own(principal.is_device() ? principal.subject : "");  // what others asked is theirs
  const auto page = context.commands->list(workspace, Position(*before), *limit, {*floor, own});
  if (!page.ok()) return exchange->fail(page.error());
  exchange->send_json(*page);
}

void cancel_command(const ExchangePtr& exchange, Context& context) {
  const std::string workspace(exchange->path("id")), id(exchange->path("command_id"));
  const std::string reason(exchange->query("reason").value_or("cancelled by " + exchange->principal.subject));
  const auto state = context.commands->cancel(workspace, id, reason, command_of(*exchange, workspace));
  if (!state.ok()) return refuse(context, exchange, state.error());
  context.ledger.when_durable([exchange, state = *state](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(state);
  });
}

}  // namespace

Status check_workspace(const Context& context, const std::string& workspace) {
  LUMENFLOW_TRY_ASSIGN(const auto found, context.store.records->get(kWorkspacesTable, workspace));
  if (!found) return Error(ErrorCode::kNotFound, "there is no workspace " + workspace);
  if (json::string_or(parsed(*found), "state", "") != "active")
    return Error(ErrorCode::kConflict, "the workspace " + workspace + " was revoked");
  return {};
}

Result<Position> floor_of(const Context& context, const Principal& principal, const std::string& workspace) {
  if (principal.is_operator()) return Position(0);
  return context.ingest->floor(workspace);
}

NewCommand command_of(const Exchange& exchange, const std::string& workspace) {
  const Principal& principal = exchange.principal;
  NewCommand command;
  command.workspace = workspace;
  command.traceparent = exchange.traceparent();
  if (principal.is_device()) {
    command.from = principal.subject;
    command.stream = "phone:" + principal.name;
  } else {
    command.from = workspace + ":conductor";
    command.stream = "bridge:conductor";
    command.on_behalf_of = principal.subject;
  }
  return command;
}

Status take_decided_at(const json::Value& body, NewCommand& command) {
  if (body.find("decided_at") == nullptr) return {};
  const Result<Timestamp> at = parse_rfc3339(json::string_or(body, "decided_at", ""));
  if (!at.ok()) return Error(ErrorCode::kInvalidInput, "'decided_at' must be a time as it was signed (RFC 3339)");
  command.decided_at = *at;
  return {};
}

Status may_send(const Principal& principal, const NewCommand& command) {
  if (command.decided_at && json::string_or(command.payload, "signature", "").empty())
    return Error(ErrorCode::kInvalidRequest, "'decided_at' says when a signature was made, and there is none");
  constexpr std::string_view kSigned[] = {"conductor:approval_resolved", "conductor:recovery_confirmed"};
  for (const std::string_view kind : kSigned)
    if (command.kind == kind && json::string_or(command.payload, "signature", "").empty())
      return Error(ErrorCode::kTokenScopeDenied, "this needs the signature of a key that the workspace has pinned");
  if (command.kind == "conductor:stop_requested" && json::boolean_or(command.payload, "resume", false) &&
      json::string_or(command.payload, "signature", "").empty())
    return Error(ErrorCode::kTokenScopeDenied, "resuming needs the signature of a key that the workspace has pinned");
  if (command.kind == "conductor:device_requested" || command.kind == "conductor:device_revoked")
    return Error(ErrorCode::kTokenScopeDenied, "devices are enrolled with a ticket, and revoked at /v2/devices");
  if (!principal.is_device()) return {};
  const bool calls =
      command.kind == "conductor:tool_requested" || !json::string_or(command.payload, "tool", "").empty();
  if (calls && (json::string_or(command.payload, "signature", "").empty() || !command.decided_at))
    return Error(ErrorCode::kTokenScopeDenied,
                 "a device signs what it asks for: give the signature of its key, and decided_at as it was signed");
  const bool decides = command.kind == "conductor:approval_resolved",
             confirms = command.kind == "conductor:recovery_confirmed";
  const std::string_view needed = decides                                      ? "approvals:decide"
                                  : confirms                                   ? "recovery:confirm"
                                  : command.kind == "conductor:stop_requested" ? "control:stop"
                                                                               : "";
  if (needed.empty() || holds_scope(principal, needed)) return {};
  return Error(ErrorCode::kTokenScopeDenied, "the device's token lacks the scope " + std::string(needed));
}

void queue_and_answer(Context& context, const ExchangePtr& exchange, const NewCommand& command) {
  if (const Status there = check_workspace(context, command.workspace); !there.ok())
    return refuse(context, exchange, there.error());
  const auto queued = context.commands->queue(command);
  if (!queued.ok()) return refuse(context, exchange, queued.error());
  context.metrics->count_command(command.kind);
  context.ledger.when_durable([exchange, queued = *queued](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(202, json::serialize(json::Value(answer_of(queued))));
  });
}

void add_invoke_routes(Routes& routes, Context& context) {
  constexpr Who kCallers = kOperators | kDevices;
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/workspaces/{id}/commands",
              .id = "queue_command",
              .summary = "Queue a command of any inbound kind: {kind, payload, idempotency_key?, signature?}",
              .request = "NewCommand",
              .answers = {{202, "QueuedCommand"}},
              .who = kCallers,
              .role = Role::kOperator},
             [&context](const ExchangePtr& exchange) { queue_command(exchange, context); });
  routes.add({.pattern = "/v2/workspaces/{id}/commands",
              .id = "list_commands",
              .summary = "Commands of a workspace and what came of them, the newest first",
              .answers = {{200, "CommandPage"}},
              .who = kCallers,
              .scope = "events:read",
              .parameters = {{"before", "integer", "from before this position"}, {"limit", "integer", "1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { list_commands(exchange, context); });
  routes.add({.pattern = "/v2/workspaces/{id}/commands/{command_id}",
              .id = "show_command",
              .summary = "One command and what came of it",
              .answers = {{200, "Command"}},
              .who = kCallers,
              .scope = "events:read"},
             [&context](const ExchangePtr& exchange) { show_command(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/workspaces/{id}/commands/{command_id}",
              .id = "cancel_command",
              .summary = "Cancel a command; one that has left is the workspace's to end",
              .answers = {{200, "Command"}},
              .who = kCallers,
              .role = Role::kOperator,
              .parameters = {{"reason", "string", "for people"}}},
             [&context](const ExchangePtr& exchange) { cancel_command(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/workspaces/{id}/tools/{name}",
              .id = "call_tool",
              .summary = "Call a tool of a workspace; the body is its input. 202 when it takes longer than `wait`",
              .request = "ToolInput",
              .answers = {{200, "ToolOutcome"}, {202, "QueuedCommand"}},
              .refusal = "ToolOutcome",
              .who = kCallers,
              .role = Role::kOperator,
              .parameters = {{"wait", "string", "a duration, 30s at most; default: 30s"},
                             {"Idempotency-Key", "string", "the same key again is the same call", true},
                             {"LumenFlow-Signature", "string", "of a device: what it signed of this call", true},
                             {"LumenFlow-Decided-At", "string", "when, as it was signed (RFC 3339)", true}}},
             [&context](const ExchangePtr& exchange) { call_tool(exchange, context); });
}

}  // namespace lumenflow::conductor
