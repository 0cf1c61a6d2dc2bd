// Providers that are asked over HTTP: one request, its answer read as it comes, repeated where the other side says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "agent-runtime/provider.h"

namespace lumenflow::agent_runtime {

// Waits; false: the call was cancelled meanwhile.
using Patience = std::function<bool(pack::HostContext& host, std::int64_t ms)>;
bool wait_patiently(pack::HostContext& host, std::int64_t ms);

// INVALID_CONFIGURATION for a model without a name, or with a URL that no request can be made of.
Result<std::unique_ptr<Provider>> make_openai_compatible_provider(const Model& model, Patience wait = wait_patiently);
Result<std::unique_ptr<Provider>> make_messages_compatible_provider(const Model& model, Patience wait = wait_patiently);

}  // namespace lumenflow::agent_runtime
