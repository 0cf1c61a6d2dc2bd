#include "pack/integrity.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/sha256.h"
#include "pack/registry.h"

namespace lumenflow::pack {

bool is_part_of_pack(std::string_view path) {
  return path != ".git" && !path.starts_with(".git/") && path != ".DS_Store" && !path.ends_with("/.DS_Store");
}

std::string integrity_of(std::vector<FileDigest> files) {
  std::erase_if(files, [](const FileDigest& file) { return !is_part_of_pack(file.path); });
  std::ranges::sort(files, {}, &FileDigest::path);
  std::string listing;
  for (const FileDigest& file : files) {
    listing.append(file.path).push_back('\0');
    listing.append(file.sha256).push_back('\0');
  }
  return "sha256:" + sha256_hex(listing);
}

std::string integrity_of(const std::vector<HashedFile>& files) {
  std::vector<FileDigest> digests;
  for (const HashedFile& file : files) digests.push_back({std::string(file.path), sha256_hex(file.content)});
  return integrity_of(std::move(digests));
}

std::string integrity_of(const BuiltinPack& pack) {
  std::vector<HashedFile> files;
  files.reserve(pack.files.size());
  for (const BuiltinPack::File& file : pack.files) files.push_back({file.path, file.content});
  return integrity_of(files);
}

}  // namespace lumenflow::pack
