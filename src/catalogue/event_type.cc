#include "catalogue/event_type.h"

#include <algorithm>

namespace lumenflow::catalogue {
namespace {

bool is_dashed(std::string_view text, std::size_t characters_max) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (text.empty() || text.size() > characters_max || !lower(text.front()) || text.back() == '-') return false;
  if (text.find("--") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

bool is_namespace(std::string_view text) { return is_dashed(text, 32); }
bool is_event_name(std::string_view text) { return is_dashed(text, 48); }
bool is_slug(std::string_view text) { return is_dashed(text, 64); }

}  // namespace lumenflow::catalogue
