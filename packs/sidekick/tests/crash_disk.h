// A disk in memory that remembers what was synced and what was not, so that the power can go at any moment.
//
// What survives is chosen at random: of a file's unsynced bytes none, a part, some sectors without those before them,
// the rest zeros; of a folder's unsynced names any, in any order of survival. For tests; one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sidekick/storage/disk.h"

namespace lumenflow::sidekick {

class CrashDisk final : public Disk {
 public:
  CrashDisk() = default;
  CrashDisk(const CrashDisk& other);  // as it stands, unsynced and all; not its hooks and locks

  // What the disk holds after the power was cut and came back.
  std::unique_ptr<CrashDisk> after_power_cut(std::mt19937& random) const;

  // Called before each change to the disk.
  std::function<void()> before_change;
  // A sync of this path that answers without having synced.
  std::function<bool(const std::string& path)> forgets_sync;
  // A change or sync of this path that the disk refuses, without doing it (a file's bytes: after half of them).
  std::function<bool(const std::string& path)> refuses;

  // As a program beside the pack would do it.
  void put(const std::string& path, std::string content);
  std::string text(const std::string& path) const;  // empty when absent
  std::vector<std::string> files() const;           // paths, in byte order

  Result<std::optional<std::string>> read(const std::string& path) override;
  Result<std::string> read_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes) override;
  Result<std::optional<FileStamp>> stamp(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<std::unique_ptr<AppendFile>> open(const std::string& path, Open how) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_folder(const std::string& path) override;
  Status sync_folder(const std::string& path) override;
  Result<std::unique_ptr<FolderLock>> lock_folder(const std::string& path) override;

 private:
  struct Node {
    bool folder = false;
    std::string content;
    std::string synced;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> unsynced;  // writes since, as offset and length
    std::int64_t modified = 0;
    std::uint64_t inode = 0;
  };
  using NodePtr = std::shared_ptr<Node>;  // shared: a file lives while a name or an open file refers to it
  using NameChange = std::vector<std::pair<std::string, NodePtr>>;
  class File;
  class Lock;

  Status change(const std::string& path);
  void name(NameChange change);
  static NodePtr folder_node();
  static std::string survivor(const Node& node, std::mt19937& random);

  std::map<std::string, NodePtr> names_;                           // as the running system sees them
  std::map<std::string, NodePtr> synced_names_;                    // as they are for good
  std::map<std::string, std::vector<NameChange>> unsynced_names_;  // by folder
  std::shared_ptr<std::set<std::string>> locked_ = std::make_shared<std::set<std::string>>();  // shared with the locks
  std::int64_t clock_ = 0;
  std::uint64_t inodes_ = 0;
};

}  // namespace lumenflow::sidekick
