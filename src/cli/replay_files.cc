// lumenflow replay show, replay diff: recordings as they are, without running them.
#include <ostream>

#include "bus/recording_file.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace lumenflow::cli {
namespace {

Result<json::Value> block_json(const bus::RecordingBlock& block) {
  if (const auto* frame = std::get_if<bus::Frame>(&block)) {
    LUMENFLOW_TRY_ASSIGN(json::Value view, bus::to_json(*frame));
    return json::Value(json::Object{{"frame", std::move(view)}});
  }
  if (const auto* checkpoint = std::get_if<bus::Checkpoint>(&block))
    return json::Value(json::Object{{"checkpoint", bus::to_json(*checkpoint)}});
  return json::Value(json::Object{{"end", bus::to_json(std::get<bus::RecordingEnd>(block))}});
}

Status show(Context& context, const std::string& file) {
  LUMENFLOW_TRY_ASSIGN(const std::string bytes, context.files.read(file, bus::kRecordingBytesMax));
  LUMENFLOW_TRY_ASSIGN(bus::RecordingReader reader, bus::RecordingReader::open(bytes));
  context.out << json::serialize(json::Object{{"header", reader.header().document}}) << "\n";
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const auto block, reader.next());
    if (!block) break;
    LUMENFLOW_TRY_ASSIGN(const json::Value view, block_json(*block));
    context.out << json::serialize(view) << "\n";
  }
  if (reader.torn()) context.err << "the file breaks off after tick " << reader.last_tick() << "\n";
  return {};
}

Result<std::optional<bus::Frame>> next_frame(bus::RecordingReader& reader) {
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(auto block, reader.next());
    if (!block) return std::optional<bus::Frame>();
    if (auto* frame = std::get_if<bus::Frame>(&*block)) return std::optional(std::move(*frame));
  }
}

// Empty: none.
Result<json::Object> first_divergence(Context& context, const ReplayFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string first, context.files.read(flags.file, bus::kRecordingBytesMax));
  LUMENFLOW_TRY_ASSIGN(const std::string second, context.files.read(flags.other, bus::kRecordingBytesMax));
  LUMENFLOW_TRY_ASSIGN(bus::RecordingReader one, bus::RecordingReader::open(first));
  LUMENFLOW_TRY_ASSIGN(bus::RecordingReader other, bus::RecordingReader::open(second));
  for (std::uint64_t index = 0;; ++index) {
    LUMENFLOW_TRY_ASSIGN(const auto before, next_frame(one));
    LUMENFLOW_TRY_ASSIGN(const auto after, next_frame(other));
    if (!before && !after) return json::Object();
    if (!before || !after)
      return json::Object{{"frame", index},
                          {"tick", before ? before->tick : after->tick},
                          {"pointer", ""},
                          {"first", before ? "a frame" : "nothing: it ends here"},
                          {"second", after ? "a frame" : "nothing: it ends here"}};
    LUMENFLOW_TRY_ASSIGN(const json::Value left, bus::to_json(*before));
    LUMENFLOW_TRY_ASSIGN(const json::Value right, bus::to_json(*after));
    const auto found = bus::first_difference(left, right);
    if (!found.empty())
      return json::Object{{"frame", index},
                          {"tick", before->tick},
                          {"pointer", found.front().pointer},
                          {"first", found.front().before},
                          {"second", found.front().after}};
  }
}

}  // namespace

int run_replay_show(Context& context, const ReplayFlags& flags) {
  const Status shown = show(context, flags.file);
  return shown.ok() ? 0 : fail(context, shown.error());
}

int run_replay_diff(Context& context, const ReplayFlags& flags) {
  const Result<json::Object> found = first_divergence(context, flags);
  if (!found.ok()) return fail(context, found.error());
  const json::Value difference(*found);
  if (flags.json)
    context.out << json::serialize_pretty(found->empty() ? json::Value() : difference) << "\n";
  else if (found->empty())
    context.out << "the frames are the same\n";
  else
    context.out << "they differ at tick " << json::integer_or(difference, "tick", 0) << ", at "
                << printable(json::string_or(difference, "pointer", "")) << ": the first has "
                << printable(json::string_or(difference, "first", "")) << ", the second has "
                << printable(json::string_or(difference, "second", "")) << "\n";
  return found->empty() ? 0 : 1;
}

}  // namespace lumenflow::cli
