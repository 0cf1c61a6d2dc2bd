// A manifest that uses every field, and a way to change it. For tests only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pack/manifest.h"

namespace lumenflow::pack::samples {

// Files in memory; a path that begins with "link/" stands for one that leaves the pack through a symlink.
class SampleFiles final : public PackFiles {
 public:
  explicit SampleFiles(std::string manifest);
  std::map<std::string, std::string, std::less<>> files;
  Result<std::string> read(std::string_view path) const override;
};

// Uses every field there is.
std::string full_manifest();
// Whether the full manifest stays good with this at the pointer, though of another type: any value may stand there, or
// the replacement is as good.
bool may_be_replaced(std::string_view pointer, const json::Value& replacement);
// The least that a pack with one tool and one event needs.
std::string small_manifest();
// `text` with the one occurrence of `from` replaced; aborts when it does not occur exactly once.
std::string replaced(std::string text, std::string_view from, std::string_view to);

struct Parsed {
  std::optional<Manifest> manifest;
  Diagnostics diagnostics;
  std::vector<std::string> codes() const;  // in order
  std::string shown() const;               // for failure messages
  bool has(std::string_view code, int line = 0) const;
};
Parsed parse(std::string manifest);

}  // namespace lumenflow::pack::samples
