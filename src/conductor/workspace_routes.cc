// What is known of workspaces: the fleet, one of them, and its events, audit, tools, approvals, recoveries and turns.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/callers.h"
#include "conductor/context.h"
#include "conductor/ingest.h"
#include "conductor/live_stream.h"
#include "conductor/uplinks.h"
#include "conductor/views.h"

namespace lumenflow::conductor {
namespace {

constexpr Who kReaders = kOperators | kDevices, kReadersAndItself = kReaders | kWorkspaces;
constexpr std::chrono::seconds kConnectedFor{30};

std::string id_of(const Exchange& exchange) { return std::string(exchange.path("id")); }

// --- the fleet ---

Result<json::Value> describe(Context& context, const Record& record) {
  const json::Value known = parsed(record);
  const std::string& workspace = record.key;
  json::Object answer{{"workspace_id", workspace}};
  for (const char* member : {"state", "enrolled_at", "revoked_at", "sidecar_url", "scopes", "calls_until"})
    if (const json::Value* value = known.find(member)) answer.set(member, *value);
  LUMENFLOW_TRY_ASSIGN(const std::string log_id, context.ingest->bound(workspace));
  answer.set("log_id", log_id.empty() ? json::Value() : json::Value(log_id));
  LUMENFLOW_TRY_ASSIGN(auto fork, context.ingest->fork(workspace));
  if (fork) answer.set("fork", *std::move(fork));
  const Uplink* uplink = context.uplinks->find(workspace);
  const bool seen = uplink != nullptr && uplink->seen;
  answer.set("connected", seen && *uplink->seen + kConnectedFor > context.clock.now());
  answer.set("last_seen", seen ? json::Value(format_rfc3339(*uplink->seen)) : json::Value());
  if (uplink != nullptr) {
    answer.set("status", uplink->status);
    answer.set("versions", uplink->versions);
    answer.set("lag", uplink->lag);
  }
  return json::Value(std::move(answer));
}

void list_workspaces(const ExchangePtr& exchange, Context& context) {
  const auto limit = exchange->query_number("limit", 100, 1, 1000);
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const Principal& principal = exchange->principal;
  const auto list = [&]() -> Result<json::Value> {
    json::Array items;
    json::Value next;
    if (!principal.is_operator()) {
      LUMENFLOW_TRY_ASSIGN(const auto own, context.store.records->get(kWorkspacesTable, principal.workspace));
      if (own) {
        LUMENFLOW_TRY_ASSIGN(json::Value item, describe(context, *own));
        items.push_back(std::move(item));
      }
    } else {
      LUMENFLOW_TRY_ASSIGN(const auto page, context.store.records->scan(kWorkspacesTable, "",
                                                                        exchange->query("after").value_or(""), *limit));
      for (const Record& record : page) {
        LUMENFLOW_TRY_ASSIGN(json::Value item, describe(context, record));
        items.push_back(std::move(item));
      }
      if (page.size() == *limit) next = page.back().key;
    }
    return json::Value(json::Object{{"items", std::move(items)}, {"next", std::move(next)}});
  };
  const Result<json::Value> answer = list();
  if (!answer.ok()) return exchange->fail(answer.error());
  exchange->send_json(*answer);
}

void show_workspace(const ExchangePtr& exchange, Context& context) {
  const auto show = [&]() -> Result<json::Value> {
    const std::string id = id_of(*exchange);
    LUMENFLOW_TRY_ASSIGN(const auto record, context.store.records->get(kWorkspacesTable, id));
    if (!record) return Error(ErrorCode::kNotFound, "there is no workspace " + id);
    LUMENFLOW_TRY_ASSIGN(json::Value answer, describe(context, *record));
    LUMENFLOW_TRY_ASSIGN(const std::string log_id, context.ingest->bound(id));
    LUMENFLOW_TRY_ASSIGN(const auto streams, context.ingest->streams(id, log_id));
    json::Array list;
    for (const StreamBase& stream : streams)
      list.push_back(
          json::Object{{"stream", stream.stream}, {"seq", stream.place.seq}, {"queue_seq", stream.place.queue_seq}});
    answer.as_object().set("streams", std::move(list));
    LUMENFLOW_TRY_ASSIGN(const auto head, context.ingest->head(id, log_id));
    if (head) answer.as_object().set("head", json::Object{{"size", head->size}, {"root", to_hex(head->root)}});
    return answer;
  };
  const Result<json::Value> answer = show();
  if (!answer.ok()) return refuse(context, exchange, answer.error());
  exchange->send_json(*answer);
}

// --- events ---

struct EventQuery {
  std::string list;
  Position floor;
  std::string kind, stream;
  bool with_marks = true;  // tombstones and what was dropped, where no kind is asked for
};

Result<EventQuery> event_query(const Exchange& exchange, Context& context) {
  EventQuery query;
  const std::string workspace = id_of(exchange);
  LUMENFLOW_TRY_ASSIGN(query.floor, floor_of(context, exchange.principal, workspace));
  LUMENFLOW_TRY_ASSIGN(const std::string bound, context.ingest->bound(workspace));
  const std::string log_id(exchange.query("log_id").value_or(bound));
  query.kind = exchange.query("kind").value_or("");
  query.stream = exchange.query("stream").value_or("");
  query.list = !query.kind.empty()     ? list_of_kind(workspace, log_id, query.kind)
               : !query.stream.empty() ? list_of_stream(workspace, log_id, query.stream)
                                       : list_of_events(workspace, log_id);
  query.with_marks = query.kind.empty();
  return query;
}

bool is_wanted(const EventQuery& query, const json::Value& entry) {
  const json::Value* event = entry.find("event");
  if (event == nullptr) return query.with_marks;
  if (!query.kind.empty() && json::string_or(*event, "kind", "") != query.kind) return false;
  return query.stream.empty() || json::string_or(entry, "stream", "") == query.stream;
}

// An envelope with where it stands here; of a tombstone or a gap what is known.
json::Value event_document(const ListedEntry& listed) {
  const json::Value* event = listed.entry.find("event");
  json::Object document;
  if (event != nullptr) {
    document = event->as_object();
    document.set("class", event->find("queue_seq") != nullptr ? "queue" : "ephemeral");
  } else {
    document.set("type", json::string_or(listed.entry, "type", ""));
    document.set("channel", json::string_or(listed.entry, "stream", ""));
    for (const char* member : {"seq", "queue_seq", "reason", "first_seq", "last_seq"})
      if (const json::Value* value = listed.entry.find(member)) document.set(member, *value);
  }
  document.set("log_id", json::string_or(listed.entry, "log_id", ""));
  document.set("position", listed.position.value());
  return document;
}

void stream_events(const ExchangePtr& exchange, Context& context, const EventQuery& query) {
  const auto at = stream_position(*exchange, Position(context.ledger.head().size));
  if (!at.ok()) return refuse(context, exchange, at.error());
  const auto read = [&context, query](Position after) -> Result<StreamPage> {
    const auto wanted = [&query](const json::Value& entry) { return is_wanted(query, entry); };
    const Position from = std::max(after, query.floor);
    LUMENFLOW_TRY_ASSIGN(const ListPage listed, context.ledger.page(query.list, from, 256, wanted));
    StreamPage page;
    page.last = listed.last;
    page.more = listed.more;
    for (const ListedEntry& item : listed.items) {
      const json::Value document = event_document(item);
      const std::string name(json::string_or(document, "kind", json::string_or(document, "type", "")));
      page.items.push_back({item.position, name, json::serialize(document)});
    }
    return page;
  };
  const auto stream =
      std::make_shared<LiveStream>(context, exchange->principal, exchange->stream(http::sse_head()), *at, read);
  context.bells.subscribe(id_of(*exchange), stream, [weak = std::weak_ptr(stream)] {
    if (const auto live = weak.lock()) live->look();
  });
  stream->start();
}

void read_events(const ExchangePtr& exchange, Context& context) {
  const auto query = event_query(*exchange, context);
  if (!query.ok()) return exchange->fail(query.error());
  if (wants_stream(*exchange)) return stream_events(exchange, context, *query);
  const auto after = exchange->query_number("after", 0, 0, UINT64_MAX),
             limit = exchange->query_number("limit", 100, 1, 1000);
  if (!after.ok()) return refuse(context, exchange, after.error());
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const auto wanted = [&](const json::Value& entry) { return is_wanted(*query, entry); };
  const auto page = context.ledger.page(query->list, std::max(Position(*after), query->floor), *limit, wanted);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const ListedEntry& item : page->items) items.push_back(event_document(item));
  exchange->send_json(json::Object{{"items", std::move(items)},
                                   {"next", page->more ? json::Value(page->last.value()) : json::Value()}});
}

// --- audit, tools, what events add up to ---

void read_audit(const ExchangePtr& exchange, Context& context, const std::string& workspace) {
  const auto after = exchange->query_number("after", 0, 0, UINT64_MAX),
             limit = exchange->query_number("limit", 100, 1, 1000);
  if (!after.ok()) return refuse(context, exchange, after.error());
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const auto floor = floor_of(context, exchange->principal, workspace);
  if (!floor.ok()) return exchange->fail(floor.error());
  const auto page = context.ledger.page(list_of_audit(workspace), std::max(Position(*after), *floor), *limit, nullptr);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const ListedEntry& item : page->items)
    items.push_back(json::Object{{"position", item.position.value()}, {"entry", item.entry}});
  exchange->send_json(json::Object{{"items", std::move(items)},
                                   {"next", page->more ? json::Value(page->last.value()) : json::Value()}});
}

