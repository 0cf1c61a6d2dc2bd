// Globs over names (tools, subjects, approval surfaces), not over paths: `*` is any text, `?` one byte, everything else
// itself. Linear in the text for each `*`. Stateless, so thread safe.
#pragma once

#include <string_view>

namespace lumenflow::pack {

bool text_glob_matches(std::string_view pattern, std::string_view text);

// Whether a glob says what its writer thinks: path globs' classes and alternatives would be taken as they stand here.
bool is_text_glob(std::string_view pattern);

}  // namespace lumenflow::pack
