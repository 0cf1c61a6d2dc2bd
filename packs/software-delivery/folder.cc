#include "software-delivery/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace lumenflow::software_delivery {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Refusal io_error(const std::string& path) {
  if (errno == ELOOP || errno == ENOTDIR)
    return refuse("SCOPE_DENIED", std::string(kFolder) + "/" + path +
                                      " leads through what is no folder of its own; "
                                      "remove the link");
  return refuse("IO_ERROR", std::string(kFolder) + "/" + path + ": " + std::strerror(errno));
}

struct Place {
  Descriptor folder;
  std::string name;
};

// The folder that a path is in, opened step by step. Nothing: it is not there, and is not to be made.
Answer<std::optional<Place>> place_of(const std::string& root, const std::string& path, bool make) {
  Descriptor at(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.get() < 0) return io_error(path);
  const std::string whole = std::string(kFolder) + "/" + path;
  std::size_t begin = 0;
  for (std::size_t end; (end = whole.find('/', begin)) != std::string::npos; begin = end + 1) {
    const std::string part = whole.substr(begin, end - begin);
    if (make && ::mkdirat(at.get(), part.c_str(), 0755) != 0 && errno != EEXIST) return io_error(path);
    Descriptor next(::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0 && errno == ENOENT) return std::optional<Place>();
    if (next.get() < 0) return io_error(path);
    at = std::move(next);
  }
  return std::optional<Place>(Place{std::move(at), whole.substr(begin)});
}

Done write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(path);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return io_error(path);
  return Nothing{};
}

}  // namespace

Answer<std::optional<std::string>> Folder::read(const std::string& path, std::size_t bytes_max) const {
  SD_TRY_ASSIGN(const std::optional<Place> place, place_of(root_, path, false));
  if (!place) return std::optional<std::string>();
  const Descriptor file(
      ::openat(place->folder.get(), place->name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::optional<std::string>();
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return io_error(path);
  if (!S_ISREG(info.st_mode)) return refuse("INVALID_INPUT", std::string(kFolder) + "/" + path + " is no file");
  std::string content;
  char chunk[16384];
  for (ssize_t n; (n = ::read(file.get(), chunk, sizeof chunk)) != 0;) {
    if (n < 0) return io_error(path);
    content.append(chunk, static_cast<std::size_t>(n));
    if (content.size() > bytes_max)
      return refuse("PAYLOAD_TOO_LARGE",
                    std::string(kFolder) + "/" + path + " has more than " + std::to_string(bytes_max) + " bytes");
  }
  return std::optional<std::string>(std::move(content));
}

Done Folder::write(const std::string& path, std::string_view content, bool replace) const {
  SD_TRY_ASSIGN(const std::optional<Place> place, place_of(root_, path, true));
  if (!place) return io_error(path);
  const int at = place->folder.get();
  const std::string beside = ".new-" + place->name;
  ::unlinkat(at, beside.c_str(), 0);  // of a process that died
  const Descriptor file(::openat(at, beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (file.get() < 0) return io_error(path);
  Done written = write_all(file.get(), content, path);
  if (written.ok()) {
    const int failed = replace ? ::renameat(at, beside.c_str(), at, place->name.c_str())
                               : ::linkat(at, beside.c_str(), at, place->name.c_str(), 0);
    if (failed != 0) {
      const bool there = errno == EEXIST;
      written = there ? Done(refuse("ALREADY_EXISTS", std::string(kFolder) + "/" + path + " is there already"))
                      : Done(io_error(path));
    }
  }
  if (!replace || !written.ok()) ::unlinkat(at, beside.c_str(), 0);
  return written;
}

Done Folder::erase(const std::string& path) const {
  SD_TRY_ASSIGN(const std::optional<Place> place, place_of(root_, path, false));
  if (place && ::unlinkat(place->folder.get(), place->name.c_str(), 0) != 0 && errno != ENOENT) return io_error(path);
  return Nothing{};
}

Done Folder::erase_folder(const std::string& path) const {
  SD_TRY_ASSIGN(const std::optional<Place> place, place_of(root_, path, false));
  if (place && ::unlinkat(place->folder.get(), place->name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return io_error(path);
  return Nothing{};
}

Done Folder::move(const std::string& from, const std::string& to) const {
  SD_TRY_ASSIGN(const std::optional<Place> source, place_of(root_, from, false));
  SD_TRY_ASSIGN(const std::optional<Place> target, place_of(root_, to, true));
  if (!source) {
    errno = ENOENT;
    return io_error(from);
  }
  if (::renameat2(source->folder.get(), source->name.c_str(), target->folder.get(), target->name.c_str(),
                  RENAME_NOREPLACE) == 0)
    return Nothing{};
  if (errno == EEXIST) return refuse("ALREADY_EXISTS", std::string(kFolder) + "/" + to + " is there already");
  return io_error(from);
}

Answer<std::vector<std::string>> Folder::list(const std::string& path) const {
  std::vector<std::string> names;
  SD_TRY_ASSIGN(const std::optional<Place> place, place_of(root_, path + "/.", false));
  if (!place) return names;
  Descriptor folder(::openat(place->folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const dir = folder.get() < 0 ? nullptr : ::fdopendir(folder.get());
  if (dir == nullptr) return io_error(path);
  folder.release();
  while (const dirent* entry = ::readdir(dir))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  ::closedir(dir);
  std::ranges::sort(names);
  return names;
}

Done Folder::make_ignore_file() const {
  SD_TRY_ASSIGN(const std::optional<std::string> there, read(".gitignore", 1 << 20));
  if (there) return Nothing{};
  return write(".gitignore", "worktrees/\nevidence/\n.new-*\n", true);
}

}  // namespace lumenflow::software_delivery
