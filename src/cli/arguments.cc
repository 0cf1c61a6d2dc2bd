#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <ostream>

#include "cli/bench_packs.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/output.h"
#include "cli/parsed.h"
#include "sidecar/version.h"

namespace lumenflow::cli {

std::string not_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos ? "is empty; give a value, or leave the flag out" : "";
}

namespace {

constexpr std::uint64_t kPositionMax = (1ull << 53) - 1;     // as far as JSON numbers are exact
const CLI::Range kPosition(std::uint64_t{0}, kPositionMax);  // a negative number would wrap around

void add_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format)->check(CLI::IsMember({"text", "json", "sarif"}))->capture_default_str();
}

void add_workspace_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* init = app.add_subcommand("init", "Make this folder a workspace: lumenflow.yaml and its keys");
  init->add_option("--id", parsed.init.id, "workspace id (default: the folder's name)");
  init->add_flag("--production", parsed.init.production, "production mode; needs --passphrase-file");
  init->add_option("--passphrase-file", parsed.init.passphrase_file,
                   "file with the operator's passphrase, - for stdin");
  init->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_init(context, parsed.init); }; });

  CLI::App* up = app.add_subcommand("up", "Run the workspace's sidecar until SIGTERM");
  up->add_option("--listen", parsed.up.listen, "HOST:PORT (default from lumenflow.yaml; port 0 picks one)");
  CLI::Option* cert = up->add_option("--tls-cert", parsed.up.tls_cert, "PEM certificate chain: answers over TLS");
  CLI::Option* key = up->add_option("--tls-key", parsed.up.tls_key, "its PEM key");
  cert->needs(key);
  key->needs(cert);
  up->add_flag("--json", parsed.up.json, "print one JSON line when ready");
  CLI::Option* page = up->add_flag("--ui", parsed.up.ui, "serve the page of this workspace, and print a link to it");
  up->add_option("--ui-listen", parsed.up.ui_listen, "HOST:PORT of the page (default 127.0.0.1:7421, or another port)")
      ->needs(page);
  up->add_option("--passphrase-file", parsed.up.passphrase_file,
                 "unlocks the operator key, so that the page can decide; - for stdin")
      ->needs(page);
  up->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_up(context, parsed.up); }; });

  CLI::App* ui = app.add_subcommand("ui", "Print a link to the page that `up --ui` serves: good once, for ten minutes");
  ui->add_flag("--json", parsed.tools_json);
  ui->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_ui(context, parsed.tools_json); }; });

  CLI::App* doctor = app.add_subcommand("doctor", "Check everything a support person would ask for");
  add_format(*doctor, parsed.doctor.format);
  doctor->add_flag("--json", parsed.doctor.json, "the same as --format json");
  doctor->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_doctor(context, parsed.doctor); }; });

  CLI::App* reload = app.add_subcommand("reload", "Let the running sidecar take up lumenflow.yaml and the packs");
  reload->add_flag("--check", parsed.reload.check, "report every fault and change nothing");
  reload->add_option("--passphrase-file", parsed.reload.passphrase_file, "unlocks the operator key; - for stdin");
  add_format(*reload, parsed.reload.format);
  reload->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_reload(context, parsed.reload); }; });
}

void add_pack_test(CLI::App& pack, Parsed& parsed) {
  CLI::App* test = pack.add_subcommand("test", "Prove that a pack behaves: the conformance checks C1 to C9");
  CLI::Option* folder = test->add_option("folder", parsed.pack_test.folder, "the pack's folder")->capture_default_str();
  test->add_option("--id", parsed.pack_test.id, "a builtin, a pin of the workspace, or a folder of packs/")
      ->excludes(folder);
  test->add_option("--format", parsed.pack_test.format)
      ->check(CLI::IsMember({"text", "junit", "tap"}))
      ->capture_default_str();
  test->add_option("--seed", parsed.pack_test.seed, "of generated inputs; the report prints it")->capture_default_str();
  test->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_pack_test(context, parsed.pack_test); }; });
}

void add_pack_scaffold(CLI::App& pack, Parsed& parsed) {
  CLI::App* scaffold = pack.add_subcommand("scaffold", "Write a new pack that builds, validates and has a test");
  scaffold->add_option("id", parsed.pack_scaffold.id, "its id: lower-case words joined by dashes")->required();
  scaffold->add_option("--lang", parsed.pack_scaffold.language, "the language it is written in")
      ->check(CLI::IsMember({"cpp", "python", "node"}))
      ->capture_default_str();
  scaffold->add_option("--out,--dir", parsed.pack_scaffold.folder,
                       "the folder to write (default: one named like the pack)");
  scaffold->callback([&parsed] {
    parsed.run = [&parsed](Context& context) { return run_pack_scaffold(context, parsed.pack_scaffold); };
  });
}

