#include "pack/testing/mutations.h"

#include <random>

namespace lumenflow::pack::samples {
namespace {

void collect_pointers(const json::Value& value, const std::string& pointer, std::vector<std::string>& out) {
  if (!pointer.empty()) out.push_back(pointer);
  if (const json::Array* array = value.if_array())
    for (std::size_t i = 0; i < array->size(); ++i)
      collect_pointers((*array)[i], pointer + "/" + std::to_string(i), out);
  if (const json::Object* object = value.if_object())
    for (const json::Member& member : *object)
      collect_pointers(member.value, pointer + "/" + json::escape_pointer_token(member.key), out);
}

std::vector<std::string> bare_lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

bool same_type(const json::Value& a, const json::Value& b) {
  return a.kind() == b.kind() || (a.is_number() && b.is_number());
}

std::vector<TypeMutation> type_mutations(const json::Value& document,
                                         const std::function<bool(std::string_view, const json::Value&)>& allowed) {
  const json::Value replacements[] = {nullptr, true, 7, "text", json::Array{}, json::Object{}};
  std::vector<std::string> pointers;
  collect_pointers(document, "", pointers);
  std::vector<TypeMutation> out;
  for (const std::string& pointer : pointers) {
    for (const json::Value& replacement : replacements) {
      if (same_type(*document.at_pointer(pointer), replacement) || allowed(pointer, replacement)) continue;
      json::Value changed = document;
      const_cast<json::Value&>(*changed.at_pointer(pointer)) = replacement;  // `changed` is ours and not const
      out.push_back({pointer, json::serialize(changed)});
    }
  }
  return out;
}

std::string text_mutation(std::string text, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  static constexpr std::string_view kCharacters = "\t\n \"'#&*!|>%@`{}[],:-?~0aZ\\\x7f\xc3\xff";
  std::vector<std::string> lines = bare_lines_of(text);
  switch (below(8)) {
    case 0:
      text.erase(below(text.size()), 1 + below(20));
      return text;
    case 1:
      text.insert(below(text.size()), 1, kCharacters[below(kCharacters.size())]);
      return text;
    case 2:
      text[below(text.size())] = kCharacters[below(kCharacters.size())];
      return text;
    case 3:
      text.resize(below(text.size()));
      return text;
    case 4:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size())));
      break;
    case 5:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size())), lines[below(lines.size())]);
      break;
    case 6:
      std::swap(lines[below(lines.size())], lines[below(lines.size())]);
      break;
    default:
      lines[below(lines.size())].insert(0, 1 + below(4), ' ');
      break;
  }
  return joined(lines);
}

}  // namespace lumenflow::pack::samples
