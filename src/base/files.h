// What the program asks of a file system.
//
// Paths are absolute or relative to the process; nothing here interprets `..` (confinement is the caller's, with
// resolve_inside). Implementations are thread safe; a FileLock is owned by whoever took it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow {

struct FileInfo {
  bool directory = false;
  bool symlink = false;  // of the path itself, not of what it points to
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // the same, of content or mode; nobody can set it
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  // permission bits
  bool operator==(const FileInfo&) const = default;
};

// A kernel lock: it ends with the process that holds it, however that ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Files {
 public:
  virtual ~Files() = default;

  // NOT_FOUND; BODY_TOO_LARGE over `bytes_max`; IO_ERROR for what is no regular file: it never waits for a writer.
  virtual Result<std::string> read(const std::string& path, std::uint64_t bytes_max = 64u << 20) const = 0;
  // All or nothing, durable on return: temporary file, sync, rename, sync of the folder.
  virtual Status write_atomic(const std::string& path, std::string_view content, std::uint32_t mode = 0644) = 0;
  // Creates or refuses with ALREADY_EXISTS; durable on return.
  virtual Status create(const std::string& path, std::string_view content, std::uint32_t mode = 0644) = 0;
  // With its parents; existing ones are fine. IO_ERROR where a file is in the way.
  virtual Status make_directories(const std::string& path, std::uint32_t mode = 0755) = 0;
  virtual Status remove(const std::string& path) = 0;  // absent is fine; IO_ERROR for a folder
  virtual Result<std::vector<std::string>> list(const std::string& path) const = 0;  // names, in byte order; NOT_FOUND
  virtual Result<std::optional<FileInfo>> stat(const std::string& path) const = 0;   // nothing when absent
  virtual Result<std::string> real_path(const std::string& path) const = 0;          // symlinks resolved; NOT_FOUND
  // WORKSPACE_LOCKED when another process (or another open lock of this one) holds it. `path` is a folder that is
  // there, or a file, created when missing. A folder's lock cannot be taken twice by deleting a file.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

class PosixFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path, std::uint64_t bytes_max) const override;
  Status write_atomic(const std::string& path, std::string_view content, std::uint32_t mode) override;
  Status create(const std::string& path, std::string_view content, std::uint32_t mode) override;
  Status make_directories(const std::string& path, std::uint32_t mode) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) const override;
  Result<std::optional<FileInfo>> stat(const std::string& path) const override;
  Result<std::string> real_path(const std::string& path) const override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

// Everything in memory; symlinks do not exist there.
std::unique_ptr<Files> make_memory_files();

// The real path of `relative` under `root`, or PATH errors: INVALID_INPUT when it is absolute, has a `..` segment or a
// NUL, cannot be resolved, or leaves the root through a symlink. What does not exist yet is judged by its nearest
// existing parent. The answer is as of now: whoever opens it must own the folder or refuse symlinks (O_NOFOLLOW).
Result<std::string> resolve_inside(const Files& files, const std::string& root, std::string_view relative);

// The content of whatever stands at `path` of the real disk, up to its end; of a pipe, that is when its writers close
// it. For what a person names on the command line, like `<(command)`. Errors as of Files::read.
Result<std::string> read_stream(const std::string& path, std::uint64_t bytes_max);

std::string join_path(std::string_view folder, std::string_view name);
std::string parent_path(std::string_view path);  // "" for a bare name

}  // namespace lumenflow
