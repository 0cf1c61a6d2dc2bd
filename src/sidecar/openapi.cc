// GET /openapi.json: OpenAPI 3.1 from the registry, one operation per tool, and the sidecar's own routes with
// schemas/http/sidecar.schema.json.
#include "http/openapi.h"

#include "base/check.h"
#include "lumenflow_sidecar_files.h"
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

const Value& schema_document() {
  static const Value document = [] {
    // What is compiled in is well formed: tests read all of it.
    Result<Value> read = json::parse(embedded::lumenflow_sidecar_files().front().content);
    LUMENFLOW_CHECK(read.ok());
    return *std::move(read);
  }();
  return document;
}

// What a call of any tool answers.
const http::RouteShape kCalling{
    .answers = {{200, "ToolResult"}, {202, "PendingCall"}}, .stream_item = "CallEvent", .refusal = "Refusal"};

Value tool_operation(const pack::ActiveTool& tool) {
  const pack::ToolDescriptor& descriptor = tool.descriptor;
  const Object key_parameter{{"name", "Idempotency-Key"},
                             {"in", "header"},
                             {"required", false},
                             {"schema", Object{{"type", "string"}, {"maxLength", 256}}}};
  Object responses = http::openapi_responses(kCalling);
  Object done = responses.find("200")->as_object();
  Object content = done.find("content")->as_object();
  content.set("application/json", Object{{"schema", result_schema(descriptor.output_schema)}});
  done.set("description", "The tool's result; success is false where the tool itself says so");
  done.set("content", std::move(content));
  responses.set("200", std::move(done));
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
  http::RouteShape shape{route.parameters, route.request};
  shape.request_required = false;  // nothing is an empty object
  shape.answers = route.answers;
  shape.stream_item = route.stream_item;
  shape.refusal = route.refusal;
  shape.media_type = route.media_type;
  Object operation{
      {"operationId", route.id}, {"summary", route.summary}, {"responses", http::openapi_responses(shape)}};
  if (Array parameters = http::openapi_parameters(route.pattern, route.parameters); !parameters.empty())
    operation.set("parameters", std::move(parameters));
  if (!route.request.empty())
    operation.set("requestBody", http::openapi_request(shape));
  else if (route.method == http::Method::kPost)
    operation.set("requestBody",
                  Object{{"required", false}, {"content", http::openapi_json_content(Object{{"type", "object"}})}});
  const bool open = route.access == Access::kOpen && !route.asks_token_itself;
  operation.set("security", open ? Array{} : Array{Object{{"bearer", Array{}}}});
  if (!route.scope.empty()) operation.set("x-required-scope", route.scope);
  if (route.access == Access::kSocketOnly) operation.set("x-control-socket-only", true);
  return operation;
}

Value components() {
  Object schemas = http::openapi_components(schema_document());
  schemas.set("Problem", http::openapi_problem_schema());
  return Object{
      {"securitySchemes", Object{{"bearer", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}},
      {"schemas", std::move(schemas)}};
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
