#include "fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/files.h"
#include "catalogue/plan.h"
#include "kernel/workspace_packs.h"
#include "pack/event_types.h"
#include "pack/pack_files.h"
#include "pack/validation.h"
#include "sidecar/catalogue_check.h"
#include "support/source_tree.h"

namespace lumenflow::testing {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = lumenflow::testing::source_path("tests/diagnostics");

// What a program that brings the pack along would have as static data.
struct CompiledIn {
  std::string id, manifest;
  pack::BuiltinPack pack;
};

void register_run(pack::Registration& registration) {
  registration.tool("job:run", {}, [](pack::ToolContext&, const json::Value&) { return pack::ToolOutput{}; });
}

std::deque<CompiledIn> compiled_in(const std::string& folder) {
  std::vector<std::string> ids;
  if (fs::exists(folder + "/builtin"))
    for (const auto& entry : fs::directory_iterator(folder + "/builtin")) ids.push_back(entry.path().filename());
  std::ranges::sort(ids);
  std::deque<CompiledIn> packs;
  for (const std::string& id : ids) {
    packs.push_back({id, read_file(folder + "/builtin/" + id + "/manifest.yaml"), {}});
    CompiledIn& pack = packs.back();
    const bool has_code = pack.manifest.find("job:run") != std::string::npos;
    pack.pack = {pack.id, {{"manifest.yaml", pack.manifest}}, has_code ? register_run : [](pack::Registration&) {}};
  }
  return packs;
}

std::string without_all(std::string text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) text.erase(at, part.size());
  return text;
}

// With the names of files relative to the fixture.
pack::Diagnostics relative_to(const std::string& folder, const pack::Diagnostics& found) {
  pack::Diagnostics relative;
  for (const pack::Diagnostic& item : found.items())
    relative.add(item.code, {without_all(item.place.file, folder + "/"), item.place.line, item.place.column},
                 without_all(item.message, folder + "/"), without_all(item.help, folder + "/"), item.snippet);
  return relative;
}

// As `lumenflow generate` does.
pack::Diagnostics diagnose_generation(const std::string& folder) {
  const PosixFiles files;
  pack::Diagnostics found;
  catalogue::Faults faults;
  catalogue::PlanInput input;
  input.core = catalogue::core_declarations();
  input.packs = *pack::find_event_packs(files, folder + "/packs", found);
  const std::string lock = folder + "/catalogue.lock.json";
  if (fs::exists(lock)) input.lock.emplace(catalogue::SourceText{lock, read_file(lock)});
  std::istringstream remove(read_file(folder + "/remove.txt"));
  for (std::string type; remove >> type;) input.remove.push_back(type);
  const bool planned = catalogue::plan(std::move(input), faults).has_value();
  pack::add_faults(faults, found);
  found.sort();
  EXPECT_FALSE(planned && !found.has_errors());
  return relative_to(folder, found);
}

// As a start of the workspace does, which also looks at what was generated.
pack::Diagnostics diagnose_workspace(const std::string& folder,
                                     const std::vector<const pack::BuiltinPack*>& builtin_packs) {
  kernel::WorkspacePacks read =
      kernel::load_workspace_packs("lumenflow.yaml", read_file(folder + "/lumenflow.yaml"), builtin_packs);
  if (fs::exists(folder + "/catalogue")) sidecar::check_catalogue(PosixFiles(), folder, read);
  return relative_to(folder, read.diagnostics);
}

}  // namespace

std::vector<std::string> fixture_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kRoot + "/fixtures")) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

std::string code_of(const std::string& fixture) {
  return fixture.starts_with("LF") ? fixture.substr(0, fixture.find('-')) : std::string();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path.starts_with('/') ? path : kRoot + "/" + path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path.starts_with('/') ? path : kRoot + "/" + path, std::ios::binary) << text;
}

bool updating() { return std::getenv("LUMENFLOW_UPDATE") != nullptr; }

pack::Diagnostics diagnose(const std::string& fixture) {
  const std::string folder = kRoot + "/fixtures/" + fixture;
  const std::deque<CompiledIn> packs = compiled_in(folder);
  std::vector<const pack::BuiltinPack*> builtin_packs;
  for (const CompiledIn& pack : packs) builtin_packs.push_back(&pack.pack);
  if (fs::exists(folder + "/packs")) return diagnose_generation(folder);
  if (fs::exists(folder + "/lumenflow.yaml")) return diagnose_workspace(folder, builtin_packs);
  return pack::validate_files(pack::FolderPackFiles(PosixFiles(), folder), "manifest.yaml", builtin_packs);
}

}  // namespace lumenflow::testing
