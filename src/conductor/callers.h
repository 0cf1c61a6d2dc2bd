// What an operator or a device asks of a workspace, as the command that is queued for it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "conductor/commands.h"
#include "conductor/context.h"
#include "conductor/sidecars.h"

namespace lumenflow::conductor {

// From whom and on which stream: a device speaks for itself; an operator as <workspace>:conductor, on behalf of whom.
NewCommand command_of(const Exchange& exchange, const std::string& workspace);
// What stands in the body as `decided_at`: it is signed, and the envelope's timestamp carries it. INVALID_INPUT.
Status take_decided_at(const json::Value& body, NewCommand& command);
// TOKEN_SCOPE_DENIED for what needs a signature that is not there, or a scope that a device lacks.
Status may_send(const Principal& principal, const NewCommand& command);
// NOT_FOUND; CONFLICT for one that was revoked.
Status check_workspace(const Context& context, const std::string& workspace);
// What stands there or before was another's who had the workspace's id: operators see it, nobody else.
Result<Position> floor_of(const Context& context, const Principal& principal, const std::string& workspace);
// 202 with {command_id, state, expires_at}, once it is durable.
void queue_and_answer(Context& context, const ExchangePtr& exchange, const NewCommand& command);

// Calls the tool that the command names where the workspace's sidecar is, and answers with what came of it; both are
// recorded. `otherwise` is called with what is left of `wait` when no answer came: the command then asks for the same,
// under the same idempotency key.
void call_directly(Context& context, const ExchangePtr& exchange, const ReachableSidecar& sidecar,
                   const NewCommand& command, std::chrono::milliseconds wait,
                   std::function<void(std::chrono::milliseconds rest)> otherwise);

}  // namespace lumenflow::conductor
