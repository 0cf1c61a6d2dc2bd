// What admins keep: tickets, operators, devices, workspaces, the signing key.
#include <utility>

#include "conductor/authenticator.h"
#include "conductor/callers.h"
#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/operators.h"
#include "conductor/standing.h"
#include "conductor/tables.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kListMax = 1000;
const http::RouteParameter kAfter{"after", "string", "from behind this one: `next` of the page before"},
    kLimit{"limit", "integer", "1 to 1000"};

// A page of records, each as `show` says; `name` is how `after` names it.
void list_records(const ExchangePtr& exchange, Context& context, const char* table, const std::string& prefix,
                  const std::string& after, const std::function<json::Value(const Record&)>& show,
                  const std::function<std::string(const Record&)>& name) {
  const auto limit = exchange->query_number("limit", kListMax, 1, kListMax);
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const auto page = context.store.records->scan(table, prefix, after, *limit);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const Record& record : *page) items.push_back(show(record));
  const bool more = page->size() == *limit;
  exchange->send_json(
      json::Object{{"items", std::move(items)}, {"next", more ? json::Value(name(page->back())) : json::Value()}});
}

std::string after_of(const Exchange& exchange) { return std::string(exchange.query("after").value_or("")); }

void answer_when(Context& context, const ExchangePtr& exchange, std::vector<RecordChange> changes, const Act& act,
                 json::Value answer, int status = 200) {
  context.acts.change(std::move(changes), act,
                      [&context, exchange, answer = std::move(answer), status](const Status& done) {
                        if (!done.ok()) return refuse(context, exchange, done.error());
                        exchange->send_json(status, json::serialize(answer));
                      });
}

// --- tickets ---

void make_ticket_for(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const Principal& principal = exchange->principal;
  const std::string kind(json::string_or(*body, "kind", "workspace"));
  const std::string workspace(json::string_or(*body, "workspace_id", principal.workspace));
  if ((kind != "workspace" && kind != "device") || (!workspace.empty() && !is_workspace_id(workspace)) ||
      (kind == "device" && workspace.empty()))
    return refuse(context, exchange, Error(ErrorCode::kInvalidInput, "give {kind: workspace or device, workspace_id}"));
  if (principal.is_workspace() && (kind != "device" || workspace != principal.workspace))
    return refuse(context, exchange,
                  Error(ErrorCode::kTokenScopeDenied, "a workspace makes tickets for its own devices"));
  if (kind == "device")
    if (const Status there = check_workspace(context, workspace); !there.ok())
      return refuse(context, exchange, there.error());
  const Ticket ticket = make_ticket(kind, workspace, principal.subject, context.clock.now(), context.random);
  Act act{"conductor.ticket_made", principal.subject, workspace, {}};
  act.details = {{"kind", kind}, {"ticket", ticket.record.key.substr(0, 12)}};
  const json::Object answer{{"ticket", ticket.code},
                            {"kind", kind},
                            {"workspace_id", workspace.empty() ? json::Value() : json::Value(workspace)},
                            {"expires_at", format_rfc3339(ticket.expires_at)},
                            {"conductor_url", context.public_url}};
  answer_when(context, exchange, {ticket.record}, act, answer, 201);
}

json::Value ticket_document(const Record& record, Timestamp now) {
  const json::Value value = parsed(record);
  const bool over = json::integer_or(value, "expires_ms", 0) <= now.ms;
  const bool used = !json::string_or(value, "used_by", "").empty();
  return json::Object{{"ticket_id", record.key.substr(0, 12)},
                      {"kind", json::string_or(value, "kind", "")},
                      {"workspace_id", json::string_or(value, "workspace_id", "")},
                      {"by", json::string_or(value, "by", "")},
                      {"state", used   ? "used"
                                : over ? "expired"
                                       : "open"},
                      {"expires_at", format_rfc3339({json::integer_or(value, "expires_ms", 0)})}};
}

