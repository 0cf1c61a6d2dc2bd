// Pages of what stands at positions of the journal: how they are asked for, and how they are answered.
#pragma once

#include <string>
#include <vector>

#include "log/cursor.h"
#include "lumenflow/json.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {

struct PageAsked {
  std::string stream;
  Position after;
  std::size_t limit = 0;
};

// ?stream=&after=&limit=; INVALID_REQUEST.
Result<PageAsked> page_asked(const Exchange& exchange);
std::vector<RouteParameter> page_parameters();

// The envelope at a position; null when there is none.
Result<json::Value> event_at(RouteContext& context, Position position);
// {items, next}: `last` is where the next page begins, when there is more.
json::Object page_of(json::Array items, bool more, Position last);
Result<json::Value> dead_letter_page(RouteContext& context, const PageAsked& asked,
                                     const std::vector<log::DeadLetter>& letters);
void send(const ExchangePtr& exchange, Result<json::Value> document);

}  // namespace lumenflow::sidecar
