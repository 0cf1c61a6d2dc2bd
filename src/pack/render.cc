// The three ways diagnostics are written out: for people, for scripts, and for code-scanning tools.
#include <algorithm>
#include <string>

#include "json/places.h"
#include "pack/diagnostic.h"

namespace lumenflow::pack {
namespace {

std::string_view name(Severity severity) { return severity == Severity::kError ? "error" : "warning"; }

class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  std::string bold(std::string_view text) const { return paint("\x1b[1m", text); }
  std::string help(std::string_view text) const { return paint("\x1b[36m", text); }
  std::string severity(Severity severity, std::string_view text) const {
    return paint(severity == Severity::kError ? "\x1b[1;31m" : "\x1b[1;33m", text);
  }

 private:
  std::string paint(std::string_view start, std::string_view text) const {
    if (!colour_) return std::string(text);
    return std::string(start) + std::string(text) + "\x1b[0m";
  }
  const bool colour_;
};

// What a file says must not drive the reader's terminal: control characters are shown as escapes.
std::string printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// The bytes of a line that a fault is about: from the column, in code points, to the end of the word there. Of
// brackets within brackets, and of what would run on and on, only where it begins.
struct Marked {
  std::size_t begin, end;
  int columns;  // at least 1
};

Marked marked(std::string_view line, int column) {
  constexpr int kColumnsMax = 80;
  std::size_t begin = 0;
  for (int i = 1; i < column && begin < line.size(); ++i)
    for (++begin; begin < line.size() && !starts_code_point(line[begin]);) ++begin;
  std::size_t word_end = std::min(line.find_first_of(" \t", begin), line.size());
  while (word_end > begin && std::string_view(",:]}").find(line[word_end - 1]) != std::string_view::npos) --word_end;
  const auto opens = [&](std::size_t at) { return at < line.size() && (line[at] == '[' || line[at] == '{'); };
  if (opens(begin) && opens(begin + 1)) word_end = begin;
  Marked out{begin, begin, 0};
  while (out.end < word_end && out.columns < kColumnsMax) {
    for (++out.end; out.end < word_end && !starts_code_point(line[out.end]);) ++out.end;
    ++out.columns;
  }
  out.columns = std::max(out.columns, 1);
  return out;
}

// Spaces (and the line's own tabs) up to the column, then a caret and tildes under the rest of the word.
std::string underline(std::string_view line, int column) {
  const Marked word = marked(line, column);
  std::string out;
  for (const char c : line.substr(0, word.begin))
    if (starts_code_point(c)) out += c == '\t' ? '\t' : ' ';
  return out + '^' + std::string(static_cast<std::size_t>(word.columns) - 1, '~');
}

void render_item(const Diagnostic& item, const Style& style, std::string& out) {
  std::string place = printable(item.place.file);
  if (item.place.line > 0) place += ":" + std::to_string(item.place.line) + ":" + std::to_string(item.place.column);
  out += style.bold(place + ":") + " ";
  out += style.severity(item.severity, std::string(name(item.severity)) + " " + item.code) + " " + item.name + ": ";
  out += style.bold(printable(item.message)) + "\n";
  if (item.place.line > 0 && !item.snippet.empty()) {
    const std::string number = std::to_string(item.place.line);
    const std::string gutter(std::max<std::size_t>(number.size(), 4), ' ');
    const std::string line = printable(item.snippet);
    out += gutter.substr(number.size()) + number + " | " + line + "\n";
    out += gutter + " | " +
           style.severity(item.severity, underline(line, json::column_in_snippet(item.snippet, item.place.column))) +
           "\n";
  }
  if (!item.help.empty()) out += "     " + style.help("help: ") + printable(item.help) + "\n";
}

// An absolute path as a file URI, a relative one as a relative reference (RFC 3986, RFC 8089).
std::string uri_of(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        std::string_view("-._~/").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

json::Value sarif_rules() {
  json::Array rules;
  for (const DiagnosticKind& kind : diagnostic_kinds()) {
    rules.push_back(json::Object{{"id", kind.code},
                                 {"name", kind.name},
                                 {"shortDescription", json::Object{{"text", kind.reason}}},
                                 {"help", json::Object{{"text", kind.fix}}},
                                 {"defaultConfiguration", json::Object{{"level", name(kind.severity)}}}});
  }
  return rules;
}

json::Value sarif_result(const Diagnostic& item) {
  const auto kinds = diagnostic_kinds();
  const auto kind = std::ranges::find(kinds, item.code, &DiagnosticKind::code);
  json::Object physical{{"artifactLocation", json::Object{{"uri", uri_of(item.place.file)}}}};
  if (item.place.line > 0) {
    const int column = std::max(item.place.column, 1);
    json::Object region{
        {"startLine", item.place.line},
        {"startColumn", column},
        {"endColumn", column + marked(item.snippet, json::column_in_snippet(item.snippet, column)).columns}};
    if (!item.snippet.empty()) region.set("snippet", json::Object{{"text", item.snippet}});
    physical.set("region", std::move(region));
  }
  json::Array locations{json::Object{{"physicalLocation", std::move(physical)}}};
  return json::Object{
      {"ruleId", item.code},
      {"ruleIndex", static_cast<std::int64_t>(kind - kinds.begin())},
      {"level", name(item.severity)},
      {"message", json::Object{{"text", item.help.empty() ? item.message : item.message + "\n" + item.help}}},
      {"locations", std::move(locations)}};
}

}  // namespace

std::string render_text(const Diagnostics& diagnostics, bool colour) {
  const Style style(colour);
  std::string out;
  std::size_t errors = 0;
  for (const Diagnostic& item : diagnostics.items()) {
    render_item(item, style, out);
    errors += item.severity == Severity::kError;
  }
  const std::size_t warnings = diagnostics.items().size() - errors;
  const auto count = [](std::size_t n, const char* what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  if (errors + warnings > 0) out += count(errors, "error") + ", " + count(warnings, "warning") + "\n";
  return out;
}

json::Value render_json(const Diagnostics& diagnostics) {
  json::Array list;
  for (const Diagnostic& item : diagnostics.items()) {
    list.push_back(json::Object{{"code", item.code},
                                {"name", item.name},
                                {"severity", name(item.severity)},
                                {"file", item.place.file},
                                {"line", item.place.line},
                                {"column", item.place.column},
                                {"message", item.message},
                                {"help", item.help}});
  }
  return list;
}

json::Value render_sarif(const Diagnostics& diagnostics, std::string_view version) {
  json::Array results;
  for (const Diagnostic& item : diagnostics.items()) results.push_back(sarif_result(item));
  json::Object driver{{"name", "lumenflow"}, {"version", version}, {"rules", sarif_rules()}};
  json::Object run{{"tool", json::Object{{"driver", std::move(driver)}}},
                   {"columnKind", "unicodeCodePoints"},
                   {"results", std::move(results)}};
  return json::Object{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", json::Array{std::move(run)}}};
}

}  // namespace lumenflow::pack