void list_tickets(const ExchangePtr& exchange, Context& context) {
  std::string after = after_of(*exchange);
  if (!after.empty()) after += '~';  // behind the whole key, which is nobody's to know
  list_records(
      exchange, context, kTicketsTable, "", after,
      [&](const Record& record) { return ticket_document(record, context.clock.now()); },
      [](const Record& record) { return record.key.substr(0, 12); });
}

void delete_ticket(const ExchangePtr& exchange, Context& context) {
  const std::string id(exchange->path("ticket_id"));
  const auto found = context.store.records->scan(kTicketsTable, id, "", 2);
  if (!found.ok()) return exchange->fail(found.error());
  if (id.size() != 12 || found->size() != 1)
    return refuse(context, exchange, Error(ErrorCode::kNotFound, "there is no ticket " + id));
  Act act{"conductor.ticket_withdrawn", exchange->principal.subject, {}, {}};
  act.details = {{"ticket", id}};
  answer_when(context, exchange, {{kTicketsTable, found->front().key, found->front().version, std::nullopt}}, act,
              json::Object{{"ticket_id", id}, {"withdrawn", true}});
}

// --- operators ---

void list_operators(const ExchangePtr& exchange, Context& context) {
  list_records(
      exchange, context, kOperatorsTable, "", after_of(*exchange),
      [](const Record& record) {
        json::Value item = parsed(record);
        item.as_object().erase("passphrase");
        return item;
      },
      [](const Record& record) { return record.key; });
}

void add_operator(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string name(json::string_or(*body, "name", "")), passphrase(json::string_or(*body, "passphrase", ""));
  const auto role = role_from_name(json::string_or(*body, "role", "viewer"));
  if (!role)
    return refuse(context, exchange, Error(ErrorCode::kInvalidInput, "'role' must be viewer, operator or admin"));
  const Timestamp now = context.clock.now();
  // Hashing takes long enough to be felt by everybody else.
  const bool taken = context.executor.post([&context, exchange, name, passphrase, role = *role, now] {
    const Result<RecordChange> made = operator_record(name, passphrase, role, now);
    context.post([&context, exchange, name, role, made] {
      if (!made.ok()) return refuse(context, exchange, made.error());
      const auto there = context.store.records->get(kOperatorsTable, name);
      if (!there.ok()) return exchange->fail(there.error());
      if (*there) return refuse(context, exchange, Error(ErrorCode::kAlreadyExists, "there is an operator " + name));
      Act act{"conductor.operator_added", exchange->principal.subject, {}, {}};
      act.details = {{"name", name}, {"role", conductor::name(role)}};
      answer_when(context, exchange, {*made}, act, json::Object{{"name", name}, {"role", conductor::name(role)}}, 201);
    });
  });
  if (!taken) refuse(context, exchange, Error(ErrorCode::kRateLimited, "too much waits; try again"));
}

void remove_operator(const ExchangePtr& exchange, Context& context) {
  const std::string name(exchange->path("name"));
  const auto found = context.store.records->get(kOperatorsTable, name);
  if (!found.ok()) return exchange->fail(found.error());
  if (!*found) return refuse(context, exchange, Error(ErrorCode::kNotFound, "there is no operator " + name));
  if (name == exchange->principal.name)
    return refuse(context, exchange, Error(ErrorCode::kConflict, "an admin is removed by another admin"));
  Act act{"conductor.operator_removed", exchange->principal.subject, {}, {}};
  act.details = {{"name", name}};
  // Sessions end with the account: they look it up. What waits of it is refused (conductor/consequences.h).
  context.acts.change({{kOperatorsTable, name, (*found)->version, std::nullopt}}, act,
                      [&context, exchange, name](const Status& done) {
                        if (!done.ok()) return refuse(context, exchange, done.error());
                        exchange->send_json(json::Object{{"name", name}, {"removed", true}});
                      });
}

// --- devices ---

