#include "sidekick/tool_impl/page.h"

#include "sidekick/constants.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kVersion = "v1.";

bool is_ulid(std::string_view text) {
  return text.size() == kUlidSize &&
         text.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string_view::npos;
}

}  // namespace

std::string make_cursor(std::string_view last_id) { return std::string(kVersion).append(last_id); }

Result<std::string_view> read_cursor(const Input& input, std::string_view id_prefix) {
  const std::optional<std::string_view> cursor = input.text("cursor");
  if (!cursor) return std::string_view();
  std::string_view id = *cursor;
  if (id.starts_with(kVersion)) {
    id.remove_prefix(kVersion.size());
    if (id.starts_with(id_prefix) && is_ulid(id.substr(id_prefix.size()))) return id;
  }
  return invalid_field("cursor", "is not the next_cursor of an earlier answer of this tool");
}

}  // namespace lumenflow::sidekick
