// What packs run from: copies of their content that nobody writes to, each in a folder named by its hash.
//
// A copy is made in a folder of its own, synced, and renamed into place; one that is there is used again only when all
// of its content still is what its name says. Thread safe; on the real disk. One process at a time owns the folder: the
// one that holds the workspace's lock.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lumenflow/result.h"
#include "pack/folder.h"

namespace lumenflow::pack {

struct Snapshot {
  std::string folder;     // the copy
  std::string integrity;  // "sha256:<hex>"
  // Files outside of the pack that its command executes, as the manifest names them -> their copies.
  std::map<std::string, std::string> moved;
  std::shared_ptr<const void> in_use;  // shared: as long as somebody holds it, the copy stays
};

class Snapshots {
 public:
  explicit Snapshots(std::string folder) : folder_(std::move(folder)) {}

  // Of the pack in `source`; `expected` is the pin's integrity, empty when any will do. CONFLICT naming both hashes
  // when the content is another; else as read_folder; IO_ERROR when the copy cannot be written.
  Result<Snapshot> take(const std::string& source, const std::string& expected);

  // Removes the copies that nobody uses, and what an interrupted process left behind.
  void prune();

 private:
  Result<Snapshot> copy(const std::string& source, const FolderContent& content);
  std::string place_of(const std::string& integrity) const;

  const std::string folder_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const void>> in_use_;  // by place
  std::uint64_t next_ = 0;
};

}  // namespace lumenflow::pack
