// The rules for a tool's scopes: explicit, in keeping with its permission, and such that a sandbox can enforce them.
#include <algorithm>

#include "pack/field_scopes.h"
#include "pack/manifest_parts.h"

namespace lumenflow::pack::manifest_parts {
namespace {

bool is_literal_glob(std::string_view pattern) { return pattern.find_first_of("*?[]{}\\") == std::string_view::npos; }

// A literal file, or a literal folder with everything below it.
bool is_mountable_glob(std::string_view pattern) {
  return is_literal_glob(pattern.ends_with("/**") ? pattern.substr(0, pattern.size() - 3) : pattern);
}

bool is_sandboxed(const Manifest& manifest) {
  return manifest.runtime == RuntimeType::kProcess ||
         (manifest.runtime == RuntimeType::kMcp && manifest.runtime_options.find("url") == nullptr);
}

// False when the pattern is refused as too broad, which spares it the other checks.
bool check_breadth(Context& context, const json::Value& value, const std::string& pointer, bool asks_approval) {
  if (json::string_or(value, "access", "") != "write" || json::string_or(value, "type", "") != "path") return true;
  const std::string_view pattern = json::string_or(value, "pattern", "");
  if (!is_broad_pattern(pattern)) return true;
  if (asks_approval && pattern == "**") return true;  // somebody decides on each call
  context.report.at(
      "LF1022", child_pointer(pointer, "pattern"),
      "'" + std::string(pattern) + "' lets the tool write anywhere in the workspace",
      "name the folder it writes to, like 'reports/**', or have every call approved by 'required_approvals'");
  return false;
}

void check_network(Context& context, const Scope& scope, const std::string& pointer) {
  if (scope.posture == NetworkPosture::kFull) {
    context.report.at("LF1026", child_pointer(pointer, "posture"), "the tool may reach any host",
                      "write 'posture: allowlist' and name the hosts in 'allowlist_entries'");
  } else if (scope.posture == NetworkPosture::kAllowlist && scope.allowlist.empty()) {
    context.report.at("LF1026", pointer, "the allowlist names no host", "add 'allowlist_entries: [api.example.com]'");
  }
  for (std::size_t i = 0; i < scope.allowlist.size(); ++i)
    if (const std::string fault = allowlist_entry_fault(scope.allowlist[i]); !fault.empty())
      context.report.at("LF1026", child_pointer(child_pointer(pointer, "allowlist_entries"), i),
                        shown(json::Value(scope.allowlist[i])) + " " + fault, "name the hosts that the tool calls");
}

}  // namespace

std::optional<Scope> read_tool_scope(Context& context, const json::Value& value, const std::string& pointer,
                                     bool asks_approval) {
  if (!check_breadth(context, value, pointer, asks_approval)) return std::nullopt;
  std::optional<Scope> scope = read_scope(context.report, value, pointer, "LF1021");
  if (!scope) return std::nullopt;
  if (scope->type == Scope::Type::kNetwork) {
    check_network(context, *scope, pointer);
  } else if (scope->access == Access::kWrite && is_sandboxed(context.manifest) &&
             !is_mountable_glob(scope->pattern->pattern())) {
    context.report.at("LF1027", child_pointer(pointer, "pattern"),
                      "a sandboxed pack cannot be given '" + scope->pattern->pattern() + "' to write",
                      "name one file, or a folder as 'dir/**'");
  }
  return scope;
}

void check_permission(Context& context, const ToolDescriptor& tool, const std::string& pointer) {
  const auto writes = [](const Scope& scope) {
    return scope.type == Scope::Type::kPath && scope.access == Access::kWrite;
  };
  const auto reaches_out = [](const Scope& scope) {
    return scope.type == Scope::Type::kNetwork && scope.posture != NetworkPosture::kOff;
  };
  const bool has_write = std::ranges::any_of(tool.required_scopes, writes);
  // What a tool changes may lie behind the network alone, so a network scope counts for a write tool.
  const bool changes_something = has_write || std::ranges::any_of(tool.required_scopes, reaches_out);
  if (tool.permission == Permission::kRead && has_write) {
    context.report.at("LF1023", pointer, "the read tool '" + tool.name + "' has a write scope",
                      "write 'permission: write', or 'access: read' in its scopes");
  } else if (tool.permission == Permission::kWrite && !changes_something) {
    context.report.at("LF1023", pointer, "the write tool '" + tool.name + "' has no write scope",
                      "add the path it writes to with 'access: write', or write 'permission: read'");
  }
}

}  // namespace lumenflow::pack::manifest_parts
