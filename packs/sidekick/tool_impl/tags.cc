#include "sidekick/tool_impl/tags.h"

#include <algorithm>

#include "sidekick/tool_impl/words.h"

namespace lumenflow::sidekick {

TagFilter::TagFilter(const std::vector<std::string_view>& tags) {
  for (std::string_view tag : tags) tags_.push_back(fold_text(tag));
}

bool TagFilter::accepts(const json::Value& record) {
  if (tags_.empty()) return true;
  const json::Value* value = record.find("tags");
  const json::Array* carried = value == nullptr ? nullptr : value->if_array();
  if (carried == nullptr) return false;
  return std::all_of(tags_.begin(), tags_.end(), [&](const std::string& wanted) {
    return std::any_of(carried->begin(), carried->end(), [&](const json::Value& tag) {
      const std::string* text = tag.if_string();
      if (text == nullptr) return false;
      fold_text_into(*text, folded_);
      return folded_ == wanted;
    });
  });
}

json::Array to_array(const std::vector<std::string_view>& tags) {
  json::Array array;
  array.reserve(tags.size());
  for (std::string_view tag : tags) array.emplace_back(tag);
  return array;
}

}  // namespace lumenflow::sidekick
