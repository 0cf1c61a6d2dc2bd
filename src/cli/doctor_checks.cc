// What `lumenflow doctor` looks at in the workspace.
#include "cli/doctor_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "cli/output.h"
#include "cli/session.h"
#include "kernel/accepted.h"
#include "sidecar/keys.h"
#include "sidecar/uplink_host.h"

namespace lumenflow::cli {
namespace {

std::string count(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string megabytes(const Context& context, const std::string& path) {
  const auto info = context.files.stat(path);
  return info.ok() && *info ? std::to_string(((*info)->size_bytes + (1 << 20) - 1) >> 20) + " MiB" : "new";
}

// What GET /packs says of one pack, as one line; the first help that there is.
Check check_of(const std::string& name, Health health, const std::string& what, const json::Value& diagnostics) {
  Check check{name, health, what, {}};
  std::string_view before = ": ";
  for (const json::Value& item : diagnostics.as_array()) {
    if (health == Health::kFault && json::string_or(item, "severity", "") != "error") continue;
    check.what += std::string(before) + cell(item.find("code")) + " " + cell(item.find("message"));
    before = "; ";
    if (check.help.empty()) check.help = json::string_or(item, "help", "");
  }
  return check;
}

// Packs as they run, where that is otherwise than the disk says: code that cannot be used, a change that was not taken
// up. What was refused by its files alone has been said.
void check_running_packs(Session& session, const kernel::WorkspacePacks& read, Checks& checks) {
  const auto packs = session.get("/packs");
  if (!packs.ok()) return;
  const auto is_known = [&](const std::string& id) {
    return !session.is_remote() &&
           std::ranges::any_of(read.registry->refused(), [&](const pack::RefusedPack& pack) { return pack.id == id; });
  };
  for (const json::Value& pack : packs->find("items")->as_array()) {
    const std::string id = cell(pack.find("id"));
    const json::Value& found = *pack.find("diagnostics");
    if (json::string_or(pack, "status", "") == "active") {
      if (!found.as_array().empty()) checks.push_back(check_of("running pack " + id, Health::kWarning, "runs", found));
    } else if (!is_known(id)) {
      checks.push_back(check_of("running pack " + id, Health::kFault,
                                session.is_remote() ? "refused by the running sidecar" : "does not run", found));
    }
  }
}

// What a pack says of its own records, where it has a tool for that: `health`, which is `ok` when all is well, and
// `problems`, a list of sentences.
void check_store(Session& session, const pack::Manifest& manifest, Checks& checks) {
  const std::string tool = manifest.slug + ":status";
  const auto found = std::ranges::find(manifest.tools, tool, &pack::ToolDescriptor::name);
  if (found == manifest.tools.end() || found->permission != pack::Permission::kRead || found->internal_only ||
      !found->input_validator->accepts(json::Object{}))
    return;
  const std::string name = "store of " + manifest.id;
  const auto result = session.call(tool, json::Object{});
  const json::Value* error = result.ok() ? result->find("error") : nullptr;
  if (!result.ok() || error != nullptr) {
    const std::string why(error == nullptr ? result.error().message() : json::string_or(*error, "message", "silent"));
    checks.push_back({name, Health::kFault, why, "its records cannot be used until that is mended"});
    return;
  }
  const json::Value* data = result->find("data");
  if (data == nullptr || json::string_or(*data, "health", "ok") == "ok") {
    checks.push_back({name, Health::kOk, tool + " finds nothing wrong", {}});
    return;
  }
  std::string problems;
  if (const json::Value* list = data->find("problems"); list != nullptr && list->is_array())
    for (const json::Value& problem : list->as_array()) problems += (problems.empty() ? "" : "; ") + cell(&problem);
  checks.push_back(
      {name, Health::kFault, problems.empty() ? "is not well" : problems, "see `lumenflow call " + tool + "`"});
}

}  // namespace

Check check_state(const Context& context, const sidecar::WorkspacePaths& paths) {
  struct stat info {};
  if (::lstat(paths.state.c_str(), &info) != 0)
    return {"state", Health::kFault, paths.state + " is missing", "run `lumenflow init`; it keeps what is there"};
  if (!S_ISDIR(info.st_mode))
    return {"state", Health::kFault, paths.state + " is no folder", "move it away and run `lumenflow init`"};
  if (info.st_uid != ::getuid() && ::getuid() != 0)
    return {"state", Health::kFault, paths.state + " belongs to uid " + std::to_string(info.st_uid),
            "run as its owner, or chown it"};
  if ((info.st_mode & 077) != 0)
    return {"state", Health::kFault, paths.state + " can be entered by others", "chmod 700 " + paths.state};
  if (::access(paths.state.c_str(), W_OK | X_OK) != 0)
    return {"state", Health::kFault, paths.state + " cannot be written", "chmod 700 " + paths.state};
  const auto ignored = context.files.read(join_path(paths.root, ".lumenflow/.gitignore"), 1 << 16);
  if (!ignored.ok() || ("\n" + *ignored).find("\nstate/") == std::string::npos)
    return {"state", Health::kWarning, paths.state + " is not ignored by git",
            "write 'state/' into .lumenflow/.gitignore: keys must not be committed"};
  return {"state", Health::kOk, paths.state + ", yours alone", {}};
}

Check check_keys(const Context& context, const sidecar::WorkspacePaths& paths) {
  const auto folder = context.files.stat(paths.keys);
  if (folder.ok() && *folder && ((*folder)->mode & 077) != 0)
    return {"keys", Health::kFault, paths.keys + " can be entered by others", "chmod 700 " + paths.keys};
  for (const char* name : {"token.pem", "operator.pem", "log.seed", "redaction.key"}) {
    const std::string path = join_path(paths.keys, name);
    const auto info = context.files.stat(path);
    if (!info.ok() || !*info)
      return {"keys", Health::kFault, std::string(name) + " is missing",
              "run `lumenflow init` to make what is missing"};
    if (((*info)->mode & 077) != 0)
      return {"keys", Health::kFault, std::string(name) + " can be read by others", "chmod 600 " + path};
  }
  const auto keys = sidecar::load_keys(context.files, paths.keys);
  if (!keys.ok()) return {"keys", Health::kFault, keys.error().message(), "restore the keys from a backup"};
  return {"keys",
          Health::kOk,
          "present, readable by you alone; the operator's is " + kernel::thumbprint_of(keys->operator_public_pem),
          {}};
}

Check check_config(const kernel::WorkspacePacks& read) {
  if (!read.config)
    return {"config", Health::kFault, "lumenflow.yaml has faults; they are listed below", "mend them, one by one"};
  const kernel::WorkspaceConfig& config = *read.config;
  return {"config",
          Health::kOk,
          "workspace " + config.id.str() + ", " + (config.production ? "production" : "development") + ", " +
              count(config.lanes.size(), "lane") + ", " + count(config.packs.size(), "pin"),
          {}};
}

void check_packs(const kernel::WorkspacePacks& read, Checks& checks) {
  for (const auto& pack : read.registry->packs())
    checks.push_back(
        {"pack " + pack->manifest.id,
         Health::kOk,
         pack->manifest.version + ", " + count(pack->manifest.tools.size(), "tool") + ", " + pack->origin.source,
         {}});
  for (const pack::RefusedPack& pack : read.registry->refused())
    checks.push_back({"pack " + pack.id, Health::kFault,
                      "refused: " + count(pack.diagnostics.items().size(), "fault") + ", listed below",
                      "mend its manifest; other packs run"});
}

Check check_uplink(const Context& context, const sidecar::WorkspacePaths& paths,
                   const kernel::WorkspaceConfig& config) {
  const Timestamp now = context.clock.now();
  const auto enrollment = sidecar::enrollment_of(context.files, paths, config, now);
  if (!enrollment.ok()) {  // "what is wrong; what to do"
    const std::string& message = enrollment.error().message();
    const std::size_t help = message.rfind("; ");
    const bool split = help != std::string::npos;
    return {"uplink", Health::kFault, "the sidecar starts unenrolled: " + message.substr(0, help),
            split ? message.substr(help + 2) : "run `lumenflow enroll`"};
  }
  if (!*enrollment) return {"uplink", Health::kOk, config.uplink + ", not enrolled", {}};
  const std::string where = config.uplink + ", enrolled with " + (*enrollment)->conductor_url;
  if (conductor_link::standing_of(**enrollment, now) != conductor_link::Standing::kValid)
    return {"uplink", Health::kWarning, where + ", whose token expired at " + format_rfc3339((*enrollment)->expires_at),
            "a sidecar that runs renews it when it reaches the conductor; else enroll again with `lumenflow enroll`"};
  return {"uplink", Health::kOk, where, {}};
}

// Until when the conductor may do something here: the sidecar renews that, and tells the conductor.
void check_conductor_token(const Context& context, const json::Value& stats, Checks& checks) {
  const json::Value* token = stats.find("conductor_token");
  if (token == nullptr) return;
  const std::string text(json::string_or(*token, "expires_at", ""));
  const auto until = parse_rfc3339(text);
  if (until.ok() && *until <= context.clock.now())
    checks.push_back({"conductor token", Health::kWarning,
                      "what was minted for the conductor ended at " + text + ": its calls are refused here",
                      "see why in the sidecar's log; where it was revoked, enroll again with `lumenflow enroll`"});
  else if (!json::boolean_or(*token, "given", true))
    checks.push_back({"conductor token", Health::kWarning,
                      "renewed until " + text + ", and the conductor does not have it yet",
                      "its direct calls end with the one before; it is given when the conductor is reached"});
}

// What a running sidecar's uplink says of itself.
void check_outbox(const Context& context, Session& session, Checks& checks) {
  const auto stats = session.get("/outbox");
  if (!stats.ok() || !json::boolean_or(*stats, "enabled", false)) return;
  check_conductor_token(context, *stats, checks);
  const std::string_view connection = json::string_or(*stats, "connection", "off");
  const std::string pending = count(static_cast<std::size_t>(json::integer_or(*stats, "pending_events", 0)), "event");
  const std::string why(json::string_or(*stats, "last_error", ""));
  const std::int64_t letters = json::integer_or(*stats, "dead_letters", 0);
  if (const std::string alarm(json::string_or(*stats, "alarm", "")); !alarm.empty())
    checks.push_back(
        {"conductor", Health::kFault, alarm,
         "do not rely on what it says of the past; compare with `lumenflow audit compare`, and ask who runs it"});
  if (connection == "forked")
    checks.push_back(
        {"outbox", Health::kFault, why,
         "nothing is delivered until that is settled: restore the journal or the other side, or consent to go on with "
         "`lumenflow outbox consent`"});
  else if (connection != "connected")
    checks.push_back({"outbox", Health::kWarning,
                      "not connected, " + pending + " waiting" + (why.empty() ? "" : ": " + why),
                      "see `lumenflow outbox stats`"});
  else if (letters > 0)
    checks.push_back({"outbox", Health::kWarning, count(static_cast<std::size_t>(letters), "dead letter"),
                      "see `lumenflow outbox dead-letters`"});
  else
    checks.push_back({"outbox", Health::kOk, "connected, " + pending + " waiting", {}});
}

// Opening signs a head where there is none, so what was there before is asked first.
struct JournalBefore {
  bool journal = false, checkpoint = false;
};
JournalBefore look_at_journal(const Context& context) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) return {};
  const sidecar::WorkspacePaths paths(*root);
  const auto is_there = [&](const std::string& path) {
    const auto found = context.files.stat(path);
    return found.ok() && found->has_value();
  };
  return {is_there(paths.journal), is_there(join_path(paths.checkpoints, "latest"))};
}

