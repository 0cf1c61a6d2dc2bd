// What a new version of a pack breaks for those who call its tools, read its events or configure it.
//
// Pure functions of the manifests and the files that they refer to.
#pragma once

#include <string>
#include <vector>

#include "pack/manifest.h"

namespace lumenflow::pack {

struct PackChange {
  bool breaking = false;
  std::string subject;  // "tool job:run", "kind acme:done", "config acme_demo", "pack"
  std::string what;     // "the input /path must be there"
};

// Breaking changes first; each group in the order of the subjects.
std::vector<PackChange> compare_packs(const Manifest& before, const PackFiles& files_before, const Manifest& after,
                                      const PackFiles& files_after);

}  // namespace lumenflow::pack
