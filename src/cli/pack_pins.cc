// lumenflow pack add, remove, list, hash: the pins of lumenflow.yaml.
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "kernel/pin_editor.h"
#include "kernel/workspace_packs.h"
#include "pack/folder.h"
#include "pack/pack_files.h"
#include "pack/registry.h"
#include "pack/sources.h"
#include "pack/validation.h"
#include "pack/yaml.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

namespace fs = std::filesystem;

const pack::BuiltinPack* find_builtin(const Context& context, const std::string& id) {
  const auto found = std::ranges::find(context.builtin_packs, id, &pack::BuiltinPack::id);
  return found == context.builtin_packs.end() ? nullptr : *found;
}

// The real path of a folder that has a manifest; empty when it is none.
std::string pack_folder(std::string target) {
  std::error_code error;
  if (fs::path(target).filename() == "manifest.yaml") target = fs::path(target).parent_path().string();
  if (target.empty()) target = ".";
  const std::string real = fs::canonical(target, error).string();
  return !error && fs::is_regular_file(join_path(real, "manifest.yaml"), error) ? real : std::string();
}

Error no_such_pack(const Context& context, const std::string& target) {
  std::vector<std::string_view> ids;
  for (const pack::BuiltinPack* pack : context.builtin_packs) ids.push_back(pack->id);
  const auto meant = pack::nearest(target, ids);
  return Error(ErrorCode::kNotFound, "'" + target + "' is neither a folder with a manifest.yaml nor a builtin pack" +
                                         (meant ? "; did you mean '" + *meant + "'?" : ""));
}

struct Workspace {
  std::string root, config, text;
};

Result<Workspace> read_workspace(const Context& context) {
  Workspace workspace;
  LUMENFLOW_TRY_ASSIGN(workspace.root, workspace_root(context));
  workspace.config = sidecar::WorkspacePaths(workspace.root).config;
  LUMENFLOW_TRY_ASSIGN(workspace.text, context.files.read(workspace.config, pack::kYamlBytesMax));
  return workspace;
}

kernel::WorkspacePacks judge(const Context& context, const Workspace& workspace, const std::string& text) {
  const auto sources = pack::make_judging_sources(workspace.root);
  return kernel::load_workspace_packs(workspace.config, text, kernel::PackPorts{context.builtin_packs, sources.get()});
}

// Faults that the change brings along.
pack::Diagnostics new_faults(const pack::Diagnostics& before, const pack::Diagnostics& after) {
  pack::Diagnostics found;
  for (const pack::Diagnostic& item : after.items()) {
    const bool known = std::ranges::any_of(before.items(), [&](const pack::Diagnostic& old) {
      return old.code == item.code && old.message == item.message && old.place.file == item.place.file;
    });
    if (!known && item.severity == pack::Severity::kError)
      found.add(item.code, item.place, item.message, item.help, item.snippet);
  }
  return found;
}

// Writes the changed text, if what it says is as good as before.
int write_config(Context& context, const Workspace& workspace, const Result<std::string>& changed,
                 const std::string& done) {
  if (!changed.ok()) return fail(context, changed.error());
  const pack::Diagnostics faults = new_faults(judge(context, workspace, workspace.text).diagnostics,
                                              judge(context, workspace, *changed).diagnostics);
  if (!faults.items().empty()) {
    context.err << render_text(faults, false);
    return fail(context, Error(ErrorCode::kInvalidConfiguration, workspace.config + " stays as it is"));
  }
  const auto info = context.files.stat(workspace.config);
  const std::uint32_t mode = info.ok() && *info ? (*info)->mode : 0644;
  if (Status written = context.files.write_atomic(workspace.config, *changed, mode); !written.ok())
    return fail(context, written.error());
  context.out << done << "; a running sidecar takes it up with `lumenflow reload`\n";
  return 0;
}

