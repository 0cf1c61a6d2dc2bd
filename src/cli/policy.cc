// lumenflow policy explain|test: what the rules of lumenflow.yaml and of the packs say, without anything being run.
#include <ostream>

#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "kernel/explain.h"
#include "kernel/workspace_packs.h"
#include "pack/fields.h"
#include "pack/secrets.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

using kernel::Explanation;
using kernel::PolicyVerdict;

constexpr std::size_t kTableBytesMax = 1024 * 1024;
constexpr std::string_view kDecisions[] = {"allow", "deny", "approval_required"};

// The workspace as its files say, judged.
struct PolicyFiles {
  kernel::WorkspacePacks packs;
  std::unique_ptr<const kernel::Policy> policy;
};

// Nothing when lumenflow.yaml has faults, which are printed then, or cannot be found.
std::optional<PolicyFiles> read_workspace(Context& context) {
  const Result<std::string> root = workspace_root(context);
  if (!root.ok()) {
    fail(context, root.error());
    return std::nullopt;
  }
  PolicyFiles out{
      sidecar::read_workspace_packs(context.files, sidecar::WorkspacePaths(*root).config, context.builtin_packs), {}};
  if (!out.packs.config) {
    print_diagnostics(context, out.packs.diagnostics, "text");
    return std::nullopt;
  }
  out.policy = std::make_unique<const kernel::Policy>(*out.packs.config, *out.packs.registry);
  return out;
}

std::string default_subject(const PolicyFiles& workspace) { return workspace.packs.config->id.str() + ":local"; }

std::string_view provider_name(const std::optional<kernel::ApprovalProvider>& provider) {
  using Kind = kernel::ApprovalProvider::Kind;
  if (!provider) return "nobody";
  return provider->kind == Kind::kAuto ? "auto" : provider->kind == Kind::kConductor ? "conductor" : "console";
}

// What would end the call, or that it runs.
std::string outcome_of(const Explanation& explained) {
  if (!explained.input_faults.empty()) return "INVALID_INPUT";
  if (!explained.scopes.granted) return "SCOPE_DENIED";
  if (explained.policy.decision == kernel::Decision::kDeny) return "POLICY_DENIED";
  return explained.approvals.empty() ? "runs" : "APPROVAL_REQUIRED";
}

json::Value to_json(const Explanation& explained, const kernel::ExplainedCall& call) {
  const pack::ToolDescriptor& tool = explained.tool->descriptor;
  json::Array faults, rules, approvals;
  for (const ErrorDetail& fault : explained.input_faults)
    faults.push_back(json::Object{{"pointer", fault.pointer}, {"reason", fault.reason}});
  for (const kernel::PolicyRule* rule : explained.policy.matched)
    rules.push_back(
        json::Object{{"rule", rule->label}, {"decision", kernel::name(rule->decision)}, {"reason", rule->reason}});
  for (const kernel::ApprovalAsked& asked : explained.approvals)
    approvals.push_back(json::Object{{"surface", asked.surface},
                                     {"provider", provider_name(asked.provider)},
                                     {"approvals", asked.provider ? asked.provider->approvals : 0}});
  json::Object scopes{{"granted", explained.scopes.granted}};
  if (!explained.scopes.granted) {
    scopes.set("layer", explained.scopes.layer);
    scopes.set("missing", explained.scopes.scope);
  }
  return json::Object{{"tool", tool.name},
                      {"pack", explained.tool->pack->manifest.id},
                      {"permission", pack::name(tool.permission)},
                      {"token_scope", tool.scope},
                      {"subject", call.subject},
                      {"lane", call.lane.empty() ? json::Value() : json::Value(call.lane)},
                      {"input_faults", std::move(faults)},
                      {"scopes", std::move(scopes)},
                      {"rules", std::move(rules)},
                      {"decision", kernel::name(explained.policy.decision)},
                      {"decided_by", explained.policy.decided_by},
                      {"approvals", std::move(approvals)},
                      {"outcome", outcome_of(explained)}};
}

void print_explanation(const Context& context, const Explanation& explained, const kernel::ExplainedCall& call) {
  const pack::ToolDescriptor& tool = explained.tool->descriptor;
  const auto line = [&context](std::string_view what, const std::string& text) {
    context.out << what << std::string(11 - what.size(), ' ') << printable(text) << "\n";
  };
  line("tool", tool.name + " (" + std::string(pack::name(tool.permission)) + ", pack " +
                   explained.tool->pack->manifest.id + ")");
  line("caller", call.subject + ", with a token that has the scope " + tool.scope);
  if (!call.lane.empty()) line("lane", call.lane);
  if (explained.input_faults.empty()) line("input", "matches the tool's schema");
  for (const ErrorDetail& fault : explained.input_faults) line("input", fault.pointer + ": " + fault.reason);
  line("scopes", explained.scopes.granted
                     ? "granted"
                     : "layer '" + explained.scopes.layer + "' does not grant " + explained.scopes.scope);
  if (explained.policy.matched.empty()) line("rules", "none matches");
  std::vector<std::vector<std::string>> rows;
  for (const kernel::PolicyRule* rule : explained.policy.matched)
    rows.push_back({rule->label, std::string(kernel::name(rule->decision)), rule->reason});
  if (!rows.empty()) print_table(context.out, {"RULE", "DECISION", "REASON"}, rows);
  line("policy", std::string(kernel::name(explained.policy.decision)) + " by " + explained.policy.decided_by);
  for (const kernel::ApprovalAsked& asked : explained.approvals) {
    const std::int64_t count = asked.provider ? asked.provider->approvals : 0;
    line("approval", asked.surface + ", asked of: " + std::string(provider_name(asked.provider)) +
                         (count > 1 ? ", " + std::to_string(count) + " people" : ""));
  }
  line("outcome", outcome_of(explained));
}