void read_tools(const ExchangePtr& exchange, Context& context) {
  const auto found = context.store.records->get(kRegistriesTable, id_of(*exchange));
  if (!found.ok()) return exchange->fail(found.error());
  if (!*found)
    return refuse(context, exchange, Error(ErrorCode::kNotFound, "the workspace has not said which tools it has"));
  const json::Value record = parsed(**found);
  const std::string etag = "\"" + std::string(json::string_or(record, "sha256", "")) + "\"";
  http::Response response;
  response.headers.emplace_back("ETag", etag);
  if (http::names_etag(exchange->request().header("if-none-match").value_or(""), etag))
    response.status = 304;
  else
    response.body = json::string_or(record, "document", "{}");
  exchange->send(std::move(response));
}

void read_view(const ExchangePtr& exchange, Context& context, Views::List list) {
  const auto before = exchange->query_number("before", 0, 0, UINT64_MAX),
             limit = exchange->query_number("limit", 100, 1, 1000);
  if (!before.ok()) return refuse(context, exchange, before.error());
  if (!limit.ok()) return refuse(context, exchange, limit.error());
  const auto floor = floor_of(context, exchange->principal, id_of(*exchange));
  if (!floor.ok()) return exchange->fail(floor.error());
  const auto page = context.views->page(id_of(*exchange), list, {Position(*before), *floor}, *limit);
  if (!page.ok()) return exchange->fail(page.error());
  exchange->send_json(*page);
}

