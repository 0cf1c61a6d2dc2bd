#include "kernel/kernel_tool.h"

#include <utility>

#include "base/time.h"

namespace lumenflow::kernel {
namespace {

Status compile(std::string_view text, json::Value& schema, std::shared_ptr<const json::Schema>& validator) {
  LUMENFLOW_TRY_ASSIGN(schema, json::parse(text));
  LUMENFLOW_TRY_ASSIGN(json::Schema compiled, json::Schema::compile(schema, {.assert_format = true}));
  validator = std::make_shared<const json::Schema>(std::move(compiled));
  return {};
}

}  // namespace

Result<KernelTool> make_kernel_tool(const KernelToolSpec& spec, pack::ToolHandler handler) {
  KernelTool made;
  made.operator_key = spec.operator_key;
  pack::ToolDescriptor& descriptor = made.tool.descriptor;
  descriptor.name = spec.name;
  descriptor.title = spec.title;
  descriptor.description = spec.description;
  descriptor.permission = spec.permission;
  descriptor.scope = spec.scope;
  LUMENFLOW_TRY(compile(spec.input_schema, descriptor.input_schema, descriptor.input_validator));
  LUMENFLOW_TRY(compile(spec.output_schema, descriptor.output_schema, descriptor.output_validator));
  made.tool.traits = {.store_only = true, .bounded = true};
  made.tool.handler = std::move(handler);
  return made;
}

Result<KernelTool> make_kernel_tool(const KernelToolSpec& spec, KernelControl control) {
  LUMENFLOW_TRY_ASSIGN(KernelTool made, make_kernel_tool(spec, pack::ToolHandler()));
  made.control = std::move(control);
  return made;
}

Result<KernelTool> make_deciding_kernel_tool(const KernelToolSpec& spec, KernelDecision decide) {
  LUMENFLOW_TRY_ASSIGN(KernelTool made, make_kernel_tool(spec, pack::ToolHandler()));
  made.decide = std::move(decide);
  made.on_http = true;
  return made;
}

Result<KernelTool> make_prepared_kernel_tool(const KernelToolSpec& spec, KernelPreparation prepare,
                                             std::chrono::milliseconds timeout) {
  LUMENFLOW_TRY_ASSIGN(KernelTool made, make_kernel_tool(spec, pack::ToolHandler()));
  made.prepare = std::move(prepare);
  made.tool.traits = {.store_only = true, .bounded = false};
  made.tool.descriptor.timeout_ms = timeout.count();
  return made;
}

std::optional<pack::ToolError> fault_of_decided_at(const json::Value& input) {
  const std::string_view text = json::string_or(input, "decided_at", "");
  const Result<Timestamp> at = parse_rfc3339(text);
  if (at.ok() && format_rfc3339(*at) == text) return std::nullopt;
  const std::string form =
      "'decided_at' is signed as a text and has one form, with three decimals and Z, like "
      "2026-01-31T09:00:00.000Z";
  return pack::ToolError{std::string(name(ErrorCode::kInvalidInput)), form,
                         json::Array{json::Object{{"pointer", "/decided_at"}, {"reason", "is in another form"}}}};
}

}  // namespace lumenflow::kernel
