#include "software-delivery/traces.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kDigestBytes = 20;  // the end of an index is the SHA-1 of the rest, or of SHA-256 a part of it

bool is_file(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::optional<std::string> first_line(const std::string& path) {
  if (!is_file(path)) return std::nullopt;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

}  // namespace

std::optional<std::string> index_digest(const std::string& workspace_root) {
  const std::string path = workspace_root + "/.git/index";
  if (!is_file(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  file.seekg(-static_cast<std::streamoff>(kDigestBytes), std::ios::end);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() != kDigestBytes) return std::nullopt;
  std::string out;
  for (const char byte : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4U];
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15U];
  }
  return out;
}

std::optional<std::string> tip_by_files(const std::string& workspace_root, const std::string& branch) {
  const std::string ref = "refs/heads/" + branch;
  if (auto loose = first_line(workspace_root + "/.git/" + ref)) return loose;
  const std::string packed = workspace_root + "/.git/packed-refs";
  if (!is_file(packed)) return std::nullopt;
  std::ifstream file(packed);
  for (std::string line; std::getline(file, line);)
    if (line.ends_with(" " + ref)) return line.substr(0, line.find(' '));
  return std::nullopt;
}

bool has_locks(const std::string& workspace_root, const std::string& branch) {
  struct stat info {};
  for (const std::string& lock : {std::string("index"), std::string("HEAD"), "refs/heads/" + branch})
    if (::lstat((workspace_root + "/.git/" + lock + ".lock").c_str(), &info) == 0) return true;
  return false;
}

}  // namespace lumenflow::software_delivery
