// What HTTP repeats of a request in its headers (revision 2026-07-28, Streamable HTTP, "Request Metadata").
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::mounts {

// As it stands where it is plain ASCII, else as =?base64?…?=.
std::string header_value(std::string_view text);

// Mcp-Param-… of the arguments that the tool's schema marks with x-mcp-header.
std::vector<std::pair<std::string, std::string>> parameter_headers(const json::Value& input_schema,
                                                                   const json::Value& arguments);

// INVALID_OUTPUT naming what is wrong with the marks of a schema; a client over HTTP leaves such a tool out.
Status check_parameter_headers(const json::Value& input_schema);

}  // namespace lumenflow::mounts
