// lumenflow bench: figures beside their limits, measured in the same run on the same machine.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <ostream>

#include "cli/bench_conductor.h"
#include "cli/bench_mcp.h"
#include "cli/bench_packs.h"
#include "cli/bench_retention.h"
#include "cli/commands.h"

namespace lumenflow::cli {
namespace {

struct Group {
  std::string_view name;
  Status (*run)(Bench&);
};

constexpr std::array<Group, 18> kGroups{{{"agents", bench_agents},
                                         {"bus", bench_bus},
                                         {"catalogue", bench_catalogue},
                                         {"conductor", bench_conductor},
                                         {"cpu", bench_cpu},
                                         {"dispatch", bench_dispatch},
                                         {"events", bench_events},
                                         {"http", bench_http},
                                         {"json", bench_json},
                                         {"log", bench_log},
                                         {"mcp", bench_mcp},
                                         {"packs", bench_packs},
                                         {"policy", bench_policy},
                                         {"recording", bench_recording},
                                         {"retention", bench_retention},
                                         {"startup", bench_startup},
                                         {"memory", bench_memory},
                                         {"growth", bench_growth}}};

constexpr bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

std::string group_names() {
  std::string names;
  for (const Group& group : kGroups) names.append(names.empty() ? "" : ", ").append(group.name);
  return names;
}

void show(const Context& context, const std::vector<Figure>& figures, bool json) {
  if (json)
    for (const Figure& figure : figures) context.out << json::serialize(to_json(figure)) << "\n";
  else
    print_figures(context.out, figures);
  context.out << std::flush;
}

}  // namespace

int run_bench(Context& context, const BenchFlags& flags) {
  const auto is_named = [&flags](const Group& group) { return flags.name.empty() || group.name == flags.name; };
  if (std::none_of(kGroups.begin(), kGroups.end(), is_named)) {
    context.err << "lumenflow: no bench is called '" << flags.name << "'; there are " << group_names() << "\n";
    return 2;
  }
  if (is_sanitized()) {
    context.err << "lumenflow: this build is sanitized, so its figures would say nothing; build the release preset\n";
    return 2;
  }
  ScratchFolder scratch;
  if (scratch.path().empty()) return fail(context, Error(ErrorCode::kIo, "no folder for temporary files; set TMPDIR"));
  BenchLimits limits(context, scratch.path());
  const char* long_runs = std::getenv("LUMENFLOW_BENCH_LONG");
  Bench bench{context, scratch, limits, long_runs != nullptr && std::string_view(long_runs) == "1", flags.quick, {}};
  int exit_code = 0;
  for (const Group& group : kGroups) {
    if (!is_named(group)) continue;
    bench.figures.clear();
    Status done = group.run(bench);
    show(context, bench.figures, flags.json);
    if (!done.ok()) exit_code = fail(context, std::move(done).error().with_context("bench " + std::string(group.name)));
  }
  return exit_code;
}

}  // namespace lumenflow::cli
