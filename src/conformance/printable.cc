#include "conformance/printable.h"

#include "base/encoding.h"

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(unsigned char c, std::string& out) {
  if (c == '\n')
    out += "\\n";
  else if (c == '\t')
    out += "\\t";
  else
    (out += "\\x").append({kHex[c >> 4], kHex[c & 15]});
}

// U+0080 to U+009F, the characters that change the direction of writing, and what XML does not take.
bool is_unseen(std::string_view text, std::size_t at) {
  const std::string_view two = text.substr(at, 2), three = text.substr(at, 3);
  if (two.size() == 2 && two[0] == '\xc2' && static_cast<unsigned char>(two[1]) < 0xa0) return true;
  if (three >= "\xe2\x80\xaa" && three <= "\xe2\x80\xae") return true;
  if (three >= "\xe2\x81\xa6" && three <= "\xe2\x81\xa9") return true;
  return three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf";
}

}  // namespace

std::string one_line(std::string_view text) {
  const bool well_formed = is_valid_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f || (c >= 0x80 && !well_formed)) {
      append_escape(c, out);
    } else if (c >= 0xc0 && is_unseen(text, i)) {
      for (const std::size_t end = i + (c < 0xe0 ? 2 : 3); i < end; ++i)
        append_escape(static_cast<unsigned char>(text[i]), out);
      --i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string yaml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : one_line(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace lumenflow::conformance
