// lumenflow pack import-mcp --update: what a mounted server has changed is looked at, and accepted.
#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/mounting.h"
#include "cli/output.h"
#include "cli/pack_folder.h"

namespace lumenflow::cli {
namespace {

// The pack's pin says dev, so that it needs no other.
bool is_pinned_as_dev(const MountPlace& place, const std::string& id) {
  if (!place.config) return false;
  return std::ranges::any_of(place.config->packs,
                             [&](const kernel::PackPin& pin) { return pin.id == id && pin.integrity == "dev"; });
}

}  // namespace

int update_mounted_pack(Context& context, const ImportMcpFlags& flags) {
  if (flags.id.empty() || !flags.server.empty())
    return fail_usage(
        context, Error(ErrorCode::kInvalidInput, "--update looks again at a mounted server: name it by --id alone"));
  const MountPlace place = find_mount_place(context);
  const Result<std::string> folder = pack_folder(context, flags.id, flags.out);
  if (!folder.ok()) return fail(context, folder.error());
  const pack::FolderPackFiles files(context.files, *folder);
  const Result<pack::Manifest> manifest = parsed_manifest(files, *folder + "/manifest.yaml");
  if (!manifest.ok()) return fail(context, manifest.error());
  if (manifest->runtime != pack::RuntimeType::kMcp)
    return fail(context, Error(ErrorCode::kInvalidConfiguration, "the pack " + flags.id + " is no mounted MCP server"));
  mounts::Definitions accepted;
  const std::string path(json::string_or(manifest->runtime_options, "definitions", ""));
  if (!path.empty()) {
    const Result<std::string> text = files.read(path);
    Result<mounts::Definitions> read =
        text.ok() ? mounts::parse_definitions(*text) : Result<mounts::Definitions>(text.error());
    if (!read.ok()) return fail(context, read.error());
    accepted = *std::move(read);
  }
  Result<mounts::Inspection> found = inspect_server(context, place, flags, *manifest, *folder);
  if (!found.ok()) return fail(context, std::move(found).error().with_context("asking the server for its tools"));
  const std::vector<mounts::Change> changes = mounts::compare(accepted, found->definitions);
  if (changes.empty()) {
    context.out << flags.id << ": the server's tools are those that were accepted\n";
    return 0;
  }
  context.out << mounts::render(changes, accepted, found->definitions);
  if (!flags.accept) {
    context.err << "nothing is changed: tools that differ cannot be called. To accept all of this: lumenflow pack "
                   "import-mcp --update --accept --id "
                << flags.id << "\n";
    return 1;
  }
  mounts::MountPlan plan = mounts::plan_of(accepted.plan);
  plan.id = flags.id;
  const mounts::WrittenPack written = mounts::write_pack(plan, found->definitions, manifest->raw, &accepted);
  if (const Status done = write_mounted_pack(context, *folder, written); !done.ok()) return fail(context, done.error());
  print_mounted_tools(context, written);
  if (const int faults = judge_mounted_pack(context, *folder); faults != 0) return faults;
  if (is_pinned_as_dev(place, flags.id)) {
    context.out << "accepted; a running sidecar takes it up with `lumenflow reload`\n";
    return 0;
  }
  return pin_mounted_pack(context, place, flags, *folder);
}

}  // namespace lumenflow::cli
