#include "sidecar/catalogue_check.h"

#include <optional>
#include <utility>
#include <vector>

#include "catalogue/lock.h"
#include "pack/event_types.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::uint64_t kLockBytesMax = 256u << 20;

// Nothing where it cannot be believed, which is in the diagnostics.
std::optional<catalogue::Catalogue> generated_at(const Files& files, const std::string& path,
                                                 pack::Diagnostics& diagnostics) {
  Result<std::string> text = files.read(path, kLockBytesMax);
  if (!text.ok()) {
    if (text.error().code() == ErrorCode::kNotFound) return catalogue::core_catalogue();
    diagnostics.add("LF1077", {path, 0, 0}, text.error().message(), "make it a readable file");
    return std::nullopt;
  }
  catalogue::Faults faults;
  const std::optional<catalogue::Lock> lock = catalogue::read_lock({path, *std::move(text)}, faults);
  pack::add_faults(faults, diagnostics);
  if (!lock) return std::nullopt;
  return lock->catalogue();
}

}  // namespace

void check_catalogue(const Files& files, const std::string& root, kernel::WorkspacePacks& packs) {
  if (!packs.config) return;  // what is wrong has been said
  const std::string path = join_path(join_path(root, kCatalogueFolder), catalogue::kLockFile);
  std::vector<const pack::Manifest*> manifests;
  std::vector<std::string> slugs;
  for (const auto& loaded : packs.registry->packs()) {
    manifests.push_back(&loaded->manifest);
    slugs.push_back(loaded->manifest.slug);
  }
  const std::optional<catalogue::Catalogue> generated = generated_at(files, path, packs.diagnostics);
  if (!generated) return packs.config.reset();
  std::string why = catalogue::why_not_generated(pack::catalogue_of(manifests), *generated, slugs);
  if (why.empty()) return;
  packs.diagnostics.add("LF1079", {path, 0, 0}, std::move(why), "run `lumenflow generate`");
  packs.config.reset();
}

}  // namespace lumenflow::sidecar
