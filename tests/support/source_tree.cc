#include "support/source_tree.h"

#include <cstdlib>

namespace lumenflow::testing {

std::string source_path(std::string_view relative) { return std::string(LUMENFLOW_SOURCE_DIR "/").append(relative); }

std::filesystem::path vectors_folder() {
  const char* set = std::getenv("LUMENFLOW_VECTORS");
  return set != nullptr ? set : LUMENFLOW_VECTORS_DEFAULT;
}

}  // namespace lumenflow::testing
