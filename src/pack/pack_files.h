// Where the files of a pack are read from: embedded in the program, or a folder.
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"
#include "lumenflow/pack.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

// INVALID_INPUT for what cannot be a path inside a pack, whatever exists: empty, absolute, `..`, NUL, backslash.
Status check_pack_path(std::string_view path);

// Borrows the pack, which is static data.
class EmbeddedPackFiles final : public PackFiles {
 public:
  explicit EmbeddedPackFiles(const BuiltinPack& pack) : pack_(pack) {}
  Result<std::string> read(std::string_view path) const override;

 private:
  const BuiltinPack& pack_;
};

// Follows symlinks only as long as they stay in the folder. Borrows the file system; one thread at a time.
class FolderPackFiles final : public PackFiles {
 public:
  // The folder is where it is now for as long as this lives.
  FolderPackFiles(const Files& files, std::string root)
      : files_(files), root_(std::move(root)), real_root_(files.real_path(root_).value_or(std::string())) {}
  Result<std::string> read(std::string_view path) const override;

 private:
  const Files& files_;
  const std::string root_;
  const std::string real_root_;          // empty: there is none
  mutable std::string folder_, inside_;  // of the last file that was read, and where it is when that lies inside
};

}  // namespace lumenflow::pack
