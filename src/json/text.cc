#include "json/text.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/encoding.h"

namespace lumenflow::json {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighBits = 0x8080808080808080u;

constexpr std::uint64_t has_zero_byte(std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; }

// High bits where a byte needs attention: a control character, a quote, a backslash, or beyond ASCII.
constexpr std::uint64_t attention(std::uint64_t word) {
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
  return control | has_zero_byte(word ^ (kOnes * '"')) | has_zero_byte(word ^ (kOnes * '\\')) | (word & kHighBits);
}

constexpr bool is_plain_byte(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

std::uint64_t load(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

// Four to eight bytes: the first four and the last four.
std::uint64_t load_halves(const char* begin, const char* end) {
  std::uint32_t low, high;
  std::memcpy(&low, begin, 4);
  std::memcpy(&high, end - 4, 4);
  return std::uint64_t{high} << 32 | low;
}

// Length of the run from `begin` that is plain ASCII and needs no escape.
std::size_t plain_run(const char* begin, const char* end) {
  const char* p = begin;
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - p >= 8; p += 8) {
      // Borrows run upwards only, so the lowest set bit is exact.
      if (const std::uint64_t found = attention(load(p)))
        return static_cast<std::size_t>(p - begin) + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
    // What is left is looked at together with what comes before it; a shorter text in two halves.
    const std::ptrdiff_t length = end - begin;
    if (length >= 8 ? attention(load(end - 8)) == 0 : length >= 4 && attention(load_halves(begin, end)) == 0)
      return static_cast<std::size_t>(length);
  }
  while (p != end && is_plain_byte(static_cast<unsigned char>(*p))) ++p;
  return static_cast<std::size_t>(p - begin);
}

void put_escape(unsigned char c, TextWriter& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out.put(std::string_view("\\\""));
      break;
    case '\\':
      out.put(std::string_view("\\\\"));
      break;
    case '\b':
      out.put(std::string_view("\\b"));
      break;
    case '\t':
      out.put(std::string_view("\\t"));
      break;
    case '\n':
      out.put(std::string_view("\\n"));
      break;
    case '\f':
      out.put(std::string_view("\\f"));
      break;
    case '\r':
      out.put(std::string_view("\\r"));
      break;
    default:
      out.put(std::string_view("\\u00"));
      out.put(kDigits[c >> 4]);
      out.put(kDigits[c & 15]);
  }
}

// Bytes of the UTF-8 sequence that `text` starts with; 0 when it starts with none.
std::size_t sequence_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return length <= text.size() && is_valid_utf8(text.substr(0, length)) ? length : 0;
}

template <bool kRepair>
bool put(std::string_view text, TextWriter& out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  std::size_t run = plain_run(p, end);
  if (run == text.size()) {
    out.put_plain_quoted(text);
    return true;
  }
  out.put('"');
  for (;; run = plain_run(p, end)) {
    out.put(std::string_view(p, run));
    p += run;
    if (p == end) break;
    const auto c = static_cast<unsigned char>(*p);
    if (c < 0x80) {
      put_escape(c, out);
      ++p;
      continue;
    }
    const std::size_t bytes = sequence_bytes({p, static_cast<std::size_t>(end - p)});
    if (bytes == 0) {
      if constexpr (!kRepair) return false;
      out.put(std::string_view("\xef\xbf\xbd"));
      ++p;
      continue;
    }
    out.put(std::string_view(p, bytes));
    p += bytes;
  }
  out.put('"');
  return true;
}

}  // namespace

bool is_plain(std::string_view text) { return plain_run(text.data(), text.data() + text.size()) == text.size(); }

bool put_quoted(std::string_view text, TextWriter& out) { return put<false>(text, out); }

void put_quoted_repaired(std::string_view text, TextWriter& out) { put<true>(text, out); }

void append_quoted(std::string_view text, std::string& out) {
  if (is_plain(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  TextWriter writer(out);
  put_quoted_repaired(text, writer);
}

}  // namespace lumenflow::json
