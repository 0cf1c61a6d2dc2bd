#include "sidecar/paging.h"

#include <utility>

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kPageMax = 1000, kPageDefault = 100;

}  // namespace

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

std::vector<RouteParameter> page_parameters() {
  return {{"stream", "string", "the stream; default: sidecar"},
          {"after", "integer", "from behind this journal position"},
          {"limit", "integer", "at most so many, up to 1000; default: 100"}};
}

Result<json::Value> dead_letter_page(RouteContext& context, const PageAsked& asked,
                                     const std::vector<log::DeadLetter>& letters) {
  json::Array items;
  for (const log::DeadLetter& letter : letters) {
    LUMENFLOW_TRY_ASSIGN(json::Value event, event_at(context, letter.position));
    items.push_back(json::Object{{"position", letter.position.value()},
                                 {"stream", asked.stream},
                                 {"reason", letter.reason},
                                 {"attempts", letter.attempts},
                                 {"event", std::move(event)}});
  }
  const bool more = letters.size() == asked.limit;
  return json::Value(page_of(std::move(items), more, letters.empty() ? asked.after : letters.back().position));
}

void send(const ExchangePtr& exchange, Result<json::Value> document) {
  if (!document.ok()) return exchange->fail(document.error());
  exchange->send_json(*std::move(document));
}

}  // namespace lumenflow::sidecar
