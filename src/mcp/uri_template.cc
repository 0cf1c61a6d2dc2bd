#include "mcp/uri_template.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace lumenflow::mcp {
namespace {

Error bad(std::string what) { return {ErrorCode::kInvalidInput, std::move(what)}; }

}  // namespace

Result<UriTemplate> UriTemplate::parse(std::string_view text) {
  UriTemplate out;
  std::string literal;
  while (!text.empty()) {
    if (text.front() == '}') return bad("a '}' without its '{'");
    if (text.front() != '{') {
      literal += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return bad("a '{' without its '}'");
    const std::string name(text.substr(1, end - 1));
    const bool plain = std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (name.empty() || !plain) return bad("a variable's name is letters, digits and '_'");
    if (std::ranges::find(out.names_, name) != out.names_.end()) return bad("the variable '" + name + "' stands twice");
    if (!out.names_.empty() && literal.empty()) return bad("two variables need text between them");
    out.literals_.push_back(std::exchange(literal, {}));
    out.names_.push_back(name);
    text.remove_prefix(end + 1);
  }
  out.literals_.push_back(std::move(literal));
  return out;
}

std::optional<UriTemplate::Variables> UriTemplate::match(std::string_view uri) const {
  if (!uri.starts_with(literals_.front())) return std::nullopt;
  uri.remove_prefix(literals_.front().size());
  Variables found;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string& behind = literals_[i + 1];
    const bool last = i + 1 == names_.size();
    const std::size_t end =
        last ? (uri.size() < behind.size() ? std::string_view::npos : uri.size() - behind.size()) : uri.find(behind);
    if (end == std::string_view::npos || end == 0 || uri.substr(end, behind.size()) != behind) return std::nullopt;
    const std::string_view value = uri.substr(0, end);
    if (value.find_first_of("/?#") != std::string_view::npos) return std::nullopt;
    std::optional<std::string> decoded = percent_decode(value);
    if (!decoded || !is_valid_utf8(*decoded)) return std::nullopt;
    found.emplace(names_[i], *std::move(decoded));
    uri.remove_prefix(end + behind.size());
  }
  if (!uri.empty()) return std::nullopt;
  return found;
}

std::string fill_in(std::string_view text, const UriTemplate::Variables& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find("{{");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::size_t end = text.find("}}");
    const auto value = end == std::string_view::npos ? values.end() : values.find(text.substr(2, end - 2));
    if (value == values.end()) {
      out += "{{";
      text.remove_prefix(2);
    } else {
      out += value->second;
      text.remove_prefix(end + 2);
    }
  }
  return out;
}

}  // namespace lumenflow::mcp