void add_pin_commands(CLI::App& pack, Parsed& parsed) {
  using Run = int (*)(Context&, const PackPinFlags&);
  const auto add = [&](const char* name, const char* what, Run run) {
    CLI::App* command = pack.add_subcommand(name, what);
    command->callback(
        [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.pack_pin); }; });
    return command;
  };
  CLI::App* pin = add("add", "Pin a pack in lumenflow.yaml, by its content", run_pack_add);
  pin->add_option("pack", parsed.pack_pin.target, "a folder with a manifest.yaml, or the id of a builtin")->required();
  pin->add_option("--integrity", parsed.pack_pin.integrity, "dev: whatever the folder holds")
      ->check(CLI::IsMember({"dev"}));
  add("remove", "Remove a pin from lumenflow.yaml", run_pack_remove)
      ->add_option("id", parsed.pack_pin.target)
      ->required();
  CLI::App* list = add("list", "List the pinned packs, as they are on disk", run_pack_list);
  list->add_option("--format", parsed.pack_pin.format)->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  add("hash", "Print the integrity of a pack", run_pack_hash)
      ->add_option("pack", parsed.pack_pin.target, "a folder with a manifest.yaml, or the id of a builtin")
      ->required();
  CLI::App* compat = pack.add_subcommand("compat", "Report what a new version of a pack breaks");
  compat->add_option("old", parsed.pack_compat.before, "the old pack's folder")->required();
  compat->add_option("new", parsed.pack_compat.after, "the new pack's folder")->required();
  compat->add_option("--format", parsed.pack_compat.format)
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  compat->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_pack_compat(context, parsed.pack_compat); }; });
}

void add_pack_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* pack = app.add_subcommand("pack", "Work on packs")->require_subcommand(1);
  add_pack_scaffold(*pack, parsed);
  CLI::App* validate = pack->add_subcommand("validate", "Report every fault of a pack's manifest");
  CLI::Option* folder =
      validate->add_option("folder", parsed.pack_validate.folder, "the pack's folder")->capture_default_str();
  validate->add_option("--id", parsed.pack_validate.id, "a builtin, a pin of the workspace, or a folder of packs/")
      ->excludes(folder);
  validate->add_flag("--strict", parsed.pack_validate.strict, "warnings are errors");
  add_format(*validate, parsed.pack_validate.format);
  validate->callback([&parsed] {
    parsed.run = [&parsed](Context& context) { return run_pack_validate(context, parsed.pack_validate); };
  });
  add_pack_test(*pack, parsed);
  add_import_mcp(*pack, parsed);
  add_pin_commands(*pack, parsed);
}

void add_call_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* tools = app.add_subcommand("tools", "List the tools of the active packs");
  tools->add_flag("--json", parsed.tools_json);
  tools->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_tools(context, parsed.tools_json); }; });

  CLI::App* call = app.add_subcommand("call", "Call a tool");
  call->add_option("name", parsed.call.tool, "tool name or alias")->required();
  call->add_option("--input", parsed.call.input, "JSON, @FILE, or - for stdin")->capture_default_str();
  call->add_option("--idempotency-key", parsed.call.idempotency_key, "the same key again gives the recorded result");
  call->add_flag("--json", parsed.call.json, "print the whole result on one line");
  call->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_call(context, parsed.call); }; });
}

void add_event_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* events = app.add_subcommand("events", "Read the workspace's events")->require_subcommand(1);
  const auto common = [&parsed](CLI::App* command) {
    command->add_option("--kind", parsed.events.kind, "only events of this kind");
    command->add_option("--after", parsed.events.after, "from behind this journal position")->check(kPosition);
    command->add_option("--format", parsed.events.format)
        ->check(CLI::IsMember({"jsonl", "cloudevents"}))
        ->capture_default_str();
    command->add_flag("--json", parsed.events.json, "the same as --format jsonl");
  };
  CLI::App* tail = events->add_subcommand("tail", "Follow them as they come");
  common(tail);
  tail->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_events_tail(context, parsed.events); }; });
  CLI::App* show = events->add_subcommand("show", "One event");
  show->add_option("id", parsed.events.id, "event_id")->required();
  common(show);
  show->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_events_show(context, parsed.events); }; });
  CLI::App* out = events->add_subcommand("export", "All of them, to stdout");
  common(out);
  out->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_events_export(context, parsed.events); }; });
}

