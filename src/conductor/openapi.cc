// GET /openapi.json: OpenAPI 3.1 from the table of routes.
#include "conductor/context.h"

namespace lumenflow::conductor {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value security_of(const RouteSpec& route) {
  Array any;
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

Value operation_of(const RouteSpec& route) {
  const bool is_json = route.media_type == "application/json";
  const Object body{{"schema", Object{{"type", is_json ? "object" : "string"}}}};
  Object operation{
      {"operationId", route.id},
      {"summary", route.summary},
      {"responses",
       Object{{"200", Object{{"description", "OK"}, {"content", Object{{std::string(route.media_type), body}}}}},
              {"default", http::openapi_problem_response("A problem with its code")}}}};
  if (Array parameters = http::openapi_parameters(route.pattern, route.parameters); !parameters.empty())
    operation.set("parameters", std::move(parameters));
  if (route.method == http::Method::kPost || route.method == http::Method::kPut)
    operation.set("requestBody",
                  Object{{"required", true}, {"content", http::openapi_json_content(Object{{"type", "object"}})}});
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
  const Object schemes{{"bearer", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
                       {"session", Object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "lumenflow_session"}}},
                       {"csrf", Object{{"type", "apiKey"}, {"in", "header"}, {"name", "X-CSRF-Token"}}}};
  return json::serialize(
      Object{{"openapi", "3.1.0"},
             {"info", Object{{"title", "LumenFlow conductor"}, {"version", "2"}}},
             {"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema"},
             {"paths", std::move(paths)},
             {"components",
              Object{{"securitySchemes", schemes}, {"schemas", Object{{"Problem", http::openapi_problem_schema()}}}}}});
}

}  // namespace

void add_openapi_route(Routes& routes, Context& context) {
  routes.add({.pattern = "/openapi.json", .id = "openapi", .summary = "This description"},
             [&context](const ExchangePtr& exchange) { exchange->send_json(200, openapi_text(context.table)); });
}

}  // namespace lumenflow::conductor
