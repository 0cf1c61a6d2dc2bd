// Where the public test vectors stand, for tests only.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "support/source_tree.h"

namespace lumenflow::json {

// The folder, or nothing when this machine does not have it.
inline std::optional<std::filesystem::path> vectors(const std::string& folder) {
  const std::filesystem::path root = testing::vectors_folder();
  if (!std::filesystem::exists(root / folder)) return std::nullopt;
  return root / folder;
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The *.json files of a folder, itself only, by name.
inline std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace lumenflow::json

#define LUMENFLOW_SKIP_WITHOUT(folder_optional)                                           \
  if (!(folder_optional))                                                                 \
  GTEST_SKIP() << "the public test vectors are not here; set LUMENFLOW_VECTORS to their " \
                  "folder"
