// Files over files in memory, for tests that have one of these do something else. Thread safe as those are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace lumenflow {

class FilesAbove : public Files {
 public:
  Result<std::string> read(const std::string& path, std::uint64_t max) const override {
    return below_->read(path, max);
  }
  Status write_atomic(const std::string& path, std::string_view content, std::uint32_t mode) override {
    return below_->write_atomic(path, content, mode);
  }
  Status create(const std::string& path, std::string_view content, std::uint32_t mode) override {
    return below_->create(path, content, mode);
  }
  Status make_directories(const std::string& path, std::uint32_t mode) override {
    return below_->make_directories(path, mode);
  }
  Status remove(const std::string& path) override { return below_->remove(path); }
  Result<std::vector<std::string>> list(const std::string& path) const override { return below_->list(path); }
  Result<std::optional<FileInfo>> stat(const std::string& path) const override { return below_->stat(path); }
  Result<std::string> real_path(const std::string& path) const override { return below_->real_path(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return below_->lock(path); }

 private:
  const std::unique_ptr<Files> below_ = make_memory_files();
};

}  // namespace lumenflow
