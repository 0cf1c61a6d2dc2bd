// Scope decisions on the path of a call, and compiling, which happens when configuration is loaded.
#include <benchmark/benchmark.h>

#include "pack/scope.h"

namespace lumenflow::pack {
namespace {

Scope path(std::string_view pattern, Access access) {
  Scope scope;
  scope.pattern = Glob::compile(pattern).value();
  scope.access = access;
  return scope;
}

std::vector<Scope> typical_tool() {
  return {path(".sidekick/tasks/**", Access::kWrite), path(".sidekick/audit/**", Access::kWrite)};
}
ScopeLayer everything() { return {"workspace", {path("**", Access::kRead), path("**", Access::kWrite)}}; }
ScopeLayer lane() {
  return {"lane:docs",
          {path("docs/**", Access::kWrite), path("src/**/*.{ts,tsx}", Access::kWrite),
           path(".sidekick/**", Access::kWrite)}};
}

void check(benchmark::State& state, const std::vector<Scope>& required, const std::vector<ScopeLayer>& layers,
           bool granted) {
  for (auto _ : state) {
    const ScopeVerdict verdict = check_scopes(required, layers);
    if (verdict.granted != granted) state.SkipWithError("another verdict than expected");
  }
}

void workspace_grants_all(benchmark::State& state) { check(state, typical_tool(), {everything(), everything()}, true); }
BENCHMARK(workspace_grants_all);

void two_layers_one_of_them_a_lane(benchmark::State& state) {
  check(state, typical_tool(), {everything(), lane()}, true);
}
BENCHMARK(two_layers_one_of_them_a_lane);

void two_layers_refused(benchmark::State& state) {
  check(state, {path(".git/**", Access::kWrite)}, {everything(), lane()}, false);
}
BENCHMARK(two_layers_refused);

void overlapping_wildcards(benchmark::State& state) {
  check(state, {path("**/*.test.ts", Access::kWrite)},
        {lane(), {"task:t", {path("src/{a,b,c}/**/*test*", Access::kWrite)}}}, true);
}
BENCHMARK(overlapping_wildcards);

void one_path_two_layers(benchmark::State& state) {
  const std::vector<ScopeLayer> layers{everything(), lane()};
  for (auto _ : state)
    benchmark::DoNotOptimize(path_allowed(".sidekick/tasks/01JQZ5K3M8.json", Access::kWrite, layers));
}
BENCHMARK(one_path_two_layers);

// How compiling grows with the pattern.
void compile_alternatives(benchmark::State& state) {
  std::string pattern = "src/**/*.{x";
  for (int i = 0; i < state.range(0); ++i) pattern += ",ext" + std::to_string(i);
  pattern += "}";
  for (auto _ : state) benchmark::DoNotOptimize(Glob::compile(pattern).ok());
}
BENCHMARK(compile_alternatives)->Arg(1)->Arg(8)->Arg(64);

}  // namespace
}  // namespace lumenflow::pack

BENCHMARK_MAIN();
