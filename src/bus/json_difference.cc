// Where two JSON values first differ.
#include <algorithm>

#include "base/encoding.h"
#include "bus/recording.h"

namespace lumenflow::bus {
namespace {

constexpr std::size_t kShownBytesMax = 120;

std::string shown(const json::Value* value) {
  return value == nullptr ? "nothing" : std::string(clip_utf8(json::serialize(*value), kShownBytesMax));
}

FirstDifference difference(const json::Value* before, const json::Value* after, std::string pointer) {
  return {std::move(pointer), shown(before), shown(after)};
}

std::vector<FirstDifference> of_objects(const json::Value& before, const json::Value& after,
                                        const std::string& pointer);

std::vector<FirstDifference> of_values(const json::Value& before, const json::Value& after,
                                       const std::string& pointer) {
  if (before.is_object() && after.is_object()) return of_objects(before, after, pointer);
  if (before.is_array() && after.is_array()) {
    const json::Array &left = before.as_array(), &right = after.as_array();
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      const std::string at = pointer + "/" + std::to_string(i);
      if (i >= left.size()) return {difference(nullptr, &right[i], at)};
      if (i >= right.size()) return {difference(&left[i], nullptr, at)};
      if (auto found = of_values(left[i], right[i], at); !found.empty()) return found;
    }
    return {};
  }
  if (before == after) return {};
  return {difference(&before, &after, pointer)};
}

// By name: the order of members means nothing.
std::vector<FirstDifference> of_objects(const json::Value& before, const json::Value& after,
                                        const std::string& pointer) {
  for (const json::Member& member : before.as_object()) {
    const std::string at = pointer + "/" + json::escape_pointer_token(member.key);
    const json::Value* other = after.find(member.key);
    if (other == nullptr) return {difference(&member.value, nullptr, at)};
    if (auto found = of_values(member.value, *other, at); !found.empty()) return found;
  }
  for (const json::Member& member : after.as_object())
    if (before.find(member.key) == nullptr)
      return {difference(nullptr, &member.value, pointer + "/" + json::escape_pointer_token(member.key))};
  return {};
}

}  // namespace

std::vector<FirstDifference> first_difference(const json::Value& before, const json::Value& after) {
  return of_values(before, after, "");
}

}  // namespace lumenflow::bus