Check check_of_journal(const JournalBefore& before, const std::string& size) {
  if (!before.journal) return {"journal", Health::kOk, "begun just now", {}};
  if (before.checkpoint) return {"journal", Health::kOk, size + ", opens and agrees with its last checkpoint", {}};
  return {"journal", Health::kWarning, size + ", opens, but there was no checkpoint to hold it against",
          "hold it against one that was kept elsewhere: `lumenflow audit verify --checkpoint FILE`"};
}

// What counts where the disk says otherwise.
void check_accepted(const json::Value& diagnostics, Checks& checks) {
  const json::Value *configuration = diagnostics.find("configuration"), *key = diagnostics.find("operator_key");
  if (configuration == nullptr || key == nullptr) return;  // a sidecar of an older version
  const bool production = json::boolean_or(*configuration, "production", false);
  if (json::boolean_or(*configuration, "tampered", false))
    checks.push_back({"accepted config", Health::kFault,
                      "SPEC_TAMPERED: lumenflow.yaml is not what was accepted last, which was for " +
                          std::string(production ? "production" : "development") + "; nothing is called",
                      "put it back, or take it up with `lumenflow reload`"});
  if (const std::string replaced(json::string_or(*key, "replaced", "")); !replaced.empty())
    checks.push_back(
        {"operator key", production ? Health::kFault : Health::kWarning, replaced,
         production ? "nothing is called until then" : "where the pinned one is lost: `lumenflow operator-key repin`"});
  else
    checks.push_back({"operator key", Health::kOk, "pinned: " + cell(key->find("thumbprint")), {}});
}

