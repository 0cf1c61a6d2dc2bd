#include "agent-runtime/workspace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace lumenflow::agent_runtime {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error failed(std::string_view path) {
  const int code = errno;
  const std::string what = "'" + std::string(path) + "': " + std::strerror(code);
  if (code == ENOENT) return Error(ErrorCode::kNotFound, what);
  if (code == ELOOP || code == ENOTDIR || code == EISDIR)
    return Error(ErrorCode::kInvalidConfiguration, "'" + std::string(path) + "' is no plain file below the workspace");
  return Error(ErrorCode::kIo, what);
}

Result<std::vector<std::string>> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  const Error invalid(ErrorCode::kInvalidInput, "'" + std::string(path) + "' is no path below the workspace");
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) return invalid;
    parts.emplace_back(part);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (parts.front() == ".lumenflow") return invalid;
  return parts;
}

// The folder in which the last part lies.
Result<Descriptor> open_folder(const std::string& root, std::string_view path, const std::vector<std::string>& parts,
                               bool make) {
  Descriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok()) return failed(path);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (make && ::mkdirat(folder.get(), parts[i].c_str(), 0700) != 0 && errno != EEXIST) return failed(path);
    Descriptor next(::openat(folder.get(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.ok()) return failed(path);
    folder = std::move(next);
  }
  return folder;
}

}  // namespace

Result<std::string> read_workspace_file(const std::string& root, std::string_view path, std::size_t bytes_max) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> parts, parts_of(path));
  LUMENFLOW_TRY_ASSIGN(const Descriptor folder, open_folder(root, path, parts, false));
  // Not blocking: a pipe that somebody put there is looked at, not waited for.
  const Descriptor file(::openat(folder.get(), parts.back().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.ok()) return failed(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failed(path);
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > bytes_max)
    return Error(ErrorCode::kInvalidConfiguration,
                 "'" + std::string(path) + "' is no plain file of at most " + std::to_string(bytes_max) + " bytes");
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t at = 0;
  while (at < content.size()) {
    const ::ssize_t got = ::read(file.get(), content.data() + at, content.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path);
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  content.resize(at);
  return content;
}

Status write_workspace_file(const std::string& root, std::string_view path, std::string_view content) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> parts, parts_of(path));
  LUMENFLOW_TRY_ASSIGN(const Descriptor folder, open_folder(root, path, parts, true));
  const std::string passing = parts.back() + ".new";
  ::unlinkat(folder.get(), passing.c_str(), 0);  // of a writer that died
  {
    const Descriptor file(
        ::openat(folder.get(), passing.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.ok()) return failed(path);
    while (!content.empty()) {
      const ::ssize_t put = ::write(file.get(), content.data(), content.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed(path);
      content.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fsync(file.get()) != 0) return failed(path);
  }
  if (::renameat(folder.get(), passing.c_str(), folder.get(), parts.back().c_str()) != 0) return failed(path);
  if (::fsync(folder.get()) != 0) return failed(path);
  return {};
}

Status remove_workspace_file(const std::string& root, std::string_view path) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> parts, parts_of(path));
  const Result<Descriptor> folder = open_folder(root, path, parts, false);
  if (!folder.ok()) return folder.error().code() == ErrorCode::kNotFound ? Status() : Status(folder.error());
  if (::unlinkat(folder->get(), parts.back().c_str(), 0) != 0 && errno != ENOENT) return failed(path);
  return {};
}

}  // namespace lumenflow::agent_runtime
