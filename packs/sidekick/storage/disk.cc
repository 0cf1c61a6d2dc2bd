#include "sidekick/storage/disk.h"

namespace lumenflow::sidekick {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Status write_new(Disk& disk, const std::string& path, std::string_view content) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<AppendFile> file, disk.open(path, Disk::Open::kNew));
  LUMENFLOW_TRY(file->append(content));
  LUMENFLOW_TRY(file->sync());
  return disk.sync_folder(folder_of(path));
}

}  // namespace lumenflow::sidekick