void list_devices(const ExchangePtr& exchange, Context& context) {
  const Principal& principal = exchange->principal;
  const std::string of(principal.is_workspace() ? principal.workspace
                                                : std::string(exchange->query("workspace_id").value_or("")));
  const std::string after = after_of(*exchange);  // WORKSPACE/DEVICE
  const std::size_t slash = after.find('/');
  list_records(
      exchange, context, kDevicesTable, of.empty() ? "" : key_of({of}),
      slash == std::string::npos ? after : key_of({after.substr(0, slash), after.substr(slash + 1)}),
      [&](const Record& record) {
        json::Value item = parsed(record);
        for (const char* secret : {"workspace_token", "workspace_token_until_ms", "ticket", "token_expires_ms"})
          item.as_object().erase(secret);
        if (!check_device(*context.store.records, record).ok()) item.as_object().set("state", "revoked");
        return item;
      },
      [](const Record& record) {
        const json::Value item = parsed(record);
        return std::string(json::string_or(item, "workspace_id", "")) + "/" +
               std::string(json::string_or(item, "device_id", ""));
      });
}

// The conductor holds it revoked; an operator who says it again wants the workspace to be told again.
void revoke_again(Context& context, const ExchangePtr& exchange, const std::string& workspace, const std::string& id) {
  if (exchange->principal.is_operator() && check_workspace(context, workspace).ok())
    if (const Status told = context.commands->tell_revoked(workspace, id, exchange->principal.subject); !told.ok())
      return exchange->fail(told.error());
  context.ledger.when_durable([exchange, id](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(json::Object{{"device_id", id}, {"revoked", true}});
  });
}

void revoke_device(const ExchangePtr& exchange, Context& context) {
  const Principal& principal = exchange->principal;
  const std::string workspace(exchange->path("workspace_id")), id(exchange->path("device_id"));
  if (principal.is_workspace() && workspace != principal.workspace)
    return refuse(context, exchange, Error(ErrorCode::kTokenScopeDenied, "the token is of another workspace"));
  const auto found = context.store.records->get(kDevicesTable, key_of({workspace, id}));
  if (!found.ok()) return exchange->fail(found.error());
  if (!*found) return refuse(context, exchange, Error(ErrorCode::kNotFound, "there is no device " + id));
  json::Value device = parsed(**found);
  const std::string subject = device_subject(workspace, id);
  if (json::string_or(device, "state", "") == "revoked") return revoke_again(context, exchange, workspace, id);
  device.as_object().set("state", "revoked");
  device.as_object().set("revoked_at", format_rfc3339(context.clock.now()));
  device.as_object().erase("workspace_token");
  const json::Object tombstone{{"revoked_ms", INT64_MAX / 2},
                               {"by", principal.subject}};  // for good: ids are used once
  std::vector<RecordChange> changes{{kDevicesTable, (*found)->key, (*found)->version, json::serialize(device)},
                                    {kRevokedTable, "subject/" + subject, 0, json::serialize(tombstone)}};
  Act act{"conductor.device_revoked", principal.subject, workspace, {}};
  act.details = {{"device_id", id}};
  // Its commands are refused, and the workspace is told, in the commit of the act (conductor/consequences.h).
  answer_when(context, exchange, std::move(changes), act, json::Object{{"device_id", id}, {"revoked", true}});
}

// --- workspaces and keys ---

void revoke_workspace(const ExchangePtr& exchange, Context& context) {
  const std::string id(exchange->path("id")), key = "subject/" + id;
  const auto found = context.store.records->get(kWorkspacesTable, id);
  const auto tombstone = context.store.records->get(kRevokedTable, key);
  if (!found.ok()) return exchange->fail(found.error());
  if (!tombstone.ok()) return exchange->fail(tombstone.error());
  if (!*found) return refuse(context, exchange, Error(ErrorCode::kNotFound, "there is no workspace " + id));
  const Timestamp now = context.clock.now();
  json::Value record = parsed(**found);
  record.as_object().set("state", "revoked");
  record.as_object().set("revoked_at", format_rfc3339(now));
  record.as_object().erase("token");
  const json::Object revoked{{"revoked_ms", now.ms}, {"by", exchange->principal.subject}};
  std::vector<RecordChange> changes{
      {kWorkspacesTable, id, (*found)->version, json::serialize(record)},
      {kRevokedTable, key, *tombstone ? (*tombstone)->version : 0, json::serialize(revoked)}};
  const Act act{"conductor.workspace_revoked", exchange->principal.subject, id, {}};
  // What waits for it is cancelled in the commit of the act (conductor/consequences.h).
  answer_when(context, exchange, std::move(changes), act, json::Object{{"workspace_id", id}, {"revoked", true}});
}

