#include "catalogue/testing/catalogue_samples.h"

#include <gtest/gtest.h>

#include "catalogue/generator.h"

namespace lumenflow::catalogue {

PackInput pack_input(const std::string& slug, PackFolder folder, std::vector<std::string> kinds) {
  PackInput out;
  const auto files = std::make_shared<const PackFolder>(std::move(folder));  // shared with the reader below
  out.source.slug = slug;
  out.source.folder = "packs/" + slug;
  out.source.event_types_path = kEventTypesPath;
  out.source.kinds = std::move(kinds);
  out.source.read = [files](std::string_view path) -> Result<std::string> {
    const auto found = files->find(std::string(path));
    if (found == files->end()) return Error(ErrorCode::kNotFound, std::string(path));
    if (found->second == "FOLDER") return Error(ErrorCode::kIo, "is no regular file");
    if (found->second == "ESCAPE") return Error(ErrorCode::kInvalidInput, "leaves the pack through a symlink");
    return found->second;
  };
  out.place.file = "packs/" + slug + "/manifest.yaml";
  return out;
}

PackFolder one_type(const std::string& slug, const std::string& name, const std::string& schema, int version) {
  return {{"content/event-types.json", R"({"packSlug": ")" + slug + R"(", "eventTypes": [{"namespace": ")" + slug +
                                           R"(", "name": ")" + name + R"(", "version": )" + std::to_string(version) +
                                           R"(, "schema": "./)" + name + R"(.json"}]})"},
          {"content/" + name + ".json", schema}};
}

std::string shown(const Faults& faults) {
  std::string out;
  for (const Fault& fault : faults.items())
    out += fault.code + " at " + fault.file + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) +
           ": " + fault.message + "\n";
  return out;
}

Plan plan_of(std::vector<PackInput> packs, const std::string& lock) {
  Faults faults;
  PlanInput input;
  input.core = core_declarations();
  input.packs = std::move(packs);
  if (!lock.empty()) input.lock.emplace(SourceText{"catalogue.lock.json", lock});
  std::optional<Plan> out = plan(std::move(input), faults);
  EXPECT_TRUE(out) << shown(faults);
  return out ? *std::move(out) : Plan{};
}

std::string lock_of(const Plan& plan) { return render_lock(plan.catalogue, plan.lock()); }

std::vector<std::string> texts_of(const Plan& plan) {
  std::vector<std::string> out{lock_of(plan)};
  for (const std::string_view name : kFilesBesideLock) out.push_back(render(name, plan.catalogue, plan.lock()));
  return out;
}

}  // namespace lumenflow::catalogue
