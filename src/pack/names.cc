#include "pack/names.h"

#include <algorithm>

namespace lumenflow::pack {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_lower(c) || is_digit(c); }

// A letter first, then words of lower-case letters and digits joined by single separators.
bool is_joined_words(std::string_view text, std::string_view separators) {
  if (text.empty() || !is_lower(text.front())) return false;
  bool after_separator = false;
  for (const char c : text) {
    const bool separator = separators.find(c) != std::string_view::npos;
    if ((!separator && !is_word(c)) || (separator && after_separator)) return false;
    after_separator = separator;
  }
  return !after_separator;
}

bool is_from(std::string_view text, std::string_view extra) {
  return !text.empty() && is_lower(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || extra.find(c) != std::string_view::npos; });
}

// Dot-separated identifiers of [0-9A-Za-z-]; numeric ones without leading zeros where `strict`.
bool is_version_identifiers(std::string_view text, bool strict) {
  for (;;) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view part = text.substr(0, end);
    const bool characters =
        std::ranges::all_of(part, [](char c) { return is_word(c) || (c >= 'A' && c <= 'Z') || c == '-'; });
    if (part.empty() || !characters) return false;
    if (strict && part.size() > 1 && part.front() == '0' && std::ranges::all_of(part, is_digit)) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_slug(std::string_view text) { return text.size() <= 64 && is_joined_words(text, "-"); }
bool is_reserved_slug(std::string_view text) { return text == "kernel" || text == "conductor"; }
bool is_event_name(std::string_view text) { return is_joined_words(text, "_"); }
bool is_config_key(std::string_view text) { return is_joined_words(text, "_-"); }

bool is_semantic_version(std::string_view text) {
  if (text.size() > 128) return false;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!is_version_identifiers(text.substr(plus + 1), false)) return false;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    if (!is_version_identifiers(text.substr(dash + 1), true)) return false;
    text = text.substr(0, dash);
  }
  return std::ranges::count(text, '.') == 2 && is_version_identifiers(text, true) &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_tool_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && is_from(text.substr(0, colon), "-") &&
         is_from(text.substr(colon + 1), "_-");
}

bool is_environment_name(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !text.empty() && upper(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return upper(c) || is_digit(c) || c == '_'; });
}

bool is_token_scope(std::string_view text) {
  for (;;) {
    const std::size_t end = std::min(text.find(':'), text.size());
    if (!is_from(text.substr(0, end), "_-")) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_surface_id(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && is_slug(text.substr(0, colon)) && is_from(text.substr(colon + 1), "_-");
}

bool is_mcp_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return is_word(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
  });
}

bool is_content_hash(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

std::string_view prefix_of(std::string_view name) { return name.substr(0, name.find(':')); }

}  // namespace lumenflow::pack
