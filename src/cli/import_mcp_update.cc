// lumenflow pack import-mcp --update: what a mounted server has changed is looked at, and accepted.
#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/mounting.h"
#include "cli/output.h"
#include "cli/pack_folder.h"
#include "pack/folder.h"

namespace lumenflow::cli {
namespace {

// The pack's pin says dev, so that it needs no other.
bool is_pinned_as_dev(const MountPlace& place, const std::string& id) {
  if (!place.config) return false;
  return std::ranges::any_of(place.config->packs,
                             [&](const kernel::PackPin& pin) { return pin.id == id && pin.integrity == "dev"; });
}

// What the pack runs is not what its pin says; empty: it is, or no pin says so. In words for the operator.
Result<std::string> differs_from_pin(const MountPlace& place, const std::string& id, const std::string& folder) {
  if (!place.config) return std::string();
  const auto pin = std::ranges::find(place.config->packs, id, &kernel::PackPin::id);
  if (pin == place.config->packs.end() || pin->integrity.empty() || pin->integrity == "dev") return std::string();
  LUMENFLOW_TRY_ASSIGN(const pack::FolderContent content, pack::read_folder(folder));
  if (content.integrity == pin->integrity) return std::string();
  std::string named;
  for (const pack::OutsideFile& file : content.outside)
    if (!file.of_system) named += ", or " + file.path;
  return id + ": its program is not the one that is pinned: a file of " + folder + named + " was changed (pinned " +
         pin->integrity + ", now " + content.integrity + ")";
}

int leave_as_it_is(Context& context, const ImportMcpFlags& flags) {
  context.err << "nothing is changed: what differs cannot be called. To accept all of this: lumenflow pack import-mcp "
                 "--update --accept --id "
              << flags.id << "\n";
  return 1;
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
  const Result<std::string> other_program = differs_from_pin(place, flags.id, *folder);
  if (!other_program.ok()) return fail(context, other_program.error());
  if (!other_program->empty()) context.err << printable(*other_program) << "\n";  // before it is started
  Result<mounts::Inspection> found = inspect_server(context, place, flags, *manifest, *folder);
  if (!found.ok()) return fail(context, std::move(found).error().with_context("asking the server for its tools"));
  const std::vector<mounts::Change> changes = mounts::compare(accepted, found->definitions);
  if (changes.empty()) {
    context.out << flags.id << ": the server's tools are those that were accepted\n";
    if (other_program->empty()) return 0;
    if (flags.accept) return pin_mounted_pack(context, place, flags, *folder);
    return leave_as_it_is(context, flags);
  }
  context.out << mounts::render(changes, accepted, found->definitions);
  if (!flags.accept) {
    return leave_as_it_is(context, flags);
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
