#include "sidekick/registration.h"

#include <memory>
#include <string>

#include "lumenflow_sidekick_files.h"
#include "sidekick/constants.h"
#include "sidekick/storage/storage_source.h"
#include "sidekick/tool_impl/aftermath.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow {
namespace sidekick {
namespace {

using SharedSource = std::shared_ptr<StorageSource>;  // shared: between the handlers of one workspace

pack::ToolHandler handler_of(const SharedSource& source, Answer (*run)(Call&)) {
  return [source, run](pack::ToolContext& context, const json::Value& input) {
    const Result<std::unique_ptr<StoragePort>> storage = source->open(context);
    if (!storage.ok()) return to_tool_result(storage.error());
    Call call{context, **storage, Input(input)};
    return to_tool_result(run(call));
  };
}

void register_pack(pack::Registration& registration) {
  const SharedSource source = make_storage_source(registration.config());
  registration.status([source](const pack::StartedCall& call) { return aftermath(*source, call); });
  for (const ToolDescriptor& tool : all_tools())
    registration.tool(std::string(tool.name), source->traits(tool.traits), handler_of(source, tool.run));
}

}  // namespace
}  // namespace sidekick

const pack::BuiltinPack& sidekick_pack() {
  static const pack::BuiltinPack pack{sidekick::kPackId, embedded::lumenflow_sidekick_files(), sidekick::register_pack};
  return pack;
}

}  // namespace lumenflow
