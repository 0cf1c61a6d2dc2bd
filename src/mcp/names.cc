#include "mcp/names.h"

namespace lumenflow::mcp {

std::string tool_name(std::string_view canonical, std::string_view mcp_name) {
  if (!mcp_name.empty()) return std::string(mcp_name);
  std::string out;
  for (const char c : canonical) c == ':' ? out += "__" : out += c;
  return out;
}

json::Value annotations(const ToolHints& hints, std::string_view title) {
  json::Object out;
  if (!title.empty()) out.set("title", title);
  out.set("readOnlyHint", hints.reads_only);
  if (!hints.reads_only) {  // they mean nothing of a tool that only reads
    out.set("destructiveHint", hints.may_destroy);
    out.set("idempotentHint", hints.idempotent);
  }
  out.set("openWorldHint", hints.open_world);
  return json::Value(std::move(out));
}

}  // namespace lumenflow::mcp
