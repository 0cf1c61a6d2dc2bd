// Commands of the control plane.
#include <CLI/CLI.hpp>

#include "cli/parsed.h"

namespace lumenflow::cli {

void add_conductor_commands(CLI::App& app, Parsed& parsed) {
  ConductorFlags& flags = parsed.conductor;
  CLI::App* conductor =
      app.add_subcommand("conductor", "Run the control plane until SIGTERM")->require_subcommand(0, 1);
  conductor->add_option("--listen", flags.listen, "HOST:PORT; port 0 picks one")->capture_default_str();
  conductor->add_option("--store", flags.store, "sqlite:PATH, or memory")->capture_default_str();
  conductor->add_option("--public-url", flags.public_url,
                        "how workspaces and devices reach it (default: as it listens)");
  CLI::Option* cert = conductor->add_option("--tls-cert", flags.tls_cert, "PEM certificate chain: answers over TLS");
  CLI::Option* key = conductor->add_option("--tls-key", flags.tls_key, "its PEM key");
  cert->needs(key);
  key->needs(cert);
  conductor->add_flag("--private-hooks", flags.private_hooks, "webhooks may lead to private addresses, without TLS");
  conductor->add_flag("--private-sidecars", flags.private_sidecars,
                      "a workspace's sidecar_url may lead to a private address, without TLS");
  conductor->add_flag("--json", flags.json, "print one JSON line when ready");
  conductor->callback([&parsed, conductor] {
    if (conductor->get_subcommands().empty())
      parsed.run = [&parsed](Context& context) { return run_conductor(context, parsed.conductor); };
  });

  using Run = int (*)(Context&, const ConductorFlags&);
  const auto add = [&](const char* name, const char* what, Run run) {
    CLI::App* command = conductor->add_subcommand(name, what);
    command->add_option("--store", flags.store, "sqlite:PATH")->capture_default_str();
    command->add_flag("--json", flags.json);
    command->callback(
        [&parsed, run] { parsed.run = [&parsed, run](Context& context) { return run(context, parsed.conductor); }; });
    return command;
  };
  CLI::App* admin = add("init-admin", "Add an admin; the passphrase comes from stdin",
                        [](Context& context, const ConductorFlags& given) {
                          ConductorFlags as_admin = given;
                          as_admin.role = "admin";
                          return run_conductor_operator(context, as_admin);
                        });
  CLI::App* person = add("operator", "Add an operator; the passphrase comes from stdin", run_conductor_operator);
  person->add_option("--role", flags.role)
      ->check(CLI::IsMember({"viewer", "operator", "admin"}))
      ->capture_default_str();
  for (CLI::App* command : {admin, person}) {
    command->add_option("--name", flags.name, "lower-case letters, digits and '-'")->required();
    command->add_option("--passphrase-file", flags.passphrase_file, "- for stdin")->capture_default_str();
  }
  CLI::App* ticket = add("ticket", "Print a one-time ticket, good for ten minutes", run_conductor_ticket);
  ticket->add_option("--workspace", flags.workspace, "only for this workspace (default: any new one)");
  ticket->add_option("--kind", flags.kind)->check(CLI::IsMember({"workspace", "device"}))->capture_default_str();

  CLI::App* rotate = conductor->add_subcommand(
      "rotate-key", "Have a running conductor sign tokens with a new key; the admin's passphrase comes from stdin");
  rotate->add_option("--conductor", flags.url, "its URL")->required()->check(not_blank);
  rotate->add_option("--name", flags.name, "the admin who signs in for it")->required()->check(not_blank);
  rotate->add_option("--passphrase-file", flags.passphrase_file, "- for stdin")->capture_default_str();
  rotate->add_option("--ca", flags.ca_file, "PEM of the authorities that are trusted there, instead of the system's")
      ->check(CLI::ExistingFile);
  rotate->add_flag("--json", flags.json);
  rotate->callback([&parsed] {
    parsed.run = [&parsed](Context& context) { return run_conductor_rotate_key(context, parsed.conductor); };
  });
}

}  // namespace lumenflow::cli
