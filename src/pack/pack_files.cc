#include "pack/pack_files.h"

#include <algorithm>

#include "pack/yaml.h"

namespace lumenflow::pack {
namespace {

// "./schemas//a.json" -> "schemas/a.json"
std::string without_dots(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    at = end + 1;
    if (segment.empty() || segment == ".") continue;
    if (!out.empty()) out += '/';
    out += segment;
  }
  return out;
}

}  // namespace

Status check_pack_path(std::string_view path) {
  const auto refuse = [&](const char* why) { return Error(ErrorCode::kInvalidInput, std::string(path) + ": " + why); };
  if (path.find('\0') != std::string_view::npos) return refuse("a path has no NUL");
  if (without_dots(path).empty()) return refuse("the path names no file");
  if (path.front() == '/') return refuse("the path is absolute");
  if (path.find('\\') != std::string_view::npos) return refuse("a path is written with '/'");
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return refuse("the path leaves the pack");
    at = end + 1;
  }
  return {};
}

Result<std::string> EmbeddedPackFiles::read(std::string_view path) const {
  LUMENFLOW_TRY(check_pack_path(path));
  const auto found = std::ranges::find(pack_.files, without_dots(path), &BuiltinPack::File::path);
  if (found == pack_.files.end()) return Error(ErrorCode::kNotFound, "the pack has no file " + std::string(path));
  return std::string(found->content);
}

Result<std::string> FolderPackFiles::read(std::string_view path) const {
  LUMENFLOW_TRY(check_pack_path(path));
  // A pack has many files in few folders: a folder is looked at once, and of a file only that it is no symlink. What
  // is not so, or lies elsewhere, is looked at closely for the reason.
  const std::string whole = join_path(root_, path), folder = parent_path(whole);
  if (folder != folder_ || inside_.empty()) {
    const Result<std::string> there = files_.real_path(folder);
    folder_ = folder;
    const bool inside =
        there.ok() && !real_root_.empty() && (*there == real_root_ || there->starts_with(join_path(real_root_, "")));
    inside_ = inside ? *there : std::string();
  }
  if (!inside_.empty()) {
    const std::string file = join_path(inside_, std::string_view(whole).substr(whole.rfind('/') + 1));
    const auto found = files_.stat(file);
    if (found.ok() && *found && !(*found)->symlink && !(*found)->directory) return files_.read(file, kYamlBytesMax);
  }
  LUMENFLOW_TRY_ASSIGN(const std::string real, resolve_inside(files_, root_, path));
  return files_.read(real, kYamlBytesMax);
}

}  // namespace lumenflow::pack
