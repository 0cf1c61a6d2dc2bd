// The files of a pack that lies in a folder: every one of them, each read once, none from outside.
//
// Functions of the real disk, any thread. A symlink counts as what it leads to, as long as that lies in the folder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"
#include "pack/integrity.h"

namespace lumenflow::pack {

inline constexpr std::size_t kPackFilesMax = 20'000;
inline constexpr std::uint64_t kPackBytesMax = std::uint64_t{1} << 30;

struct FolderFile {
  std::string path;  // relative to the folder, with '/'
  bool executable = false;
  std::string sha256;  // lower-case hex
};

// Called once per file, in byte order of the folders' listings, with what was read of it.
using FileVisitor = std::function<Status(const FolderFile& file, std::string_view content)>;

// All that is part of the pack. NOT_FOUND without such a folder; INVALID_INPUT naming what leads out of it, what is
// neither file nor folder, or where folders lead into themselves; OUTPUT_TOO_LARGE over kPackFilesMax or kPackBytesMax.
Status visit_folder(const std::string& folder, const FileVisitor& visit);

// A file that the pack's runtime.command names by an absolute path.
struct OutsideFile {
  std::string path;        // as the manifest names it
  bool of_system = false;  // below /usr, /bin, /sbin or /lib*: it runs from where it is
  FolderFile file;         // path: the real one
};

struct FolderContent {
  std::vector<FolderFile> files;
  std::vector<OutsideFile> outside;
  std::string integrity;  // "sha256:<hex>"
};

// INVALID_INPUT also when the command leaves the pack by '..'. Other errors as of visit_folder.
Result<FolderContent> read_folder(const std::string& folder, const FileVisitor& visit = {});

// The same of one file, wherever it lies.
Result<FolderFile> read_outside_file(const std::string& path, const FileVisitor& visit = {});

}  // namespace lumenflow::pack
