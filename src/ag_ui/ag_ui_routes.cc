#include "ag_ui/ag_ui_routes.h"

#include <memory>
#include <utility>

#include "ag_ui/run.h"

namespace lumenflow::ag_ui {
namespace {

void run(const sidecar::ExchangePtr& exchange, sidecar::RouteContext& context, sidecar::JournalWatch& watch) {
  const Result<json::Value> body = http::json_body(exchange->request(), context.workspace.config().limits.json_depth);
  if (!body.ok()) return exchange->fail(body.error());
  Result<RunInput> input = read_run_input(*body);
  if (!input.ok()) return exchange->fail(input.error());
  std::make_shared<Run>(context, watch, exchange, *std::move(input))->start();  // shared: see the class
}

}  // namespace

void add_ag_ui_routes(sidecar::Routes& routes, sidecar::RouteContext& context) {
  const auto watch = std::make_shared<sidecar::JournalWatch>(context);  // the handler's
  routes.add({.method = http::Method::kPost,
              .pattern = "/ag-ui/v1/run",
              .scope = "agent:execute-turn",
              .id = "ag_ui_run",
              .summary = "AG-UI: a RunAgentInput; the answer is the events of the run",
              .media_type = "text/event-stream"},
             [watch, &context](const sidecar::ExchangePtr& exchange) { run(exchange, context, *watch); });
}

}  // namespace lumenflow::ag_ui
