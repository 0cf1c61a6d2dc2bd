// The reference page of the codes.
#include <algorithm>

#include "fixtures.h"

namespace lumenflow::testing {
namespace {

constexpr std::string_view kIntroduction = R"(# Diagnostics

Generated from the table of codes and from the fixtures under `tests/diagnostics`; `LUMENFLOW_UPDATE=1` with the test
program `diagnostics_test` writes it anew.

Every fault of a file is reported in one run, sorted by place. Columns count characters, not bytes. `LF1…` are about
packs, `LF2…` about `lumenflow.yaml`. They are shown by

- `lumenflow pack validate [DIR | --id ID] [--strict]`: one pack,
- `lumenflow generate`: the packs' runtime event types (LF1061 and on),
- `lumenflow reload --check`: `lumenflow.yaml` and the packs it pins,
- `lumenflow doctor`: the same, and everything else a support person would ask for,

each with `--format text`, `json` or `sarif` (SARIF 2.1.0). Errors exit with 1. With `--strict` warnings are errors.
Editors check most of it while one types: point them at `schemas/manifest.schema.json` and
`schemas/lumenflow.schema.json`.
)";

std::string example_of(std::string_view code) {
  for (const std::string& fixture : fixture_names())
    if (code_of(fixture) == code) return render_text(diagnose(fixture), false);
  return {};
}

}  // namespace

std::string reference_page() {
  std::string out(kIntroduction);
  out += "\n| code | name | severity |\n|---|---|---|\n";
  for (const pack::DiagnosticKind& kind : pack::diagnostic_kinds()) {
    std::string anchor = std::string(kind.code) + "-" + std::string(kind.name);
    std::ranges::transform(anchor, anchor.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    out += "| [" + std::string(kind.code) + "](#" + anchor + ") | " + std::string(kind.name) + " | " +
           (kind.severity == pack::Severity::kError ? "error" : "warning") + " |\n";
  }
  for (const pack::DiagnosticKind& kind : pack::diagnostic_kinds()) {
    out += "\n## " + std::string(kind.code) + " " + std::string(kind.name) + "\n\n" + std::string(kind.reason) +
           "\n\n**Fix:** " + std::string(kind.fix) + "\n";
    if (const std::string example = example_of(kind.code); !example.empty()) out += "\n```\n" + example + "```\n";
  }
  return out;
}

}  // namespace lumenflow::testing
