#include "kernel/explain.h"

#include "pack/diagnostic.h"

namespace lumenflow::kernel {

Result<Explanation> explain(const WorkspaceConfig& config, const pack::Registry& registry, const Policy& policy,
                            const ExplainedCall& call) {
  Explanation out;
  out.tool = registry.find(call.tool);
  if (out.tool == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& tool : registry.tools()) names.push_back(tool->descriptor.name);
    const auto meant = pack::nearest(call.tool, names);
    return Error(ErrorCode::kNotFound, "no active pack has a tool '" + call.tool + "'; " +
                                           (meant ? "did you mean '" + *meant + "'?" : "`lumenflow tools` lists them"));
  }
  const pack::ToolDescriptor& descriptor = out.tool->descriptor;
  const std::optional<json::Value> counted = out.tool->input_rule ? out.tool->input_rule(call.input) : std::nullopt;
  const json::Value& input = counted ? *counted : call.input;
  out.input_faults = descriptor.input_validator->validate(input);
  out.scopes = pack::check_scopes(descriptor.required_scopes, {workspace_layer(config)});
  out.policy = policy.decide(*out.tool, {call.subject, call.lane, {}, input});
  for (std::string& surface : approvals_asked(*out.tool, out.policy)) {
    const auto provider = find_provider(config, surface);
    out.approvals.push_back({std::move(surface), provider});
  }
  return out;
}

}  // namespace lumenflow::kernel
