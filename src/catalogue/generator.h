// What `lumenflow generate` writes of a catalogue. The same bytes on every machine, in every locale.
//
// Pure functions.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"
#include "catalogue/lock.h"

namespace lumenflow::catalogue {

inline constexpr std::array<std::string_view, 4> kFilesBesideLock{
    "runtime_event_manifest.asyncapi.json", "runtime_event_manifest.generated.d.ts",
    "runtime_event_manifest.generated.h", "runtime_event_manifest.generated.json"};

struct GeneratedFile {
  std::string name;
  std::string text;
};

// The text of the file of that name, which is one of the above. `before` is the lock file that is there; null for none.
std::string render(std::string_view name, const Catalogue& catalogue, const Lock* before);
std::string render_cpp(const Catalogue& catalogue);
std::string render_json(const Catalogue& catalogue);
std::string render_typescript(const Catalogue& catalogue);
std::string render_asyncapi(const Catalogue& catalogue);

// The first places at which `found` is not as it would be generated, a line each; empty where it is. At most a few.
std::string difference(const GeneratedFile& generated, std::string_view found);

}  // namespace lumenflow::catalogue
