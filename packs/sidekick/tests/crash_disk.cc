#include "crash_disk.h"

#include <algorithm>

namespace lumenflow::sidekick {
namespace {

constexpr std::uint64_t kSectorBytes = 64;  // small, so that short lines are torn too

Error absent(const std::string& path) { return Error(ErrorCode::kNotFound, "no " + path); }

}  // namespace

CrashDisk::NodePtr CrashDisk::folder_node() {
  auto node = std::make_shared<Node>();
  node->folder = true;
  return node;
}

class CrashDisk::File final : public AppendFile {
 public:
  File(CrashDisk& disk, std::string path, NodePtr node) : disk_(disk), path_(std::move(path)), node_(std::move(node)) {}
  Status append(std::string_view bytes) override {
    const Status allowed = disk_.change(path_);
    if (!allowed.ok()) bytes = bytes.substr(0, bytes.size() / 2);
    node_->unsynced.emplace_back(node_->content.size(), bytes.size());
    node_->content += bytes;
    node_->modified = ++disk_.clock_;
    return allowed;
  }
  Status truncate(std::uint64_t bytes) override {
    LUMENFLOW_TRY(disk_.change(path_));
    node_->content.resize(bytes);
    // Taken as done for good: nothing depends on its being undone.
    node_->synced.resize(std::min<std::uint64_t>(bytes, node_->synced.size()));
    std::erase_if(node_->unsynced, [bytes](const auto& write) { return write.first >= bytes; });
    node_->modified = ++disk_.clock_;
    return {};
  }
  Status sync() override {
    LUMENFLOW_TRY(disk_.change(path_));
    if (disk_.forgets_sync && disk_.forgets_sync(path_)) return {};
    node_->synced = node_->content;
    node_->unsynced.clear();
    return {};
  }

 private:
  CrashDisk& disk_;
  const std::string path_;
  const NodePtr node_;
};

class CrashDisk::Lock final : public FolderLock {
 public:
  Lock(std::shared_ptr<std::set<std::string>> locked, std::string path)
      : locked_(std::move(locked)), path_(std::move(path)) {}
  ~Lock() override { locked_->erase(path_); }

 private:
  const std::shared_ptr<std::set<std::string>> locked_;
  const std::string path_;
};

CrashDisk::CrashDisk(const CrashDisk& other) : Disk(), clock_(other.clock_), inodes_(other.inodes_) {
  std::map<const Node*, NodePtr> copies;
  const auto copy = [&](const NodePtr& node) {
    if (node == nullptr) return NodePtr();
    NodePtr& made = copies[node.get()];
    if (made == nullptr) made = std::make_shared<Node>(*node);
    return made;
  };
  for (const auto& [path, node] : other.names_) names_[path] = copy(node);
  for (const auto& [path, node] : other.synced_names_) synced_names_[path] = copy(node);
  for (const auto& [folder, changes] : other.unsynced_names_)
    for (const NameChange& change : changes) {
      NameChange copied;
      for (const auto& [path, node] : change) copied.emplace_back(path, copy(node));
      unsynced_names_[folder].push_back(std::move(copied));
    }
}

std::string CrashDisk::survivor(const Node& node, std::mt19937& random) {
  if (node.unsynced.empty()) return node.content;
  const std::uint64_t known = std::min(node.synced.size(), node.content.size());
  switch (random() % 4) {
    case 0:
      return node.synced;
    case 1:
      return node.content;
    case 2:  // torn
      return node.content.substr(0, known + random() % (node.content.size() - known + 1));
    default: {  // some sectors, in whatever order
      std::string content = node.content;
      for (std::uint64_t at = known; at < content.size();) {
        const std::uint64_t end = std::min<std::uint64_t>(content.size(), (at / kSectorBytes + 1) * kSectorBytes);
        if (random() % 2 == 0) std::fill(content.begin() + at, content.begin() + end, '\0');
        at = end;
      }
      return content;
    }
  }
}

std::unique_ptr<CrashDisk> CrashDisk::after_power_cut(std::mt19937& random) const {
  auto disk = std::make_unique<CrashDisk>();
  std::map<std::string, NodePtr> names = synced_names_;
  for (const auto& [folder, changes] : unsynced_names_) {
    const bool in_order = random() % 2 == 0;
    std::size_t kept = random() % (changes.size() + 1);
    for (const NameChange& change : changes) {
      if (in_order ? kept-- == 0 : random() % 2 == 0) {
        if (in_order) break;
        continue;
      }
      for (const auto& [path, node] : change) {
        if (node == nullptr)
          names.erase(path);
        else
          names[path] = node;
      }
    }
  }
  std::map<const Node*, NodePtr> survivors;
  for (const auto& [path, node] : names) {  // parents come before what is in them
    const std::string folder = folder_of(path);
    if (!folder.empty() && !disk->names_.contains(folder)) continue;
    NodePtr& made = survivors[node.get()];
    if (made == nullptr) {
      made = std::make_shared<Node>(*node);
      made->content = made->synced = survivor(*node, random);
      made->unsynced.clear();
    }
    disk->names_[path] = made;
  }
  disk->synced_names_ = disk->names_;
  disk->clock_ = clock_;
  disk->inodes_ = inodes_;
  return disk;
}

Status CrashDisk::change(const std::string& path) {
  if (before_change) before_change();
  if (refuses && refuses(path)) return Error(ErrorCode::kIo, "the disk said no to " + path);
  return {};
}

void CrashDisk::name(NameChange change) {
  for (const auto& [path, node] : change) {
    if (node == nullptr)
      names_.erase(path);
    else
      names_[path] = node;
  }
  unsynced_names_[folder_of(change.front().first)].push_back(std::move(change));
}

void CrashDisk::put(const std::string& path, std::string content) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (!names_.contains(path.substr(0, slash)))
      names_[path.substr(0, slash)] = synced_names_[path.substr(0, slash)] = folder_node();
  auto node = std::make_shared<Node>();
  node->content = node->synced = std::move(content);
  node->modified = ++clock_;
  node->inode = ++inodes_;
  names_[path] = synced_names_[path] = std::move(node);
}

