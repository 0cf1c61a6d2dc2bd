// The operator key that the journal has pinned: its signatures count. Another one on the disk stops a production
// workspace, until the pinned one has accepted it.
#include "journal/entry.h"
#include "kernel/accepted.h"
#include "kernel/kernel.h"
#include "kernel/operator_tools.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kAcceptInput = R"({
  "type": "object", "additionalProperties": false, "required": ["thumbprint"],
  "properties": {"thumbprint": {"type": "string", "minLength": 1, "maxLength": 100,
                                "description": "RFC 7638, of the key that is on the disk now"}}})";
constexpr std::string_view kAcceptOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["thumbprint", "former"],
  "properties": {"thumbprint": {"type": "string"}, "former": {"type": "string"}}})";

}  // namespace

// What the tables say, also after a batch that failed.
Status Kernel::load_operator_key() {
  LUMENFLOW_TRY_ASSIGN(operator_key_, pinned_operator_key(ports_.log.tables()));
  const std::string& found = options_.operator_public_pem;
  if (operator_key_.empty()) operator_key_ = found;
  operator_key_replaced_ = !found.empty() && thumbprint_of(found) != thumbprint_of(operator_key_);
  return {};
}

// Pins the first one, and records that another is there.
Status Kernel::check_operator_key() {
  const std::string& found = options_.operator_public_pem;
  if (found.empty()) return {};
  const std::string pinned = thumbprint_of(operator_key_), there = thumbprint_of(found);
  if (operator_key_replaced_) {
    LUMENFLOW_TRY(
        append({{journal::encode(journal::OperatorKeyNoted{"found", there, pinned, {}, ports_.clock.now()})}, {}}));
    return say("workspace_warning",
               json::Object{{"message", "the operator key on the disk, " + there + ", is not the pinned one, " +
                                            pinned + "; it does not count"}});
  }
  LUMENFLOW_TRY_ASSIGN(const std::string before, pinned_operator_key(ports_.log.tables()));
  if (!before.empty()) return {};
  LUMENFLOW_TRY(append(
      {{journal::encode(journal::OperatorKeyNoted{"pinned", there, {}, "first_opening", ports_.clock.now()})}, {}}));
  return pin_operator_key(ports_.log, found);
}

std::string Kernel::replaced_operator_key() const {
  if (!operator_key_replaced_) return {};
  return "the operator key on the disk (" + thumbprint_of(options_.operator_public_pem) +
         ") is not the one that this workspace has pinned (" + thumbprint_of(operator_key_) +
         "); put operator.pem and operator.pub.pem back, from a backup where they are lost, or have the pinned key "
         "accept the new one with `lumenflow operator-key accept`";
}

pack::ToolResult Kernel::accept_operator_key(const Call& by, bool lost) {
  if (!operator_key_replaced_)
    return refused(Error(ErrorCode::kConflict, "the operator key on the disk is the pinned one already"));
  const std::string there = thumbprint_of(options_.operator_public_pem), pinned = thumbprint_of(operator_key_);
  if (lost && options_.config.production)
    return refused(Error(ErrorCode::kInvalidConfiguration,
                         "in production another operator key is accepted by the pinned one alone; restore that from a "
                         "backup"));
  if (json::string_or(by.input, "thumbprint", "") != there)
    return refused(Error(ErrorCode::kInvalidInput, "the operator key on the disk has the thumbprint " + there));
  const auto write = [&]() -> Status {
    const journal::OperatorKeyNoted noted{"pinned", there, pinned, lost ? "lost" : "operator_key", ports_.clock.now()};
    LUMENFLOW_TRY(append({{journal::encode(noted)}, {}}));
    LUMENFLOW_TRY(pin_operator_key(ports_.log, options_.operator_public_pem));
    LUMENFLOW_TRY(say("workspace_warning",
                      json::Object{{"message", "the operator key is " + there + " now, no longer " + pinned +
                                                   (lost ? "; nobody has signed that" : "; that one has signed it")}}));
    return load_operator_key();
  };
  if (Status status = write(); !status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  return pack::ToolOutput{json::Object{{"thumbprint", there}, {"former", pinned}}, {}};
}

Result<std::vector<KernelTool>> make_operator_tools() {
  KernelToolSpec spec;
  spec.name = "kernel:operator_accept";
  spec.title = "Accept another operator key";
  spec.description = "The key that is on the disk is pinned instead of the one that proves this call.";
  spec.scope = "tools:admin";
  spec.input_schema = kAcceptInput;
  spec.output_schema = kAcceptOutput;
  LUMENFLOW_TRY_ASSIGN(KernelTool accept, make_deciding_kernel_tool(spec, [](Kernel& kernel, const Call& call) {
                         return kernel.accept_operator_key(call, false);
                       }));
  spec.name = "kernel:operator_repin";
  spec.title = "Pin another operator key, the old one being lost";
  spec.description = "In development alone; the journal says that nobody has signed it.";
  spec.scope = "control:stop";  // what a local user holds
  spec.operator_key = false;
  LUMENFLOW_TRY_ASSIGN(KernelTool repin, make_deciding_kernel_tool(spec, [](Kernel& kernel, const Call& call) {
                         return kernel.accept_operator_key(call, true);
                       }));
  std::vector<KernelTool> tools;
  tools.push_back(std::move(accept));
  tools.push_back(std::move(repin));
  return tools;
}

}  // namespace lumenflow::kernel
