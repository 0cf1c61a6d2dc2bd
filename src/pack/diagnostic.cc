#include "pack/diagnostic.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/check.h"

namespace lumenflow::pack {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;

constexpr DiagnosticKind kKinds[] = {
    {"LF1001", "manifest-unreadable", kError},
    {"LF1002", "unknown-field", kError},
    {"LF1003", "missing-field", kError},
    {"LF1004", "bad-value", kError},
    {"LF1005", "duplicate-pack", kError},
    {"LF1010", "pack-slug-prefix-mismatch", kError},
    {"LF1011", "kind-not-snake-case", kError},
    {"LF1012", "duplicate-kind", kError},
    {"LF1013", "missing-backpressure-policy", kError},
    {"LF1014", "stray-backpressure-policy", kError},
    {"LF1015", "reserved-kind", kError},
    {"LF1016", "unknown-subscription", kWarning},
    {"LF1017", "policy-class-violation", kError},
    {"LF1020", "duplicate-tool", kError},
    {"LF1021", "unsafe-scope", kError},
    {"LF1022", "broad-write-scope", kError},
    {"LF1023", "permission-scope-mismatch", kError},
    {"LF1024", "bad-schema", kError},
    {"LF1025", "undeclared-approval", kError},
    {"LF1026", "open-network", kError},
    {"LF1027", "scope-not-mountable", kError},
    {"LF1030", "unknown-surface", kError},
    {"LF1031", "missing-handler", kError},
    {"LF1032", "handler-not-replayable", kError},
    {"LF1033", "tool-not-implemented", kError},
    {"LF1040", "integrity-mismatch", kError},
    {"LF1041", "unpinned-in-production", kError},
    {"LF1042", "path-escape", kError},
    {"LF1050", "approval-provider-missing", kError},
    {"LF1051", "surface-unavailable", kError},
    {"LF2001", "config-unreadable", kError},       // missing, not YAML, duplicate key, several documents, over 1 MiB
    {"LF2002", "unknown-key", kError},             // neither a key of lumenflow.yaml nor a loaded pack's config_key
    {"LF2003", "missing-key", kError},             // a required key is absent
    {"LF2004", "bad-value", kError},               // wrong type, enum, pattern, range, duration or size
    {"LF2005", "secret-literal", kError},          // a credential written out instead of referred to
    {"LF2006", "unknown-pack", kError},            // a pin names a builtin that this program does not have
    {"LF2007", "duplicate-pin", kError},           // the same pack is pinned twice
    {"LF2008", "duplicate-id", kError},            // two lanes or policy rules of one id
    {"LF2009", "unsafe-scope", kError},            // as LF1021, in a workspace or lane scope
    {"LF2010", "not-in-production", kError},       // a development-only setting with `mode: production`
    {"LF2011", "config-section-invalid", kError},  // a pack's section does not match its config_schema
};

const DiagnosticKind* find_kind(std::string_view code) {
  const auto found = std::ranges::find(kKinds, code, &DiagnosticKind::code);
  return found == std::end(kKinds) ? nullptr : found;
}

// Optimal string alignment: insert, delete, replace, swap neighbours. Three rolling rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kLengthMax = 64;
  if (a.size() > kLengthMax || b.size() > kLengthMax) return a == b ? 0 : kLengthMax;
  std::array<std::array<std::size_t, kLengthMax + 1>, 3> rows;
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const auto& before = rows[(i - 1) % 3];
    const auto& two_before = rows[(i + 1) % 3];
    auto& row = rows[i % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, before[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_before[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::span<const DiagnosticKind> diagnostic_kinds() { return kKinds; }

void Diagnostics::add(std::string_view code, SourcePlace place, std::string message, std::string help,
                      std::string snippet) {
  const DiagnosticKind* kind = find_kind(code);
  LUMENFLOW_CHECK(kind != nullptr);
  items_.push_back({std::string(code), std::string(kind->name), kind->severity, std::move(place), std::move(message),
                    std::move(help), std::move(snippet)});
}

bool Diagnostics::has_errors(bool warnings_count) const {
  return std::ranges::any_of(
      items_, [&](const Diagnostic& item) { return warnings_count || item.severity == Severity::kError; });
}

void Diagnostics::append(const Diagnostics& other) {
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

void Diagnostics::sort() {
  std::ranges::stable_sort(items_, {}, [](const Diagnostic& item) {
    return std::tie(item.place.file, item.place.line, item.place.column, item.code);
  });
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::optional<std::string> best;
  std::size_t distance_best = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= distance_best || distance >= candidate.size()) continue;
    distance_best = distance;
    best = candidate;
  }
  return best;
}

}  // namespace lumenflow::pack