bool check_sidecar(const Context& context, const kernel::WorkspacePacks& read, Checks& checks) {
  const JournalBefore before = look_at_journal(context);
  const auto session = Session::open(context);
  if (!session.ok()) {
    checks.push_back({"journal", Health::kFault, session.error().message(), "nothing can be called until it opens"});
    return false;
  }
  const bool running = (*session)->is_remote();
  checks.push_back({"sidecar", Health::kOk, running ? "running" : "not running (lumenflow up starts it)", {}});
  const auto diagnostics = (*session)->get("/diagnostics");
  if (!diagnostics.ok()) {
    checks.push_back({"journal", Health::kFault, diagnostics.error().message(), "restart the sidecar"});
    return running;
  }
  check_accepted(*diagnostics, checks);
  const json::Value* journal = diagnostics->find("journal");
  if (journal != nullptr && json::boolean_or(*journal, "damaged", false)) {
    checks.push_back({"journal", Health::kFault,
                      cell(journal->find("what")) + ", from position " + cell(journal->find("first_affected")),
                      "it is read-only now; run `lumenflow audit verify`"});
  } else if (journal != nullptr && json::boolean_or(*journal, "read_only", false)) {
    checks.push_back({"journal", Health::kFault, "is on a read-only file system: it can be read, and nothing is called",
                      "remount it, or copy the workspace"});
  } else if (journal != nullptr && !json::boolean_or(*journal, "available", true)) {
    checks.push_back({"journal", Health::kFault, "cannot be written", "look at disk space and the sidecar's log"});
  } else {
    const std::string path = sidecar::WorkspacePaths((*session)->root()).journal;
    checks.push_back(check_of_journal(before, megabytes(context, path)));
    for (const auto& pack : read.registry->packs()) check_store(**session, pack->manifest, checks);
  }
  if (const json::Value* recording = diagnostics->find("recording"); recording != nullptr)
    checks.push_back({"recording", Health::kWarning,
                      cell(recording->find("file")) + " is not whole: " + cell(recording->find("reason")),
                      "what is in it can be replayed; make room and `lumenflow record` into another file"});
  if (running) check_outbox(context, **session, checks);
  check_running_packs(**session, read, checks);
  return running;
}

}  // namespace lumenflow::cli
