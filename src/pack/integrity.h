// What a pack is, as one hash: every file's path and content (01-packs, Loading). Pure function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::pack {

struct HashedFile {
  std::string_view path;  // relative to the pack, with '/'
  std::string_view content;
};

// "sha256:<hex>". The order of the files does not matter; `.git/` and every `.DS_Store` are left out.
std::string integrity_of(std::vector<HashedFile> files);

}  // namespace lumenflow::pack
