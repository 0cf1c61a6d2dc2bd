// The headers that mirror a message over HTTP from revision 2026-07-28 on (basic/transports/streamable-http, "Request
// Metadata"): whoever routes by them must not be told otherwise than whoever reads the body.
//
// Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/message.h"

namespace lumenflow::mcp {

// The value of a header by its name in lower case; nothing when it is not there.
using HeaderOf = std::function<std::optional<std::string_view>(std::string_view name)>;

// What stands behind `=?base64?…?=`, or the value as it is; surrounding blanks do not count. Nothing for a value with
// characters that no header has, and for bad base64.
std::optional<std::string> decode_header(std::string_view value);
// The same the other way: as it is where a header can carry it.
std::string encode_header(std::string_view value);

// MCP-Protocol-Version, Mcp-Method and, where the method has one, Mcp-Name; why they do not fit, else empty.
std::string header_fault(const Message& message, const HeaderOf& header);
// The Mcp-Param-* of a tool's call, as `x-mcp-header` in its input schema asks for them.
std::string param_header_fault(const json::Value& input_schema, const json::Value& arguments, const HeaderOf& header);

// Which parameter `Mcp-Name` mirrors: "name", "uri" or "taskId"; empty: none.
std::string_view named_by(std::string_view method);

// Each property that is mirrored: the JSON pointer of its value and the header's name in lower case.
struct MirroredParam {
  std::vector<std::string> path;
  std::string header;
};
std::vector<MirroredParam> mirrored_params(const json::Value& input_schema);

}  // namespace lumenflow::mcp