std::string CrashDisk::text(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? std::string() : found->second->content;
}

std::vector<std::string> CrashDisk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, node] : names_)
    if (!node->folder) paths.push_back(path);
  return paths;
}

Result<std::optional<std::string>> CrashDisk::read(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return std::optional<std::string>();
  if (found->second->folder) return Error(ErrorCode::kIo, path + " is a folder");
  return std::optional(found->second->content);
}

Result<std::string> CrashDisk::read_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
  const std::string content = text(path);
  if (content.size() < offset + bytes) return Error(ErrorCode::kIo, path + " is shorter than it was");
  return content.substr(offset, bytes);
}

Result<std::optional<FileStamp>> CrashDisk::stamp(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return std::optional<FileStamp>();
  return std::optional(FileStamp{found->second->content.size(), found->second->modified, found->second->inode});
}

Result<std::vector<std::string>> CrashDisk::list(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& [path, node] : names_)
    if (folder_of(path) == folder) found.push_back(path.substr(folder.size() + 1));
  return found;
}

Result<std::unique_ptr<AppendFile>> CrashDisk::open(const std::string& path, Open how) {
  const auto found = names_.find(path);
  if (how == Open::kExisting) {
    if (found == names_.end()) return absent(path);
    return std::unique_ptr<AppendFile>(std::make_unique<File>(*this, path, found->second));
  }
  if (found != names_.end()) return Error(ErrorCode::kAlreadyExists, path + " exists");
  if (!names_.contains(folder_of(path))) return absent(folder_of(path));
  LUMENFLOW_TRY(change(path));
  auto node = std::make_shared<Node>();
  node->modified = ++clock_;
  node->inode = ++inodes_;
  name({{path, node}});
  return std::unique_ptr<AppendFile>(std::make_unique<File>(*this, path, std::move(node)));
}

Status CrashDisk::rename(const std::string& from, const std::string& to) {
  const auto found = names_.find(from);
  if (found == names_.end()) return absent(from);
  LUMENFLOW_TRY(change(to));
  name({{to, found->second}, {from, nullptr}});
  return {};
}

Status CrashDisk::remove(const std::string& path) {
  if (!names_.contains(path)) return {};
  LUMENFLOW_TRY(change(path));
  name({{path, nullptr}});
  return {};
}

Status CrashDisk::make_folder(const std::string& path) {
  if (names_.contains(path)) return {};
  LUMENFLOW_TRY(change(path));
  name({{path, folder_node()}});
  return {};
}

Status CrashDisk::sync_folder(const std::string& path) {
  LUMENFLOW_TRY(change(path));
  if (forgets_sync && forgets_sync(path)) return {};
  for (const NameChange& renamed : unsynced_names_[path])
    for (const auto& [name, node] : renamed) {
      if (node == nullptr)
        synced_names_.erase(name);
      else
        synced_names_[name] = node;
    }
  unsynced_names_.erase(path);
  return {};
}

Result<std::unique_ptr<FolderLock>> CrashDisk::lock_folder(const std::string& path) {
  if (!names_.contains(path)) return absent(path);
  if (!locked_->insert(path).second) return Error(ErrorCode::kWorkspaceLocked, "another process holds " + path);
  return std::unique_ptr<FolderLock>(std::make_unique<Lock>(locked_, path));
}

}  // namespace lumenflow::sidekick
