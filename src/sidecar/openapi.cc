// GET /openapi.json: OpenAPI 3.1 from the registry, one operation per tool, and the sidecar's own routes.
#include "sidecar/routes.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value json_content(Value schema) { return Object{{"application/json", Object{{"schema", std::move(schema)}}}}; }

Value problem_response(const char* description) {
  return Object{{"description", description},
                {"content", Object{{"application/problem+json",
                                    Object{{"schema", Object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

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
                     {"content", json_content(result_schema(descriptor.output_schema))}}},
      {"default", Object{{"description", "Refused: the result with its code and receipt"},
                         {"content", json_content(Object{{"$ref", "#/components/schemas/Refusal"}})}}}};
  return Object{{"operationId", operation_id(descriptor.name)},
                {"summary", descriptor.title.empty() ? descriptor.name : descriptor.title},
                {"description", descriptor.description},
                {"tags", Array{tool.pack->manifest.id}},
                {"security", Array{Object{{"bearer", Array{}}}}},
                {"x-required-scope", descriptor.scope},
                {"parameters", Array{key_parameter}},
                {"requestBody", Object{{"required", false}, {"content", json_content(descriptor.input_schema)}}},
                {"responses", responses}};
}

Value read_operation(const char* id, const char* summary) {
  return Object{{"operationId", id},
                {"summary", summary},
                {"security", Array{Object{{"bearer", Array{}}}}},
                {"responses",
                 Object{{"200", Object{{"description", "OK"}, {"content", json_content(Object{{"type", "object"}})}}},
                        {"default", problem_response("A problem with its code")}}}};
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
  const Object problem{{"type", "object"},
                       {"required", Array{"title", "status", "code"}},
                       {"properties", Object{{"type", text},
                                             {"title", text},
                                             {"status", Object{{"type", "integer"}}},
                                             {"code", text},
                                             {"detail", text}}}};
  return Object{
      {"securitySchemes", Object{{"bearer", Object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}},
      {"schemas", Object{{"ToolError", error}, {"Metadata", metadata}, {"Refusal", refusal}, {"Problem", problem}}}};
}

std::string openapi_text(const Workspace& workspace) {
  Object paths;
  for (const auto& tool : workspace.registry().tools())
    if (!tool->descriptor.internal_only)
      paths.set("/tools/" + tool->descriptor.name, Object{{"post", tool_operation(*tool)}});
  const struct {
    const char *path, *id, *summary;
  } reads[] = {{"/tools", "list_tools", "Every tool of every active pack"},
               {"/events", "list_events", "A page of events"},
               {"/audit", "list_entries", "A page of journal entries"},
               {"/audit/head", "show_head", "The signed head of the journal"},
               {"/packs", "list_packs", "Active and refused packs"},
               {"/diagnostics", "list_diagnostics", "What is wrong, and where"}};
  for (const auto& read : reads) paths.set(read.path, Object{{"get", read_operation(read.id, read.summary)}});
  return json::serialize(
      Object{{"openapi", "3.1.0"},
             {"info", Object{{"title", "LumenFlow sidecar of " + workspace.config().id.str()}, {"version", kVersion}}},
             {"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema"},
             {"paths", std::move(paths)},
             {"components", components()}});
}

}  // namespace

void add_openapi_route(Routes& routes, RouteContext& context) {
  routes.add(http::Method::kGet, "/openapi.json", "tools:read", [&context](const ExchangePtr& exchange) {
    const std::string etag = "\"" + context.workspace.registry().hash() + "\"";
    http::Response response;
    response.headers.emplace_back("ETag", etag);
    if (exchange->request().header("if-none-match") == etag)
      response.status = 304;
    else
      response.body = openapi_text(context.workspace);
    exchange->send(std::move(response));
  });
}

}  // namespace lumenflow::sidecar
