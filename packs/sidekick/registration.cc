#include "sidekick/registration.h"

#include <memory>
#include <string>

#include "lumenflow_sidekick_files.h"
#include "sidekick/constants.h"
#include "sidekick/storage/storage_source.h"
#include "sidekick/tool_impl/aftermath.h"
#include "sidekick/tool_impl/due.h"
#include "sidekick/tool_impl/normalized.h"
#include "sidekick/tool_impl/watch.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow {
namespace sidekick {
namespace {

using SharedSource = std::shared_ptr<StorageSource>;  // shared: between the handlers of one workspace

pack::ToolHandler handler_of(const SharedSource& source, const ToolDescriptor& tool) {
  const Durable durable = tool.traits.store_only ? Durable::kWithResult : Durable::kAtOnce;
  return [source, run = tool.run, durable](pack::ToolContext& context, const json::Value& input) {
    const Result<std::unique_ptr<StoragePort>> storage = source->open(context, durable);
    if (!storage.ok()) return to_tool_result(storage.error());
    const std::optional<json::Value> changed = normalized(input);
    const json::Value& read = changed ? *changed : input;
    if (Status status = check_texts(read); !status.ok()) return to_tool_result(status.error());
    Call call{context, **storage, Input(read)};
    return to_tool_result(run(call));
  };
}

pack::TimerHandler due_timer(const SharedSource& source) {
  return [source](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<StoragePort> storage, source->open(context, Durable::kAtOnce));
    return announce_due(context, *storage);
  };
}

pack::TimerHandler watch_timer(const SharedSource& source) {
  return [source](pack::HostContext& context) -> Result<std::optional<std::int64_t>> {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<StoragePort> storage, source->open(context, Durable::kAtOnce));
    LUMENFLOW_TRY(watch_events(context, *storage));
    return std::optional<std::int64_t>();
  };
}

void register_pack(pack::Registration& registration) {
  const SharedSource source = make_storage_source(registration.config());
  registration.input_rule(normalized);
  registration.status([source](const pack::StartedCall& call) { return aftermath(*source, call); });
  for (const ToolDescriptor& tool : all_tools())
    registration.tool(std::string(tool.name), source->traits(tool.traits), handler_of(source, tool));
  registration.timer(std::string(kDueTimer), due_timer(source));
  registration.timer(std::string(kWatchTimer), watch_timer(source));
}

}  // namespace
}  // namespace sidekick

const pack::BuiltinPack& sidekick_pack() {
  static const pack::BuiltinPack pack{sidekick::kPackId, embedded::lumenflow_sidekick_files(), sidekick::register_pack};
  return pack;
}

}  // namespace lumenflow
