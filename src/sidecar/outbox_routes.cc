// GET /outbox, /outbox/pending, /outbox/dead-letters: what waits for the other side, and what it refused for good.
#include "journal/outbox.h"
#include "sidecar/routes.h"
#include "sidecar/uplink_host.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kPageMax = 1000, kPageDefault = 100;

void show(const ExchangePtr& exchange, RouteContext& context) {
  const journal::Outbox& outbox = context.workspace.kernel().outbox();
  json::Object document{
      {"uplink", context.workspace.config().uplink},
      {"enabled", outbox.state().enabled},
      {"connection", "off"},
      {"pending_events", outbox.events()},
      {"pending_bytes", outbox.bytes()},
      {"oldest", nullptr},
      {"dead_letters", 0},
      {"limits", json::Object{{"events", outbox.limits().events_max}, {"bytes", outbox.limits().bytes_max}}}};
  json::Object dropped;
  if (context.uplink != nullptr) {
    const Result<uplink::UplinkStatus> status = context.uplink->status();
    if (!status.ok()) return exchange->fail(status.error());
    document.set("connection", uplink::name(status->engine.connection));
    document.set("dead_letters", status->dead_letters);
    if (status->oldest) document.set("oldest", format_rfc3339(*status->oldest));
    if (!status->engine.last_error.empty()) document.set("last_error", status->engine.last_error);
    for (const auto& [kind, count] : status->engine.dropped) dropped.set(kind, count);
  }
  document.set("dropped", std::move(dropped));
  exchange->send_json(std::move(document));
}

struct PageAsked {
  std::string stream;
  Position after;
  std::size_t limit = 0;
};

Result<PageAsked> page_asked(const Exchange& exchange) {
  PageAsked asked;
  asked.stream = exchange.query("stream").value_or(kernel::kSidecarStream);
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t after, exchange.query_number("after", 0, 0, UINT64_MAX));
  LUMENFLOW_TRY_ASSIGN(asked.limit, exchange.query_number("limit", kPageDefault, 1, kPageMax));
  asked.after = Position(after);
  return asked;
}

Result<json::Value> event_at(RouteContext& context, Position position) {
  LUMENFLOW_TRY_ASSIGN(const journal::ReadEntry entry, context.workspace.kernel().reader().entry(position));
  const json::Value* event = entry.value.find("event");
  return event == nullptr ? json::Value() : *event;
}

json::Object page_of(json::Array items, bool more, Position last) {
  return {{"items", std::move(items)}, {"next", more ? json::Value(last.value()) : json::Value()}};
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
  LUMENFLOW_TRY_ASSIGN(const std::vector<log::DeadLetter> found,
                       journal::outbox_dead_letters(*snapshot, asked.stream, asked.after, asked.limit));
  json::Array items;
  for (const log::DeadLetter& letter : found) {
    LUMENFLOW_TRY_ASSIGN(json::Value event, event_at(context, letter.position));
    items.push_back(json::Object{{"position", letter.position.value()},
                                 {"stream", asked.stream},
                                 {"reason", letter.reason},
                                 {"attempts", letter.attempts},
                                 {"event", std::move(event)}});
  }
  const bool more = found.size() == asked.limit;
  return json::Value(page_of(std::move(items), more, found.empty() ? asked.after : found.back().position));
}

void answer(const ExchangePtr& exchange, Result<json::Value> document) {
  if (!document.ok()) return exchange->fail(document.error());
  exchange->send_json(*std::move(document));
}

}  // namespace

void add_outbox_routes(Routes& routes, RouteContext& context) {
  const std::vector<RouteParameter> page = {{"stream", "string", "the stream; default: sidecar"},
                                            {"after", "integer", "from behind this journal position"},
                                            {"limit", "integer", "at most so many, up to 1000; default: 100"}};
  routes.add({.pattern = "/outbox",
              .scope = "events:read",
              .id = "show_outbox",
              .summary = "How much waits for the other side, since when, and what was dropped"},
             [&context](const ExchangePtr& exchange) { show(exchange, context); });
  routes.add({.pattern = "/outbox/pending",
              .scope = "events:read",
              .id = "list_pending_events",
              .summary = "Events that the other side has not acknowledged, oldest first",
              .parameters = page},
             [&context](const ExchangePtr& exchange) { answer(exchange, pending(*exchange, context)); });
  routes.add({.pattern = "/outbox/dead-letters",
              .scope = "events:read",
              .id = "list_dead_letters",
              .summary = "Events that the other side refused for good",
              .parameters = page},
             [&context](const ExchangePtr& exchange) { answer(exchange, dead_letters(*exchange, context)); });
}

}  // namespace lumenflow::sidecar
