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

}  // namespace

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
  return Object{{"type", "object"},
                {"required", Array{"title", "status", "code"}},
                {"properties", Object{{"type", text},
                                      {"title", text},
                                      {"status", Object{{"type", "integer"}}},
                                      {"code", text},
                                      {"detail", text}}}};
}

}  // namespace lumenflow::http
