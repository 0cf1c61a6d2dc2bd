#include "log/damage.h"

#include <charconv>
#include <string>

namespace lumenflow::log {

Error damaged_at(std::uint64_t position, std::string_view what) {
  const std::string at = std::to_string(position);
  return Error(ErrorCode::kJournalDamaged, "position " + at + ": " + std::string(what),
               {{.pointer = "/" + at, .reason = std::string(what)}});
}

std::optional<std::uint64_t> damaged_position(const Error& error) {
  if (error.code() != ErrorCode::kJournalDamaged || error.details().empty()) return std::nullopt;
  const std::string& pointer = error.details().front().pointer;
  if (!pointer.starts_with('/')) return std::nullopt;
  std::uint64_t position = 0;
  const auto [end, bad] = std::from_chars(pointer.data() + 1, pointer.data() + pointer.size(), position);
  if (bad != std::errc() || end != pointer.data() + pointer.size()) return std::nullopt;
  return position;
}

}  // namespace lumenflow::log
