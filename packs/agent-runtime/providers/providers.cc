// Every provider there is, by its name in `agent_runtime.models`.
#include "agent-runtime/provider.h"
#include "agent-runtime/providers/http_provider.h"
#include "agent-runtime/providers/scripted.h"

namespace lumenflow::agent_runtime {

Result<std::unique_ptr<Provider>> make_provider(const Model& model) {
  if (model.provider == "openai_compatible") return make_openai_compatible_provider(model);
  if (model.provider == "messages_compatible") return make_messages_compatible_provider(model);
  if (model.provider == "scripted") return make_scripted_provider(model);
  return Error(ErrorCode::kInvalidConfiguration,
               "the model '" + model.profile + "' has a provider '" + model.provider + "', which there is not");
}

}  // namespace lumenflow::agent_runtime
