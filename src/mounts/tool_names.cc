#include "mounts/tool_names.h"

#include <algorithm>
#include <array>

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kWordBytesMax = 64;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Words in lower case with `joint` between them.
std::string joined_words(std::string_view text, char joint) {
  std::string out;
  char before = 0;
  for (const char c : text) {
    const bool word = is_lower(c) || is_upper(c) || is_digit(c);
    const bool hump = is_upper(c) && (is_lower(before) || is_digit(before));
    if ((hump || !word) && !out.empty() && out.back() != joint) out += joint;
    if (word) out += is_upper(c) ? static_cast<char>(c | 0x20) : c;
    before = c;
  }
  while (!out.empty() && out.back() == joint) out.pop_back();
  return out.substr(0, kWordBytesMax - 4);
}

std::string_view last_part(std::string_view text) {
  if (const std::size_t version = text.rfind('@'); version != std::string_view::npos && version > 0)
    text = text.substr(0, version);
  while (text.ends_with('/')) text.remove_suffix(1);
  std::string_view last = text.substr(text.rfind('/') + 1);
  // Files that are called the same everywhere say less than the folder they are in.
  static constexpr std::array<std::string_view, 6> kEverywhere{"index.js",  "main.js", "server.js",
                                                               "index.mjs", "main.py", "server.py"};
  static constexpr std::array<std::string_view, 3> kFolders{"dist", "build", "src"};
  while (text.find('/') != std::string_view::npos && (std::ranges::find(kEverywhere, last) != kEverywhere.end() ||
                                                      std::ranges::find(kFolders, last) != kFolders.end())) {
    text = text.substr(0, text.rfind('/'));
    last = text.substr(text.rfind('/') + 1);
  }
  if (const std::size_t end = last.rfind('.'); end != std::string_view::npos && end > 0 && last.size() - end <= 4)
    last = last.substr(0, end);
  return last;
}

}  // namespace

std::string slug_of(std::string_view text) {
  std::string slug = joined_words(last_part(text), '-');
  for (const std::string_view prefix : {"mcp-server-", "server-", "mcp-"})
    if (slug.starts_with(prefix) && slug.size() > prefix.size()) {
      slug = slug.substr(prefix.size());
      break;
    }
  for (const std::string_view suffix : {"-mcp-server", "-server", "-mcp"})
    if (slug.ends_with(suffix) && slug.size() > suffix.size()) slug.resize(slug.size() - suffix.size());
  while (!slug.empty() && !is_lower(slug[0])) slug.erase(0, 1);
  return slug.empty() || slug == "kernel" || slug == "conductor" ? "server" : slug;
}

std::string free_tool_name(const std::string& id, std::string_view entry, std::set<std::string>& taken) {
  std::string word = joined_words(entry, '_');
  if (word.empty() || !is_lower(word[0])) word = "t_" + word;
  std::string name = id + ":" + word;
  for (int n = 2; !taken.insert(name).second; ++n) name = id + ":" + word + "_" + std::to_string(n);
  return name;
}

}  // namespace lumenflow::mounts
