#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "cli/session.h"
#include "kernel/workspace_packs.h"
#include "sidecar/catalogue_check.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

int check(Context& context, const std::string& root, const std::string& format) {
  const std::string path = sidecar::WorkspacePaths(root).config;
  kernel::WorkspacePacks read = sidecar::read_workspace_packs(context.files, path, context.builtin_packs);
  sidecar::check_catalogue(context.files, root, read);
  const pack::Diagnostics& found = read.diagnostics;
  print_diagnostics(context, found, format);
  if (found.items().empty() && format == "text") context.out << path << " and its packs: no faults\n";
  return found.has_errors() ? 1 : 0;
}

// As a reload found it, on one line each.
void print_faults(const Context& context, const json::Value* faults) {
  if (faults == nullptr || !faults->is_array()) return;
  for (const json::Value& fault : faults->as_array()) {
    const std::string help(json::string_or(fault, "help", ""));
    context.err << "  " << json::string_or(fault, "severity", "") << " " << json::string_or(fault, "code", "") << " "
                << printable(json::string_or(fault, "file", "")) << ":" << json::integer_or(fault, "line", 0) << ": "
                << printable(json::string_or(fault, "message", "")) << (help.empty() ? "" : "; " + printable(help))
                << "\n";
  }
}

Result<json::Value> reload(Context& context, Session& session, const ReloadFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  return session.call_kernel("kernel:reload", json::Object{}, passphrase);
}

// Whether what is on the disk waits to be accepted, with no sidecar either.
bool is_tampered(Session& session) {
  const Result<json::Value> found = session.get("/diagnostics");
  const json::Value* configuration = found.ok() ? found->find("configuration") : nullptr;
  return configuration != nullptr && json::boolean_or(*configuration, "tampered", false);
}

void print_done(const Context& context, const json::Value& data) {
  const std::string summary(json::string_or(data, "changes_summary", ""));
  context.out << (summary.empty() ? "nothing changed" : printable(summary)) << "\n";
  for (const json::Value& key : data.find("needs_restart")->as_array())
    context.out << "'" << cell(&key) << "' counts from the next start on\n";
  print_faults(context, data.find("diagnostics"));
}

}  // namespace

int run_reload(Context& context, const ReloadFlags& flags) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) {
    fail(context, root.error());
    return 2;
  }
  if (flags.check) return check(context, *root, flags.format);
  const auto session = Session::open(context);
  if (!session.ok() && session.error().code() != ErrorCode::kInvalidConfiguration)
    return fail(context, session.error());
  if (!session.ok() || !((*session)->is_remote() || is_tampered(**session))) {
    const int faults = check(context, *root, flags.format);
    if (faults == 0 && flags.format == "text")
      context.out << "no sidecar runs; lumenflow up starts with what is there\n";
    return faults;
  }
  const Result<json::Value> result = reload(context, **session, flags);
  if (!result.ok()) return fail(context, result.error());
  if (flags.format != "text") {
    const json::Value* error = result->find("error");
    const json::Value* found = error == nullptr ? result->at_pointer("/data/diagnostics") : error->find("details");
    context.out << json::serialize_pretty(found == nullptr ? json::Value(json::Array{}) : *found) << "\n";
    return error == nullptr ? 0 : 1;
  }
  if (const json::Value* error = result->find("error")) {
    const int code = fail(context, data_of(*result).error());
    print_faults(context, error->find("details"));
    return code;
  }
  print_done(context, *result->find("data"));
  return 0;
}

}  // namespace lumenflow::cli
