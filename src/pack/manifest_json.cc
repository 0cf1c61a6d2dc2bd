// manifest_json DIR: the manifest of the pack in DIR as JSON on stdout, anchors resolved, for generators that read no
// YAML. Exits 1, and says why, when the manifest is faulty.
#include <iostream>

#include "base/files.h"
#include "pack/manifest.h"
#include "pack/pack_files.h"

int main(int argc, char** argv) {
  using namespace lumenflow;
  if (argc != 2) {
    std::cerr << "usage: manifest_json DIR\n";
    return 2;
  }
  const PosixFiles files;
  pack::Diagnostics diagnostics;
  const std::optional<pack::Manifest> manifest =
      pack::parse_manifest(pack::FolderPackFiles(files, argv[1]), join_path(argv[1], "manifest.yaml"), diagnostics);
  if (!manifest) {
    std::cerr << pack::render_text(diagnostics, false);
    return 1;
  }
  std::cout << json::serialize_pretty(manifest->raw) << "\n";
  return std::cout.good() ? 0 : 1;
}
