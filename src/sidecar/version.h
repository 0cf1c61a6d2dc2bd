// The program's version; recorded when a workspace is opened.
#pragma once

namespace lumenflow::sidecar {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace lumenflow::sidecar
