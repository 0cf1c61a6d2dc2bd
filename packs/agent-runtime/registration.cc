#include "agent-runtime/registration.h"

#include <memory>
#include <string>

#include "agent-runtime/execute_turn.h"
#include "agent-runtime/retention.h"
#include "agent-runtime/sessions_timer.h"
#include "agent-runtime/settings.h"
#include "agent-runtime/turn_loop.h"
#include "lumenflow_agent_runtime_files.h"

namespace lumenflow {
namespace agent_runtime {
namespace {

void register_pack(pack::Registration& registration) {
  const auto settings =  // shared by the handlers
      std::make_shared<const Settings>(read_settings(registration.config()));
  for (pack::Intent& intent : intents_of(registration.config())) registration.intent(std::move(intent));
  registration.tool(std::string(kExecuteTurn), {}, [settings](pack::ToolContext& context, const json::Value& input) {
    return execute_turn(*settings, context, input);
  });
  registration.tool(std::string(kContinue), {}, [settings](pack::ToolContext& context, const json::Value& input) {
    return continue_session(*settings, context, input);
  });
  registration.timer(std::string(kSessionsTimer), look_after_sessions);
  registration.timer(std::string(kRetentionTimer), [settings](pack::HostContext& context) {
    return let_go_of_sessions(context, settings->retention);
  });
}

}  // namespace
}  // namespace agent_runtime

const pack::BuiltinPack& agent_runtime_pack() {
  static const pack::BuiltinPack pack{"agent-runtime", embedded::lumenflow_agent_runtime_files(),
                                      agent_runtime::register_pack};
  return pack;
}

}  // namespace lumenflow
