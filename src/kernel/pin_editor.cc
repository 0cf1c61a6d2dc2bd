#include "kernel/pin_editor.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "pack/yaml.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kDefaultPack = "sidekick";

using Member = std::pair<std::string, std::string>;

std::vector<Member> members_of(const PackPin& pin) {
  std::vector<Member> members = {{"id", pin.id}, {"source", pin.source}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) members.emplace_back(key, value);
  };
  add("version", pin.version);
  add("path", pin.path);
  add("url", pin.url);
  add("commit", pin.commit);
  add("integrity", pin.integrity);
  return members;
}

json::Value value_of(const PackPin& pin) {
  json::Object value;
  for (const auto& [key, text] : members_of(pin)) value.set(key, text);
  return value;
}

// A JSON string is a YAML one.
std::string scalar(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '.';
  });
  static constexpr std::string_view kOtherTypes[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const bool is_text = plain && !text.empty() && text[0] >= 'a' && text[0] <= 'z' &&
                       std::ranges::find(kOtherTypes, text) == std::end(kOtherTypes);
  return is_text ? text : json::serialize(json::Value(text));
}

std::string block_item(const PackPin& pin, std::size_t indent) {
  std::string out;
  for (const auto& [key, text] : members_of(pin))
    out += std::string(indent, ' ') + (out.empty() ? "- " : "  ") + key + ": " + scalar(text) + "\n";
  return out;
}

std::string flow_item(const PackPin& pin) {
  std::string out;
  for (const auto& [key, text] : members_of(pin)) out += (out.empty() ? "{" : ", ") + key + ": " + scalar(text);
  return out + "}";
}

struct Extent {
  std::size_t begin = 0, end = 0;  // byte offsets, the end exclusive
};

// Where the pins of a file stand.
class Layout {
 public:
  explicit Layout(const pack::YamlDocument& document) : document_(document), text_(document.text) {}

  // False when it is laid out in a way that is not understood.
  bool find() {
    const json::Value* packs = document_.value.find("packs");
    if (packs == nullptr || !packs->is_array()) return false;
    const std::size_t at = offset_of(document_.place_of("/packs"));
    is_flow = at < text_.size() && text_[at] == '[';
    if (is_flow) return find_flow(at, packs->as_array().size());
    return find_block(packs->as_array().size());
  }

  bool is_flow = false;
  std::vector<Extent> items;  // block: whole lines
  Extent brackets;            // flow: with both of them
  std::size_t indent = 0;     // block: of the dashes

  std::size_t offset_of(const pack::SourcePlace& place) const {
    if (place.line < 1 || static_cast<std::size_t>(place.line) > document_.line_starts.size()) return text_.size();
    std::size_t at = document_.line_starts[static_cast<std::size_t>(place.line) - 1];
    for (int column = 1; column < place.column && at < text_.size(); ++column) do
        ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80);
    return at;
  }

  std::size_t end_of_line(std::size_t at) const {
    const std::size_t end = text_.find('\n', at);
    return end == std::string::npos ? text_.size() : end + 1;
  }

 private:
  std::size_t line_start(std::size_t at) const { return at == 0 ? 0 : text_.rfind('\n', at - 1) + 1; }

  bool is_blank_or_comment(std::size_t line) const {
    const std::size_t at = text_.find_first_not_of(" \t\r", line);
    return at == std::string::npos || text_[at] == '\n' || text_[at] == '#';
  }

  bool find_block(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t value = offset_of(document_.place_of("/packs/" + std::to_string(i)));
      const std::size_t line = line_start(value);
      const std::string before = text_.substr(line, value - line);
      const std::size_t dash = before.find_first_not_of(' ');
      if (dash == std::string::npos || before[dash] != '-' ||
          before.find_first_not_of(' ', dash + 1) != std::string::npos)
        return false;
      indent = dash;
      items.push_back({line, line});
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t limit = i + 1 < count ? items[i + 1].begin : end_of_packs(items[i].begin);
      for (std::size_t line = items[i].begin; line < limit; line = end_of_line(line))
        if (!is_blank_or_comment(line)) items[i].end = end_of_line(line);
    }
    return true;
  }

  // The next line that begins a root key, or the end of the document.
  std::size_t end_of_packs(std::size_t from) const {
    for (std::size_t line = end_of_line(from); line < text_.size(); line = end_of_line(line)) {
      const char first = text_[line];
      const bool item = first == '-' && !text_.substr(line).starts_with("---");
      if (first != ' ' && first != '#' && first != '\n' && first != '\r' && first != '\t' && !item) return line;
    }
    return text_.size();
  }

  bool find_flow(std::size_t at, std::size_t count) {
    brackets.begin = at;
    int depth = 0;
    std::size_t item = at + 1;
    char quote = 0;
    for (; at < text_.size(); ++at) {
      const char c = text_[at];
      if (quote != 0) {
        if (c == '\\' && quote == '"')
          ++at;
        else if (c == quote)
          quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '#' && (text_[at - 1] == ' ' || text_[at - 1] == '\n' || text_[at - 1] == '\t')) {
        at = end_of_line(at) - 1;
      } else if (c == '[' || c == '{') {
        ++depth;
      } else if (c == ']' || c == '}') {
        if (--depth > 0) continue;
        add_flow_item(item, at);
        brackets.end = at + 1;
        return items.size() == count;
      } else if (c == ',' && depth == 1) {
        add_flow_item(item, at);
        item = at + 1;
      }
    }
    return false;
  }

  void add_flow_item(std::size_t begin, std::size_t end) {
    begin = text_.find_first_not_of(" \t\r\n", begin);
    while (end > begin && std::string_view(" \t\r\n").find(text_[end - 1]) != std::string_view::npos) --end;
    if (begin < end) items.push_back({begin, end});
  }

  const pack::YamlDocument& document_;
  const std::string& text_;
};

