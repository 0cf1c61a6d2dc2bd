#include "pack/integrity.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/sha256.h"
#include "pack/registry.h"

namespace lumenflow::pack {
namespace {

bool is_left_out(const HashedFile& file) {
  return file.path == ".git" || file.path.starts_with(".git/") || file.path == ".DS_Store" ||
         file.path.ends_with("/.DS_Store");
}

}  // namespace

std::string integrity_of(std::vector<HashedFile> files) {
  std::erase_if(files, is_left_out);
  std::ranges::sort(files, {}, &HashedFile::path);
  std::string listing;
  for (const HashedFile& file : files) {
    listing.append(file.path).push_back('\0');
    listing.append(sha256_hex(file.content)).push_back('\0');
  }
  return "sha256:" + sha256_hex(listing);
}

std::string integrity_of(const BuiltinPack& pack) {
  std::vector<HashedFile> files;
  files.reserve(pack.files.size());
  for (const BuiltinPack::File& file : pack.files) files.push_back({file.path, file.content});
  return integrity_of(std::move(files));
}

}  // namespace lumenflow::pack
