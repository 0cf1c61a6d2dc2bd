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

// What a success of this status answers: a schema of the surface's components, as JSON.
struct RouteAnswer {
  int status = 200;
  std::string_view schema;
};

// What a route takes and answers. Names are of schemas among the components.
struct RouteShape {
  std::vector<RouteParameter> parameters = {};
  std::string_view request = {};
  bool request_required = true;
  bool request_lines = false;  // the body may come as application/x-ndjson, too
  std::vector<RouteAnswer> answers = {};
  std::string_view stream_item = {};  // as server-sent events: the data of each
  std::string_view refusal = {};      // as JSON, besides problems
  std::string_view media_type = "application/json";
};
json::Object openapi_responses(const RouteShape& route);  // by status
json::Value openapi_request(const RouteShape& route);

std::string_view openapi_key(Method method);  // "get", "post" …
// Those that the pattern names, `{name}`, and the others.
json::Array openapi_parameters(std::string_view pattern, const std::vector<RouteParameter>& named);
json::Value openapi_json_content(json::Value schema);
json::Value openapi_problem_response(const char* description);  // refers to the schema Problem
json::Value openapi_problem_schema();                           // RFC 9457, with its code
json::Value openapi_schema(std::string_view name);              // refers to one of the components
// The components of a schema document: its $defs by their names, referring to each other where they stand then.
json::Object openapi_components(const json::Value& document);

}  // namespace lumenflow::http