Error by_hand(const std::string& lines) {
  return Error(
      ErrorCode::kInvalidConfiguration,
      "lumenflow.yaml is laid out in a way that cannot be changed without risk; its 'packs' are to be:\n" + lines);
}

bool reads_as(const std::string& text, const json::Value& expected) {
  pack::YamlDocument document;
  pack::Diagnostics ignored;  // it is judged as a whole afterwards
  return parse_yaml("lumenflow.yaml", text, "LF2001", document, ignored) && document.value == expected;
}

Result<pack::YamlDocument> parsed(const std::string& text) {
  pack::YamlDocument document;
  pack::Diagnostics found;
  if (!parse_yaml("lumenflow.yaml", text, "LF2001", document, found) || !document.value.is_object())
    return Error(ErrorCode::kInvalidConfiguration, "\n" + render_text(found, false));
  return document;
}

PackPin default_pin() {
  PackPin pin;
  pin.id = kDefaultPack;
  pin.source = "builtin";
  return pin;
}

// The index of the pin of this id.
std::optional<std::size_t> index_of(const json::Array& pins, std::string_view id) {
  for (std::size_t i = 0; i < pins.size(); ++i)
    if (json::string_or(pins[i], "id", "") == id) return i;
  return std::nullopt;
}

std::string with_own_section(const std::string& text, const std::string& section) {
  return text + (text.empty() || text.ends_with('\n') ? "" : "\n") + section;
}

std::string emptied_brackets_with(std::string text, const Layout& layout, const std::string& item) {
  const std::size_t line_end = layout.end_of_line(layout.brackets.end);
  const bool ends_with_break = line_end > 0 && text[line_end - 1] == '\n';
  text.insert(line_end, (ends_with_break ? "" : "\n") + item);
  text.erase(layout.brackets.begin, layout.brackets.end - layout.brackets.begin);
  return text;
}

}  // namespace

Result<std::string> with_pin(const std::string& text, const PackPin& pin) {
  LUMENFLOW_TRY_ASSIGN(const pack::YamlDocument document, parsed(text));
  json::Value expected = document.value;
  const json::Value* packs = expected.find("packs");
  json::Array pins = packs != nullptr && packs->is_array() ? packs->as_array() : json::Array{};
  std::string changed = text;
  if (packs == nullptr) {
    std::string section = "packs:\n";
    if (pin.id != kDefaultPack) {
      pins.push_back(value_of(default_pin()));
      section += block_item(default_pin(), 2);
    }
    pins.push_back(value_of(pin));
    changed = with_own_section(text, section + block_item(pin, 2));
  } else {
    Layout layout(document);
    if (!layout.find()) return by_hand("  " + flow_item(pin));
    const std::optional<std::size_t> same = index_of(pins, pin.id);
    const std::string item = layout.is_flow ? flow_item(pin) : block_item(pin, layout.indent);
    if (same) {
      pins[*same] = value_of(pin);
      const Extent& old = layout.items[*same];
      changed.replace(old.begin, old.end - old.begin, item);
    } else {
      pins.push_back(value_of(pin));
      if (layout.items.empty()) {
        changed = emptied_brackets_with(text, layout, block_item(pin, 2));
      } else {
        const std::size_t at = layout.items.back().end;
        const bool unbroken = !layout.is_flow && changed[at - 1] != '\n';
        changed.insert(at, (layout.is_flow ? ", " : unbroken ? "\n" : "") + item);
      }
    }
  }
  expected.as_object().set("packs", std::move(pins));
  if (!reads_as(changed, expected)) return by_hand("  " + flow_item(pin));
  return changed;
}

Result<std::string> without_pin(const std::string& text, std::string_view id) {
  LUMENFLOW_TRY_ASSIGN(const pack::YamlDocument document, parsed(text));
  json::Value expected = document.value;
  const json::Value* packs = expected.find("packs");
  json::Array pins = packs != nullptr && packs->is_array() ? packs->as_array() : json::Array{value_of(default_pin())};
  const std::optional<std::size_t> index = index_of(pins, id);
  if (!index) return Error(ErrorCode::kNotFound, "lumenflow.yaml pins no pack '" + std::string(id) + "'");
  pins.erase(pins.begin() + static_cast<std::ptrdiff_t>(*index));
  std::string changed = text;
  if (packs == nullptr) {
    changed = with_own_section(text, "packs: []\n");
  } else {
    Layout layout(document);
    if (!layout.find()) return by_hand("  those without " + std::string(id));
    Extent item = layout.items[*index];
    if (layout.is_flow) {
      if (*index + 1 < layout.items.size())
        item.end = layout.items[*index + 1].begin;
      else if (*index > 0)
        item.begin = layout.items[*index - 1].end;
    }
    changed.erase(item.begin, item.end - item.begin);
    if (!layout.is_flow && pins.empty())
      changed.insert(layout.offset_of(document.place_of_key("/packs")) + std::string_view("packs:").size(), " []");
  }
  expected.as_object().set("packs", std::move(pins));
  if (!reads_as(changed, expected)) return by_hand("  those without " + std::string(id));
  return changed;
}

}  // namespace lumenflow::kernel
