#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/pack_folder.h"
#include "kernel/workspace_packs.h"
#include "pack/pack_files.h"
#include "pack/validation.h"

namespace lumenflow::cli {
namespace {

constexpr std::string_view kManifest = "manifest.yaml";

// "packs/acme/", "packs/acme" and "packs/acme/manifest.yaml" name one pack.
std::string folder_of(std::string path) {
  if (path.ends_with("/" + std::string(kManifest))) path = parent_path(path);
  if (path == kManifest) return ".";
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

pack::Diagnostics validate_folder(const Context& context, const std::string& folder) {
  const std::string display_path = folder == "." ? std::string(kManifest) : join_path(folder, kManifest);
  return pack::validate_files(pack::FolderPackFiles(context.files, folder), display_path, context.builtin_packs);
}

// Where the workspace's pins say that the pack is; empty when no pin does.
std::string pinned_folder(const Context& context, const std::string& root, const std::string& id) {
  const Result<std::string> text = context.files.read(join_path(root, "lumenflow.yaml"), 1u << 20);
  if (!text.ok()) return {};
  std::string path;
  pack::Diagnostics ignored;  // they are for `doctor` and `reload --check` to report
  const auto look = [&](const std::vector<kernel::PackPin>& pins, pack::Report&) {
    for (const kernel::PackPin& pin : pins)
      if (pin.id == id && pin.source == "local") path = pin.path;
    return std::vector<pack::ConfigSection>();
  };
  kernel::parse_config("lumenflow.yaml", *text, look, ignored);
  if (path.empty()) return {};
  return path.starts_with('/') ? path : join_path(root, path);
}

bool has_manifest(const Context& context, const std::string& folder) {
  const auto found = context.files.stat(join_path(folder, kManifest));
  return found.ok() && *found;
}

// The nearest of the packs there are; empty when none is near. `root` is empty where there is no workspace.
std::string id_meant(const Context& context, const std::string& root, const std::string& id) {
  const std::string folder = root.empty() ? "packs" : join_path(root, "packs");
  std::vector<std::string> known;
  for (const pack::BuiltinPack* pack : context.builtin_packs) known.emplace_back(pack->id);
  if (const auto names = context.files.list(folder); names.ok())
    for (const std::string& name : *names)
      if (has_manifest(context, join_path(folder, name))) known.push_back(name);
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  return pack::nearest(id, candidates).value_or("");
}

// Builtins first.
Result<pack::Diagnostics> validate_id(const Context& context, const std::string& id) {
  for (const pack::BuiltinPack* pack : context.builtin_packs)
    if (pack->id == id) return pack::validate_builtin(*pack, context.builtin_packs);
  LUMENFLOW_TRY_ASSIGN(const std::string folder, pack_folder(context, id, ""));
  return validate_folder(context, folder);
}

}  // namespace

Result<std::string> pack_folder(const Context& context, const std::string& id, const std::string& written) {
  if (id.empty()) return folder_of(written);
  const Result<std::string> root = workspace_root(context);
  if (const std::string pinned = root.ok() ? pinned_folder(context, *root, id) : ""; !pinned.empty()) return pinned;
  const std::string folder = join_path(root.ok() ? join_path(*root, "packs") : "packs", id);
  if (has_manifest(context, folder)) return folder;
  const std::string meant = id_meant(context, root.ok() ? *root : "", id);
  return Error(ErrorCode::kNotFound, "no pack '" + id + "' is builtin or pinned, and " + folder + " has no manifest" +
                                         (meant.empty() ? "" : "; did you mean '" + meant + "'?"));
}

int run_pack_validate(Context& context, const PackValidateFlags& flags) {
  Result<pack::Diagnostics> found =
      flags.id.empty() ? validate_folder(context, folder_of(flags.folder)) : validate_id(context, flags.id);
  if (!found.ok()) {
    fail(context, found.error());
    return 2;
  }
  if (flags.strict) found->make_strict();
  print_diagnostics(context, *found, flags.format);
  if (found->items().empty() && flags.format == "text")
    context.out << (flags.id.empty() ? flags.folder : flags.id) << ": no faults\n";
  return found->has_errors() ? 1 : 0;
}

}  // namespace lumenflow::cli