// One line of a table of expectations.
struct Expectation {
  std::string name;
  kernel::ExplainedCall call;
  std::string decision;
  std::string rule;  // what decides; empty: whatever does
};

std::optional<Expectation> read_expectation(pack::Report& report, const json::Value& value, const std::string& pointer,
                                            const PolicyFiles& workspace) {
  const std::size_t faults_before = report.faults();
  pack::Fields fields(report, value, pointer, "an expectation");
  if (!fields.is_map()) return std::nullopt;
  Expectation out;
  fields.require("tool");
  out.call.tool = fields.text_or("tool");
  out.call.subject = fields.text_or("as", default_subject(workspace));
  out.call.lane = fields.text_or("lane");
  const json::Object* input = fields.map("input");
  out.call.input = input == nullptr ? json::Object{} : *input;
  fields.require("expect");
  if (const auto decision = fields.one_of("expect", kDecisions)) out.decision = kDecisions[*decision];
  out.rule = fields.text_or("rule");
  out.name = fields.text_or("name", out.call.tool + " as " + out.call.subject + ": " + out.decision);
  fields.finish();
  if (report.faults() != faults_before) return std::nullopt;
  return out;
}

// Nothing, with the faults printed, when the file is no such table.
std::optional<std::vector<Expectation>> read_table(Context& context, const std::string& file,
                                                   const PolicyFiles& workspace) {
  const Result<std::string> text = context.files.read(file, kTableBytesMax);
  if (!text.ok()) {
    fail_usage(context, text.error());
    return std::nullopt;
  }
  pack::YamlDocument document;
  pack::Diagnostics found;
  std::vector<Expectation> table;
  if (parse_yaml(file, *text, "LF2001", document, found)) {
    pack::Report report(document, {"LF2002", "LF2003", "LF2004"}, found);
    const json::Array* list = document.value.if_array();
    if (list == nullptr) report.wrong_type("", "a list of expectations", document.value);
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      if (auto each = read_expectation(report, (*list)[i], pack::child_pointer("", i), workspace))
        table.push_back(*std::move(each));
  }
  if (!found.has_errors()) return table;
  found.sort();
  print_diagnostics(context, found, "text");
  return std::nullopt;
}

// Empty when the expectation holds, else what is otherwise.
std::string disappointment(const PolicyFiles& workspace, const Expectation& expected) {
  const Result<Explanation> explained =
      kernel::explain(*workspace.packs.config, *workspace.packs.registry, *workspace.policy, expected.call);
  if (!explained.ok()) return explained.error().message();
  if (!explained->input_faults.empty())
    return "the input does not match the schema: " + explained->input_faults[0].pointer + " " +
           explained->input_faults[0].reason;
  const PolicyVerdict& policy = explained->policy;
  if (kernel::name(policy.decision) == expected.decision &&
      (expected.rule.empty() || expected.rule == policy.decided_by))
    return {};
  return "it is " + record_of(policy);
}

}  // namespace

int run_policy_explain(Context& context, const PolicyFlags& flags) {
  const Result<std::string> text = read_input(context, flags.input);
  if (!text.ok()) return fail_usage(context, text.error());
  Result<json::Value> input = json::parse(*text);
  if (!input.ok()) return fail_usage(context, std::move(input).error().with_context("--input"));
  const std::optional<PolicyFiles> workspace = read_workspace(context);
  if (!workspace) return kExitUsage;
  const kernel::ExplainedCall call{flags.target, flags.subject.empty() ? default_subject(*workspace) : flags.subject,
                                   flags.lane, *std::move(input)};
  const Result<Explanation> explained =
      kernel::explain(*workspace->packs.config, *workspace->packs.registry, *workspace->policy, call);
  if (!explained.ok()) return fail(context, explained.error());
  if (flags.json)
    context.out << json::serialize(to_json(*explained, call)) << "\n";
  else
    print_explanation(context, *explained, call);
  return 0;
}

int run_policy_test(Context& context, const PolicyFlags& flags) {
  const std::optional<PolicyFiles> workspace = read_workspace(context);
  if (!workspace) return kExitUsage;
  const auto table = read_table(context, flags.target, *workspace);
  if (!table) return kExitUsage;
  std::size_t failed = 0;
  json::Array results;
  for (std::size_t i = 0; i < table->size(); ++i) {
    const Expectation& expected = (*table)[i];
    const std::string why = disappointment(*workspace, expected);
    failed += why.empty() ? 0 : 1;
    if (flags.json)
      results.push_back(json::Object{{"name", expected.name}, {"ok", why.empty()}, {"message", why}});
    else
      context.out << (why.empty() ? "ok " : "not ok ") << std::to_string(i + 1) << " - " << printable(expected.name)
                  << (why.empty() ? "" : "\n  # " + printable(why)) << "\n";
  }
  if (flags.json)
    context.out << json::serialize(json::Value(std::move(results))) << "\n";
  else
    context.out << std::to_string(table->size()) << " expectations, " << std::to_string(failed) << " failed\n";
  return failed == 0 ? 0 : 1;
}

}  // namespace lumenflow::cli
