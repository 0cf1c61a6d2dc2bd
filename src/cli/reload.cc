#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "kernel/workspace_packs.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {

int run_reload(Context& context, const ReloadFlags& flags) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) {
    fail(context, root.error());
    return 2;
  }
  const std::string path = sidecar::WorkspacePaths(*root).config;
  const pack::Diagnostics found = sidecar::read_workspace_packs(context.files, path, context.builtin_packs).diagnostics;
  print_diagnostics(context, found, flags.format);
  if (found.items().empty() && flags.format == "text") context.out << path << " and its packs: no faults\n";
  return found.has_errors() ? 1 : 0;
}

}  // namespace lumenflow::cli
