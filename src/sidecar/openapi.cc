// GET /openapi.json: OpenAPI 3.1 from the registry, one operation per tool, and the sidecar's own routes.
#include "http/openapi.h"
#include "sidecar/routes.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value result_schema(const Value& output_schema) {
  return Object{{"type", "object"},
                {"required", Array{"success", "metadata"}},
                {"properties", Object{{"success", Object{{"type", "boolean"}}},
                                      {"data", output_schema},
                                      {"content", Object{{"type", "array"}}},
                                      {"error", Object{{"$ref", "#/components/schemas/ToolError"}}},
                                      {"metadata", Object{{"$ref", "#/components/schemas/Metadata"}}}}}};
}

std::string operation_id(std::string name) {
  for (char& c : name)
    if (c == ':' || c == '-') c = '_';
  return name;
}

Value tool_operation(const pack::ActiveTool& tool) {
  const pack::ToolDescriptor& descriptor = tool.descriptor;
  const Object key_parameter{{"name", "Idempotency-Key"},
                             {"in", "header"},
                             {"required", false},
                             {"schema", Object{{"type", "string"}, {"maxLength", 256}}}};
  const Object responses{
      {"200", Object{{"description", "The tool's result; success is false where the tool itself says so"},
                     {"content", http::openapi_json_content(result_schema(descriptor.output_schema))}}},
      {"default", Object{{"description", "Refused: the result with its code and receipt"},
                         {"content", http::openapi_json_content(Object{{"$ref", "#/components/schemas/Refusal"}})}}}};
  return Object{
      {"operationId", operation_id(descriptor.name)},
      {"summary", descriptor.title.empty() ? descriptor.name : descriptor.title},
      {"description", descriptor.description},
      {"tags", Array{tool.pack->manifest.id}},
      {"security", Array{Object{{"bearer", Array{}}}}},
      {"x-required-scope", descriptor.scope},
      {"parameters", Array{key_parameter}},
      {"requestBody", Object{{"required", false}, {"content", http::openapi_json_content(descriptor.input_schema)}}},
      {"responses", responses}};
}

Value route_operation(const RouteSpec& route) {
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
  if (route.method == http::Method::kPost)
    operation.set("requestBody",
                  Object{{"required", false}, {"content", http::openapi_json_content(Object{{"type", "object"}})}});
  const bool open = route.access == Access::kOpen && !route.asks_token_itself;
  operation.set("security", open ? Array{} : Array{Object{{"bearer", Array{}}}});
  if (!route.scope.empty()) operation.set("x-required-scope", route.scope);
  if (route.access == Access::kSocketOnly) operation.set("x-control-socket-only", true);
  return operation;
}

Value components() {
  const Object text{{"type", "string"}};
  const Object error{{"type", "object"},
                     {"required", Array{"code", "message"}},
                     {"properties", Object{{"code", text}, {"message", text}, {"details", Object{}}}}};
  const Object metadata{{"type", "object"},
                        {"required", Array{"receipt_id", "duration_ms"}},
                        {"properties", Object{{"receipt_id", text}, {"duration_ms", Object{{"type", "number"}}}}}};
  const Object refusal{{"type", "object"},
                       {"required", Array{"success", "error", "metadata"}},
                       {"properties", Object{{"success", Object{{"const", false}}},
                                             {"error", Object{{"$ref", "#/components/schemas/ToolError"}}},
                                             {"metadata", Object{{"$ref", "#/components/schemas/Metadata"}}}}}};
  return Object{
      {"securitySchemes", Object{{"bearer", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}},
      {"schemas", Object{{"ToolError", error},
                         {"Metadata", metadata},
                         {"Refusal", refusal},
                         {"Problem", http::openapi_problem_schema()}}}};
}

std::string openapi_text(const Workspace& workspace, const std::vector<RouteSpec>& routes) {
  Object paths;
  for (const RouteSpec& route : routes) {
    const json::Value* there = paths.find(route.pattern);
    Object item = there == nullptr ? Object() : there->as_object();
    item.set(http::openapi_key(route.method), route_operation(route));
    paths.set(route.pattern, std::move(item));
  }
  for (const auto& tool : workspace.registry().tools())
    if (!tool->descriptor.internal_only)
      paths.set("/tools/" + tool->descriptor.name, Object{{"post", tool_operation(*tool)}});
  return json::serialize(
      Object{{"openapi", "3.1.0"},
             {"info", Object{{"title", "LumenFlow sidecar of " + workspace.config().id.str()}, {"version", kVersion}}},
             {"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema"},
             {"paths", std::move(paths)},
             {"components", components()}});
}

}  // namespace

void add_openapi_route(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/openapi.json",
              .scope = "tools:read",
              .id = "openapi",
              .summary = "This description",
              .parameters = {{"If-None-Match", "string", "the ETag: 304 while it holds", true}}},
             [&context](const ExchangePtr& exchange) {
               const std::string etag = "\"" + context.workspace.registry().hash() + "-" + kVersion + "\"";
               http::Response response;
               response.headers.emplace_back("ETag", etag);
               if (http::names_etag(exchange->request().header("if-none-match").value_or(""), etag))
                 response.status = 304;
               else
                 response.body = openapi_text(context.workspace, context.table);
               exchange->send(std::move(response));
             });
}

}  // namespace lumenflow::sidecar
