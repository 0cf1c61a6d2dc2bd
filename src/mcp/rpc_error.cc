#include "mcp/rpc_error.h"

#include <utility>

namespace lumenflow::mcp {

RpcError rpc_error(const Error& error, Revision revision) {
  RpcError out;
  out.code = info(error.code()).json_rpc;
  if (out.code == kResourceNotFound && !has_sessions(revision)) out.code = kInvalidParams;
  out.message = error.message();
  json::Object data{{"code", name(error.code())}};
  if (!error.details().empty()) {
    json::Array details;
    for (const ErrorDetail& detail : error.details())
      details.push_back(json::Object{{"pointer", detail.pointer}, {"reason", detail.reason}});
    data.set("details", std::move(details));
  }
  out.data = std::move(data);
  return out;
}

RpcError unsupported_version(const std::string& requested) {
  json::Array supported;
  for (const Revision revision : kRevisions) supported.push_back(name(revision));
  return {kUnsupportedProtocolVersion, "Unsupported protocol version",
          json::Object{{"supported", std::move(supported)}, {"requested", requested}}};
}

}  // namespace lumenflow::mcp
