#include "kernel/approval_tools.h"

#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kInput = R"({
  "type": "object", "additionalProperties": false, "required": ["approval_id", "decided_at", "signature"],
  "properties": {
    "approval_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "reason": {"type": "string", "maxLength": 1000},
    "decided_at": {"type": "string", "format": "date-time",
                   "description": "when, by the clock of whoever decides; three decimals and Z, like 2026-01-31T09:00:00.000Z"},
    "decided_by": {"type": "string", "maxLength": 200,
                   "description": "the device that has signed, where another sends it on; without: whoever calls"},
    "signature": {"type": "string", "minLength": 1, "maxLength": 200,
                  "description": "base64url of the ES256 signature of the decision, by a key that is pinned"}
  }})";
constexpr std::string_view kOutput = R"({
  "type": "object", "additionalProperties": false,
  "required": ["approval_id", "receipt_id", "decision", "state", "approvals", "approvals_needed"],
  "properties": {
    "approval_id": {"type": "string"},
    "receipt_id": {"type": "string", "description": "the call, whose result waits there"},
    "decision": {"enum": ["approve", "deny"]},
    "state": {"enum": ["open", "approved", "denied"]},
    "approvals": {"type": "integer"},
    "approvals_needed": {"type": "integer"}
  }})";

KernelDecision decision(bool approve) {
  return [approve](Kernel& kernel, const Call& call) -> pack::ToolResult {
    if (auto fault = fault_of_decided_at(call.input)) return *std::move(fault);
    return kernel.decide(call, approve);
  };
}

}  // namespace

Result<std::vector<KernelTool>> make_approval_tools() {
  KernelToolSpec approve;
  approve.name = "kernel:approve";
  approve.title = "Approve a call that waits";
  approve.description = "With the last approval that it needs the call goes on, once, from its first stage.";
  approve.scope = "approvals:decide";
  approve.input_schema = kInput;
  approve.output_schema = kOutput;
  approve.operator_key = false;  // the signature is the proof
  KernelToolSpec deny = approve;
  deny.name = "kernel:deny";
  deny.title = "Deny a call that waits";
  deny.description = "The call ends with APPROVAL_DENIED.";
  std::vector<KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(KernelTool approve_tool, make_deciding_kernel_tool(approve, decision(true)));
  LUMENFLOW_TRY_ASSIGN(KernelTool deny_tool, make_deciding_kernel_tool(deny, decision(false)));
  tools.push_back(std::move(approve_tool));
  tools.push_back(std::move(deny_tool));
  return tools;
}

}  // namespace lumenflow::kernel