using OutboxCommand = int (*)(Context&, const OutboxFlags&);

CLI::App* add_outbox_command(CLI::App& parent, Parsed& parsed, const std::string& name, const std::string& help,
                             OutboxCommand run) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&parsed, run, command] {
    if (!command->get_subcommands().empty()) return;  // the last word says what to do
    parsed.run = [&parsed, run](Context& context) { return run(context, parsed.outbox); };
  });
  return command;
}

void add_outbox_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* outbox = app.add_subcommand("outbox", "What waits for the other side of the uplink")->require_subcommand(1);
  OutboxFlags& flags = parsed.outbox;
  const auto page = [&flags](CLI::App* command) {
    command->add_option("--stream", flags.stream)->capture_default_str();
    command->add_option("--after", flags.after, "from behind this journal position")->check(kPosition);
    command->add_option("--limit", flags.limit, "at most so many")
        ->check(CLI::Range(std::uint64_t{1}, kPositionMax))
        ->capture_default_str();
    command->add_flag("--json", flags.json, "a JSON object a line");
  };
  page(add_outbox_command(*outbox, parsed, "list", "Events that were not acknowledged, oldest first", run_outbox_list));
  add_outbox_command(*outbox, parsed, "stats", "How much waits, since when, and what was dropped", run_outbox_stats)
      ->add_flag("--json", flags.json);
  add_outbox_command(*outbox, parsed, "drain", "Wait until nothing is pending", run_outbox_drain)
      ->add_option("--timeout", flags.timeout)
      ->capture_default_str();
  add_outbox_command(*outbox, parsed, "export", "Every pending event, as JSON lines", run_outbox_export)
      ->add_option("--stream", flags.stream)
      ->capture_default_str();
  CLI::App* letters =
      add_outbox_command(*outbox, parsed, "dead-letters", "Events that were refused for good", run_outbox_dead_letters);
  page(letters);
  const auto target = [&flags](CLI::App* command) {
    command->add_option("position", flags.position, "of the dead letter in the journal");
    command->add_option("--stream", flags.stream)->capture_default_str();
    command->add_flag("--all", flags.all, "every dead letter of the stream");
  };
  target(add_outbox_command(*letters, parsed, "requeue", "Send it again, under a new seq", run_outbox_requeue));
  target(add_outbox_command(*letters, parsed, "purge", "Let it go", run_outbox_purge));
  add_outbox_command(*outbox, parsed, "consent", "Go on with this journal after LOG_FORKED", run_outbox_consent)
      ->add_option("--passphrase-file", flags.passphrase_file, "unlocks the operator key; - for stdin");

  app.add_subcommand("mcp", "The Model Context Protocol on stdin and stdout, for agents that start their servers")
      ->callback([&parsed] { parsed.run = [](Context& context) { return run_mcp(context); }; });

  CLI::App* inbox = app.add_subcommand("inbox", "What the loopback adapter took in");
  inbox->add_option("--after", parsed.inbox.after, "from behind this position of the inbox")->check(kPosition);
  inbox->add_flag("--json", parsed.inbox.json, "a JSON object a line");
  inbox->callback([&parsed, inbox] {
    if (inbox->get_subcommands().empty())
      parsed.run = [&parsed](Context& context) { return run_inbox(context, parsed.inbox); };
  });
  CLI::App* send = inbox->add_subcommand("send", "Say something to the workspace, as the other side would");
  send->add_option("kind", parsed.inbox.kind, "of the event, such as conductor:recovery_requested")->required();
  send->add_option("--payload", parsed.inbox.payload, "JSON, @FILE, or - for stdin")->capture_default_str();
  send->add_flag("--json", parsed.inbox.json, "the answer as a JSON object");
  send->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_inbox_send(context, parsed.inbox); }; });
}

using HandlerCommand = int (*)(Context&, const HandlerFlags&);

CLI::App* add_handler_command(CLI::App& parent, Parsed& parsed, const std::string& name, const std::string& help,
                              HandlerCommand run) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback(
      [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.handlers); }; });
  return command;
}

