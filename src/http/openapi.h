// Parts of an OpenAPI 3.1 document that every surface's description is made of. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "http/server.h"
#include "lumenflow/json.h"

namespace lumenflow::http {

struct RouteParameter {
  std::string_view name;
  std::string_view type;  // of JSON Schema
  std::string_view what;
  bool in_header = false;  // else in the query
};

std::string_view openapi_key(Method method);  // "get", "post" …
// Those that the pattern names, `{name}`, and the others.
json::Array openapi_parameters(std::string_view pattern, const std::vector<RouteParameter>& named);
json::Value openapi_json_content(json::Value schema);
json::Value openapi_problem_response(const char* description);  // refers to the schema Problem
json::Value openapi_problem_schema();                           // RFC 9457, with its code

}  // namespace lumenflow::http
