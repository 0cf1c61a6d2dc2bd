#include "pack/yaml.h"

#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "pack/yaml_reader.h"

namespace lumenflow::pack {
namespace {

struct Deleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

// A line ends with LF, CR LF or CR alone.
std::vector<std::size_t> find_line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t at = text.find_first_of("\r\n"); at != std::string_view::npos;
       at = text.find_first_of("\r\n", at + 1)) {
    if (text.substr(at, 2) == "\r\n") ++at;
    if (at + 1 < text.size()) starts.push_back(at + 1);
  }
  return starts;
}

// Line and column of a byte of the text, from 1.
std::pair<int, int> position(const YamlDocument& document, std::size_t offset) {
  const auto& starts = document.line_starts;
  const auto line = std::upper_bound(starts.begin(), starts.end(), offset) - starts.begin();
  const std::size_t start = starts[static_cast<std::size_t>(line) - 1];
  const auto before = std::string_view(document.text).substr(start, offset - start);
  const auto column =
      std::ranges::count_if(before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return {static_cast<int>(line), static_cast<int>(column) + 1};
}

// The byte at which UTF-8 ends to be valid.
std::size_t invalid_utf8_offset(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (!is_valid_utf8(text.substr(at, size))) break;
    at += size;
  }
  return at;
}

// What is refused before the parser sees it. Empty when nothing is.
std::string unreadable_text(std::string_view text, std::size_t& offset) {
  if (text.size() > kYamlBytesMax) return "the file is over 1 MiB";
  if (!is_valid_utf8(text)) {
    offset = invalid_utf8_offset(text);
    return "the file is not UTF-8";
  }
  const auto control = std::ranges::find_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
  });
  if (control == text.end()) return {};
  offset = static_cast<std::size_t>(control - text.begin());
  return "the file has a control character";
}

// libfyaml marks some tabs behind themselves: the first one of the line's indentation, else where it says.
int tab_column(const yaml::Reader& reader, int line, int otherwise) {
  const std::string text = reader.line(line);
  const std::size_t tab = std::min(text.find('\t'), text.size());
  return tab < text.find_first_not_of(" \t") && tab < text.size() ? static_cast<int>(tab) + 1 : otherwise;
}

// All events to the reader, then what libfyaml itself found.
void read_events(const std::string& text, yaml::Reader& reader) {
  fy_diag_cfg diag_cfg;
  fy_diag_cfg_default(&diag_cfg);
  diag_cfg.fp = nullptr;
  diag_cfg.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  const std::unique_ptr<fy_diag, Deleter> diag(fy_diag_create(&diag_cfg));
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg cfg{};
  cfg.flags =
      static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
  cfg.diag = diag.get();
  const std::unique_ptr<fy_parser, Deleter> parser(fy_parser_create(&cfg));
  if (parser == nullptr || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0)
    return reader.report(1, 1, "the file cannot be read as YAML");

  bool go_on = true;
  while (go_on) {
    fy_event* event = fy_parser_parse(parser.get());
    if (event == nullptr) break;
    go_on = reader.take(*event);
    fy_parser_event_free(parser.get(), event);
  }
  if (!go_on || !fy_parser_get_stream_error(parser.get())) return;
  void* at = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag.get(), &at);
  if (error == nullptr) return reader.report(1, 1, "the file cannot be read as YAML");
  const std::string message = std::string("not YAML: ") + error->msg;
  if (message.find("tab") == std::string::npos) return reader.report(error->line, error->column, message);
  reader.report(error->line, tab_column(reader, error->line, error->column), message, "indent with spaces");
}

}  // namespace

SourcePlace YamlDocument::place_of(std::string_view pointer) const {
  for (std::string_view at = pointer;;) {
    if (const auto found = places.find(at); found != places.end()) return found->second;
    const std::size_t slash = at.rfind('/');
    if (slash == std::string_view::npos) return {file, 0, 0};
    at = at.substr(0, slash);
  }
}

SourcePlace YamlDocument::place_of_key(std::string_view pointer) const {
  const auto found = places.find(std::string(pointer) + "#key");
  return found != places.end() ? found->second : place_of(pointer);
}

std::string YamlDocument::line_at(const SourcePlace& place) const {
  if (place.line < 1 || static_cast<std::size_t>(place.line) > line_starts.size()) return {};
  const std::size_t start = line_starts[static_cast<std::size_t>(place.line) - 1];
  constexpr std::size_t kSnippetBytesMax = 400;
  std::size_t end = std::min(text.find_first_of("\r\n", start), text.size());
  if (end - start > kSnippetBytesMax) {
    end = start + kSnippetBytesMax;
    while (end > start && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  }
  return text.substr(start, end - start);
}

bool parse_yaml(std::string file, std::string text, std::string_view unreadable_code, YamlDocument& out,
                Diagnostics& diagnostics) {
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  out = {};
  out.file = std::move(file);
  out.text = std::move(text);
  out.line_starts = find_line_starts(out.text);
  yaml::Reader reader(out, unreadable_code, diagnostics);
  std::size_t offset = 0;
  if (std::string why = unreadable_text(out.text, offset); !why.empty()) {
    if (out.text.size() > kYamlBytesMax) {
      diagnostics.add(unreadable_code, {out.file, 0, 0}, std::move(why));
      return false;
    }
    const auto [line, column] = position(out, offset);
    const std::string snippet = is_valid_utf8(out.text) ? out.line_at({out.file, line, column}) : std::string();
    diagnostics.add(unreadable_code, {out.file, line, column}, std::move(why), "save it as UTF-8 text", snippet);
    return false;
  }
  read_events(out.text, reader);
  if (reader.faultless() && !reader.saw_document())
    diagnostics.add(unreadable_code, {out.file, 0, 0}, "the file is empty");
  return reader.faultless() && reader.saw_document();
}

}  // namespace lumenflow::pack
