// C2: each tool runs its examples, and what it answers matches its schema.
#include <algorithm>

#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

bool needs_network(const pack::ToolDescriptor& tool) {
  return std::ranges::any_of(tool.required_scopes, [](const pack::Scope& scope) {
    return scope.type == pack::Scope::Type::kNetwork && scope.posture != pack::NetworkPosture::kOff;
  });
}

void judge(const pack::ToolDescriptor& tool, const Sample& sample, const kernel::CallResult& result, Case& found) {
  if (result.outcome == journal::Outcome::kSuccess) return;
  const Answer answer = answer_of(result);
  const std::vector<std::string> shown{"input: " + json::serialize(sample.value), "answer: " + answer.to_string()};
  const bool own_refusal = result.outcome == journal::Outcome::kFailure && !result.code;
  if (own_refusal && sample.generated) {
    found.notes.push_back("its output was not looked at: " + sample.name + " was answered " + answer.code);
  } else if (own_refusal && needs_network(tool)) {
    found.notes.push_back(sample.name + " was answered " + answer.code + ": no other host is reached here");
  } else if (result.code == ErrorCode::kInvalidInput) {
    found.fail(sample.name + " does not match the tool's input_schema", shown, "mend the example, or the schema");
  } else if (result.code == ErrorCode::kInvalidOutput) {
    found.fail("what it answers to " + sample.name + " does not match its output_schema", shown,
               "answer what the schema says, or change output_schema");
  } else if (result.code == ErrorCode::kToolCrashed) {
    found.fail("it crashed on " + sample.name, shown, "answer with a coded error where it cannot do what is asked");
  } else {
    found.fail(
        sample.name + " ended with " + answer.code, shown,
        "give an example that succeeds in an empty workspace; {$result: {tool, at}} names what another tool made");
  }
}

Status check_tool(Run& run, Scratch& scratch, const pack::ToolDescriptor& tool) {
  Case& found = run.begin("C2", tool.name);
  const std::vector<Sample> samples = samples_of_tool(run.manifest, tool, run.input_rule, run.options.seed);
  if (samples.empty())
    found.fail("it has no example, and none could be made from its schema", {},
               "add an input to the manifest: examples: {" + tool.name + ": {…}}");
  const CallTool call = [&](const std::string& name, const json::Value& input) -> Result<json::Value> {
    const kernel::CallResult result = scratch.call(name, input);
    const Answer answer = answer_of(result);
    if (!answer.success)
      return Error(ErrorCode::kInvalidInput, "the example of " + name + " it needs was answered " + answer.to_string());
    return answer.data;
  };
  for (const Sample& sample : samples) {
    if (sample.generated) found.notes.push_back("it has no example: its input was generated from its schema");
    const Result<json::Value> input = resolve_results(run.manifest, sample.value, call);
    if (!input.ok()) {
      found.fail(sample.name + " cannot be resolved", {input.error().message()}, "correct the example");
      continue;
    }
    LUMENFLOW_TRY_ASSIGN(const Tree before, scratch.tree());
    judge(tool, {*input, sample.generated, sample.name}, scratch.call(tool.name, *input), found);
    LUMENFLOW_TRY_ASSIGN(const Tree after, scratch.tree());
    // Code in this process may write for one call while another runs.
    const bool alone = run.manifest.runtime == pack::RuntimeType::kProcess;
    note_writes(run, "the tool " + tool.name, alone ? tool.required_scopes : run.write_scopes, before, after);
  }
  return {};
}

}  // namespace

Status check_examples(Run& run) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  for (const pack::ToolDescriptor& tool : run.manifest.tools) LUMENFLOW_TRY(check_tool(run, *scratch, tool));
  return {};
}

}  // namespace lumenflow::conformance
