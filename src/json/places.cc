#include "json/places.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

constexpr std::string_view kAtByte = "at byte ";

// Skips over a text that is known to be valid.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) { skip_space(); }

  std::size_t at() const { return at_; }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // Past `{` or `[`; false where nothing is inside.
  bool enter() {
    ++at_;
    skip_space();
    return here() != '}' && here() != ']';
  }
  // From the end of a member or item to the next; false at the end.
  bool next() {
    skip_space();
    if (here() != ',') return false;
    ++at_;
    skip_space();
    return true;
  }
  // The member's name, which is passed with its colon.
  std::string key() {
    const std::size_t start = at_;
    skip_string();
    const Result<Value> name = parse(text_.substr(start, at_ - start));
    skip_space();
    ++at_;
    skip_space();
    return name.ok() && name->is_string() ? name->as_string() : std::string();
  }
  void skip_value() {
    int depth = 0;
    do {
      const char c = here();
      if (c == '"') {
        skip_string();
      } else {
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        ++at_;
        if (depth == 0 && c != '}' && c != ']') skip_word();
      }
    } while (depth > 0 && at_ < text_.size());
  }

 private:
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  void skip_word() { at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size()); }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    out += escape ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return out;
}

// Where the member or item named by the token stands, with the walker at its value; nothing when there is none.
std::optional<std::size_t> descend(Walker& walker, const std::string& token) {
  const bool object = walker.here() == '{';
  if (!object && walker.here() != '[') return std::nullopt;
  std::size_t index = 0;
  for (bool more = walker.enter(); more; more = walker.next(), ++index) {
    const std::size_t start = walker.at();
    const std::string name = object ? walker.key() : std::to_string(index);
    if (name == token) return start;
    walker.skip_value();
  }
  return std::nullopt;
}

constexpr std::size_t kSnippetBytesMax = 400;

bool within_code_point(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Generated files have lines as long as the file: each of their faults would quote all of it.
std::string shown(std::string_view line, std::size_t at) {
  if (line.size() <= kSnippetBytesMax) return std::string(line);
  std::size_t begin = at;
  for (int i = 0; i < kColumnsBefore && begin > 0; ++i)
    for (--begin; within_code_point(line, begin) && begin > 0;) --begin;
  std::size_t end = std::min(begin + kSnippetBytesMax, line.size());
  while (within_code_point(line, end)) --end;
  return std::string(begin == 0 ? "" : kLeftOut).append(line.substr(begin, end - begin));
}

}  // namespace

int column_in_snippet(std::string_view snippet, int column) {
  return snippet.starts_with(kLeftOut) && column > kColumnsBefore + 1 ? kColumnsBefore + 2 : column;
}

TextPlace place_at(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  TextPlace out;
  out.line = static_cast<int>(std::ranges::count(before, '\n')) + 1;
  for (const char c : before.substr(start))
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++out.column;
  std::string_view line = text.substr(start, std::min(text.find('\n', start), text.size()) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  out.snippet = shown(line, offset - start);
  return out;
}

TextPlace place_of(std::string_view text, std::string_view pointer, bool of_key) {
  Walker walker(text);
  std::size_t found = walker.at();
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const auto start = descend(walker, unescaped(pointer.substr(0, end)));
    if (!start) break;
    pointer.remove_prefix(end);
    found = of_key && pointer.empty() ? *start : walker.at();
  }
  return place_at(text, found);
}

TextPlace place_of_error(std::string_view text, const Error& malformed) {
  std::size_t offset = 0;
  const std::string& message = malformed.message();
  if (message.starts_with(kAtByte))
    std::from_chars(message.data() + kAtByte.size(), message.data() + message.size(), offset);
  return place_at(text, offset);
}

std::string reason_of_error(const Error& malformed) {
  const std::string& message = malformed.message();
  const std::size_t end = message.starts_with(kAtByte) ? message.find(": ") : std::string::npos;
  return end == std::string::npos ? message : message.substr(end + 2);
}

}  // namespace lumenflow::json
