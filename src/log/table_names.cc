#include "log/table_names.h"

#include <algorithm>

namespace lumenflow::log {

Status check_table_name(std::string_view table) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  const bool good =
      !table.empty() && table.size() <= 32 && letter(table.front()) && std::all_of(table.begin(), table.end(), other);
  if (good) return {};
  return Error(ErrorCode::kInvalidInput,
               "\"" + std::string(table) + "\" cannot be a table's name: ^[a-z][a-z0-9_]{0,31}$");
}

Status check_table_key(std::string_view key) {
  if (!key.empty()) return {};
  return Error(ErrorCode::kInvalidInput, "a table's key is empty");
}

std::optional<std::string> end_of_prefix(std::string_view prefix) {
  const std::size_t last = prefix.find_last_not_of('\xff');
  if (last == std::string_view::npos) return std::nullopt;
  std::string end(prefix.substr(0, last + 1));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

KeyRange ascending_range(std::string_view prefix, std::string_view after) {
  KeyRange range{std::string(prefix), end_of_prefix(prefix)};
  if (!after.empty() && after >= prefix) range.from = std::string(after) + '\0';  // the next string of all
  return range;
}

KeyRange descending_range(std::string_view prefix, std::string_view before) {
  KeyRange range{std::string(prefix), end_of_prefix(prefix)};
  if (!before.empty() && (!range.to || before < *range.to)) range.to = std::string(before);
  return range;
}

}  // namespace lumenflow::log
