// GET /handlers, /handlers/{pack}/dead-letters: which events wait for the packs' handlers, and which they kept failing
// with.
#include "kernel/subscriptions.h"
#include "sidecar/paging.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

void list_handlers(const ExchangePtr& exchange, RouteContext& context) {
  json::Array items;
  for (const auto& pack : context.workspace.registry().packs()) {
    if (pack->handlers.empty()) continue;
    json::Array kinds;
    for (const pack::RegisteredHandler& handler : pack->handlers)
      kinds.push_back(json::Object{{"kind", handler.kind}, {"idempotent", handler.traits.idempotent}});
    json::Array streams;
    for (const kernel::Subscriptions::Backlog& backlog : context.workspace.kernel().handler_backlogs())
      if (backlog.pack_id == pack->manifest.id)
        streams.push_back(json::Object{{"stream", backlog.stream}, {"waiting", backlog.waiting}});
    items.push_back(
        json::Object{{"pack", pack->manifest.id}, {"handlers", std::move(kinds)}, {"streams", std::move(streams)}});
  }
  exchange->send_json(json::Object{{"items", std::move(items)}, {"next", nullptr}});
}

Result<json::Value> handler_dead_letters(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const PageAsked asked, page_asked(exchange));
  const std::string pack(exchange.path("pack"));
  if (context.workspace.registry().find_pack(pack) == nullptr)
    return Error(ErrorCode::kNotFound, "no active pack has the id '" + pack + "'");
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(
      const std::vector<log::DeadLetter> found,
      log::dead_letters(*snapshot, kernel::handler_cursor(pack, asked.stream), asked.after, asked.limit));
  return dead_letter_page(context, asked, found);
}

}  // namespace

void add_handler_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/handlers",
              .scope = "events:read",
              .id = "list_handlers",
              .summary = "The packs' handlers, and how many events wait for them",
              .answers = {{200, "HandlerList"}}},
             [&context](const ExchangePtr& exchange) { list_handlers(exchange, context); });
  routes.add({.pattern = "/handlers/{pack}/dead-letters",
              .scope = "events:read",
              .id = "list_handler_dead_letters",
              .summary = "Events that a pack's handler kept failing with, and those that wait for an approval",
              .answers = {{200, "DeadLetterPage"}},
              .parameters = page_parameters()},
             [&context](const ExchangePtr& exchange) { send(exchange, handler_dead_letters(*exchange, context)); });
}

}  // namespace lumenflow::sidecar
