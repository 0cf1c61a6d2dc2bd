#include "sidekick/tool_impl/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>

#include "sidekick/tool_impl/case_folding.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

struct CodePoint {
  std::uint32_t value;
  std::size_t size;  // in bytes
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The first code point of text that is not empty. What comes from JSON is valid UTF-8; a stray byte is one by itself.
CodePoint decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0x80) return {lead, 1};
  if (size == 1 || size > text.size()) return {kReplacement, 1};
  std::uint32_t value = lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return {kReplacement, 1};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return {value, size};
}

void encode(std::uint32_t value, std::string& out) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | value >> 6);
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0 | value >> 12);
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | value >> 18);
    out += static_cast<char>(0x80 | (value >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  }
}

std::uint32_t fold(std::uint32_t value) {
  const auto after = std::upper_bound(kCaseFoldings.begin(), kCaseFoldings.end(), value,
                                      [](std::uint32_t v, const CaseFolding& range) { return v < range.first; });
  if (after == kCaseFoldings.begin()) return value;
  const CaseFolding& range = *(after - 1);
  if (value > range.last || (value - range.first) % range.stride != 0) return value;
  return value + static_cast<std::uint32_t>(range.delta);
}

bool is_space(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 ||
         c == 0xFEFF;
}

// Characters of other categories than white space, controls and formats that show nothing either.
bool is_blank_letter(std::uint32_t c) {
  return c == 0x034F || c == 0x115F || c == 0x1160 || (c >= 0x180B && c <= 0x180F) || c == 0x2800 || c == 0x3164 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFFA0 || (c >= 0xE0100 && c <= 0xE01EF);
}

bool is_seen(std::uint32_t c) {
  if (is_space(c) || is_blank_letter(c)) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF;
}

CodePoint decode_last(std::string_view text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && is_continuation(text[start]) && text.size() - start < 4) --start;
  const CodePoint found = decode(text.substr(start));
  if (start + found.size == text.size()) return found;
  return {kReplacement, 1};
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = decode(text);
    if (!is_space(first.value)) break;
    text.remove_prefix(first.size);
  }
  while (!text.empty()) {
    const CodePoint last = decode_last(text);
    if (!is_space(last.value)) break;
    text.remove_suffix(last.size);
  }
  return text;
}

bool is_visible(std::string_view text) {
  while (!text.empty()) {
    const CodePoint next = decode(text);
    if (is_seen(next.value)) return true;
    text.remove_prefix(next.size);
  }
  return false;
}

void fold_case_into(std::string_view text, std::string& out) {
  out.clear();
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
      text.remove_prefix(1);
      continue;
    }
    const CodePoint next = decode(text);
    if (next.size == 1)
      out += c;
    else
      encode(fold(next.value), out);
    text.remove_prefix(next.size);
  }
}

std::string fold_case(std::string_view text) {
  std::string out;
  fold_case_into(text, out);
  return out;
}

}  // namespace lumenflow::sidekick
