// lumenflow replay: a recording run again.
#include <filesystem>
#include <ostream>

#include "bus/recording_file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "kernel/replay.h"
#include "sidecar/recorded_workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kUnverifiedShown = 20;

void print_frame(const Context& context, const bus::Frame& frame) {
  context.out << "tick " << frame.tick << "  " << frame.rows.size() << " rows";
  for (const bus::FrameEvent& event : frame.events)
    context.out << "\n  " << event.type << " " << printable(event.payload);
  context.out << "\n";
}

json::Value report_json(const kernel::ReplayReport& report) {
  json::Object out{{"frames", report.frames},
                   {"checkpoints", report.checkpoints},
                   {"first_tick", report.first_tick},
                   {"last_tick", report.last_tick},
                   {"torn", report.torn},
                   {"end_reason", report.end_reason},
                   {"unverified", json::Array(report.unverified.begin(), report.unverified.end())},
                   {"difference", json::Value()}};
  if (report.difference)
    out.set("difference", json::Object{{"tick", report.difference->tick},
                                       {"event", report.difference->event},
                                       {"pointer", report.difference->pointer},
                                       {"what", report.difference->what}});
  return out;
}

void print_report(const Context& context, const kernel::ReplayReport& report) {
  for (std::size_t i = 0; i < report.unverified.size() && i < kUnverifiedShown; ++i)
    context.out << "UNVERIFIED " << printable(report.unverified[i]) << "\n";
  if (report.unverified.size() > kUnverifiedShown)
    context.out << "UNVERIFIED and " << report.unverified.size() - kUnverifiedShown << " more\n";
  if (report.difference) {
    const kernel::ReplayDifference& difference = *report.difference;
    context.out << "differs at tick " << difference.tick;
    if (!difference.event.empty()) context.out << ", event " << printable(difference.event);
    if (!difference.pointer.empty()) context.out << ", at " << printable(difference.pointer);
    context.out << ": " << printable(difference.what) << "\n";
  }
  if (report.frames == 0 && !report.difference) {
    context.out << "nothing was run: ";
    if (report.first_tick != 0)
      context.out << "the recording begins at tick " << report.first_tick << "\n";
    else
      context.out << "the recording has no frame" << (report.torn ? ", and breaks off" : "") << "\n";
    return;
  }
  context.out << report.frames << " frames and " << report.checkpoints << " checkpoints are the same again";
  if (report.torn)
    context.out << "; the file breaks off after tick " << report.last_tick;
  else if (!report.end_reason.empty())
    context.out << "; the recording ended because " << printable(report.end_reason);
  context.out << "\n";
}

Result<kernel::ReplayReport> replay(Context& context, const ReplayFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string bytes, context.files.read(flags.file, bus::kRecordingBytesMax));
  LUMENFLOW_TRY_ASSIGN(const bus::RecordingReader reader, bus::RecordingReader::open(bytes));
  const Result<std::string> found = workspace_root(context);
  const std::string root = found.ok() ? *found : std::filesystem::current_path().string();
  LUMENFLOW_TRY_ASSIGN(kernel::ReplayOptions options,
                       sidecar::recorded_workspace(context.files, root, context.builtin_packs, reader.header()));
  options.map = flags.map;
  options.until = flags.until;
  if (!flags.verify && !flags.json)
    options.on_frame = [&context](const bus::Frame& frame) { print_frame(context, frame); };
  return kernel::replay(bytes, options);
}

}  // namespace

int run_replay(Context& context, const ReplayFlags& flags) {
  const Result<kernel::ReplayReport> report = replay(context, flags);
  if (!report.ok()) return fail(context, report.error());
  if (flags.json)
    context.out << json::serialize_pretty(report_json(*report)) << "\n";
  else
    print_report(context, *report);
  const bool empty = report->torn && report->first_tick == 0;  // then nothing of it holds
  return report->difference || empty ? 1 : 0;
}

}  // namespace lumenflow::cli