void add_handler_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* handlers =
      app.add_subcommand("handlers", "Events on their way to the packs' handlers")->require_subcommand(1);
  HandlerFlags& flags = parsed.handlers;
  add_handler_command(*handlers, parsed, "list", "How many events wait for each pack", run_handlers_list)
      ->add_flag("--json", flags.json);
  const auto of_pack = [&flags](CLI::App* command) {
    command->add_option("--pack", flags.pack, "the pack's id")->required();
    command->add_option("--stream", flags.stream)->capture_default_str();
    return command;
  };
  of_pack(add_handler_command(*handlers, parsed, "dead-letters", "Events that its handler kept failing with",
                              run_handlers_dead_letters))
      ->add_flag("--json", flags.json, "a JSON object a line");
  const auto of_letter = [&](const std::string& name, const std::string& help, HandlerCommand run) {
    of_pack(add_handler_command(*handlers, parsed, name, help, run))
        ->add_option("position", flags.position, "of the dead letter in the journal")
        ->required();
  };
  of_letter("requeue", "Try a dead letter once more", run_handlers_requeue);
  of_letter("purge", "Let a dead letter go", run_handlers_purge);
}

using AuditCommand = int (*)(Context&, const AuditFlags&);

CLI::App* add_audit_command(CLI::App& audit, Parsed& parsed, const std::string& name, const std::string& help,
                            AuditCommand run) {
  CLI::App* command = audit.add_subcommand(name, help);
  command->add_flag("--json", parsed.audit.json);
  command->callback(
      [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.audit); }; });
  return command;
}

void add_verify_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& verify =
      *app.add_subcommand("verify", "Hold the journal and the conductor against each other")->require_subcommand(1);
  CLI::App* turn = verify.add_subcommand("turn", "Each event and call of an agent's turn, on both sides");
  turn->add_option("id", parsed.verify_turn.turn_id, "the turn's id")->required();
  turn->add_flag("--json", parsed.verify_turn.json);
  turn->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_verify_turn(context, parsed.verify_turn); }; });
}

void add_audit_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& audit = *app.add_subcommand("audit", "Read and prove the journal")->require_subcommand(1);
  CLI::App* verify =
      add_audit_command(audit, parsed, "verify", "Recheck every entry and every signed head", run_audit_verify);
  verify->add_option("--checkpoint", parsed.audit.checkpoints,
                     "a signed head that was kept elsewhere, also; may be given again");
  verify->add_option(
      "--witness", parsed.audit.witnesses,
      "a witness's key, NAME+ID+BASE64: each --checkpoint has to be co-signed by it; may be given again");
  verify->add_option("--key", parsed.audit.key, "the log's public key (log.pub); default: the workspace's");
  verify->add_option("--proof", parsed.audit.proof, "check this proof instead of the journal");
  add_audit_command(audit, parsed, "retain", "Let go of stored inputs and outputs that are over their retention",
                    run_audit_retain)
      ->add_flag("--dry-run", parsed.audit.dry_run, "only say what would go");
  add_audit_command(audit, parsed, "compare", "Compare the journal with what the conductor has of it",
                    run_audit_compare);
  CLI::App* list = add_audit_command(audit, parsed, "list", "Entries of the journal", run_audit_list);
  CLI::App* out =
      add_audit_command(audit, parsed, "export", "Entries of the journal, to stdout or a file", run_audit_export);
  for (CLI::App* command : {list, out}) {
    command->add_option("--after", parsed.audit.after, "from behind this position")->check(kPosition);
    command->add_option("--since", parsed.audit.since, "RFC 3339 time");
    command->add_option("--tool", parsed.audit.tool);
    command->add_option("--subject", parsed.audit.subject);
    command->add_option("--outcome", parsed.audit.outcome)
        ->check(CLI::IsMember(
            {"success", "failure", "denied", "pending", "cancelled", "stopped", "timeout", "crashed", "unknown"}));
  }
  CLI::App* show =
      add_audit_command(audit, parsed, "show", "One entry, or one call with all its entries", run_audit_show);
  show->add_option("what", parsed.audit.what, "a position, or a call's receipt: rcpt-…")->required();
  for (CLI::App* command : {list, out, show})
    command->add_option("--format", parsed.audit.format)->check(CLI::IsMember({"table", "json", "csv", "cloudevents"}));
  CLI::App* prove = add_audit_command(audit, parsed, "prove", "A self-contained proof that an entry is in the journal",
                                      run_audit_prove);
  prove->add_option("position", parsed.audit.position)->required();
  CLI::App* consistency = add_audit_command(
      audit, parsed, "consistency", "A proof that the journal only grew from size A to B", run_audit_consistency);
  consistency->add_option("a", parsed.audit.from_size)->required();
  consistency->add_option("b", parsed.audit.to_size)->required();
  for (CLI::App* command : {out, prove, consistency})
    command->add_option("--out", parsed.audit.out, "write to this file");
}

