#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/files.h"

namespace lumenflow {
namespace {

Error failed(std::string_view what, const std::string& path, int error) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound
                         : error == EEXIST                   ? ErrorCode::kAlreadyExists
                                                             : ErrorCode::kIo;
  return Error(code, std::string(what) + " " + path + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

Status write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("writing", path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Error too_large(const std::string& path, std::uint64_t bytes_max) {
  return Error(ErrorCode::kBodyTooLarge, path + " is over " + std::to_string(bytes_max) + " bytes");
}

Result<std::string> read_all(int fd, const std::string& path, std::uint64_t bytes_max) {
  std::string content;
  char chunk[65536];
  for (;;) {
    const ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("reading", path, errno);
    if (n == 0) return content;
    content.append(chunk, static_cast<std::size_t>(n));
    if (content.size() > bytes_max) return too_large(path, bytes_max);
  }
}

// Of a file that says how long it is: at once, and where no more came than it said, that is its end. One that has grown
// meanwhile is read to its end like others.
Result<std::string> read_sized(int fd, const std::string& path, std::uint64_t size, std::uint64_t bytes_max) {
  if (size > bytes_max) return too_large(path, bytes_max);
  std::string content(size + 1, '\0');
  std::size_t at = 0;
  for (;;) {
    const ssize_t n = ::read(fd, content.data() + at, content.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("reading", path, errno);
    at += static_cast<std::size_t>(n);
    if (n == 0 || at == size) break;
    if (at < content.size()) continue;
    LUMENFLOW_TRY_ASSIGN(const std::string rest, read_all(fd, path, bytes_max));
    content += rest;
    if (content.size() > bytes_max) return too_large(path, bytes_max);
    return content;
  }
  content.resize(at);
  return content;
}

Status sync_folder(const std::string& path) {
  const std::string folder = parent_path(path).empty() ? "." : parent_path(path);
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok() || ::fsync(fd.get()) != 0) return failed("syncing folder", folder, errno);
  return {};
}

Status write_new(const std::string& path, std::string_view content, std::uint32_t mode) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd.ok()) return failed("creating", path, errno);
  Status status = write_all(fd.get(), content, path);
  if (status.ok() && ::fsync(fd.get()) != 0) status = failed("syncing", path, errno);
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

}  // namespace

Result<std::string> PosixFiles::read(const std::string& path, std::uint64_t bytes_max) const {
  // Opening a pipe would wait for a writer; of a regular file the flag means nothing.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.ok()) return failed("reading", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed("reading", path, errno);
  if (!S_ISREG(info.st_mode)) return Error(ErrorCode::kIo, path + " is no regular file");
  if (info.st_size > 0) return read_sized(fd.get(), path, static_cast<std::uint64_t>(info.st_size), bytes_max);
  return read_all(fd.get(), path, bytes_max);  // what says nothing of its length, below /proc
}

Result<std::string> read_stream(const std::string& path, std::uint64_t bytes_max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.ok()) return failed("reading", path, errno);
  return read_all(fd.get(), path, bytes_max);
}

Status PosixFiles::write_atomic(const std::string& path, std::string_view content, std::uint32_t mode) {
  static std::atomic<unsigned> counter{0};
  // A process of the same number that was killed here may have left a file of this name: take the next one then.
  constexpr int kLeftoversMax = 1000;
  std::string temporary;
  for (int attempt = 0;; ++attempt) {
    temporary = path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    const Status written = write_new(temporary, content, mode);
    if (written.ok()) break;
    if (written.error().code() != ErrorCode::kAlreadyExists || attempt == kLeftoversMax) return written.error();
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failed("renaming to", path, error);
  }
  return sync_folder(path);
}

Status PosixFiles::create(const std::string& path, std::string_view content, std::uint32_t mode) {
  LUMENFLOW_TRY(write_new(path, content, mode));
  return sync_folder(path);
}

Status PosixFiles::make_directories(const std::string& path, std::uint32_t mode) {
  if (path.empty() || path == "/") return {};
  if (::mkdir(path.c_str(), mode) == 0) return sync_folder(path);
  if (errno == ENOENT) {
    LUMENFLOW_TRY(make_directories(parent_path(path), mode));
    if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return sync_folder(path);
  }
  const int error = errno;
  struct stat info {};
  if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  if (error == EEXIST || error == ENOTDIR)
    return Error(ErrorCode::kIo, "making folder " + path + ": a file is in the way");
  return failed("making folder", path, error);
}

Status PosixFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return sync_folder(path);
  if (errno == ENOENT || errno == ENOTDIR) return {};
  return failed("removing", path, errno);
}

Result<std::vector<std::string>> PosixFiles::list(const std::string& path) const {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return failed("listing", path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<FileInfo>> PosixFiles::stat(const std::string& path) const {
  struct stat own {};
  if (::lstat(path.c_str(), &own) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>();
    return failed("looking at", path, errno);
  }
  struct stat target = own;
  if (S_ISLNK(own.st_mode)) ::stat(path.c_str(), &target);
  return std::optional(FileInfo{.directory = S_ISDIR(target.st_mode),
                                .symlink = S_ISLNK(own.st_mode),
                                .size_bytes = static_cast<std::uint64_t>(target.st_size),
                                .modified_ns = target.st_mtim.tv_sec * 1'000'000'000 + target.st_mtim.tv_nsec,
                                .changed_ns = target.st_ctim.tv_sec * 1'000'000'000 + target.st_ctim.tv_nsec,
                                .inode = target.st_ino,
                                .mode = target.st_mode & 07777u});
}

Result<std::string> PosixFiles::real_path(const std::string& path) const {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return failed("resolving", path, errno);
  return std::string(resolved);
}

Result<std::unique_ptr<FileLock>> PosixFiles::lock(const std::string& path) {
  struct stat info {};
  const bool is_folder = ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  const int flags = is_folder ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT;
  Descriptor fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.ok()) return failed("opening the lock", path, errno);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return Error(ErrorCode::kWorkspaceLocked, "another process holds " + path);
    return failed("locking", path, errno);
  }
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(fd)));
}

}  // namespace lumenflow
