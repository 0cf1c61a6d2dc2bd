#include "sidekick/storage/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

namespace lumenflow::sidekick {
namespace {

constexpr mode_t kFileMode = 0644, kFolderMode = 0755;
constexpr std::size_t kChunkBytes = 1 << 16;

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

Error failed(std::string_view what, const std::string& path, int error) {
  if (error == ELOOP)
    return Error(ErrorCode::kScopeDenied, path + " is, or lies behind, a symlink; the pack follows none");
  const ErrorCode code = error == ENOENT   ? ErrorCode::kNotFound
                         : error == EEXIST ? ErrorCode::kAlreadyExists
                                           : ErrorCode::kIo;
  return Error(code, std::string(what) + " " + path + ": " + std::strerror(error));
}

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(Disk& disk, Descriptor fd, std::string path)
      : disk_(disk), fd_(std::move(fd)), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("writing", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }
  Status truncate(std::uint64_t bytes) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return failed("cutting", path_, errno);
    return {};
  }
  Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed("syncing", path_, errno);
    return still_in_place();
  }

 private:
  // What is synced into a file that nobody can find any more is lost with the process.
  Status still_in_place() const {
    struct stat mine {};
    if (::fstat(fd_.get(), &mine) != 0) return failed("looking at", path_, errno);
    LUMENFLOW_TRY_ASSIGN(const std::optional<FileStamp> there, disk_.stamp(path_));
    if (there && there->inode == mine.st_ino) return {};
    return Error(ErrorCode::kIo, path_ + " was moved or removed while in use; put it back, or start again without it");
  }

  Disk& disk_;
  Descriptor fd_;
  const std::string path_;
};

class PosixFolderLock final : public FolderLock {
 public:
  explicit PosixFolderLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

class PosixDisk final : public Disk {
 public:
  PosixDisk(Descriptor root, LockWait wait) : root_(std::move(root)), wait_(std::move(wait)) {}

