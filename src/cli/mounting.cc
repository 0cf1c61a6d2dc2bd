#include "cli/mounting.h"

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <set>
#include <utility>

#include "cli/code_host.h"
#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "pack/validation.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

// All that any of its tools may reach.
pack::EnforcedScopes scopes_of(const pack::Manifest& manifest) {
  std::vector<pack::Scope> all;
  for (const pack::ToolDescriptor& tool : manifest.tools)
    all.insert(all.end(), tool.required_scopes.begin(), tool.required_scopes.end());
  return pack::enforce_scopes(all, {});
}

std::vector<std::string> environment_of(const pack::Manifest& manifest) {
  std::set<std::string> all;
  for (const pack::ToolDescriptor& tool : manifest.tools)
    all.insert(tool.required_env.begin(), tool.required_env.end());
  return {all.begin(), all.end()};
}

// The files that the command names are taken along with the pack once it is pinned; until then they are shown where
// they are. The program itself keeps its name, which may say what it is to do.
std::vector<std::string> show_named_files(pack::Manifest& manifest) {
  std::vector<std::string> shown;
  json::Value* const command = manifest.runtime_options.as_object().find("command");
  if (command == nullptr || !command->is_array()) return shown;
  bool first = true;
  for (json::Value& word : command->as_array()) {
    const bool is_program = std::exchange(first, false);
    std::error_code failed;
    if (!word.is_string() || !word.as_string().starts_with('/')) continue;
    const std::filesystem::path real = std::filesystem::canonical(word.as_string(), failed);
    if (failed || !std::filesystem::is_regular_file(real, failed)) continue;
    shown.push_back(real.string());
    if (!is_program) word = json::Value(real.string());
  }
  return shown;
}

}  // namespace

MountPlace find_mount_place(const Context& context) {
  MountPlace place;
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) return place;
  place.root = *root;
  const Result<std::string> text = context.files.read(sidecar::WorkspacePaths(*root).config, 1u << 20);
  if (!text.ok()) return place;
  pack::Diagnostics ignored;  // they are for `doctor` and `reload --check` to report
  const auto look = [](const std::vector<kernel::PackPin>&, pack::Report&) {
    return std::vector<pack::ConfigSection>();
  };
  place.config = kernel::parse_config("lumenflow.yaml", *text, look, ignored);
  return place;
}

Result<pack::Manifest> parsed_manifest(const pack::PackFiles& files, const std::string& display) {
  pack::Diagnostics found;
  std::optional<pack::Manifest> manifest = pack::parse_manifest(files, display, found);
  if (!manifest) return Error(ErrorCode::kInvalidConfiguration, "\n" + render_text(found, false));
  return *std::move(manifest);
}

Result<mounts::Inspection> inspect_server(Context& context, const MountPlace& place, const ImportMcpFlags& flags,
                                          const pack::Manifest& manifest, const std::string& folder) {
  mounts::InspectOptions options;
  options.timeout = std::chrono::seconds(flags.timeout_s);
  options.ca_file = flags.ca_file;
  options.errors = [&context](std::string_view line) { context.err << "  server: " << printable(line) << "\n"; };
  const pack::EnforcedScopes scopes = scopes_of(manifest);
  const std::string url(json::string_or(manifest.runtime_options, "url", ""));
  if (!url.empty()) {
    std::string bearer;
    if (const std::string variable(json::string_or(manifest.runtime_options, "bearer_env", "")); !variable.empty()) {
      const char* const value = std::getenv(variable.c_str());
      if (value == nullptr)
        return Error(ErrorCode::kInvalidInput, "the environment variable " + variable + " is not set");
      bearer = value;
    }
    // That the URL has an address in it is not yet leave to go there; what was accepted before is.
    const pack::Scope reach = flags.update ? scopes.network : pack::Scope();
    Result<mounts::Inspection> found = mounts::inspect_url(url, bearer, reach, flags.allow_private, options);
    if (!found.ok() && found.error().code() == ErrorCode::kScopeDenied)
      found = Error(ErrorCode::kScopeDenied, found.error().message() +
                                                 ": it is not public, or not https; with "
                                                 "--allow-private a server of this machine or its network is reached");
    return found;
  }
  const kernel::WorkspaceConfig none;
  const kernel::WorkspaceConfig& config = place.config ? *place.config : none;
  const hosts::ProcessHostOptions limits = host_options(config);
  pack::Manifest seen = manifest;
  std::vector<std::string> readable = show_named_files(seen);
  readable.insert(readable.end(), limits.read_only_paths.begin(), limits.read_only_paths.end());
  const hosts::PackProgram program(seen, folder, place.root.empty() ? folder : place.root,
                                   {limits.limits, readable, limits.expanded_files_max});
  const auto launcher = sandbox::make_launcher(launcher_options(config));
  Result<mounts::Inspection> found =
      mounts::inspect_program(*launcher, program, scopes, environment_of(manifest), options);
  if (!found.ok() && found.error().code() == ErrorCode::kToolCrashed)
    found = Error(ErrorCode::kToolCrashed,
                  found.error().message() +
                      ". It sees the system's programs, the files that its command names by absolute paths, and what "
                      "--read, --write, --env and --host give it");
  return found;
}

Status write_mounted_pack(Context& context, const std::string& folder, const mounts::WrittenPack& pack) {
  LUMENFLOW_TRY(context.files.make_directories(folder + "/schemas"));
  for (const auto& [path, content] : pack.files)
    if (path != "manifest.yaml") LUMENFLOW_TRY(context.files.write_atomic(folder + "/" + path, content));
  return context.files.write_atomic(folder + "/manifest.yaml", pack.files.at("manifest.yaml"));
}

void print_mounted_tools(Context& context, const mounts::WrittenPack& pack) {
  std::vector<std::vector<std::string>> rows;
  for (const mounts::MountedTool& tool : pack.tools)
    rows.push_back({tool.name, tool.entry, tool.permission, tool.approval ? "each call" : "-"});
  print_table(context.out, {"TOOL", "AT THE SERVER", "PERMISSION", "APPROVAL"}, rows);
  for (const mounts::LeftOutTool& tool : pack.left_out)
    context.err << "left out: " << printable(tool.entry) << ": " << printable(tool.reason) << "\n";
}

int judge_mounted_pack(Context& context, const std::string& folder) {
  const pack::Diagnostics found = pack::validate_files(pack::FolderPackFiles(context.files, folder),
                                                       folder + "/manifest.yaml", context.builtin_packs);
  if (!found.has_errors()) return 0;
  context.err << render_text(found, false);
  return 1;
}

int pin_mounted_pack(Context& context, const MountPlace& place, const ImportMcpFlags& flags,
                     const std::string& folder) {
  if (flags.no_pin || place.root.empty()) {
    context.out << "not pinned; `lumenflow pack add " << printable(folder) << "` does it\n";
    return 0;
  }
  PackPinFlags pins;
  pins.target = folder;
  return run_pack_add(context, pins);
}

}  // namespace lumenflow::cli
