#include <CLI/CLI.hpp>

#include "cli/parsed.h"

namespace lumenflow::cli {

void add_import_mcp(CLI::App& pack, Parsed& parsed) {
  ImportMcpFlags& flags = parsed.import_mcp;
  CLI::App* command =
      pack.add_subcommand("import-mcp", "Make a pack of an MCP server, or look at what has changed of it");
  command->add_option("server", flags.server, "a URL, or behind -- a program and its arguments");
  command->add_option("--id", flags.id, "the pack's id (default: made of the server's name)")->check(not_blank);
  command->add_option("--out", flags.out, "the folder to write (default: packs/<id> of the workspace)")
      ->check(not_blank);
  command->add_option("--read", flags.reads, "files that a program may read, as a glob; may be repeated")
      ->allow_extra_args(false)
      ->check(not_blank);
  command->add_option("--write", flags.writes, "files that it may write: one, or DIR/** (default: mcp/<id>/**)")
      ->allow_extra_args(false)
      ->check(not_blank);
  command->add_option("--host", flags.hosts, "host, host:port or block of addresses that it may reach")
      ->allow_extra_args(false)
      ->check(not_blank);
  command->add_option("--env", flags.environment, "a variable of the environment that it is given")
      ->allow_extra_args(false)
      ->check(not_blank);
  command->add_option("--bearer-env", flags.bearer_env, "the variable with the token for a URL")->check(not_blank);
  command->add_option("--ca-file", flags.ca_file,
                      "PEM authorities that are trusted instead of the system's, while it is looked at");
  command->add_flag("--allow-private", flags.allow_private, "the URL may lead to this machine or its network");
  command->add_flag("--keep-names", flags.keep_names, "on the MCP surface its tools keep the server's names");
  command->add_flag("--no-pin", flags.no_pin, "leave lumenflow.yaml as it is");
  command->add_flag("--update", flags.update, "show how a mounted server's tools differ from what was accepted");
  command->add_flag("--accept", flags.accept, "with --update: accept them as they are now");
  command->add_option("--timeout", flags.timeout_s, "seconds that the server has to say who it is")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_import_mcp(context, parsed.import_mcp); }; });
}

}  // namespace lumenflow::cli
