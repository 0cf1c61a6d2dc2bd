// What a later catalogue breaks for those who have the earlier one: recordings, handlers, other programs.
//
// Pure functions of two lock files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/lock.h"
#include "catalogue/schema_inclusion.h"

namespace lumenflow::catalogue {

// backward: what was published before can be read now. forward: what is published now can be read by those before.
// transitive: held against every schema that the version had, not only against the last.
struct CompatibilityMode {
  bool backward = true;
  bool forward = false;
  bool transitive = false;
};
std::optional<CompatibilityMode> parse_compatibility_mode(std::string_view text);
extern const std::vector<std::string> kCompatibilityModes;  // as they are written

enum class Verdict : std::uint8_t { kCompatible, kBreaking, kUndecided };
std::string_view name(Verdict verdict);

struct CompatibilityFinding {
  std::string rule;
  std::string what;
  bool forward = false;  // the new one takes it and the old one refuses it; else the reverse
  std::string old_pointer, new_pointer;
  std::optional<json::Value> witness;
};

struct TypeCompatibility {
  std::string type;
  Verdict verdict = Verdict::kCompatible;
  std::int64_t old_version = 1, new_version = 0;  // 0: it is gone
  std::vector<CompatibilityFinding> findings;
  std::int64_t legal_version = 0;  // that would make the change legal; 0: none would
};

// Those that changed alone, by type in byte order. Undecided is to be treated as breaking.
std::vector<TypeCompatibility> compare(const Lock& before, const Lock& now, CompatibilityMode mode);

// The same for two schemas of one version; null: any payload.
std::vector<CompatibilityFinding> compare_schemas(const json::Value* before, const json::Value* now,
                                                  CompatibilityMode mode);
Verdict verdict_of(const std::vector<CompatibilityFinding>& findings);

}  // namespace lumenflow::catalogue
