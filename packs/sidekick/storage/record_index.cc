#include "sidekick/storage/record_index.h"

#include <algorithm>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::size_t kKeyBytesMax = 400;

std::optional<std::string> text_key(const json::Value& record, std::string_view field) {
  const std::string_view text = json::string_or(record, field, {});
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.empty() || text.size() > kKeyBytesMax || has_control) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> due_key(const json::Value& record) {
  std::string_view due = json::string_or(record, "next_due_at", {});
  if (due.empty()) due = json::string_or(record, "due_at", {});
  if (due.empty()) return std::nullopt;
  const Result<std::int64_t> ms = parse_time(due);
  if (!ms.ok()) return std::nullopt;
  std::string key = format_time(*ms);
  if (json::string_or(record, "last_due_at", {}) == key) return std::nullopt;
  return key;
}

}  // namespace

std::optional<std::string> index_key(Collection collection, const json::Value& record) {
  switch (collection) {
    case Collection::kTasks:
      return json::string_or(record, "status", {}) == kStatusDone ? std::nullopt : due_key(record);
    case Collection::kRoutines:
      return json::boolean_or(record, "enabled", false) ? due_key(record) : std::nullopt;
    case Collection::kChannels:
      return text_key(record, "name");
    case Collection::kMessages:
      return text_key(record, "channel");
    case Collection::kMemories:
      break;
  }
  return std::nullopt;
}

}  // namespace lumenflow::sidekick
