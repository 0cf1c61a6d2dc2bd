// What the policy costs a call: rules that are all about the tool that is called, so that each of them is evaluated.
#include "base/check.h"
#include "cli/bench_cpu.h"
#include "cli/bench_groups.h"
#include "cli/bench_pack.h"
#include "cli/bench_parked.h"
#include "kernel/policy.h"

namespace lumenflow::cli {
namespace {

constexpr int kBenchDecisions = 50'000;

// Of ten rules two look at the caller alone, six at the input too (values, a list of them, absence, a pattern), two at
// what the others do not; one of them all matches, the last.
json::Array rules(int count) {
  const char* kWhen[] = {
      R"({"subject":"ws-42:phone:*"})",
      R"({"not":{"subject":"ws-42:*"}})",
      R"({"subject":"ws-42:*","input":{"/lane":{"equals":"docs"}}})",
      R"({"permission":"write","input":{"/priority":{"in":[7,8,9]}}})",
      R"({"tool":"bench:*","input":{"/assignee/id":{"equals":"ws-42:local:bob"}}})",
      R"({"input":{"/blocked_by":{"exists":false}}})",
      R"({"input":{"/labels/0":{"in":["billing","legal"]},"/attempts":{"equals":17}}})",
      R"({"input":{"/title":{"matches":"^(?i:delete|drop) "}}})",
      R"({"input":{"/estimate_hours":{"equals":99}}})",
      R"({"not":{"input":{"/priority":{"in":[0,1,2,3]}}}})",
  };
  json::Array out;
  for (int i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    json::Object rule{
        {"id", "rule-" + std::to_string(i)}, {"trigger", "on_tool_request"}, {"decision", last ? "allow" : "deny"}};
    if (!last) rule.set("when", *json::parse(kWhen[i % std::size(kWhen)]));
    out.push_back(std::move(rule));
  }
  return out;
}

}  // namespace

Status bench_policy(Bench& bench) {
  pack::RegistryBuilder builder;
  builder.add_builtin(bench_pack());
  const auto registry = builder.build();
  const pack::ActiveTool* tool = registry->find(kOneCommitTool);
  LUMENFLOW_CHECK(tool != nullptr);
  LUMENFLOW_TRY_ASSIGN(const json::Value input, json::parse(bench_input()));
  const kernel::PolicyFacts facts{"ws-42:turn:t-9", {}, {}, input};
  for (const int count : {0, 10, 100, 1'000}) {
    kernel::WorkspaceConfig config;
    if (count > 0) config.policies = rules(count);
    const kernel::Policy policy(config, *registry);
    const kernel::PolicyVerdict verdict = policy.decide(*tool, facts);
    if (verdict.matched.size() != (count > 0 ? 1u : 0u))
      return Error(ErrorCode::kInternal, "the bench's rules match otherwise than they should");
    std::size_t kept = 0;
    const double ns = cpu_ns_of(bench.operations(count > 100 ? kBenchDecisions / 10 : kBenchDecisions),
                                [&] { kept += policy.decide(*tool, facts).matched.size(); });
    LUMENFLOW_CHECK(kept > 0 || count == 0);  // what is measured must be computed
    std::optional<Budget> budget;
    if (count == 100) budget = value_at_most(2'000);
    bench.figures.push_back({"policy.decide_" + std::to_string(count) + "_rules", ns, "ns", "", {}, budget});
  }
  return bench_parked(bench);
}

}  // namespace lumenflow::cli
