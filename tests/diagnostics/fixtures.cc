#include "fixtures.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/files.h"
#include "kernel/workspace_packs.h"
#include "pack/pack_files.h"
#include "pack/validation.h"
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
  if (fs::exists(folder + "/lumenflow.yaml"))
    return kernel::load_workspace_packs("lumenflow.yaml", read_file(folder + "/lumenflow.yaml"), builtin_packs)
        .diagnostics;
  return pack::validate_files(pack::FolderPackFiles(PosixFiles(), folder), "manifest.yaml", builtin_packs);
}

}  // namespace lumenflow::testing
