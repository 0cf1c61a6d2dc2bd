#include "conformance/tree.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "base/encoding.h"
#include "base/sha256.h"
#include "lumenflow/json.h"

namespace lumenflow::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShownBytesMax = 200;
constexpr std::string_view kAbsent = "absent";

std::string describe_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::string out =
      "file of " + std::to_string(content.size()) + " bytes, SHA-256 " + sha256_hex(content).substr(0, 16);
  if (content.size() <= kShownBytesMax && is_valid_utf8(content)) out += ", " + json::serialize(content);
  return out;
}

std::string_view content_or_absent(const Tree& tree, const std::string& path) {
  const auto found = tree.find(path);
  return found == tree.end() ? kAbsent : std::string_view(found->second);
}

}  // namespace

Result<Tree> read_tree(const std::string& folder) {
  Tree tree;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const fs::path& path = at->path();
    const std::string relative = path.lexically_relative(folder).generic_string();
    const fs::file_status status = at->symlink_status(error);
    if (error) break;
    if (fs::is_symlink(status))
      tree[relative] = "link to " + fs::read_symlink(path, error).generic_string();
    else if (fs::is_directory(status))
      tree[relative] = "folder";
    else if (fs::is_regular_file(status))
      tree[relative] = describe_file(path);
    else
      tree[relative] = "special file";
  }
  // What a thread of the pack removes meanwhile is gone, that is all.
  if (error && error != std::errc::no_such_file_or_directory)
    return Error(ErrorCode::kIo, "cannot read " + folder + ": " + error.message());
  return tree;
}

std::vector<std::string> changed_paths(const Tree& before, const Tree& after) {
  std::vector<std::string> out;
  for (const auto& [path, content] : before)
    if (content_or_absent(after, path) != content) out.push_back(path);
  for (const auto& [path, content] : after)
    if (!before.contains(path)) out.push_back(path);
  return out;
}

std::vector<std::string> differences(const Tree& expected, const Tree& found) {
  std::vector<std::string> out;
  for (const std::string& path : changed_paths(expected, found))
    out.push_back("file " + path + ": was " + std::string(content_or_absent(expected, path)) + "; is " +
                  std::string(content_or_absent(found, path)));
  return out;
}

bool may_write(const std::string& path, bool folder, const std::vector<pack::Scope>& scopes) {
  const std::vector<pack::ScopeLayer> layers{{"pack", scopes}};
  if (pack::path_allowed(path, pack::Access::kWrite, layers)) return true;
  if (!folder) return false;
  if (pack::path_allowed(path + "/x", pack::Access::kWrite, layers)) return true;
  for (const pack::Scope& scope : scopes)
    if (scope.pattern && scope.access == pack::Access::kWrite && scope.pattern->pattern().starts_with(path + "/"))
      return true;
  return false;
}

}  // namespace lumenflow::conformance
