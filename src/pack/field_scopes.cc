#include "pack/field_scopes.h"

#include <algorithm>

namespace lumenflow::pack {
namespace {

constexpr std::string_view kScopeTypes[] = {"path", "network"};
constexpr std::string_view kAccesses[] = {"read", "write"};
constexpr std::string_view kPostures[] = {"off", "full", "allowlist"};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

// "C:" and what follows, as another system writes an absolute path.
bool begins_with_drive(std::string_view pattern) {
  const bool letter =
      !pattern.empty() && ((pattern[0] >= 'a' && pattern[0] <= 'z') || (pattern[0] >= 'A' && pattern[0] <= 'Z'));
  return letter && pattern.size() > 1 && pattern[1] == ':' &&
         (pattern.size() == 2 || pattern[2] == '/' || pattern[2] == '\\');
}

// Why a pattern must not be granted whatever it matches; empty when it may.
std::string unsafe_reason(std::string_view pattern) {
  if (pattern.find('\0') != std::string_view::npos) return "a NUL";
  if (pattern.starts_with('/') || begins_with_drive(pattern)) return "an absolute path";
  if (pattern.find_first_not_of(" \t") == std::string_view::npos) return "nothing but blanks";
  for (std::size_t at = 0; at <= pattern.size();) {
    const std::size_t end = std::min(pattern.find_first_of("/{},", at), pattern.size());
    const std::string_view segment = pattern.substr(at, end - at);
    const bool begins = at == 0 || (pattern.starts_with('{') && pattern[at - 1] != '/' && pattern[at - 1] != '}');
    if (segment == "~" && begins) return "a home folder, which is not expanded";
    if (segment == "..") return "a '..' segment";
    if (equals_ignoring_case(segment, ".lumenflow")) return ".lumenflow/, which no scope may name";
    at = end + 1;
  }
  if (names_kernel_state(pattern)) return "a name that matches .lumenflow/, which no scope may name";
  return {};
}

bool check_pattern(Fields& fields, std::string_view unsafe_code) {
  const json::Value* value = fields.require("pattern");
  if (value == nullptr) return false;
  const std::string* pattern = fields.text("pattern");
  if (pattern == nullptr) return false;
  const std::string reason = unsafe_reason(*pattern);
  if (reason.empty()) return true;
  fields.report().at(unsafe_code, fields.pointer_to("pattern"), "the pattern has " + reason,
                     "name a path inside the workspace, like 'docs/**'");
  return false;
}

}  // namespace

bool is_broad_pattern(std::string_view pattern) {
  if (pattern.starts_with("./")) pattern.remove_prefix(2);
  return !pattern.empty() && pattern.find_first_not_of("*/") == std::string_view::npos;
}

std::optional<Scope> read_scope(Report& report, const json::Value& value, const std::string& pointer,
                                std::string_view unsafe_code) {
  const std::size_t faults_before = report.faults();
  Fields fields(report, value, pointer, "a scope");
  if (!fields.is_map()) return std::nullopt;
  fields.require("type");
  const auto type = fields.one_of("type", kScopeTypes);
  if (!type) return std::nullopt;
  if (*type == 0) {
    check_pattern(fields, unsafe_code);
    fields.require("access");
    fields.one_of("access", kAccesses);
  } else {
    fields.require("posture");
    fields.one_of("posture", kPostures);
    fields.texts("allowlist_entries");
  }
  fields.finish();
  if (report.faults() != faults_before) return std::nullopt;
  Result<Scope> scope = parse_scope(value);
  if (scope.ok()) return *std::move(scope);
  for (const ErrorDetail& detail : scope.error().details()) report.bad(pointer + detail.pointer, detail.reason);
  if (scope.error().details().empty()) report.bad(pointer, scope.error().message());
  return std::nullopt;
}

}  // namespace lumenflow::pack