Result<kernel::PackPin> pin_of(const Context& context, const Workspace& workspace, const PackPinFlags& flags) {
  kernel::PackPin pin;
  const std::string folder = pack_folder(flags.target);
  const pack::BuiltinPack* builtin = find_builtin(context, flags.target);
  if (folder.empty() || (builtin != nullptr && flags.target.find('/') == std::string::npos)) {
    if (builtin == nullptr) return no_such_pack(context, flags.target);
    pin.id = flags.target;
    pin.source = "builtin";
    pin.integrity = flags.integrity;
    return pin;
  }
  pack::Diagnostics found;
  const auto manifest = pack::parse_manifest(pack::FolderPackFiles(context.files, folder),
                                             join_path(flags.target, "manifest.yaml"), found);
  if (!manifest) return Error(ErrorCode::kInvalidConfiguration, "\n" + render_text(found, false));
  LUMENFLOW_TRY(pack::local_folder(workspace.root, folder));
  LUMENFLOW_TRY_ASSIGN(const pack::FolderContent content, pack::read_folder(folder));
  pin.id = manifest->id;
  pin.source = "local";
  const std::string below = workspace.root + "/";
  pin.path = folder.starts_with(below) ? folder.substr(below.size()) : folder;
  pin.integrity = flags.integrity.empty() ? content.integrity : flags.integrity;
  return pin;
}

// What a pin says, and what became of it.
json::Value describe(const kernel::PackPin& pin, const kernel::WorkspacePacks& read) {
  json::Object item{{"id", pin.id}, {"version", pin.version}, {"source", pin.source}, {"integrity", pin.integrity}};
  std::string_view state = pin.enabled ? "refused" : "disabled";
  json::Value diagnostics = json::Array{};
  if (const pack::LoadedPack* loaded = read.registry->find_pack(pin.id); loaded != nullptr) {
    state = "ok";
    item.set("version", loaded->manifest.version);
    item.set("integrity", loaded->origin.integrity);
  }
  for (const pack::RefusedPack& refused : read.registry->refused())
    if (refused.id == pin.id) diagnostics = render_json(refused.diagnostics);
  item.set("pin", pin.integrity);
  item.set("state", state);
  item.set("diagnostics", std::move(diagnostics));
  return item;
}

}  // namespace

int run_pack_add(Context& context, const PackPinFlags& flags) {
  const Result<Workspace> workspace = read_workspace(context);
  if (!workspace.ok()) return fail(context, workspace.error());
  const Result<kernel::PackPin> pin = pin_of(context, *workspace, flags);
  if (!pin.ok()) return fail(context, pin.error());
  return write_config(context, *workspace, kernel::with_pin(workspace->text, *pin),
                      pin->id + " is pinned" + (pin->integrity.empty() ? "" : ", " + pin->integrity));
}

int run_pack_remove(Context& context, const PackPinFlags& flags) {
  const Result<Workspace> workspace = read_workspace(context);
  if (!workspace.ok()) return fail(context, workspace.error());
  return write_config(context, *workspace, kernel::without_pin(workspace->text, flags.target),
                      printable(flags.target) + " is pinned no more");
}

int run_pack_list(Context& context, const PackPinFlags& flags) {
  const Result<Workspace> workspace = read_workspace(context);
  if (!workspace.ok()) return fail(context, workspace.error());
  const kernel::WorkspacePacks read = judge(context, *workspace, workspace->text);
  if (!read.config) {
    print_diagnostics(context, read.diagnostics, flags.format);
    return 1;
  }
  json::Array items;
  for (const kernel::PackPin& pin : read.config->packs) items.push_back(describe(pin, read));
  if (flags.format == "json") {
    context.out << json::serialize_pretty(items) << "\n";
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::Value& item : items)
    rows.push_back({cell(item.find("id")), cell(item.find("version")), cell(item.find("source")),
                    cell(item.find("state")), cell(item.find("integrity"))});
  print_table(context.out, {"ID", "VERSION", "SOURCE", "STATE", "INTEGRITY"}, rows);
  return 0;
}

int run_pack_hash(Context& context, const PackPinFlags& flags) {
  const std::string folder = pack_folder(flags.target);
  if (!folder.empty()) {
    const Result<pack::FolderContent> content = pack::read_folder(folder);
    if (!content.ok()) return fail(context, content.error());
    context.out << content->integrity << "\n";
    return 0;
  }
  const pack::BuiltinPack* builtin = find_builtin(context, flags.target);
  if (builtin == nullptr) return fail(context, no_such_pack(context, flags.target));
  context.out << pack::integrity_of(*builtin) << "\n";
  return 0;
}

}  // namespace lumenflow::cli
