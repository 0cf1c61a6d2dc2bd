#include "sidekick/registration.h"

#include <string>

#include "lumenflow_sidekick_files.h"
#include "sidekick/constants.h"
#include "sidekick/storage/open_storage.h"
#include "sidekick/tool_impl/due.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow {
namespace sidekick {
namespace {

pack::ToolHandler handler_of(const ToolDescriptor& tool) {
  const Durable durable = tool.traits.store_only ? Durable::kWithResult : Durable::kAtOnce;
  return [run = tool.run, durable](pack::ToolContext& context, const json::Value& input) {
    const std::unique_ptr<StoragePort> storage = open_storage(context, durable);
    Call call{context, *storage, Input(input)};
    return to_tool_result(run(call));
  };
}

void register_pack(pack::Registration& registration) {
  for (const ToolDescriptor& tool : all_tools())
    registration.tool(std::string(tool.name), tool.traits, handler_of(tool));
  registration.timer(std::string(kDueTimer), announce_due);
}

}  // namespace
}  // namespace sidekick

const pack::BuiltinPack& sidekick_pack() {
  static const pack::BuiltinPack pack{sidekick::kPackId, embedded::lumenflow_sidekick_files(), sidekick::register_pack};
  return pack;
}

}  // namespace lumenflow
