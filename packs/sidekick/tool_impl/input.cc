#include "sidekick/tool_impl/input.h"

#include <algorithm>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/text.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {

std::optional<std::string_view> Input::text(std::string_view field) const {
  const json::Value* value = value_.find(field);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;
  const std::string_view trimmed = trim(*text);
  if (trimmed.empty()) return std::nullopt;
  return trimmed;
}

Result<std::string_view> Input::required_text(std::string_view field) const {
  if (const std::optional<std::string_view> found = text(field); found && is_visible(*found)) return *found;
  return invalid_field(field, "is required and must hold something that can be seen");
}

std::vector<std::string_view> Input::labels(std::string_view field) const {
  std::vector<std::string_view> labels;
  const json::Value* value = value_.find(field);
  const json::Array* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr) return labels;
  std::vector<std::string> seen;
  for (const json::Value& item : *list) {
    const std::string* text = item.if_string();
    const std::string_view label = text == nullptr ? std::string_view() : trim(*text);
    if (label.empty()) continue;
    std::string folded = fold_case(label);
    if (std::find(seen.begin(), seen.end(), folded) != seen.end()) continue;
    seen.push_back(std::move(folded));
    labels.push_back(label);
  }
  return labels;
}

Result<std::optional<std::int64_t>> Input::time_ms(std::string_view field) const {
  const std::optional<std::string_view> given = text(field);
  if (!given) return std::optional<std::int64_t>();
  Result<std::int64_t> ms = parse_time(*given);
  if (!ms.ok()) return invalid_field(field, "is " + ms.error().message());
  return std::optional<std::int64_t>(*ms);
}

std::size_t Input::limit() const {
  const std::int64_t asked = json::integer_or(value_, "limit", static_cast<std::int64_t>(kPageLimitDefault));
  return static_cast<std::size_t>(std::clamp<std::int64_t>(asked, 1, kPageLimitMax));
}

Error invalid_field(std::string_view field, std::string_view reason) {
  return Error(ErrorCode::kInvalidInput, std::string(field) + " " + std::string(reason),
               {{"/" + json::escape_pointer_token(field), std::string(reason)}});
}

}  // namespace lumenflow::sidekick
