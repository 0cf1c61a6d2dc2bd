#include "kernel/recovery_tools.h"

#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kConfirmInput = R"({
  "type": "object", "additionalProperties": false, "required": ["recovery_id", "decided_at", "signature"],
  "properties": {
    "recovery_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "reason": {"type": "string", "maxLength": 1000},
    "decided_at": {"type": "string", "format": "date-time",
                   "description": "when, by the clock of whoever consents; three decimals and Z, like 2026-01-31T09:00:00.000Z"},
    "decided_by": {"type": "string", "maxLength": 200,
                   "description": "the device that has signed, where another sends it on; without: whoever calls"},
    "signature": {"type": "string", "minLength": 1, "maxLength": 200,
                  "description": "base64url of the ES256 signature of the consent, by a key that is pinned"}
  }})";
constexpr std::string_view kConfirmOutput = R"({
  "type": "object", "additionalProperties": false,
  "required": ["recovery_id", "receipt_id", "state", "confirmed_by"],
  "properties": {
    "recovery_id": {"type": "string"},
    "receipt_id": {"type": "string", "description": "the call that left something behind"},
    "state": {"const": "confirmed"},
    "confirmed_by": {"type": "string"},
    "confirmation_receipt_id": {"type": "string", "description": "the call that was made, whose result waits there"}
  }})";

}  // namespace

Result<std::vector<KernelTool>> make_recovery_tools() {
  KernelToolSpec spec;
  spec.name = "kernel:confirm";
  spec.title = "Confirm a recovery";
  spec.description = "What the recovery proposes is called, once, by whoever confirms it, from its first stage.";
  spec.scope = "recovery:confirm";
  spec.input_schema = kConfirmInput;
  spec.output_schema = kConfirmOutput;
  spec.operator_key = false;  // the signature is the proof
  LUMENFLOW_TRY_ASSIGN(KernelTool confirm, make_deciding_kernel_tool(spec, [](Kernel& kernel, const Call& by) {
                         if (auto fault = fault_of_decided_at(by.input)) return pack::ToolResult(*std::move(fault));
                         return kernel.confirm(by);
                       }));
  std::vector<KernelTool> tools;
  tools.push_back(std::move(confirm));
  return tools;
}

}  // namespace lumenflow::kernel
