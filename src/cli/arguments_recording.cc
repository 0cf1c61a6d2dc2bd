// Commands of recordings.
#include <CLI/CLI.hpp>

#include "cli/parsed.h"

namespace lumenflow::cli {

void add_recording_commands(CLI::App& app, Parsed& parsed) {
  RecordFlags& record_flags = parsed.record;
  CLI::App* record = app.add_subcommand("record", "Record what the running sidecar's kernel hears and does");
  CLI::Option* file = record->add_option("file", record_flags.file, "a new file")->check(not_blank);
  record->add_flag("--stop", record_flags.stop, "end the recording")->excludes(file);
  record->add_flag("--status", record_flags.status, "say how it is going")->excludes(file);
  record->add_option("--passphrase-file", record_flags.passphrase_file, "unlocks the operator key; - for stdin");
  record->add_flag("--json", record_flags.json);
  record->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_record(context, parsed.record); }; });

  ReplayFlags& flags = parsed.replay;
  CLI::App* replay = app.add_subcommand("replay", "Run a recording again and compare every tick");
  replay->add_option("file", flags.file, "the recording")->check(not_blank);
  replay->add_flag("--verify", flags.verify, "say only whether it holds");
  replay->add_option("--until", flags.until, "the last tick that is wanted")
      ->check(CLI::Range(std::uint64_t{0}, (std::uint64_t{1} << 53) - 1));  // a negative number would wrap around
  replay->add_flag("--map", flags.map, "event types of another catalogue by their names, where they are compatible");
  replay->add_flag("--json", flags.json);
  replay->callback([&parsed, replay] {
    if (!replay->get_subcommands().empty()) return;
    if (parsed.replay.file.empty()) throw CLI::RequiredError("file");
    parsed.run = [&parsed](Context& context) { return run_replay(context, parsed.replay); };
  });
  CLI::App* show = replay->add_subcommand("show", "A recording as JSON, a line for each block; nothing is run");
  show->add_option("recording", flags.file)->required()->check(not_blank);
  show->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_replay_show(context, parsed.replay); }; });
  CLI::App* diff = replay->add_subcommand("diff", "Where two recordings first differ; nothing is run");
  diff->add_option("first", flags.file)->required()->check(not_blank);
  diff->add_option("second", flags.other)->required()->check(not_blank);
  diff->add_flag("--json", flags.json);
  diff->callback(
      [&parsed] { parsed.run = [&parsed](Context& context) { return run_replay_diff(context, parsed.replay); }; });
}

}  // namespace lumenflow::cli
