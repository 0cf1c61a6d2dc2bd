// lumenflow pack import-mcp: an MCP server becomes a pack, and what has changed of it is looked at and accepted.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <set>
#include <system_error>

#include "cli/code_host.h"
#include "cli/commands.h"
#include "cli/commands_mounts.h"
#include "cli/diagnostics_output.h"
#include "cli/npm_package.h"
#include "cli/output.h"
#include "cli/pack_folder.h"
#include "http/url.h"
#include "mounts/http_target.h"
#include "mounts/inspect.h"
#include "mounts/pack_writer.h"
#include "pack/names.h"
#include "pack/pack_files.h"
#include "pack/validation.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

namespace fs = std::filesystem;

// A manifest that is nowhere yet.
class TextFiles final : public pack::PackFiles {
 public:
  explicit TextFiles(std::string manifest) : manifest_(std::move(manifest)) {}
  Result<std::string> read(std::string_view path) const override {
    if (path == "manifest.yaml") return manifest_;
    return Error(ErrorCode::kNotFound, "there is no such file yet");
  }

 private:
  const std::string manifest_;
};

struct Place {
  std::string root;                               // of the workspace; empty: there is none
  std::optional<kernel::WorkspaceConfig> config;  // of it
};

Place find_place(const Context& context) {
  Place place;
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

Result<pack::Manifest> parsed(const pack::PackFiles& files, const std::string& display) {
  pack::Diagnostics found;
  std::optional<pack::Manifest> manifest = pack::parse_manifest(files, display, found);
  if (!manifest) return Error(ErrorCode::kInvalidConfiguration, "\n" + render_text(found, false));
  return *std::move(manifest);
}

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

Result<mounts::Inspection> inspect(Context& context, const Place& place, const ImportMcpFlags& flags,
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
  const hosts::PackProgram program(manifest, folder, place.root.empty() ? folder : place.root,
                                   {limits.limits, limits.read_only_paths, limits.expanded_files_max});
  const auto launcher = sandbox::make_launcher(launcher_options(config));
  return mounts::inspect_program(*launcher, program, scopes, environment_of(manifest), options);
}

Status write_files(Context& context, const std::string& folder, const mounts::WrittenPack& pack) {
  LUMENFLOW_TRY(context.files.make_directories(folder + "/schemas"));
  for (const auto& [path, content] : pack.files)
    if (path != "manifest.yaml") LUMENFLOW_TRY(context.files.write_atomic(folder + "/" + path, content));
  return context.files.write_atomic(folder + "/manifest.yaml", pack.files.at("manifest.yaml"));
}

void print_tools(Context& context, const mounts::WrittenPack& pack) {
  std::vector<std::vector<std::string>> rows;
  for (const mounts::MountedTool& tool : pack.tools)
    rows.push_back({tool.name, tool.entry, tool.permission, tool.approval ? "each call" : "-"});
  print_table(context.out, {"TOOL", "AT THE SERVER", "PERMISSION", "APPROVAL"}, rows);
  for (const mounts::LeftOutTool& tool : pack.left_out)
    context.err << "left out: " << printable(tool.entry) << ": " << printable(tool.reason) << "\n";
}

// The folder's faults; the last word on what was written.
int judge(Context& context, const std::string& folder) {
  const pack::Diagnostics found = pack::validate_files(pack::FolderPackFiles(context.files, folder),
                                                       folder + "/manifest.yaml", context.builtin_packs);
  if (!found.has_errors()) return 0;
  context.err << render_text(found, false);
  return 1;
}

int pin(Context& context, const Place& place, const ImportMcpFlags& flags, const std::string& folder) {
  if (flags.no_pin || place.root.empty()) {
    context.out << "not pinned; `lumenflow pack add " << printable(folder) << "` does it\n";
    return 0;
  }
  PackPinFlags pins;
  pins.target = folder;
  return run_pack_add(context, pins);
}

Result<mounts::MountPlan> plan_from(const ImportMcpFlags& flags) {
  mounts::MountPlan plan;
  if (flags.server.empty()) return Error(ErrorCode::kInvalidInput, "name the server: a URL, or `-- PROGRAM ARGUMENTS`");
  const bool is_url = flags.server[0].starts_with("http://") || flags.server[0].starts_with("https://");
  if (is_url && flags.server.size() > 1) return Error(ErrorCode::kInvalidInput, "a URL has no arguments");
  (is_url ? plan.url : plan.id).clear();
  if (is_url)
    plan.url = flags.server[0];
  else
    plan.command = flags.server;
  if (is_url && !(flags.reads.empty() && flags.writes.empty() && flags.environment.empty()))
    return Error(ErrorCode::kInvalidInput, "--read, --write and --env are for programs; a URL runs elsewhere");
  if (!is_url && !flags.bearer_env.empty()) return Error(ErrorCode::kInvalidInput, "--bearer-env is for URLs");
  plan.id = flags.id.empty() ? mounts::id_for(plan.command, plan.url) : flags.id;
  if (!pack::is_slug(plan.id))
    return Error(ErrorCode::kInvalidInput, "'" + plan.id + "' is no pack id: lower-case words joined by dashes");
  plan.bearer_env = flags.bearer_env;
  plan.reads = flags.reads;
  plan.writes = flags.writes;
  plan.hosts = flags.hosts;
  plan.environment = flags.environment;
  plan.keep_names = flags.keep_names;
  if (is_url) {
    LUMENFLOW_TRY_ASSIGN(const http::Url url, http::parse_url(plan.url));
    plan.hosts.insert(plan.hosts.begin(), mounts::allowlist_entry(url.host, url.port));
  } else if (const std::string& program = plan.command[0]; program.find('/') != std::string::npos) {
    std::error_code failed;
    if (const fs::path real = fs::absolute(program, failed); !failed)
      plan.command[0] = real.lexically_normal().string();
  }
  return plan;
}

// A folder that goes again unless it is kept.
class NewFolder {
 public:
  explicit NewFolder(std::string path) : path_(std::move(path)) {}
  ~NewFolder() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(path_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  void keep() { kept_ = true; }

 private:
  const std::string path_;
  bool kept_ = false;
};

int import(Context& context, const ImportMcpFlags& flags) {
  Result<mounts::MountPlan> plan = plan_from(flags);
  if (!plan.ok()) return fail_usage(context, plan.error());
  const Place place = find_place(context);
  std::string folder =
      !flags.out.empty() ? flags.out : (place.root.empty() ? "packs/" : place.root + "/packs/") + plan->id;
  std::error_code failed;
  folder = fs::absolute(folder, failed).lexically_normal().string();
  if (fs::exists(folder, failed))
    return fail(context, Error(ErrorCode::kAlreadyExists, folder + " is there already; `--update --id " + plan->id +
                                                              "` looks at what has changed, --id names another pack"));
  if (const Status made = context.files.make_directories(folder); !made.ok()) return fail(context, made.error());
  folder = fs::canonical(folder, failed).string();
  NewFolder fresh(folder);
  if (is_npx(plan->command)) {
    Result<std::vector<std::string>> command = install_package(plan->command, folder);
    if (!command.ok()) return fail(context, command.error());
    plan->command = *std::move(command);
  }
  const Result<pack::Manifest> probe = parsed(TextFiles(mounts::probe_manifest(*plan)), "the mount");
  if (!probe.ok()) return fail_usage(context, probe.error());
  Result<mounts::Inspection> found = inspect(context, place, flags, *probe, folder);
  if (!found.ok()) return fail(context, std::move(found).error().with_context("asking the server for its tools"));
  plan->hosts.insert(plan->hosts.end(), found->addresses.begin(), found->addresses.end());
  std::ranges::sort(plan->hosts);
  const auto same = std::ranges::unique(plan->hosts);
  plan->hosts.erase(same.begin(), same.end());
  const mounts::WrittenPack written = mounts::write_pack(*plan, found->definitions);
  if (written.tools.empty()) {
    print_tools(context, written);
    return fail(context, Error(ErrorCode::kInvalidOutput, "the server has no tool that can be mounted"));
  }
  if (const Status done = write_files(context, folder, written); !done.ok()) return fail(context, done.error());
  if (const int faults = judge(context, folder); faults != 0) return faults;
  fresh.keep();
  print_tools(context, written);
  context.out << "written: " << printable(folder) << " (revision " << printable(found->revision)
              << (found->isolation.empty() ? "" : "; " + found->isolation) << ")\n";
  return pin(context, place, flags, folder);
}

// The pack's pin says dev, so that it needs no other.
bool is_pinned_as_dev(const Place& place, const std::string& id) {
  if (!place.config) return false;
  return std::ranges::any_of(place.config->packs,
                             [&](const kernel::PackPin& pin) { return pin.id == id && pin.integrity == "dev"; });
}

int update(Context& context, const ImportMcpFlags& flags) {
  if (flags.id.empty() || !flags.server.empty())
    return fail_usage(
        context, Error(ErrorCode::kInvalidInput, "--update looks again at a mounted server: name it by --id alone"));
  const Place place = find_place(context);
  const Result<std::string> folder = pack_folder(context, flags.id, flags.out);
  if (!folder.ok()) return fail(context, folder.error());
  const pack::FolderPackFiles files(context.files, *folder);
  const Result<pack::Manifest> manifest = parsed(files, *folder + "/manifest.yaml");
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
  Result<mounts::Inspection> found = inspect(context, place, flags, *manifest, *folder);
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
  if (const Status done = write_files(context, *folder, written); !done.ok()) return fail(context, done.error());
  print_tools(context, written);
  if (const int faults = judge(context, *folder); faults != 0) return faults;
  if (is_pinned_as_dev(place, flags.id)) {
    context.out << "accepted; a running sidecar takes it up with `lumenflow reload`\n";
    return 0;
  }
  return pin(context, place, flags, *folder);
}

}  // namespace

int run_import_mcp(Context& context, const ImportMcpFlags& flags) {
  if (flags.accept && !flags.update)
    return fail_usage(context, Error(ErrorCode::kInvalidInput, "--accept goes with --update"));
  return flags.update ? update(context, flags) : import(context, flags);
}

}  // namespace lumenflow::cli
