#include "sidekick/registration.h"

#include <string>

#include "lumenflow_sidekick_files.h"
#include "sidekick/constants.h"
#include "sidekick/storage/journal_storage.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow {
namespace sidekick {
namespace {

pack::ToolHandler handler_of(Answer (*run)(Call&)) {
  return [run](pack::ToolContext& context, const json::Value& input) {
    JournalStorage storage(context.store());
    Call call{context, storage, Input(input)};
    return to_tool_result(run(call));
  };
}

void register_pack(pack::Registration& registration) {
  for (const ToolDescriptor& tool : all_tools())
    registration.tool(std::string(tool.name), tool.traits, handler_of(tool.run));
}

}  // namespace
}  // namespace sidekick

const pack::BuiltinPack& sidekick_pack() {
  static const pack::BuiltinPack pack{sidekick::kPackId, embedded::lumenflow_sidekick_files(), sidekick::register_pack};
  return pack;
}

}  // namespace lumenflow
