#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "base/files.h"

namespace lumenflow {
namespace {

struct Shared {
  struct Node {
    bool directory = false;
    std::string content;
    std::int64_t version = 0;  // stands for the modification time: each write is later than all before
    std::uint32_t mode = 0;
  };
  std::mutex mutex;
  std::map<std::string, Node> nodes;
  std::set<std::string> locked;
  std::int64_t version = 0;
};

class MemoryLock final : public FileLock {
 public:
  // Shares ownership: a lock may outlive the Files it came from.
  MemoryLock(std::shared_ptr<Shared> shared, std::string path) : shared_(std::move(shared)), path_(std::move(path)) {}
  ~MemoryLock() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->locked.erase(path_);
  }

 private:
  const std::shared_ptr<Shared> shared_;
  const std::string path_;
};

class MemoryFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path, std::uint64_t bytes_max) const override {
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->nodes.find(path);
    if (found == shared_->nodes.end()) return not_found(path);
    if (found->second.directory) return is_folder(path);
    if (found->second.content.size() > bytes_max)
      return Error(ErrorCode::kBodyTooLarge, path + " is over " + std::to_string(bytes_max) + " bytes");
    return found->second.content;
  }
  Status write_atomic(const std::string& path, std::string_view content, std::uint32_t mode) override {
    const std::lock_guard lock(shared_->mutex);
    return put(path, content, mode);
  }
  Status create(const std::string& path, std::string_view content, std::uint32_t mode) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->nodes.contains(path)) return Error(ErrorCode::kAlreadyExists, path + " exists");
    return put(path, content, mode);
  }
  Status make_directories(const std::string& path, std::uint32_t mode) override {
    const std::lock_guard lock(shared_->mutex);
    for (std::string at = path; !at.empty() && at != "/"; at = parent_path(at))
      if (const auto found = shared_->nodes.find(at); found != shared_->nodes.end() && !found->second.directory)
        return Error(ErrorCode::kIo, "making folder " + path + ": a file is in the way");
    for (std::string at = path; !at.empty() && at != "/"; at = parent_path(at))
      shared_->nodes.try_emplace(at, Shared::Node{true, {}, ++shared_->version, mode});
    return {};
  }
  Status remove(const std::string& path) override {
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->nodes.find(path);
    if (found == shared_->nodes.end()) return {};
    if (found->second.directory) return is_folder(path);
    shared_->nodes.erase(found);
    return {};
  }
  Result<std::vector<std::string>> list(const std::string& path) const override {
    const std::lock_guard lock(shared_->mutex);
    if (!is_known_folder(path)) return not_found(path);
    std::vector<std::string> names;
    const std::string prefix = join_path(path, "");
    const auto first = shared_->nodes.lower_bound(prefix);
    for (auto it = first; it != shared_->nodes.end() && it->first.starts_with(prefix); ++it)
      if (it->first.find('/', prefix.size()) == std::string::npos) names.push_back(it->first.substr(prefix.size()));
    return names;
  }
  Result<std::optional<FileInfo>> stat(const std::string& path) const override {
    const std::lock_guard lock(shared_->mutex);
    if (path.empty() || path == "/") return std::optional(FileInfo{.directory = true});
    const auto found = shared_->nodes.find(path);
    if (found == shared_->nodes.end()) return std::optional<FileInfo>();
    return std::optional(FileInfo{.directory = found->second.directory,
                                  .size_bytes = found->second.content.size(),
                                  .modified_ns = found->second.version,
                                  .changed_ns = found->second.version,
                                  .inode = 0,
                                  .mode = found->second.mode});
  }
  Result<std::string> real_path(const std::string& path) const override {
    const std::lock_guard lock(shared_->mutex);
    if (path != "/" && !shared_->nodes.contains(path)) return not_found(path);
    return path;
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->nodes.contains(path)) LUMENFLOW_TRY(put(path, {}, 0600));
    if (!shared_->locked.insert(path).second)
      return Error(ErrorCode::kWorkspaceLocked, "another process holds " + path);
    return std::unique_ptr<FileLock>(std::make_unique<MemoryLock>(shared_, path));
  }

 private:
  static Error not_found(const std::string& path) { return Error(ErrorCode::kNotFound, "no " + path); }
  static Error is_folder(const std::string& path) { return Error(ErrorCode::kIo, path + " is a folder"); }
  bool is_known_folder(const std::string& path) const {
    if (path.empty() || path == "/") return true;
    const auto found = shared_->nodes.find(path);
    return found != shared_->nodes.end() && found->second.directory;
  }
  Status put(const std::string& path, std::string_view content, std::uint32_t mode) {
    const std::string folder = parent_path(path);
    if (!is_known_folder(folder)) return not_found(folder);
    Shared::Node& node = shared_->nodes[path];
    if (node.directory) return is_folder(path);
    node = {false, std::string(content), ++shared_->version, mode};
    return {};
  }

  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace

std::unique_ptr<Files> make_memory_files() { return std::make_unique<MemoryFiles>(); }

}  // namespace lumenflow
