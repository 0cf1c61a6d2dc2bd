#include "pack/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/files.h"
#include "base/sha256.h"
#include "pack/diagnostic.h"
#include "pack/pack_files.h"
#include "pack/yaml.h"

namespace lumenflow::pack {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDepthMax = 64;
constexpr std::string_view kSystemFolders[] = {"/usr/", "/bin/", "/sbin/", "/lib"};

Error escape(const std::string& path, const std::string& why) {
  return Error(ErrorCode::kInvalidInput, path + " " + why);
}

Error failed(const std::string& path, int error) {
  return Error(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, path + ": " + std::strerror(error));
}

// Closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Where an open file really is, however it was reached.
Result<std::string> path_of(const Descriptor& open, const std::string& path) {
  char target[PATH_MAX];
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(open.get())).c_str(), target, sizeof target);
  if (n < 0) return failed(path, errno);
  return std::string(target, static_cast<std::size_t>(n));
}

bool is_inside(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

Result<std::string> read_all(const Descriptor& open, const std::string& path, std::uint64_t bytes_max) {
  std::string content;
  char chunk[1 << 16];
  for (;;) {
    const ssize_t n = ::read(open.get(), chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, errno);
    if (n == 0) return content;
    content.append(chunk, static_cast<std::size_t>(n));
    if (content.size() > bytes_max)
      return Error(ErrorCode::kOutputTooLarge,
                   "a pack has at most " + std::to_string(kPackBytesMax >> 20) + " MiB; " + path + " is beyond that");
  }
}

class Walk {
 public:
  Walk(std::string root, const FileVisitor& visit) : root_(std::move(root)), visit_(visit) {}

  Status folder(const std::string& relative, std::vector<std::string> parents) {
    const std::string path = relative.empty() ? root_ : join_path(root_, relative);
    std::error_code error;
    const std::string real = fs::canonical(path, error).string();
    if (error) return failed(path, error.value());
    if (!is_inside(real, root_)) return escape(path, "leads out of the pack, to " + real);
    if (std::ranges::find(parents, real) != parents.end() || parents.size() >= kDepthMax)
      return escape(path, "leads back into itself");
    parents.push_back(real);
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(real, error))
      names.push_back(entry.path().filename().string());
    if (error) return failed(path, error.value());
    std::ranges::sort(names);
    for (const std::string& name : names) {
      const std::string below = relative.empty() ? name : join_path(relative, name);
      if (is_part_of_pack(below)) LUMENFLOW_TRY(entry(below, parents));
    }
    return {};
  }

 private:
  Status entry(const std::string& relative, const std::vector<std::string>& parents) {
    const std::string path = join_path(root_, relative);
    // What is opened is what is judged: a link that is swapped meanwhile changes nothing.
    const Descriptor open(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (open.get() < 0) {
      const int error = errno;
      if (error == ENXIO) return escape(path, "is neither a file nor a folder");
      if (error == ENOENT || error == ELOOP) return escape(path, "is a link that leads nowhere");
      return failed(path, error);
    }
    struct stat info {};
    if (::fstat(open.get(), &info) != 0) return failed(path, errno);
    if (S_ISDIR(info.st_mode)) return folder(relative, parents);
    LUMENFLOW_TRY_ASSIGN(const std::string real, path_of(open, path));
    if (!is_inside(real, root_)) return escape(path, "leads out of the pack, to " + real);
    if (!S_ISREG(info.st_mode)) return escape(path, "is neither a file nor a folder");
    if (++files_ > kPackFilesMax)
      return Error(ErrorCode::kOutputTooLarge, "a pack has at most " + std::to_string(kPackFilesMax) + " files");
    LUMENFLOW_TRY_ASSIGN(const std::string content, read_all(open, path, kPackBytesMax - bytes_));
    bytes_ += content.size();
    return visit_({relative, (info.st_mode & 0111) != 0, sha256_hex(content)}, content);
  }

  const std::string root_;
  const FileVisitor& visit_;
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

bool has_parent_segment(std::string_view path) {
  return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string_view::npos;
}

// The arguments of runtime.command that name files outside of the pack.
Result<std::vector<std::string>> outside_paths(const std::string& folder) {
  std::vector<std::string> paths;
  YamlDocument document;
  Diagnostics ignored;  // whoever parses the manifest says them
  const Result<std::string> text = PosixFiles().read(join_path(folder, "manifest.yaml"), kYamlBytesMax);
  if (!text.ok() || !parse_yaml("manifest.yaml", *text, "LF1001", document, ignored)) return paths;
  const json::Value* command = document.value.at_pointer("/runtime/command");
  if (command == nullptr || !command->is_array()) return paths;
  for (const json::Value& argument : command->as_array()) {
    const std::string* path = argument.if_string();
    if (path == nullptr || path->empty()) continue;
    std::error_code error;
    if (path->front() == '/') {
      const bool is_new = std::ranges::find(paths, *path) == paths.end();
      if (is_new && fs::is_regular_file(*path, error)) paths.push_back(*path);
    } else if (has_parent_segment(*path) && fs::exists(join_path(folder, *path), error)) {
      return escape(*path, "of runtime.command leaves the pack; copy it into the pack, or write its absolute path");
    }
  }
  return paths;
}

}  // namespace

Status visit_folder(const std::string& folder, const FileVisitor& visit) {
  std::error_code error;
  const std::string real = fs::canonical(folder, error).string();
  if (error) return failed(folder, error.value());
  if (!fs::is_directory(real, error)) return Error(ErrorCode::kNotFound, folder + " is no folder");
  return Walk(real, visit).folder("", {});
}

Result<FolderFile> read_outside_file(const std::string& path, const FileVisitor& visit) {
  const Descriptor open(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (open.get() < 0 || ::fstat(open.get(), &info) != 0) return failed(path, errno);
  if (!S_ISREG(info.st_mode)) return Error(ErrorCode::kNotFound, path + " is no file");
  LUMENFLOW_TRY_ASSIGN(const std::string content, read_all(open, path, kPackBytesMax));
  LUMENFLOW_TRY_ASSIGN(std::string real, path_of(open, path));
  FolderFile file{std::move(real), (info.st_mode & 0111) != 0, sha256_hex(content)};
  if (visit) LUMENFLOW_TRY(visit(file, content));
  return file;
}

Result<FolderContent> read_folder(const std::string& folder, const FileVisitor& visit) {
  FolderContent out;
  std::vector<FileDigest> digests;
  const FileVisitor keep = [&](const FolderFile& file, std::string_view content) -> Status {
    out.files.push_back(file);
    digests.push_back({file.path, file.sha256});
    return visit ? visit(file, content) : Status();
  };
  LUMENFLOW_TRY(visit_folder(folder, keep));
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> paths, outside_paths(folder));
  for (const std::string& path : paths) {
    LUMENFLOW_TRY_ASSIGN(FolderFile file, read_outside_file(path));
    digests.push_back({path, file.sha256});
    const bool of_system =
        std::ranges::any_of(kSystemFolders, [&](std::string_view system) { return file.path.starts_with(system); });
    out.outside.push_back({path, of_system, std::move(file)});
  }
  out.integrity = integrity_of(std::move(digests));
  return out;
}

}  // namespace lumenflow::pack