std::vector<http::RouteParameter> page_parameters() {
  return {{"before", "integer", "from before this position; 0 is the end"}, {"limit", "integer", "1 to 1000"}};
}

std::vector<http::RouteParameter> with_state(std::vector<http::RouteParameter> parameters) {
  parameters.push_back({"state", "string", "pending: only those that wait"});
  return parameters;
}

void add_views(Routes& routes, Context& context) {
  routes.add({.pattern = "/v2/workspaces/{id}/approvals",
              .id = "list_approvals",
              .summary = "Approvals that the workspace asked for, the newest first",
              .answers = {{200, "ApprovalPage"}},
              .who = kReaders,
              .scope = "approvals:read",
              .parameters = with_state(page_parameters())},
             [&context](const ExchangePtr& exchange) {
               const bool pending = exchange->query("state").value_or("") == "pending";
               read_view(exchange, context, pending ? Views::List::kPendingApprovals : Views::List::kApprovals);
             });
  routes.add({.pattern = "/v2/workspaces/{id}/recoveries",
              .id = "list_recoveries",
              .summary = "What was left half done, the newest first",
              .answers = {{200, "RecoveryPage"}},
              .who = kReaders,
              .scope = "audit:read",
              .parameters = page_parameters()},
             [&context](const ExchangePtr& exchange) { read_view(exchange, context, Views::List::kRecoveries); });
  routes.add({.pattern = "/v2/workspaces/{id}/turns",
              .id = "list_turns",
              .summary = "Turns of agents, the newest first",
              .answers = {{200, "TurnPage"}},
              .who = kReaders,
              .scope = "events:read",
              .parameters = page_parameters()},
             [&context](const ExchangePtr& exchange) { read_view(exchange, context, Views::List::kTurns); });
}

}  // namespace

