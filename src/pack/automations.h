// What a pack's automations wait for, against all that can happen in the workspace.
//
// Functions of their arguments. Any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "catalogue/declarations.h"
#include "pack/fields.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

// Runtime event types and kinds of kernel events, of the core and of packs.
struct KnownEvents {
  std::set<std::string, std::less<>> types, kinds;

  void add_core();
  void add(const Manifest& manifest);
};

// The types that its event manifest declares.
std::vector<std::string> event_types_of(const Manifest& manifest);
// One of them; null when there is none. As long as the manifest.
const catalogue::EventType* find_event_type(const Manifest& manifest, std::string_view type);

// LF1078 for each automation whose `on` is none of these and none of the pack's own. Where not all packs are known,
// what may be another pack's passes: only what bears this pack's slug, or a namespace of its types, is judged.
void check_automations(const Manifest& manifest, const KnownEvents& known, bool all_packs_known, Report& report);

}  // namespace lumenflow::pack