  Result<std::optional<std::string>> read(const std::string& path) override {
    Result<Descriptor> fd = open_file(path, O_RDONLY);
    if (!fd.ok() && fd.error().code() == ErrorCode::kNotFound) return std::optional<std::string>();
    if (!fd.ok()) return std::move(fd).error();
    std::string content;
    for (;;) {
      const std::size_t size = content.size();
      content.resize(size + kChunkBytes + size / 2);
      const ssize_t n = ::read(fd->get(), content.data() + size, content.size() - size);
      const int error = errno;
      content.resize(size + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      if (n < 0 && error == EINTR) continue;
      if (n < 0) return failed("reading", path, error);
      if (n == 0) return std::optional(std::move(content));
    }
  }
  Result<std::string> read_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes) override {
    LUMENFLOW_TRY_ASSIGN(const Descriptor fd, open_file(path, O_RDONLY));
    std::string content(bytes, '\0');
    for (std::size_t done = 0; done < content.size();) {
      const ssize_t n =
          ::pread(fd.get(), content.data() + done, content.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("reading", path, errno);
      if (n == 0) return Error(ErrorCode::kIo, path + " is shorter than it was");
      done += static_cast<std::size_t>(n);
    }
    return content;
  }
  Result<std::optional<FileStamp>> stamp(const std::string& path) override {
    std::string name;
    const Result<Descriptor> folder = open_folder_of(path, name);
    if (!folder.ok() && folder.error().code() == ErrorCode::kNotFound) return std::optional<FileStamp>();
    if (!folder.ok()) return folder.error();
    struct stat info {};
    if (::fstatat(folder->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return std::optional<FileStamp>();
      return failed("looking at", path, errno);
    }
    if (S_ISLNK(info.st_mode)) return failed("looking at", path, ELOOP);
    return std::optional(FileStamp{static_cast<std::uint64_t>(info.st_size),
                                   info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_ino});
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> names;
    Result<Descriptor> opened = open_folder(folder);
    if (!opened.ok() && opened.error().code() == ErrorCode::kNotFound) return names;
    if (!opened.ok()) return std::move(opened).error();
    const int fd = ::dup(opened->get());
    DIR* entries = fd < 0 ? nullptr : ::fdopendir(fd);
    if (entries == nullptr) {
      const int error = errno;
      if (fd >= 0) ::close(fd);
      return failed("listing", folder, error);
    }
    while (const dirent* entry = ::readdir(entries)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(entries);
    std::sort(names.begin(), names.end());
    return names;
  }
  Result<std::unique_ptr<AppendFile>> open(const std::string& path, Open how) override {
    const int flags = O_WRONLY | O_APPEND | (how == Open::kNew ? O_CREAT | O_EXCL : 0);
    LUMENFLOW_TRY_ASSIGN(Descriptor fd, open_file(path, flags));
    return std::unique_ptr<AppendFile>(std::make_unique<PosixAppendFile>(*this, std::move(fd), path));
  }
  Status rename(const std::string& from, const std::string& to) override {
    std::string old_name, new_name;
    LUMENFLOW_TRY_ASSIGN(const Descriptor old_folder, open_folder_of(from, old_name));
    LUMENFLOW_TRY_ASSIGN(const Descriptor new_folder, open_folder_of(to, new_name));
    if (::renameat(old_folder.get(), old_name.c_str(), new_folder.get(), new_name.c_str()) != 0)
      return failed("renaming to", to, errno);
    return {};
  }
  Status remove(const std::string& path) override {
    std::string name;
    const Result<Descriptor> folder = open_folder_of(path, name);
    if (!folder.ok()) return folder.error().code() == ErrorCode::kNotFound ? Status() : Status(folder.error());
    if (::unlinkat(folder->get(), name.c_str(), 0) != 0 && errno != ENOENT) return failed("removing", path, errno);
    return {};
  }
  Status make_folder(const std::string& path) override {
    std::string name;
    LUMENFLOW_TRY_ASSIGN(const Descriptor parent, open_folder_of(path, name));
    if (::mkdirat(parent.get(), name.c_str(), kFolderMode) != 0 && errno != EEXIST)
      return failed("making folder", path, errno);
    const Result<Descriptor> made = open_folder(path);  // a file or a symlink may be in the way
    return made.ok() ? Status() : Status(made.error());
  }
  Status sync_folder(const std::string& path) override {
    LUMENFLOW_TRY_ASSIGN(const Descriptor folder, open_folder(path));
    if (::fsync(folder.get()) != 0) return failed("syncing folder", path, errno);
    return {};
  }
  Result<std::unique_ptr<FolderLock>> lock_folder(const std::string& path) override {
    LUMENFLOW_TRY_ASSIGN(Descriptor folder, open_folder(path));
    for (std::size_t pauses = 0; ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0;) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) return failed("locking", path, errno);
      if (pauses++ == wait_.pauses) return Error(ErrorCode::kWorkspaceLocked, "another process holds " + path);
      wait_.pause ? wait_.pause() : std::this_thread::sleep_for(kLockPause);
    }
    return std::unique_ptr<FolderLock>(std::make_unique<PosixFolderLock>(std::move(folder)));
  }

 private:
  // One step at a time, so that no part of the path is a symlink.
  Result<Descriptor> open_folder(const std::string& path) const {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Descriptor at(::openat(root_.get(), ".", kFlags));
    for (std::size_t start = 0; at.ok() && start < path.size();) {
      const std::size_t end = std::min(path.find('/', start), path.size());
      const std::string name = path.substr(start, end - start);
      const Descriptor parent = std::exchange(at, Descriptor(-1));
      at = Descriptor(::openat(parent.get(), name.c_str(), kFlags));
      struct stat info {};
      if (!at.ok() && errno == ENOTDIR && ::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
        errno = S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR;
      start = end + 1;
    }
    if (!at.ok()) return failed("opening folder", path, errno);
    return at;
  }
  Result<Descriptor> open_folder_of(const std::string& path, std::string& name) const {
    const std::string folder = folder_of(path);
    name = folder.empty() ? path : path.substr(folder.size() + 1);
    return open_folder(folder);
  }
  Result<Descriptor> open_file(const std::string& path, int flags) const {
    std::string name;
    LUMENFLOW_TRY_ASSIGN(const Descriptor folder, open_folder_of(path, name));
    Descriptor fd(::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kFileMode));
    if (!fd.ok()) return failed("opening", path, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return failed("looking at", path, errno);
    if (!S_ISREG(info.st_mode)) return Error(ErrorCode::kIo, path + " is no plain file");
    return fd;
  }

  const Descriptor root_;
  const LockWait wait_;
};

}  // namespace

Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& root, LockWait wait) {
  Descriptor fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return failed("opening", root, errno);
  return std::unique_ptr<Disk>(std::make_unique<PosixDisk>(std::move(fd), std::move(wait)));
}

}  // namespace lumenflow::sidekick