void add_workspace_routes(Routes& routes, Context& context) {
  routes.add({.pattern = "/v2/workspaces",
              .id = "list_workspaces",
              .summary = "The workspaces of this conductor",
              .answers = {{200, "WorkspacePage"}},
              .who = kReaders,
              .parameters = {{"after", "string", "from behind this id"}, {"limit", "integer", "1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { list_workspaces(exchange, context); });
  routes.add({.pattern = "/v2/workspaces/{id}",
              .id = "show_workspace",
              .summary = "One workspace",
              .answers = {{200, "WorkspaceDetail"}},
              .who = kReadersAndItself},
             [&context](const ExchangePtr& exchange) { show_workspace(exchange, context); });
  routes.add({.pattern = "/v2/workspaces/{id}/events",
              .id = "read_events",
              .summary = "Events of a workspace by position; with Accept: text/event-stream as they come",
              .answers = {{200, "EventPage"}},
              .stream_item = "EventItem",
              .who = kReadersAndItself,
              .scope = "events:read",
              .parameters = {{"kind", "string", "only events of this kind"},
                             {"stream", "string", "only events of this stream"},
                             {"log_id", "string", "of a former journal of the workspace"},
                             {"after", "integer", "from behind this position; a stream without it begins now"},
                             {"limit", "integer", "at most so many, 1 to 1000"},
                             {"Last-Event-ID", "string", "the position to resume a stream from", true}}},
             [&context](const ExchangePtr& exchange) { read_events(exchange, context); });
  routes.add({.pattern = "/v2/workspaces/{id}/audit",
              .id = "read_audit",
              .summary = "What was done and refused here about a workspace, by position",
              .answers = {{200, "AuditPage"}},
              .who = kReadersAndItself,
              .scope = "audit:read",
              .parameters = {{"after", "integer", "from behind this position"}, {"limit", "integer", "1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { read_audit(exchange, context, id_of(*exchange)); });
  routes.add({.pattern = "/v2/audit",
              .id = "read_own_audit",
              .summary = "What was done and refused at this conductor, by position",
              .answers = {{200, "AuditPage"}},
              .who = kOperators,
              .role = Role::kAdmin,
              .parameters = {{"after", "integer", "from behind this position"}, {"limit", "integer", "1 to 1000"}}},
             [&context](const ExchangePtr& exchange) { read_audit(exchange, context, ""); });
  routes.add({.pattern = "/v2/workspaces/{id}/tools",
              .id = "read_tools",
              .summary = "The tools of a workspace, as it said",
              .answers = {{200, "ToolRegistry"}},
              .who = kReaders,
              .scope = "tools:read",
              .parameters = {{"If-None-Match", "string", "the ETag: 304 while it holds", true}}},
             [&context](const ExchangePtr& exchange) { read_tools(exchange, context); });
  add_views(routes, context);
}

}  // namespace lumenflow::conductor
