#include "pack/validation.h"

#include "pack/registry.h"

namespace lumenflow::pack {
namespace {

RegistryBuilder builder_with(const std::vector<const BuiltinPack*>& builtin_packs) {
  RegistryBuilder builder;
  for (const BuiltinPack* pack : builtin_packs) builder.add_builtin(*pack);
  return builder;
}

}  // namespace

Diagnostics validate_files(const PackFiles& files, const std::string& display_path,
                           const std::vector<const BuiltinPack*>& builtin_packs) {
  RegistryBuilder builder = builder_with(builtin_packs);
  builder.add_files(files, display_path);
  return builder.build()->diagnostics().of_file(display_path);
}

Diagnostics validate_builtin(const BuiltinPack& pack, const std::vector<const BuiltinPack*>& builtin_packs) {
  return builder_with(builtin_packs).build()->diagnostics().of_file(std::string(pack.id) + "/manifest.yaml");
}

}  // namespace lumenflow::pack
