// Commands of the runtime event catalogue.
#include <CLI/CLI.hpp>

#include "catalogue/compatibility.h"
#include "cli/parsed.h"

namespace lumenflow::cli {

void add_generate_commands(CLI::App& app, Parsed& parsed) {
  GenerateFlags& flags = parsed.generate;
  CLI::App* generate = app.add_subcommand("generate", "Merge the packs' runtime event types into typed code");
  generate->add_flag("--check", flags.check, "write nothing; 1 where something would be written, with the difference");
  generate->add_flag("--watch", flags.watch, "again whenever a file changes, until interrupted");
  generate->add_option("--base", flags.base, "a list of event types instead of the core's")->check(not_blank);
  generate->add_option("--packs-root", flags.packs_root, "the folder with the packs (default: packs)")
      ->check(not_blank);
  generate->add_option("--out", flags.out, "where to write (default: catalogue, beside the packs)")->check(not_blank);
  generate->add_option("--remove", flags.remove, "a type that goes for good; repeatable");
  generate->add_option("--format", flags.format, "of faults")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  generate->callback([&parsed, generate] {
    if (generate->get_subcommands().empty())
      parsed.run = [&parsed](Context& context) { return run_generate(context, parsed.generate); };
  });
  CLI::App* compat = generate->add_subcommand("compat", "What a later catalogue breaks for those of an earlier one");
  compat->add_option("old", parsed.generate_compat.before, "the earlier catalogue.lock.json")->required();
  compat->add_option("new", parsed.generate_compat.after, "the later catalogue.lock.json")->required();
  compat->add_option("--mode", parsed.generate_compat.mode)
      ->check(CLI::IsMember(catalogue::kCompatibilityModes))
      ->capture_default_str();
  compat->add_option("--format", parsed.generate_compat.format)
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  compat->callback([&parsed] {
    parsed.run = [&parsed](Context& context) { return run_generate_compat(context, parsed.generate_compat); };
  });
}

}  // namespace lumenflow::cli
