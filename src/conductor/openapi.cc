// GET /openapi.json: OpenAPI 3.1 from the table of routes and schemas/http/conductor.schema.json.
#include "base/check.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "lumenflow_conductor_files.h"

namespace lumenflow::conductor {
namespace {

using json::Array;
using json::Object;
using json::Value;

const Value& schema_document() {
  static const Value document = [] {
    // What is compiled in is well formed: tests read all of it.
    Result<Value> read = json::parse(embedded::lumenflow_conductor_files().front().content);
    LUMENFLOW_CHECK(read.ok());
    return *std::move(read);
  }();
  return document;
}

Value security_of(const RouteSpec& route) {
  Array any;
  if (route.ticket_bearer) any.push_back(Object{{"ticket", Array{}}});
  if (route.who & (kWorkspaces | kDevices)) any.push_back(Object{{"bearer", Array{}}});
  if (route.who & kOperators) {
    Object session{{"session", Array{}}};
    if (route.method != http::Method::kGet) session.set("csrf", Array{});
    any.push_back(std::move(session));
  }
  return any;
}

Array who_of(const RouteSpec& route) {
  Array who;
  if (route.who & kOperators) who.push_back("operator:" + std::string(name(route.role)));
  if (route.who & kWorkspaces) who.push_back("workspace");
  if (route.who & kDevices) who.push_back("device");
  return who;
}

http::RouteShape shape_of(const RouteSpec& route) {
  http::RouteShape shape{route.parameters, route.request};
  shape.request_lines = route.request_lines;
  shape.answers = route.answers;
  shape.stream_item = route.stream_item;
  shape.refusal = route.refusal;
  shape.media_type = route.media_type;
  return shape;
}

Value operation_of(const RouteSpec& route) {
  Object operation{{"operationId", route.id}, {"summary", route.summary}};
  if (Array parameters = http::openapi_parameters(route.pattern, route.parameters); !parameters.empty())
    operation.set("parameters", std::move(parameters));
  const http::RouteShape shape = shape_of(route);
  if (!route.request.empty()) operation.set("requestBody", http::openapi_request(shape));
  operation.set("responses", http::openapi_responses(shape));
  operation.set("security", security_of(route));
  if (route.who != 0) operation.set("x-who", who_of(route));
  if (!route.scope.empty()) operation.set("x-required-scope", route.scope);
  return operation;
}

std::string openapi_text(const std::vector<RouteSpec>& routes) {
  Object paths;
  for (const RouteSpec& route : routes) {
    const Value* there = paths.find(route.pattern);
    Object item = there == nullptr ? Object() : there->as_object();
    item.set(http::openapi_key(route.method), operation_of(route));
    paths.set(route.pattern, std::move(item));
  }
  const Object schemes{
      {"bearer", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
      {"ticket", Object{{"type", "http"}, {"scheme", "bearer"}, {"description", "The one-time ticket"}}},
      {"session", Object{{"type", "apiKey"}, {"in", "cookie"}, {"name", std::string(kCookie)}}},
      {"csrf", Object{{"type", "apiKey"}, {"in", "header"}, {"name", "X-CSRF-Token"}}}};
  Object schemas = http::openapi_components(schema_document());
  schemas.set("Problem", http::openapi_problem_schema());
  return json::serialize(Object{{"openapi", "3.1.0"},
                                {"info", Object{{"title", "LumenFlow conductor"}, {"version", "2"}}},
                                {"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema"},
                                {"paths", std::move(paths)},
                                {"components", Object{{"securitySchemes", schemes}, {"schemas", std::move(schemas)}}}});
}

}  // namespace

void add_openapi_route(Routes& routes, Context& context) {
  routes.add({.pattern = "/openapi.json", .id = "openapi", .summary = "This description"},
             [&context](const ExchangePtr& exchange) { exchange->send_json(200, openapi_text(context.table)); });
}

}  // namespace lumenflow::conductor
