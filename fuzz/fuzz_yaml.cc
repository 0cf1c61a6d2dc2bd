// YAML as people and attackers write it, then as a manifest: reading ends, every fault has a place in the text, and
// what was accepted is the same value again when it is written as JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "pack/manifest.h"
#include "pack/yaml.h"

namespace {

using namespace lumenflow;
using namespace lumenflow::pack;

class OneFile final : public PackFiles {
 public:
  explicit OneFile(const std::string& text) : text_(text) {}
  Result<std::string> read(std::string_view path) const override {
    if (path == "manifest.yaml") return text_;
    return Error(ErrorCode::kNotFound, std::string(path));
  }

 private:
  const std::string& text_;
};

void check_places(const Diagnostics& diagnostics, std::size_t lines) {
  for (const Diagnostic& item : diagnostics.items()) {
    LUMENFLOW_CHECK(item.place.line >= 0 && static_cast<std::size_t>(item.place.line) <= lines);
    LUMENFLOW_CHECK(!item.message.empty());
  }
}

// JSON is YAML, but for DEL, which is refused raw, and for keys of more than 1024 characters.
void check_round_trip(const json::Value& value) {
  const std::string text = json::serialize(value);
  if (text.size() > 1024 || text.find('\x7f') != std::string::npos) return;
  YamlDocument again;
  Diagnostics diagnostics;
  LUMENFLOW_CHECK(parse_yaml("again", text, "LF1001", again, diagnostics));
  LUMENFLOW_CHECK(again.value == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  YamlDocument document;
  Diagnostics diagnostics;
  const bool read = parse_yaml("input", text, "LF1001", document, diagnostics);
  LUMENFLOW_CHECK(read == diagnostics.items().empty());
  check_places(diagnostics, document.line_starts.size());
  render_text(diagnostics, true);
  if (!read) return 0;
  check_round_trip(document.value);

  Diagnostics faults;
  const auto manifest = parse_manifest(OneFile(text), "manifest.yaml", faults);
  LUMENFLOW_CHECK(manifest.has_value() == !faults.has_errors());
  check_places(faults, document.line_starts.size());
  render_text(faults, true);
  render_sarif(faults, "1");
  return 0;
}
