// The patterns that ids and names follow (01-packs). Pure functions.
#pragma once

#include <string_view>

namespace lumenflow::pack {

bool is_slug(std::string_view text);              // ^[a-z][a-z0-9]*(-[a-z0-9]+)*$, at most 64
bool is_reserved_slug(std::string_view text);     // kernel, conductor
bool is_semantic_version(std::string_view text);  // SemVer 2.0.0
bool is_tool_name(std::string_view text);         // ^[a-z][a-z0-9-]*:[a-z][a-z0-9_-]*$
bool is_environment_name(std::string_view text);  // ^[A-Z][A-Z0-9_]*$
bool is_token_scope(std::string_view text);       // `tools:read`, `agent:execute-turn`, `workspace`
bool is_surface_id(std::string_view text);        // <slug>:<name>
bool is_event_name(std::string_view text);        // ^[a-z][a-z0-9]*(_[a-z0-9]+)*$
bool is_config_key(std::string_view text);        // ^[a-z][a-z0-9]*([_-][a-z0-9]+)*$
bool is_mcp_name(std::string_view text);          // ^[A-Za-z0-9_.-]{1,128}$
// "sha256:" and 64 lower-case hexadecimal digits.
bool is_content_hash(std::string_view text);

// What stands before the first colon; the whole text when there is none.
std::string_view prefix_of(std::string_view name);

}  // namespace lumenflow::pack
