// Names of packs and tools made of what others call theirs.
//
// Pure functions.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace lumenflow::mounts {

// A pack's id: "everything" of "@scope/server-everything@1.2" or "/opt/server-everything/index.js"; "server" of
// nothing.
std::string slug_of(std::string_view text);

// `<id>:get_weather` of "getWeather"; another one where it is taken already. Adds it to `taken`.
std::string free_tool_name(const std::string& id, std::string_view entry, std::set<std::string>& taken);

}  // namespace lumenflow::mounts
