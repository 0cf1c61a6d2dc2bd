#include "mounts/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace lumenflow::mounts {
namespace {

constexpr std::array<std::string_view, 10> kWords{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "none"};

// Letters first, so that it is no number; nothing that YAML gives a meaning.
bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || text.size() > 80 || !letter(text[0])) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  return std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || std::string_view("_./-").find(c) != std::string_view::npos;
  });
}

// ASCII alone, with the escapes that YAML 1.2 (5.7) has. For valid UTF-8.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? first : first & (0xffu >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    i += length;
    if (point == '"' || point == '\\')
      (out += '\\') += static_cast<char>(point);
    else if (point == '\n')
      out += "\\n";
    else if (point >= 0x20 && point < 0x7f)
      out += static_cast<char>(point);
    else
      out += point > 0xffff ? fmt::format("\\U{:08x}", point) : fmt::format("\\u{:04x}", point);
  }
  return out += '"';
}

std::string scalar(const json::Value& value) {
  const std::string* const text = value.if_string();
  if (text == nullptr) return json::serialize(value);
  return is_plain(*text) ? *text : quoted(*text);
}

bool is_small(const json::Value& value) {  // fits on one line
  if (value.is_object()) return value.as_object().empty();
  const json::Array* const array = value.if_array();
  return array == nullptr ||
         std::ranges::none_of(*array, [](const json::Value& item) { return item.is_array() || item.is_object(); });
}

std::string one_line(const json::Value& value) {
  if (value.is_object()) return "{}";
  if (!value.is_array()) return scalar(value);
  std::string out = "[";
  for (const json::Value& item : value.as_array()) out += (out.size() > 1 ? ", " : "") + scalar(item);
  return out + "]";
}

void write(const json::Value& value, std::size_t indent, bool in_list, std::string& out);

void write_members(const json::Object& object, std::size_t indent, bool in_list, std::string& out) {
  bool first = in_list;  // the first member stands behind its list's dash
  for (const json::Member& member : object) {
    if (!first) out.append(indent, ' ');
    first = false;
    out += scalar(json::Value(member.key)) + ":";
    if (is_small(member.value)) {
      out += " " + one_line(member.value) + "\n";
    } else {
      out += "\n";
      write(member.value, indent + 2, false, out);
    }
  }
}

void write(const json::Value& value, std::size_t indent, bool in_list, std::string& out) {
  if (const json::Object* object = value.if_object()) return write_members(*object, indent, in_list, out);
  for (const json::Value& item : value.as_array()) {
    out.append(indent, ' ').append("- ");
    if (is_small(item))
      out += one_line(item) + "\n";
    else
      write(item, indent + 2, item.is_object(), out);
  }
}

}  // namespace

std::string yaml_text(const json::Object& document) {
  std::string out;
  write_members(document, 0, false, out);
  return out;
}

}  // namespace lumenflow::mounts
