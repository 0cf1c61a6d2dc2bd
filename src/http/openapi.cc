#include "http/openapi.h"

namespace lumenflow::http {

using json::Array;
using json::Object;
using json::Value;

namespace {

// Every {name} of a pattern is a parameter of its path.
void add_path_parameters(std::string_view pattern, Array& parameters) {
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1))
    parameters.push_back(Object{{"name", pattern.substr(open + 1, pattern.find('}', open) - open - 1)},
                                {"in", "path"},
                                {"required", true},
                                {"schema", Object{{"type", "string"}}}});
}

constexpr std::string_view kDefinition = "#/$defs/";

Value with_references_to_components(const Value& schema) {
  if (schema.is_array()) {
    Array items;
    for (const Value& item : schema.as_array()) items.push_back(with_references_to_components(item));
    return items;
  }
  if (!schema.is_object()) return schema;
  Object moved;
  for (const json::Member& member : schema.as_object()) {
    const std::string* reference = member.key == "$ref" ? member.value.if_string() : nullptr;
    if (reference != nullptr && reference->starts_with(kDefinition))
      moved.set(member.key, "#/components/schemas/" + reference->substr(kDefinition.size()));
    else
      moved.set(member.key, with_references_to_components(member.value));
  }
  return moved;
}

}  // namespace

Value openapi_schema(std::string_view name) { return Object{{"$ref", "#/components/schemas/" + std::string(name)}}; }

Object openapi_components(const Value& document) {
  Object components;
  for (const json::Member& member : document.find("$defs")->as_object())
    components.set(member.key, with_references_to_components(member.value));
  return components;
}

Value openapi_json_content(Value schema) { return Object{{"application/json", Object{{"schema", std::move(schema)}}}}; }

Value openapi_problem_response(const char* description) {
  return Object{{"description", description},
                {"content", Object{{"application/problem+json",
                                    Object{{"schema", Object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

Array openapi_parameters(std::string_view pattern, const std::vector<RouteParameter>& named) {
  Array parameters;
  add_path_parameters(pattern, parameters);
  for (const RouteParameter& parameter : named)
    parameters.push_back(Object{{"name", parameter.name},
                                {"in", parameter.in_header ? "header" : "query"},
                                {"description", parameter.what},
                                {"required", false},
                                {"schema", Object{{"type", parameter.type}}}});
  return parameters;
}

Object openapi_responses(const RouteShape& route) {
  const Object events{{"schema", Object{{"type", "string"}, {"description", "Server-sent events"}}},
                      {"x-event-data", openapi_schema(route.stream_item)}};
  Object responses;
  for (const RouteAnswer& answer : route.answers) {
    Object content{{"application/json", Object{{"schema", openapi_schema(answer.schema)}}}};
    if (!route.stream_item.empty() && answer.status == 200) content.set("text/event-stream", events);
    responses.set(std::to_string(answer.status), Object{{"description", "Done"}, {"content", std::move(content)}});
  }
  if (route.answers.empty()) {
    const bool is_json = route.media_type == "application/json";
    const Object body{{"schema", Object{{"type", is_json ? "object" : "string"}}}};
    Object content{{std::string(route.media_type), route.stream_item.empty() ? body : events}};
    responses.set("200", Object{{"description", "Done"}, {"content", std::move(content)}});
  }
  for (const RouteParameter& parameter : route.parameters)
    if (parameter.name == "If-None-Match") responses.set("304", Object{{"description", "As it was"}});
  Value refused = openapi_problem_response("A problem with its code");
  if (!route.refusal.empty()) {
    Object content = refused.find("content")->as_object();
    content.set("application/json", Object{{"schema", openapi_schema(route.refusal)}});
    refused.as_object().set("content", std::move(content));
  }
  responses.set("default", std::move(refused));
  return responses;
}

Value openapi_request(const RouteShape& route) {
  Object content{{"application/json", Object{{"schema", openapi_schema(route.request)}}}};
  if (route.request_lines) content.set("application/x-ndjson", Object{{"schema", Object{{"type", "string"}}}});
  return Object{{"required", route.request_required}, {"content", std::move(content)}};
}

std::string_view openapi_key(Method method) {
  switch (method) {
    case Method::kPost:
      return "post";
    case Method::kDelete:
      return "delete";
    case Method::kPut:
      return "put";
    case Method::kPatch:
      return "patch";
    default:
      return "get";
  }
}

Value openapi_problem_schema() {
  const Object text{{"type", "string"}};
  const Object place{{"type", "object"},
                     {"required", Array{"pointer", "reason"}},
                     {"properties", Object{{"pointer", text}, {"reason", text}}}};
  const Object code{{"type", "string"}, {"description", "One of docs/reference/errors.md"}};
  return Object{{"type", "object"},
                {"description", "Why not (RFC 9457)"},
                {"required", Array{"type", "title", "status", "code", "detail"}},
                {"properties", Object{{"type", text},
                                      {"title", text},
                                      {"status", Object{{"type", "integer"}}},
                                      {"code", code},
                                      {"detail", text},
                                      {"errors", Object{{"type", "array"}, {"items", place}}}}}};
}

}  // namespace lumenflow::http
