// kernel:token_mint and kernel:token_revoke.
#pragma once

#include <string>
#include <vector>

#include "kernel/kernel_tool.h"
#include "sidecar/keys.h"

namespace lumenflow::sidecar {

// Borrows `keys`. Input of mint: {subject?, scope?, audience?, ttl_seconds?}; output {token (writeOnly), token_id,
// subject, scope, audience, expires_at}. Input of revoke: {token_id, expires_at?}; output {token_id, revoked}.
Result<std::vector<kernel::KernelTool>> make_token_tools(const WorkspaceKeys& keys, const std::string& workspace_id);

}  // namespace lumenflow::sidecar
