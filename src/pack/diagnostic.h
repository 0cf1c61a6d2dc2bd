// Faults in files that people write, reported the way a good compiler does: all of them, each with a stable code, its
// place, the line itself, why, and what to write instead.
//
// Value types; not thread safe beyond concurrent reading.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::pack {

enum class Severity : std::uint8_t { kWarning, kError };

// One row per code of 01-packs (LF1001…) and 10-configuration (LF2001…).
struct DiagnosticKind {
  std::string_view code;  // "LF1010"
  std::string_view name;  // "pack-slug-prefix-mismatch"
  Severity severity;
  std::string_view reason;  // when it is reported, and why it matters; Markdown's backquotes
  std::string_view fix;     // what to do about it
};

std::span<const DiagnosticKind> diagnostic_kinds();

struct SourcePlace {
  std::string file;
  int line = 0;    // from 1; 0: the file as a whole
  int column = 0;  // from 1, in code points
};

struct Diagnostic {
  std::string code;
  std::string name;
  Severity severity = Severity::kError;
  SourcePlace place;
  std::string message;  // what is wrong
  std::string help;     // what to write instead
  std::string snippet;  // the offending line
};

class Diagnostics {
 public:
  // The severity and name come from the code's row. Aborts on a code that has no row.
  void add(std::string_view code, SourcePlace place, std::string message, std::string help = {},
           std::string snippet = {});
  const std::vector<Diagnostic>& items() const { return items_; }
  bool has_errors(bool warnings_count = false) const;
  void make_strict();                                // every warning becomes an error
  Diagnostics of_file(std::string_view file) const;  // those whose place is in this file
  void append(const Diagnostics& other);
  void sort();  // by file, line, column, code

 private:
  std::vector<Diagnostic> items_;
};

std::string render_text(const Diagnostics& diagnostics, bool colour);
json::Value render_json(const Diagnostics& diagnostics);  // [{code, name, severity, file, line, column, message, help}]
// SARIF 2.1.0; `version` is the program's.
json::Value render_sarif(const Diagnostics& diagnostics, std::string_view version);

// The nearest of `candidates` by edit distance, when it is near enough to be meant, else one that the word abbreviates:
// for "did you mean".
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lumenflow::pack
