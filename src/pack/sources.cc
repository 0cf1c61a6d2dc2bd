#include "pack/sources.h"

#include <filesystem>
#include <system_error>

#include "base/files.h"

namespace lumenflow::pack {
namespace {

namespace fs = std::filesystem;

bool is_at_or_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

class Sources final : public PackSources {
 public:
  Sources(std::string workspace_root, Snapshots* snapshots) : root_(std::move(workspace_root)), snapshots_(snapshots) {}

  Result<OpenedPack> open(const PinnedSource& pin) override {
    if (pin.source != "local") return Error(ErrorCode::kNotFound, "no pack comes from the source '" + pin.source + "'");
    LUMENFLOW_TRY_ASSIGN(const std::string folder, local_folder(root_, pin.path));
    OpenedPack opened;
    opened.display_folder = pin.path;
    opened.origin.source = pin.source;
    opened.origin.source_folder = folder;
    LUMENFLOW_TRY(fill(folder, pin.integrity, opened.origin));
    return opened;
  }

 private:
  Status fill(const std::string& folder, const std::string& expected, PackOrigin& origin) {
    if (snapshots_ != nullptr) {
      LUMENFLOW_TRY_ASSIGN(Snapshot taken, snapshots_->take(folder, expected));
      origin.folder = std::move(taken.folder);
      origin.integrity = std::move(taken.integrity);
      origin.moved = std::move(taken.moved);
      origin.in_use = std::move(taken.in_use);
      return {};
    }
    LUMENFLOW_TRY_ASSIGN(const FolderContent content, read_folder(folder));
    if (!expected.empty() && expected != content.integrity)
      return Error(ErrorCode::kConflict, "its content is " + content.integrity + ", and " + expected + " is pinned");
    origin.folder = folder;
    origin.integrity = content.integrity;
    return {};
  }

  const std::string root_;
  Snapshots* const snapshots_;  // null: packs are read where they are
};

}  // namespace

Result<std::string> local_folder(const std::string& workspace_root, const std::string& path) {
  const std::string written = path.starts_with('/') ? path : join_path(workspace_root, path);
  std::error_code error;
  const std::string folder = fs::canonical(written, error).string();
  if (error) return Error(ErrorCode::kNotFound, "there is no folder " + path);
  const std::string root = fs::canonical(workspace_root, error).string();
  const std::string state = join_path(root, ".lumenflow/state");
  if (is_at_or_below(folder, state) || is_at_or_below(state, folder))
    return Error(ErrorCode::kInvalidInput, path + " is not a folder of the pack's own: it holds the workspace's state");
  if (!fs::is_regular_file(join_path(folder, "manifest.yaml"), error))
    return Error(ErrorCode::kNotFound, path + " has no manifest.yaml");
  return folder;
}

std::unique_ptr<PackSources> make_running_sources(std::string workspace_root, Snapshots& snapshots) {
  return std::make_unique<Sources>(std::move(workspace_root), &snapshots);
}

std::unique_ptr<PackSources> make_judging_sources(std::string workspace_root) {
  return std::make_unique<Sources>(std::move(workspace_root), nullptr);
}

}  // namespace lumenflow::pack
