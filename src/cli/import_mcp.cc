// lumenflow pack import-mcp: an MCP server becomes a pack.
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "cli/commands.h"
#include "cli/mounting.h"
#include "cli/npm_package.h"
#include "cli/output.h"
#include "http/url.h"
#include "mounts/http_target.h"
#include "pack/names.h"

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
  const MountPlace place = find_mount_place(context);
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
  const Result<pack::Manifest> probe = parsed_manifest(TextFiles(mounts::probe_manifest(*plan)), "the mount");
  if (!probe.ok()) return fail_usage(context, probe.error());
  Result<mounts::Inspection> found = inspect_server(context, place, flags, *probe, folder);
  if (!found.ok()) return fail(context, std::move(found).error().with_context("asking the server for its tools"));
  plan->hosts.insert(plan->hosts.end(), found->addresses.begin(), found->addresses.end());
  std::ranges::sort(plan->hosts);
  plan->hosts.erase(std::unique(plan->hosts.begin(), plan->hosts.end()), plan->hosts.end());
  const mounts::WrittenPack written = mounts::write_pack(*plan, found->definitions);
  if (written.tools.empty()) {
    print_mounted_tools(context, written);
    return fail(context, Error(ErrorCode::kInvalidOutput, "the server has no tool that can be mounted"));
  }
  if (const Status done = write_mounted_pack(context, folder, written); !done.ok()) return fail(context, done.error());
  if (const int faults = judge_mounted_pack(context, folder); faults != 0) return faults;
  fresh.keep();
  print_mounted_tools(context, written);
  context.out << "written: " << printable(folder) << " (revision " << printable(found->revision)
              << (found->isolation.empty() ? "" : "; " + found->isolation) << ")\n";
  return pin_mounted_pack(context, place, flags, folder);
}

}  // namespace

int run_import_mcp(Context& context, const ImportMcpFlags& flags) {
  if (flags.accept && !flags.update)
    return fail_usage(context, Error(ErrorCode::kInvalidInput, "--accept goes with --update"));
  return flags.update ? update_mounted_pack(context, flags) : import(context, flags);
}

}  // namespace lumenflow::cli
