// Paths as text, and the one way from a path that a stranger gave to a real one.
#include <algorithm>

#include "base/files.h"

namespace lumenflow {

std::string join_path(std::string_view folder, std::string_view name) {
  std::string out(folder);
  if (!out.empty() && out.back() != '/') out += '/';
  return out.append(name);
}

std::string parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return std::string(path.substr(0, std::max<std::size_t>(slash, 1)));
}

Result<std::string> resolve_inside(const Files& files, const std::string& root, std::string_view relative) {
  const auto refuse = [relative](std::string_view why) {
    return Error(ErrorCode::kInvalidInput, "path '" + std::string(relative) + "' " + std::string(why));
  };
  if (relative.empty() || relative.front() == '/') return refuse("must be relative to the workspace");
  if (relative.find('\0') != std::string_view::npos) return refuse("contains a NUL");
  for (std::size_t start = 0; start <= relative.size();) {
    const std::size_t end = std::min(relative.find('/', start), relative.size());
    if (relative.substr(start, end - start) == "..") return refuse("contains '..'");
    start = end + 1;
  }
  LUMENFLOW_TRY_ASSIGN(const std::string real_root, files.real_path(root));
  const std::string path = join_path(root, relative);
  for (std::string existing = path;; existing = parent_path(existing)) {
    const Result<std::optional<FileInfo>> found = files.stat(existing);
    if (!found.ok())
      return refuse("cannot be resolved: " + found.error().message());  // a symlink loop, a name too long
    if (!found->has_value()) continue;
    const Result<std::string> real = files.real_path(existing);
    if (!real.ok()) {
      const Result<std::optional<FileInfo>> still = files.stat(existing);
      if (still.ok() && !still->has_value()) continue;  // somebody removed it between the two looks
      return refuse("is a symlink to nowhere");
    }
    if (*real != real_root && !real->starts_with(join_path(real_root, "")))
      return refuse("leaves the workspace through a symlink");
    return *real + path.substr(existing.size());
  }
}

}  // namespace lumenflow
