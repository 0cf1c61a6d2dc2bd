#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/doctor_checks.h"
#include "cli/output.h"
#include "sidecar/catalogue_check.h"
#include "sidecar/version.h"

namespace lumenflow::cli {
namespace {

std::string_view name(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kFault:
      break;
  }
  return "fault";
}

Checks run_checks(const Context& context, const std::string& root, const kernel::WorkspacePacks& read) {
  const sidecar::WorkspacePaths paths(root);
  Checks checks = {{"version", Health::kOk, sidecar::kVersion, {}},
                   check_environment(),
                   {"workspace", Health::kOk, root, {}},
                   check_state(context, paths),
                   check_keys(context, paths),
                   check_config(read)};
  check_packs(read, checks);
  checks.push_back(check_clock(context, paths.journal));
  checks.push_back(check_space(root));
  if (!read.config) return checks;  // without it nothing can be opened
  checks.push_back(check_sandbox(read.config->sandbox == "required"));
  checks.push_back(check_uplink(context, paths, *read.config));
  check_housekeeping(context, paths, *read.config, checks);
  const bool running = check_sidecar(context, read, checks);
  const bool http = std::ranges::find(read.config->surfaces, "http") != read.config->surfaces.end();
  if (running)
    checks.push_back({"port", Health::kOk, "held by the running sidecar", {}});
  else if (http)
    checks.push_back(check_port(read.config->http_listen, !read.config->tls_cert.empty()));
  return checks;
}

void print_json(const Context& context, const Checks& checks, const pack::Diagnostics& diagnostics, bool well) {
  json::Array items;
  for (const Check& check : checks)
    items.push_back(json::Object{{"name", check.name},
                                 {"ok", check.health != Health::kFault},
                                 {"state", name(check.health)},
                                 {"what", check.what},
                                 {"help", check.help}});
  context.out << json::serialize(json::Object{
                     {"ok", well}, {"checks", std::move(items)}, {"diagnostics", render_json(diagnostics)}})
              << "\n";
}

void print_text(const Context& context, const Checks& checks, const pack::Diagnostics& diagnostics) {
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks) {
    const bool fault = check.health == Health::kFault;
    rows.push_back({fault ? "FAULT" : std::string(name(check.health)), check.name,
                    check.help.empty() ? check.what : check.what + "; " + check.help});
  }
  print_table(context.out, {"STATE", "CHECK", "WHAT"}, rows);
  if (!diagnostics.items().empty()) context.out << "\n";
  print_diagnostics(context, diagnostics, "text");
}

}  // namespace

int run_doctor(Context& context, const DoctorFlags& flags) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) {
    fail(context, root.error());
    return 2;
  }
  const std::string format = flags.json ? "json" : flags.format;
  kernel::WorkspacePacks read =
      sidecar::read_workspace_packs(context.files, sidecar::WorkspacePaths(*root).config, context.builtin_packs);
  const Checks checks = run_checks(context, *root, read);
  sidecar::check_catalogue(context.files, *root, read);
  const bool well = !read.diagnostics.has_errors() &&
                    std::ranges::none_of(checks, [](const Check& check) { return check.health == Health::kFault; });
  if (format == "json")
    print_json(context, checks, read.diagnostics, well);
  else if (format == "sarif")
    print_diagnostics(context, read.diagnostics, format);
  else
    print_text(context, checks, read.diagnostics);
  return well ? 0 : 1;
}

}  // namespace lumenflow::cli
