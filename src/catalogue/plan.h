// From manifests to the catalogue that is to be written: everything is checked first, and nothing comes out where
// anything is wrong.
//
// Functions of their arguments and of what the readers find.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalogue/declarations.h"
#include "catalogue/lock.h"

namespace lumenflow::catalogue {

inline constexpr std::string_view kEventTypesPath = "content/event-types.json";

struct PackInput {
  PackSource source;
  Fault place;  // of `event_types` in the manifest, else of the manifest: its place alone is used
  // Types that the manifest's automations run on, each with its place; those that are event kinds are left out.
  std::vector<std::pair<std::string, Fault>> automations;
  // As check_pack answered, by whoever has reported what it found, and shared with them; null: it is still to be
  // called.
  std::shared_ptr<const std::vector<Declaration>> declared;
  bool has_faults = false;
};

struct PlanInput {
  std::vector<Declaration> core;
  std::vector<PackInput> packs;
  std::optional<LockFile> lock;     // nothing: nothing was generated before
  std::string lock_path;            // where it would be
  std::string generated;            // another file that was generated there before; empty: there is none
  std::vector<std::string> remove;  // types that go for good
};

struct Plan {
  Catalogue catalogue;
  std::optional<Lock> before;

  const Lock* lock() const { return before ? &*before : nullptr; }  // as those take it who write what is generated
};

// Nothing, where there are faults. Those of the core list have been added by whoever read it.
std::optional<Plan> plan(PlanInput input, Faults& faults);

// What one pack's own files say, without the others.
std::vector<Declaration> check_pack(const PackInput& pack, Faults& faults);

}  // namespace lumenflow::catalogue
