// Decisions that are the workspace's: approvals, confirmations and stops pass through here as they were signed.
#include <utility>

#include "conductor/authenticator.h"
#include "conductor/callers.h"
#include "conductor/context.h"
#include "conductor/views.h"

namespace lumenflow::conductor {
namespace {

// The workspace that asked: the caller's own, the one that is named, or the only one that it can be.
Result<std::string> workspace_meant(const Principal& principal, const json::Value& body,
                                    const std::vector<std::string>& asked) {
  const std::string named(json::string_or(body, "workspace_id", principal.workspace));
  if (!principal.is_operator() && named != principal.workspace)
    return Error(ErrorCode::kTokenScopeDenied, "the token is of another workspace");
  for (const std::string& workspace : asked)
    if (workspace == named || (named.empty() && asked.size() == 1)) return workspace;
  if (named.empty() && asked.size() > 1)
    return Error(ErrorCode::kInvalidRequest, "several workspaces have something of this id; name the 'workspace_id'");
  return Error(ErrorCode::kNotFound, "no workspace asked for this");
}

// Members that the workspace's kind knows, as the caller sent them.
json::Object members_of(const json::Value& body, std::initializer_list<const char*> names) {
  json::Object payload;
  for (const char* name : names)
    if (const json::Value* value = body.find(name)) payload.set(name, *value);
  return payload;
}

void relay(Context& context, const ExchangePtr& exchange, const json::Value& body, NewCommand command) {
  if (const Status taken = take_decided_at(body, command); !taken.ok()) return refuse(context, exchange, taken.error());
  if (const Status may = may_send(exchange->principal, command); !may.ok())
    return refuse(context, exchange, may.error());
  queue_and_answer(context, exchange, command);
}

void decide_approval(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string id(exchange->path("approval_id"));
  const auto asked = context.views->workspaces_of_approval(id);
  if (!asked.ok()) return exchange->fail(asked.error());
  const auto first = context.views->asker_of_approval(id);
  if (!first.ok()) return exchange->fail(first.error());
  const bool named = body->find("workspace_id") != nullptr || !exchange->principal.is_operator();
  const auto workspace =
      workspace_meant(exchange->principal, *body, named || first->empty() ? *asked : std::vector<std::string>{*first});
  if (!workspace.ok()) return refuse(context, exchange, workspace.error());
  NewCommand command = command_of(*exchange, *workspace);
  command.kind = "conductor:approval_resolved";
  json::Object payload = members_of(*body, {"decision", "decided_by", "reason", "signature"});
  if (payload.find("decided_by") == nullptr) payload.set("decided_by", exchange->principal.subject);
  payload.set("approval_id", id);
  command.payload = std::move(payload);
  relay(context, exchange, *body, std::move(command));
}

void confirm_recovery(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string id(exchange->path("recovery_id"));
  const auto asked = context.views->workspaces_of_recovery(id);
  if (!asked.ok()) return exchange->fail(asked.error());
  std::vector<std::string> candidates = *asked;
  // A recovery that a pack proposes has an id of its own, which no event has carried here: then it is named.
  if (const std::string_view named = json::string_or(*body, "workspace_id", exchange->principal.workspace);
      !named.empty())
    candidates.emplace_back(named);
  const auto workspace = workspace_meant(exchange->principal, *body, candidates);
  if (!workspace.ok()) return refuse(context, exchange, workspace.error());
  NewCommand command = command_of(*exchange, *workspace);
  command.kind = "conductor:recovery_confirmed";
  json::Object payload = members_of(*body, {"decided_by", "reason", "signature"});
  if (payload.find("decided_by") == nullptr) payload.set("decided_by", exchange->principal.subject);
  payload.set("recovery_id", id);
  command.payload = std::move(payload);
  relay(context, exchange, *body, std::move(command));
}

void stop(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  NewCommand command = command_of(*exchange, std::string(exchange->path("id")));
  command.kind = "conductor:stop_requested";
  command.payload = members_of(*body, {"target", "resume", "signature"});
  relay(context, exchange, *body, std::move(command));
}

}  // namespace

void add_relay_routes(Routes& routes, Context& context) {
  constexpr Who kCallers = kOperators | kDevices;
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/approvals/{approval_id}",
              .id = "decide_approval",
              .summary = "Pass on a signed decision: {decision, signature, decided_by?, reason?, workspace_id?}",
              .request = "ApprovalDecision",
              .answers = {{202, "QueuedCommand"}},
              .who = kCallers,
              .role = Role::kOperator,
              .scope = "approvals:decide"},
             [&context](const ExchangePtr& exchange) { decide_approval(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/recoveries/{recovery_id}/confirm",
              .id = "confirm_recovery",
              .summary = "Pass on a signed consent: {signature, decided_by?, reason?, workspace_id?}",
              .request = "RecoveryConsent",
              .answers = {{202, "QueuedCommand"}},
              .who = kCallers,
              .role = Role::kOperator,
              .scope = "recovery:confirm"},
             [&context](const ExchangePtr& exchange) { confirm_recovery(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/workspaces/{id}/stop",
              .id = "stop",
              .summary = "Stop a tool, a subject or all; resuming needs a signature: {target, resume?, signature?}",
              .request = "StopRequest",
              .answers = {{202, "QueuedCommand"}},
              .who = kCallers,
              .role = Role::kOperator,
              .scope = "control:stop"},
             [&context](const ExchangePtr& exchange) { stop(exchange, context); });
}

}  // namespace lumenflow::conductor
