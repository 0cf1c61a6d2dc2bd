// C8: bad inputs are answered INVALID_INPUT and change nothing; inputs that the schema accepts crash nothing.
#include <optional>
#include <set>

#include "conformance/draw.h"
#include "conformance/run.h"
#include "conformance/schema_samples.h"

namespace lumenflow::conformance {
namespace {

constexpr std::size_t kFaultsMax = 3;  // told of one tool
constexpr std::size_t kInputShownMax = 300;

std::string shown(const json::Value& input) {
  std::string text = json::serialize(input);
  if (text.size() <= kInputShownMax) return text;
  std::size_t end = kInputShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "… (" + std::to_string(text.size()) + " bytes)";
}

// What the tool's schema says of an input, after the pack's rule of what counts. A rule that throws is heard of.
SchemaSamples::Judge judge_of(Run& run, const pack::ToolDescriptor& tool) {
  return [&run, &tool](const json::Value& input) {
    std::optional<json::Value> read;
    try {
      if (run.input_rule) read = run.input_rule(input);
    } catch (const std::exception&) {
      return false;  // when it is called, the fault is noted
    }
    return tool.input_validator->accepts(read ? *read : input);
  };
}

void fail_rule(Run& run, const BadSample& bad, Case& found) {
  found.fail("the pack's input rule threw", {"input: " + shown(bad.value), run.seen.rule_faults.front()},
             "let the rule pass on what it does not understand: the schema is checked after it");
  run.seen.rule_faults.clear();
}

Status check_refusals(Run& run, Scratch& scratch, const pack::ToolDescriptor& tool, Case& found) {
  SchemaSamples samples(tool.input_schema, judge_of(run, tool), seed_for(run.options.seed, "bad " + tool.name));
  LUMENFLOW_TRY_ASSIGN(const State before, scratch.state());
  const int runs_before = run.seen.tool_runs[tool.name];
  std::set<std::string> tried;
  for (int i = 0, tries = 0; i < run.options.bad_inputs && tries < run.options.bad_inputs * 5; ++tries) {
    const std::optional<BadSample> bad = samples.bad();
    if (!bad) break;
    if (!tried.insert(json::serialize(bad->value)).second && tries < run.options.bad_inputs * 4) continue;
    ++i;
    const kernel::CallResult result = scratch.call(tool.name, bad->value);
    if (!run.seen.rule_faults.empty()) {
      if (found.faults.size() < kFaultsMax) fail_rule(run, *bad, found);
    } else if (result.code != ErrorCode::kInvalidInput && found.faults.size() < kFaultsMax) {
      found.fail("a bad input was not answered INVALID_INPUT",
                 {"input: " + shown(bad->value), "wrong with it: " + bad->what,
                  "answer: " + (answer_of(result).success ? "success" : answer_of(result).to_string())},
                 "let input_schema say what the tool takes");
    }
  }
  if (tried.size() < static_cast<std::size_t>(run.options.bad_inputs))
    found.notes.push_back("only " + std::to_string(tried.size()) + " different bad inputs were found");
  if (run.seen.tool_runs[tool.name] != runs_before)
    found.fail("it ran although its input was bad", {}, "let input_schema say what the tool takes");
  LUMENFLOW_TRY_ASSIGN(const State after, scratch.state());
  if (!(after == before))
    found.fail("bad inputs changed something", differences(before, after),
               "change nothing before the input is checked");
  return {};
}

Status check_edges(Run& run, Scratch& scratch, const pack::ToolDescriptor& tool, Case& found) {
  SchemaSamples samples(tool.input_schema, judge_of(run, tool), seed_for(run.options.seed, "edge " + tool.name));
  LUMENFLOW_TRY_ASSIGN(const Tree before, scratch.tree());
  std::size_t faults = 0;
  for (int i = 0; i < run.options.edge_inputs && faults < kFaultsMax; ++i) {
    const std::optional<json::Value> input = samples.good(i % 2 == 0);
    if (!input) break;
    const kernel::CallResult result = scratch.call(tool.name, *input);
    const bool crashed = result.code == ErrorCode::kToolCrashed || result.code == ErrorCode::kToolTimeout;
    if (!crashed && result.code != ErrorCode::kInvalidOutput) continue;
    ++faults;
    found.fail(crashed ? "it crashed on an input that its schema accepts"
                       : "its answer to an input that its schema accepts does not match output_schema",
               {"input: " + shown(*input), "answer: " + answer_of(result).to_string()},
               crashed ? "answer with a coded error, or let input_schema refuse such inputs"
                       : "answer what the schema says, or change output_schema");
  }
  LUMENFLOW_TRY_ASSIGN(const Tree after, scratch.tree());
  const bool alone = run.manifest.runtime == pack::RuntimeType::kProcess;
  note_writes(run, "the tool " + tool.name, alone ? tool.required_scopes : run.write_scopes, before, after);
  return {};
}

}  // namespace

// First all that must change nothing, so that what one tool still writes in the background is not held against another.
Status check_bad_inputs(Run& run) {
  if (run.manifest.tools.empty()) return {};
  std::vector<Case> cases;
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<Scratch> scratch, run.fresh());
  for (const pack::ToolDescriptor& tool : run.manifest.tools) {
    Case found{"C8", tool.name, {}, {}, {}};
    LUMENFLOW_TRY(check_refusals(run, *scratch, tool, found));
    cases.push_back(std::move(found));
  }
  scratch.reset();  // one at a time is in the folder
  LUMENFLOW_TRY_ASSIGN(scratch, run.fresh());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    LUMENFLOW_TRY(check_edges(run, *scratch, run.manifest.tools[i], cases[i]));
    run.report.cases.push_back(std::move(cases[i]));
  }
  return {};
}

}  // namespace lumenflow::conformance
