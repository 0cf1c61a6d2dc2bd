// kernel:device_add, kernel:device_revoke, kernel:device_list: phones and browsers whose decisions count; and
// kernel:device_invite, kernel:device_pair: how one comes to be pinned over the conductor, when the operator approves.
//
// A device's public key is pinned by the operator and stands in the kernel's own store. Its id is used once: a device
// that was revoked is remembered, its tokens and its signatures count no more, and it cannot be added again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "kernel/kernel_tool.h"
#include "log/log.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

Result<std::vector<KernelTool>> make_device_tools(const std::string& workspace_id);

// "<workspace>:phone:<id>": who acts with a device's token.
std::string device_subject(std::string_view workspace_id, std::string_view device_id);
// What a device is given that was not invited with other scopes.
inline constexpr std::string_view kDeviceScope = "tools:read events:read approvals:read approvals:decide";
// What kernel:device_pair is asked for this request of a device, with the scopes that it was invited with.
Result<json::Value> pairing_input(const log::TableReader& tables, std::string_view device_id, std::string_view name,
                                  std::string_view public_key, Timestamp now);

// The PEM that was pinned for this subject; empty: it is no device, or none that was added. Whether it has been revoked
// since stands under kRevokedPrefix and its subject.
Result<std::string> device_key(const log::TableReader& tables, std::string_view workspace_id, std::string_view subject);

}  // namespace lumenflow::kernel
