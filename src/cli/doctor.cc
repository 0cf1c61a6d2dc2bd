#include <sys/statvfs.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "sidecar/keys.h"
#include "sidecar/version.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

struct Check {
  std::string name;
  bool ok = false;
  std::string what;  // what was found, and what to do when it is not well
};

constexpr std::uint64_t kFreeBytesMin = 256ull << 20;

Check check_keys(const Context& context, const sidecar::WorkspacePaths& paths) {
  const auto keys = sidecar::load_keys(context.files, paths.keys);
  if (!keys.ok()) return {"keys", false, keys.error().message()};
  for (const char* name : {"token.pem", "operator.pem", "log.seed", "redaction.key"}) {
    const auto info = context.files.stat(join_path(paths.keys, name));
    if (!info.ok() || !*info) return {"keys", false, std::string(name) + " is missing; run `lumenflow init`"};
    if (((*info)->mode & 077) != 0)
      return {"keys", false, std::string(name) + " can be read by others; chmod 600 " + join_path(paths.keys, name)};
  }
  return {"keys", true, "present, readable by you alone"};
}

Check check_space(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return {"disk", false, "cannot look at the file system of " + path};
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  return {"disk", free_bytes >= kFreeBytesMin, std::to_string(free_bytes >> 20) + " MiB free"};
}

// What a running (or private) sidecar says of itself.
void check_through_sidecar(const Context& context, std::vector<Check>& checks) {
  const auto session = Session::open(context);
  if (!session.ok()) {
    checks.push_back({"open", false, session.error().message()});
    return;
  }
  checks.push_back({"sidecar", true, (*session)->is_remote() ? "running" : "not running (lumenflow up starts it)"});
  const auto diagnostics = (*session)->get("/diagnostics");
  if (!diagnostics.ok()) {
    checks.push_back({"diagnostics", false, diagnostics.error().message()});
    return;
  }
  const json::Value* journal = diagnostics->find("journal");
  const bool damaged = journal != nullptr && json::boolean_or(*journal, "damaged", false);
  checks.push_back(
      {"journal", !damaged, damaged ? cell(journal->find("what")) : "opens, and agrees with its last checkpoint"});
  for (const json::Value& item : diagnostics->find("items")->as_array())
    checks.push_back({cell(item.find("code")), json::string_or(item, "severity", "") != "error",
                      cell(item.find("file")) + ":" + cell(item.find("line")) + " " + cell(item.find("message")) +
                          "; " + cell(item.find("help"))});
  const auto packs = (*session)->get("/packs");
  if (!packs.ok()) return;
  for (const json::Value& pack : packs->find("items")->as_array()) {
    const bool active = json::string_or(pack, "status", "") == "active";
    checks.push_back(
        {"pack " + cell(pack.find("id")), active, cell(pack.find("status")) + " " + cell(pack.find("version"))});
  }
}

}  // namespace

int run_doctor(Context& context, bool json) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) return fail(context, root.error());
  const sidecar::WorkspacePaths paths(*root);
  std::vector<Check> checks = {{"version", true, sidecar::kVersion}, {"workspace", true, *root}};
  checks.push_back(check_keys(context, paths));
  checks.push_back(check_space(*root));
  check_through_sidecar(context, checks);

  bool all_ok = true;
  json::Array items;
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks) {
    all_ok = all_ok && check.ok;
    items.push_back(json::Object{{"name", check.name}, {"ok", check.ok}, {"what", check.what}});
    rows.push_back({check.ok ? "ok" : "FAULT", check.name, check.what});
  }
  if (json)
    context.out << json::serialize(json::Object{{"ok", all_ok}, {"checks", std::move(items)}}) << "\n";
  else
    print_table(context.out, {"STATE", "CHECK", "WHAT"}, rows);
  return all_ok ? 0 : 1;
}

}  // namespace lumenflow::cli
