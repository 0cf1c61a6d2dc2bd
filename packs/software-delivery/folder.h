// The pack's own folder, `.software-delivery`: read and written without following a symbolic link.
//
// Any thread. What is written is whole or not there: a file is written beside its place and renamed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "software-delivery/answer.h"

namespace lumenflow::software_delivery {

inline constexpr std::string_view kFolder = ".software-delivery";

class Folder {
 public:
  explicit Folder(std::string workspace_root) : root_(std::move(workspace_root)) {}

  // Paths are relative to the pack's folder: "wu/WU-1.yaml". Nothing: it is not there.
  Answer<std::optional<std::string>> read(const std::string& path, std::size_t bytes_max) const;
  // ALREADY_EXISTS when it is there and may not be replaced.
  Done write(const std::string& path, std::string_view content, bool replace) const;
  Done erase(const std::string& path) const;         // absent is fine
  Done erase_folder(const std::string& path) const;  // an empty one; absent is fine
  // Makes the folders above `to`. ALREADY_EXISTS when something is there.
  Done move(const std::string& from, const std::string& to) const;
  // Names in a folder of it, in byte order; empty when there is none.
  Answer<std::vector<std::string>> list(const std::string& path) const;
  // Has git ignore what is no part of the repository. Once it is there it is the operator's.
  Done make_ignore_file() const;

  const std::string& workspace_root() const { return root_; }
  std::string absolute(std::string_view path) const {
    return root_ + "/" + std::string(kFolder) + "/" + std::string(path);
  }

 private:
  std::string root_;
};

}  // namespace lumenflow::software_delivery
