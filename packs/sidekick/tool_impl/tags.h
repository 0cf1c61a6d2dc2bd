// Records that carry all of some tags, compared without case and accents. Not thread safe (it reuses a buffer).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::sidekick {

class TagFilter {
 public:
  TagFilter() = default;
  explicit TagFilter(const std::vector<std::string_view>& tags);
  bool accepts_all() const { return tags_.empty(); }
  bool accepts(const json::Value& record);

 private:
  std::vector<std::string> tags_;  // folded
  std::string folded_;
};

// As records hold them.
json::Array to_array(const std::vector<std::string_view>& tags);

}  // namespace lumenflow::sidekick
