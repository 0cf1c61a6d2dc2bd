// GET /outbox, /outbox/pending, /outbox/dead-letters: what waits for the other side, and what it refused for good.
#include "journal/outbox.h"
#include "kernel/granted.h"
#include "sidecar/paging.h"
#include "sidecar/routes.h"
#include "sidecar/uplink_host.h"

namespace lumenflow::sidecar {
namespace {

// When the oldest pending event was emitted; null when there is none.
Result<json::Value> oldest(const log::TableReader& tables) {
  std::optional<Timestamp> found;
  LUMENFLOW_TRY_ASSIGN(const auto streams, journal::outbox_streams(tables));
  for (const auto& [name, row] : streams) {
    LUMENFLOW_TRY_ASSIGN(const auto first, journal::pending_events(tables, name, Position(), 1));
    if (!first.empty() && (!found || first.front().event.emitted_at < *found)) found = first.front().event.emitted_at;
  }
  return found ? json::Value(format_rfc3339(*found)) : json::Value();
}

json::Value place(journal::StreamHead head) { return json::Object{{"seq", head.seq}, {"queue_seq", head.queue_seq}}; }

// What each stream's other side must have: what is held against it later.
Result<json::Value> streams_of(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const auto streams, journal::outbox_streams(tables));
  json::Array list;
  for (const auto& [name, row] : streams)
    list.push_back(json::Object{{"stream", name},
                                {"base", place(row.base)},
                                {"acknowledged", place(row.acknowledged)},
                                {"settled", row.ephemerals.settled.value()}});
  return json::Value(std::move(list));
}

Result<json::Value> show(RouteContext& context) {
  const journal::Outbox& outbox = context.workspace.kernel().outbox();
  LUMENFLOW_TRY_ASSIGN(const auto tables, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(json::Value since, oldest(*tables));
  LUMENFLOW_TRY_ASSIGN(json::Value streams, streams_of(*tables));
  LUMENFLOW_TRY_ASSIGN(auto counts, journal::dropped_ephemerals(*tables));
  json::Object document{
      {"uplink", context.workspace.config().uplink},
      {"log_id", context.workspace.log().head().log_id},
      {"enabled", outbox.state().enabled},
      {"connection", "off"},
      {"pending_events", outbox.events()},
      {"pending_bytes", outbox.bytes()},
      {"oldest", std::move(since)},
      {"streams", std::move(streams)},
      {"dead_letters", outbox.dead_letters()},
      {"limits", json::Object{{"events", outbox.limits().events_max}, {"bytes", outbox.limits().bytes_max}}}};
  LUMENFLOW_TRY_ASSIGN(const auto grant,
                       kernel::grant_document(*tables, kernel::conductor_subject(context.workspace.config().id.str())));
  if (const auto life = grant ? kernel::life_of(*grant) : std::nullopt)
    document.set("conductor_token",
                 json::Object{{"expires_at", format_rfc3339(life->expires_at)}, {"given", life->given}});
  if (!context.uplink_fault.empty()) document.set("last_error", context.uplink_fault);
  if (context.uplink != nullptr) {
    LUMENFLOW_TRY_ASSIGN(uplink::UplinkStatus status, context.uplink->status());
    document.set("connection", uplink::name(status.engine.connection));
    if (!status.engine.last_error.empty()) document.set("last_error", status.engine.last_error);
    if (std::string alarm = context.uplink->alarm(); !alarm.empty()) document.set("alarm", std::move(alarm));
    counts = std::move(status.engine.dropped);  // with what is not written down yet
  }
  json::Object dropped;
  for (const auto& [kind, count] : counts) dropped.set(kind, count);
  document.set("dropped", std::move(dropped));
  return json::Value(std::move(document));
}

Result<json::Value> pending(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const PageAsked asked, page_asked(exchange));
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const std::vector<journal::OutboxItem> found,
                       journal::pending_events(*snapshot, asked.stream, asked.after, asked.limit));
  json::Array items;
  for (const journal::OutboxItem& item : found) {
    LUMENFLOW_TRY_ASSIGN(json::Value event, event_at(context, item.position));
    json::Object shown{{"position", item.position.value()},
                       {"stream", asked.stream},
                       {"seq", item.event.seq},
                       {"queue_seq", item.event.queue_seq},
                       {"emitted_at", format_rfc3339(item.event.emitted_at)},
                       {"bytes", item.event.bytes},
                       {"event", std::move(event)}};
    if (!item.tombstone.empty()) shown.set("tombstone", item.tombstone);
    items.push_back(std::move(shown));
  }
  const bool more = found.size() == asked.limit;
  return json::Value(page_of(std::move(items), more, found.empty() ? asked.after : found.back().position));
}

Result<json::Value> dead_letters(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const PageAsked asked, page_asked(exchange));
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  const auto read = exchange.query("all") == "true" ? journal::outbox_tombstones : journal::outbox_dead_letters;
  LUMENFLOW_TRY_ASSIGN(const std::vector<log::DeadLetter> found,
                       read(*snapshot, asked.stream, asked.after, asked.limit));
  return dead_letter_page(context, asked, found);
}

std::vector<RouteParameter> letter_parameters() {
  std::vector<RouteParameter> parameters = page_parameters();
  parameters.push_back({"all", "boolean", "also those that were sent anew or let go"});
  return parameters;
}

}  // namespace

void add_outbox_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/outbox",
              .scope = "events:read",
              .id = "show_outbox",
              .summary = "How much waits for the other side, since when, and what was dropped",
              .answers = {{200, "Outbox"}}},
             [&context](const ExchangePtr& exchange) { send(exchange, show(context)); });
  routes.add({.pattern = "/outbox/pending",
              .scope = "events:read",
              .id = "list_pending_events",
              .summary = "Events that the other side has not acknowledged, oldest first",
              .answers = {{200, "PendingPage"}},
              .parameters = page_parameters()},
             [&context](const ExchangePtr& exchange) { send(exchange, pending(*exchange, context)); });
  routes.add({.pattern = "/outbox/dead-letters",
              .scope = "events:read",
              .id = "list_dead_letters",
              .summary = "Events that the other side refused for good",
              .answers = {{200, "DeadLetterPage"}},
              .parameters = letter_parameters()},
             [&context](const ExchangePtr& exchange) { send(exchange, dead_letters(*exchange, context)); });
}

}  // namespace lumenflow::sidecar
