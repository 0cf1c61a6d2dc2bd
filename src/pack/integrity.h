// What a pack is, as one hash: every file's path and content (01-packs, Loading). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::pack {

struct HashedFile {
  std::string_view path;  // relative to the pack, with '/'
  std::string_view content;
};

struct FileDigest {
  std::string path;    // relative to the pack, with '/'; of a file outside of it: absolute, as its manifest names it
  std::string sha256;  // of the content, lower-case hex
};

// False for `.git/` and every `.DS_Store`.
bool is_part_of_pack(std::string_view path);

// "sha256:<hex>". The order of the files does not matter; what is not part of the pack is left out.
std::string integrity_of(std::vector<FileDigest> files);
std::string integrity_of(const std::vector<HashedFile>& files);

}  // namespace lumenflow::pack
