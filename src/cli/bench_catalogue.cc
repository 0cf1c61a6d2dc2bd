// Generating a catalogue: packs of a hundred event types each, a schema of its own for each of them.
#include <future>

#include "catalogue/generated_folder.h"
#include "catalogue/plan.h"
#include "cli/bench_groups.h"
#include "pack/event_types.h"

namespace lumenflow::cli {
namespace {

constexpr int kTypesOfPack = 100;

Status write_packs(Context& context, const std::string& root, int types) {
  for (int first = 0; first < types; first += kTypesOfPack) {
    const std::string slug = "bench-" + std::to_string(first / kTypesOfPack), folder = join_path(root, slug);
    LUMENFLOW_TRY(context.files.make_directories(folder + "/content/schemas"));
    std::string entries;
    for (int i = first; i < std::min(types, first + kTypesOfPack); ++i) {
      const std::string name = "event-" + std::to_string(i);
      entries.append(entries.empty() ? "" : ",\n")
          .append(R"({"namespace": ")")
          .append(slug)
          .append(R"(", "name": ")")
          .append(name)
          .append(R"(", "version": 1, "schema": "./schemas/)")
          .append(name)
          .append(R"(.schema.json"})");
      LUMENFLOW_TRY(
          context.files.create(folder + "/content/schemas/" + name + ".schema.json",
                               R"({"type": "object", "additionalProperties": false, "required": ["id", "at"],
              "properties": {"id": {"type": "integer", "minimum": )" +
                                   std::to_string(i) +
                                   R"(}, "at": {"type": "string", "format": "date-time"}, "note": {"type": "string"},
                  "tags": {"type": "array", "items": {"type": "string"}}}})"));
    }
    LUMENFLOW_TRY(context.files.create(folder + "/content/event-types.json",
                                       R"({"packSlug": ")" + slug + R"(", "eventTypes": [)" + entries + "]}"));
    LUMENFLOW_TRY(context.files.create(folder + "/manifest.yaml", "id: " + slug +
                                                                      "\nversion: 1.0.0\nevent_types: "
                                                                      "content/event-types.json\n"));
  }
  return {};
}

// As `lumenflow generate` does.
Result<catalogue::Plan> plan_all(Context& context, const std::string& root) {
  pack::Diagnostics found;
  catalogue::Faults faults;
  catalogue::PlanInput input;
  input.core = catalogue::core_declarations();
  const std::string path = join_path(root, catalogue::kLockFile);
  auto lock = std::async(std::launch::async, [&context, &path]() -> std::optional<catalogue::LockFile> {
    Result<std::string> text = context.files.read(path, catalogue::kGeneratedBytesMax);
    if (!text.ok()) return std::nullopt;
    return catalogue::LockFile({path, *std::move(text)});
  });
  LUMENFLOW_TRY_ASSIGN(input.packs, pack::find_event_packs(context.files, root, found));
  input.lock = lock.get();
  std::optional<catalogue::Plan> plan = catalogue::plan(std::move(input), faults);
  if (!plan || !found.items().empty()) return Error(ErrorCode::kInternal, "the bench's packs have faults");
  return *std::move(plan);
}

double ms_since(const Context& context, std::chrono::nanoseconds start) {
  return std::chrono::duration<double, std::milli>(context.clock.monotonic() - start).count();
}

}  // namespace

Status bench_catalogue(Bench& bench) {
  for (const int types : bench.quick ? std::vector<int>{10} : std::vector<int>{10, 1'000, 10'000}) {
    const std::string folder = bench.scratch.sub("catalogue-" + std::to_string(types));
    LUMENFLOW_TRY(write_packs(bench.context, folder, types));
    std::vector<double> first, again;
    for (int round = 0; round < bench.rounds(); ++round) {
      const auto start = bench.context.clock.monotonic();
      LUMENFLOW_TRY_ASSIGN(const catalogue::Plan plan, plan_all(bench.context, folder));
      LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> written,
                           catalogue::write_generated(bench.context.files, folder, plan.catalogue, plan.lock()));
      first.push_back(ms_since(bench.context, start));
      const auto check = bench.context.clock.monotonic();
      LUMENFLOW_TRY_ASSIGN(const catalogue::Plan same, plan_all(bench.context, folder));
      if (!catalogue::differences(bench.context.files, folder, same.catalogue, same.lock()).empty())
        return Error(ErrorCode::kInternal, "generating is no fixpoint");
      again.push_back(ms_since(bench.context, check));
      for (const std::string& path : written)  // the next round writes all of them, too
        LUMENFLOW_TRY(bench.context.files.remove(path));
    }
    const std::string count = std::to_string(types);
    std::optional<Budget> budget;
    if (types == 10'000) budget = value_at_most(200);
    bench.figures.push_back({"catalogue.generate_" + count, median(first), "ms", "", {}, budget});
    bench.figures.push_back({"catalogue.check_" + count, median(again), "ms", "", {}, {}});
  }
  return {};
}

}  // namespace lumenflow::cli
