#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "pack/compat.h"
#include "pack/pack_files.h"

namespace lumenflow::cli {
namespace {

Result<pack::Manifest> manifest_of(const pack::PackFiles& files, const std::string& folder) {
  pack::Diagnostics found;
  auto manifest = pack::parse_manifest(files, join_path(folder, "manifest.yaml"), found);
  if (!manifest) return Error(ErrorCode::kInvalidConfiguration, "\n" + render_text(found, false));
  return *std::move(manifest);
}

json::Value render(const std::vector<pack::PackChange>& changes) {
  json::Array items;
  for (const pack::PackChange& change : changes)
    items.push_back(json::Object{{"breaking", change.breaking}, {"subject", change.subject}, {"what", change.what}});
  return items;
}

}  // namespace

int run_pack_compat(Context& context, const PackCompatFlags& flags) {
  const pack::FolderPackFiles files_before(context.files, flags.before), files_after(context.files, flags.after);
  const Result<pack::Manifest> before = manifest_of(files_before, flags.before);
  const Result<pack::Manifest> after = before.ok() ? manifest_of(files_after, flags.after) : before;
  if (!after.ok()) return fail_usage(context, after.error());
  const std::vector<pack::PackChange> changes = pack::compare_packs(*before, files_before, *after, files_after);
  const bool breaks = std::ranges::any_of(changes, &pack::PackChange::breaking);
  if (flags.format == "json") {
    context.out << json::serialize_pretty(render(changes)) << "\n";
    return breaks ? 1 : 0;
  }
  for (const pack::PackChange& change : changes)
    context.out << (change.breaking ? "BREAKS  " : "adds    ") << printable(change.subject) << ": "
                << printable(change.what) << "\n";
  if (!breaks) context.out << before->version << " to " << after->version << ": nothing breaks\n";
  return breaks ? 1 : 0;
}

}  // namespace lumenflow::cli