void rotate_key(const ExchangePtr& exchange, Context& context) {
  if (const Status made = rotate_token_key(*context.store.files, context.store.paths.keys, context.store.keys);
      !made.ok())
    return exchange->fail(made.error());
  context.authenticator->keys_changed();
  Act act{"conductor.key_rotated", exchange->principal.subject, {}, {}};
  act.details = {{"key_id", context.store.keys.token.front().id}};
  if (const Status recorded = context.acts.record(act); !recorded.ok()) return exchange->fail(recorded.error());
  context.ledger.when_durable([exchange, id = context.store.keys.token.front().id](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(json::Object{{"key_id", id}});
  });
}

void add_ticket_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/tickets",
              .id = "make_ticket",
              .summary = "A one-time ticket, for a workspace or a device: {kind, workspace_id}",
              .request = "TicketRequest",
              .answers = {{201, "Ticket"}},
              .who = kOperators | kWorkspaces,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { make_ticket_for(exchange, context); });
  routes.add({.pattern = "/v2/tickets",
              .id = "list_tickets",
              .summary = "Tickets, without their codes",
              .answers = {{200, "TicketPage"}},
              .who = kOperators,
              .role = Role::kAdmin,
              .parameters = {kAfter, kLimit}},
             [&context](const ExchangePtr& exchange) { list_tickets(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/tickets/{ticket_id}",
              .id = "withdraw_ticket",
              .summary = "Withdraw a ticket",
              .answers = {{200, "WithdrawnTicket"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { delete_ticket(exchange, context); });
}

void add_operator_routes(Routes& routes, Context& context) {
  routes.add({.pattern = "/v2/operators",
              .id = "list_operators",
              .summary = "Operators and their roles",
              .answers = {{200, "OperatorPage"}},
              .who = kOperators,
              .role = Role::kAdmin,
              .parameters = {kAfter, kLimit}},
             [&context](const ExchangePtr& exchange) { list_operators(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/operators",
              .id = "add_operator",
              .summary = "Add an operator: {name, passphrase, role}",
              .request = "NewOperator",
              .answers = {{201, "Operator"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { add_operator(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/operators/{name}",
              .id = "remove_operator",
              .summary = "Remove an operator; their sessions end",
              .answers = {{200, "RemovedOperator"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { remove_operator(exchange, context); });
}

}  // namespace

void add_admin_routes(Routes& routes, Context& context) {
  add_ticket_routes(routes, context);
  add_operator_routes(routes, context);
  routes.add({.pattern = "/v2/devices",
              .id = "list_devices",
              .summary = "Devices; a workspace sees its own",
              .answers = {{200, "DevicePage"}},
              .who = kOperators | kWorkspaces,
              .role = Role::kAdmin,
              .parameters = {{"workspace_id", "string", "only of this workspace"}, kAfter, kLimit}},
             [&context](const ExchangePtr& exchange) { list_devices(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/devices/{workspace_id}/{device_id}",
              .id = "revoke_device",
              .summary = "Revoke a device, for good; a workspace may revoke its own",
              .answers = {{200, "RevokedDevice"}},
              .who = kOperators | kWorkspaces,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { revoke_device(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/workspaces/{id}",
              .id = "revoke_workspace",
              .summary = "Revoke a workspace: what it and its devices hold counts no more",
              .answers = {{200, "RevokedWorkspace"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { revoke_workspace(exchange, context); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/keys/rotate",
              .id = "rotate_key",
              .summary = "Sign tokens with a new key; former ones verify until what they signed is over",
              .answers = {{200, "RotatedKey"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { rotate_key(exchange, context); });
}

}  // namespace lumenflow::conductor
