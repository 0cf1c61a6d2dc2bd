#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace lumenflow::cli {
namespace {

// Code points of valid UTF-8: bytes that do not continue one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The code point that begins at `at` of valid UTF-8, and how many bytes it takes.
char32_t code_point(std::string_view text, std::size_t at, std::size_t& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  bytes = std::min<std::size_t>(lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4, text.size() - at);
  char32_t point = bytes == 1 ? lead : lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) point = point << 6 | (byte(i) & 0x3fU);
  return point;
}

// C0, DEL and C1; line and paragraph separators; marks, embeddings, overrides and isolates of direction (UAX #9).
bool moves_the_cursor(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e || point == 0x200f ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0, bytes = 0; at < text.size(); at += bytes) {
    const char32_t point = code_point(text, at, bytes);
    if (!moves_the_cursor(point))
      out += text.substr(at, bytes);
    else if (point == '\n')
      out += "\\n";
    else if (point == '\t')
      out += "\\t";
    else if (point < 0x100)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(point));
    else
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
  }
  return out;
}

void print_lines(std::ostream& out, std::string_view text) {
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out << printable(text.substr(0, end)) << "\n";
    text.remove_prefix(end + 1);
  }
  out << printable(text);
}

void print_table(std::ostream& out, const std::vector<std::string>& header,
                 const std::vector<std::vector<std::string>>& cells) {
  std::vector<std::vector<std::string>> rows = cells;
  for (auto& row : rows)
    for (std::string& text : row) text = printable(text);
  std::vector<std::size_t> widths;
  for (const std::string& title : header) widths.push_back(width(title));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  const auto print = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    out << "\n";
  };
  print(header);
  for (const auto& row : rows) print(row);
}

std::string cell(const json::Value* value) {
  if (value == nullptr || value->is_null()) return "";
  if (const std::string* text = value->if_string()) return *text;
  return json::serialize(*value);
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    const std::string text = printable(cells[i]);
    if (text.find_first_of(",\"") == std::string::npos) {
      line += text;
      continue;
    }
    line += '"';
    for (const char c : text) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace lumenflow::cli
