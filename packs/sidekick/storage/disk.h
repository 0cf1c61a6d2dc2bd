// What the filesystem adapter asks of the disk: the files of one workspace.
//
// Paths are relative to the workspace's root and have no `..`. No part of one may be a symlink, so nothing is ever read
// or written outside the workspace (SCOPE_DENIED). What is written is durable only once it was synced: a file's bytes
// by AppendFile::sync, its name by sync_folder of the folder it is in. Other failures are IO_ERROR.
//
// Thread safe; an AppendFile is used by one thread at a time and may not outlive its Disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::sidekick {

// Tells whether a file is still the one that was looked at before.
struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Status append(std::string_view bytes) = 0;
  virtual Status truncate(std::uint64_t bytes) = 0;
  virtual Status sync() = 0;
};

// Held until destruction, or until the process ends, however it ends.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

class Disk {
 public:
  enum class Open : std::uint8_t { kNew, kExisting };

  virtual ~Disk() = default;
  virtual Result<std::optional<std::string>> read(const std::string& path) = 0;  // nothing when absent
  virtual Result<std::string> read_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes) = 0;
  virtual Result<std::optional<FileStamp>> stamp(const std::string& path) = 0;   // nothing when absent
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // in byte order; absent: none
  virtual Result<std::unique_ptr<AppendFile>> open(const std::string& path, Open how) = 0;  // kNew: ALREADY_EXISTS
  virtual Status rename(const std::string& from, const std::string& to) = 0;  // within one folder; replaces
  virtual Status remove(const std::string& path) = 0;                         // absent is fine
  virtual Status make_folder(const std::string& path) = 0;                    // existing is fine
  virtual Status sync_folder(const std::string& path) = 0;                    // "" is the workspace's root
  // WORKSPACE_LOCKED when another process, or another lock of this one, holds it and goes on to.
  virtual Result<std::unique_ptr<FolderLock>> lock_folder(const std::string& path) = 0;
};

// `path` with what is written to it made durable, the name included. Replaces nothing: ALREADY_EXISTS.
Status write_new(Disk& disk, const std::string& path, std::string_view content);

// "a/b" -> "a", "b" -> "".
std::string folder_of(const std::string& path);

}  // namespace lumenflow::sidekick
