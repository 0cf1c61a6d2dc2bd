// Text as people type it: trimmed, and compared without regard to case. UTF-8 in, UTF-8 out; pure functions.
#pragma once

#include <string>
#include <string_view>

namespace lumenflow::sidekick {

// Without white space (Unicode White_Space, and the byte order mark) at both ends.
std::string_view trim(std::string_view text);

// Whether anything of it can be seen: more than white space, controls, and characters that stand for nothing.
bool is_visible(std::string_view text);

// Simple case folding (Unicode CaseFolding.txt, status C and S), replacing what was in `out`.
void fold_case_into(std::string_view text, std::string& out);
std::string fold_case(std::string_view text);

}  // namespace lumenflow::sidekick
