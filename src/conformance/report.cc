#include "conformance/report.h"

#include <algorithm>
#include <array>

namespace lumenflow::conformance {
namespace {

constexpr std::array<CheckKind, 9> kChecks{{
    {"C1", "manifest and code agree", "the manifest has no fault, and the code registers what it declares"},
    {"C2", "examples run", "each tool runs its examples, and its output matches its schema"},
    {"C3", "events have envelopes", "each emitted kind builds a v2 envelope; one idempotency key gives one event"},
    {"C4", "handlers bear repetition", "the same event twice leaves the state of once; replay keys are stable"},
    {"C5", "handlers bear a crash", "a crash between effect and replay record leaves the state of once"},
    {"C6", "handlers bear a restart", "so does a restart in between, and two workspaces given equal events end equal"},
    {"C7", "undeclared kinds are refused", "nothing is emitted that the manifest does not declare"},
    {"C8", "bad inputs are refused", "bad inputs give INVALID_INPUT and change nothing; no accepted input crashes"},
    {"C9", "writes stay in scope", "no file outside the declared write scopes is touched"},
}};

}  // namespace

std::span<const CheckKind> check_kinds() { return kChecks; }

bool Report::passed() const { return failed_count() == 0; }

std::size_t Report::failed_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(cases, [](const Case& each) { return !each.faults.empty(); }));
}

std::size_t Report::skipped_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(cases, [](const Case& each) { return !each.skipped.empty(); }));
}

}  // namespace lumenflow::conformance
