// What one lumenflow.yaml says otherwise than another, for people. Pure.
#pragma once

#include <string>

namespace lumenflow::kernel {

// "gates: no-todo changed; lanes: content removed, wide added; policies": root keys, and of what has ids or names which
// of them. Never a value, which may be a secret's place. Empty: nothing but blanks and comments, or one cannot be read.
std::string config_difference(const std::string& before, const std::string& after);

}  // namespace lumenflow::kernel