void add_backup_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* backup = app.add_subcommand("backup", "Write journal, keys and lumenflow.yaml into one file");
  CLI::App* restore = app.add_subcommand("restore", "Make a workspace's state from a backup, with a log_id of its own");
  restore->add_option("--into", parsed.backup.into, "the workspace's folder (default: this one)");
  for (CLI::App* command : {backup, restore}) {
    command->add_option("file", parsed.backup.file)->required()->check(not_blank);
    command->add_flag("--json", parsed.backup.json);
  }
  backup->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_backup(context, parsed.backup); }; });
  restore->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_restore(context, parsed.backup); }; });
}

void add_other_commands(CLI::App& app, Parsed& parsed) {
  CLI::App* bench = app.add_subcommand("bench", "Measure this machine and this build");
  bench->add_option("name", parsed.bench.name, "one group of figures (default: all)");
  bench->add_flag("--json", parsed.bench.json);
  bench->add_flag("--quick", parsed.bench.quick, "Next to nothing of each: whether it runs, not how fast");
  bench->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_bench(context, parsed.bench); }; });

  // Started by the bench alone, so --help does not list it.
  app.add_subcommand("bench-pack", "The bench's own pack, over the pack protocol")->group("")->callback([&parsed] {
    parsed.run = [](Context& context) { return run_bench_pack(context); };
  });

  CLI::App* demo = app.add_subcommand("demo", "A sidecar on a scratch workspace, a conductor, and a few real calls");
  demo->add_option("name", parsed.demo.name)->check(CLI::IsMember({"trace", "sidekick"}))->capture_default_str();
  demo->add_flag("--once", parsed.demo.once, "end after the calls");
  demo->add_flag("--json", parsed.demo.json, "sidekick: a line of JSON for each step");
  demo->callback([&parsed] { parsed.run = [&parsed](Context& context) { return run_demo(context, parsed.demo); }; });

  CLI::App* version = app.add_subcommand("version", "The program's version");
  version->add_flag("--json", parsed.version_json);
  version->add_flag("--errors", parsed.version_errors, "print the table of error codes");
  version->callback([&parsed] {
    parsed.run = [&parsed](Context& context) {
      return run_version(context, parsed.version_json, parsed.version_errors);
    };
  });

  CLI::App* completion = app.add_subcommand("completion", "A completion script for your shell");
  completion->add_option("shell", parsed.shell)->check(CLI::IsMember({"bash", "zsh", "fish"}))->capture_default_str();
  completion->callback([&app, &parsed] {
    parsed.run = [&app, &parsed](Context& context) {
      context.out << completion_script(app, parsed.shell);
      return 0;
    };
  });
}

}  // namespace

int run_command_line(Context& context, int argc, char** argv) {
  CLI::App app("LumenFlow: a governed runtime for agent workspaces", "lumenflow");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("lumenflow ") + sidecar::kVersion);
  app.add_option("--workspace", context.workspace,
                 "the workspace's folder (default: the nearest with a lumenflow.yaml)");
  Parsed parsed;
  add_workspace_commands(app, parsed);
  add_pack_commands(app, parsed);
  add_generate_commands(app, parsed);
  add_recording_commands(app, parsed);
  add_call_commands(app, parsed);
  add_event_commands(app, parsed);
  add_outbox_commands(app, parsed);
  add_handler_commands(app, parsed);
  add_audit_commands(app, parsed);
  add_verify_commands(app, parsed);
  add_backup_commands(app, parsed);
  add_enroll_commands(app, parsed);
  add_token_commands(app, parsed);
  add_device_commands(app, parsed);
  add_stop_commands(app, parsed);
  add_operator_key_commands(app, parsed);
  add_policy_commands(app, parsed);
  add_approval_commands(app, parsed);
  add_recover_commands(app, parsed);
  add_task_commands(app, parsed);
  add_conductor_commands(app, parsed);
  add_other_commands(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const std::vector<std::string> words = app.remaining();
    if (words.empty() || !app.get_subcommands().empty()) return app.exit(error, context.out, context.err) == 0 ? 0 : 2;
    context.err << "lumenflow: no command is called '" << printable(words.front())
                << "'; lumenflow --help lists them\n";
    return 2;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, context.out, context.err) == 0 ? 0 : 2;
  }
  return parsed.run(context);
}

}  // namespace lumenflow::cli
