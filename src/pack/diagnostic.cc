#include "pack/diagnostic.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "base/check.h"

namespace lumenflow::pack {
namespace {

const DiagnosticKind* find_kind(std::string_view code) {
  const auto kinds = diagnostic_kinds();
  const auto found = std::ranges::find(kinds, code, &DiagnosticKind::code);
  return found == kinds.end() ? nullptr : &*found;
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

void Diagnostics::make_strict() {
  for (Diagnostic& item : items_) item.severity = Severity::kError;
}

Diagnostics Diagnostics::of_file(std::string_view file) const {
  Diagnostics out;
  std::ranges::copy_if(items_, std::back_inserter(out.items_),
                       [&](const Diagnostic& item) { return item.place.file == file; });
  return out;
}

void Diagnostics::append(const Diagnostics& other) {
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

void Diagnostics::sort() {
  std::ranges::stable_sort(items_, {}, [](const Diagnostic& item) {
    return std::tie(item.place.file, item.place.line, item.place.column, item.code);
  });
  // A schema that many types name has its faults once.
  const auto same = [](const Diagnostic& one, const Diagnostic& other) {
    return one.place.line != 0 && one.code == other.code && one.message == other.message &&
           one.place.file == other.place.file && one.place.line == other.place.line &&
           one.place.column == other.place.column;
  };
  items_.erase(std::unique(items_.begin(), items_.end(), same), items_.end());
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
  constexpr std::size_t kAbbreviationMin = 3;
  for (const std::string_view candidate : candidates)
    if (!best && word.size() >= kAbbreviationMin && candidate.starts_with(word)) best = candidate;
  return best;
}

}  // namespace lumenflow::pack
