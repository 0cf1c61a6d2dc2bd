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
  Diagnostics found = builder.build()->diagnostics().of_file(display_path);
  Diagnostics own;  // those of files that the manifest names
  parse_manifest(files, display_path, own);
  for (const Diagnostic& item : own.items())
    if (item.place.file != display_path) found.add(item.code, item.place, item.message, item.help, item.snippet);
  return found;
}

Diagnostics validate_builtin(const BuiltinPack& pack, const std::vector<const BuiltinPack*>& builtin_packs) {
  return builder_with(builtin_packs).build()->diagnostics().of_file(std::string(pack.id) + "/manifest.yaml");
}

}  // namespace lumenflow::pack
