#include "pack/event_types.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <thread>

#include "pack/manifest_parts.h"
#include "pack/pack_files.h"
#include "pack/yaml.h"

namespace lumenflow::pack {
namespace {

constexpr int kFolderDepthMax = 3;
constexpr std::size_t kReadersMax = 8;
constexpr std::string_view kManifest = "manifest.yaml";

// The folder of a manifest, as messages name it.
std::string folder_of_manifest(std::string_view display_path) {
  const std::size_t slash = display_path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(display_path.substr(0, slash));
}

catalogue::Fault place_in(const YamlDocument& document, std::string_view pointer) {
  const SourcePlace place = document.place_of(pointer);
  catalogue::Fault out;
  out.file = document.file;
  if (pointer.empty()) return out;  // the manifest as a whole
  out.line = place.line;
  out.column = place.column;
  out.snippet = document.line_at(place);
  return out;
}

catalogue::PackInput input_of(const YamlDocument& document, const Manifest& manifest, catalogue::ReadFile read) {
  catalogue::PackInput out;
  out.source = {manifest.slug, folder_of_manifest(document.file), manifest.event_types_path,
                manifest.emitted_event_kinds, std::move(read)};
  out.place = place_in(document, manifest.event_types_path.empty() ? "" : "/event_types");
  return out;
}

// Kinds end in words joined by '_', types in words joined by '-': what has a '-' behind the colon is no kind.
bool is_no_kind(std::string_view on) {
  const std::size_t colon = on.find(':');
  return colon != std::string_view::npos && on.find('-', colon) != std::string_view::npos;
}

void collect_automations(const YamlDocument& document, catalogue::PackInput& out) {
  const json::Value* list = document.value.find("automations");
  for (std::size_t i = 0; list != nullptr && list->is_array() && i < list->as_array().size(); ++i) {
    const std::string_view on = json::string_or(list->as_array()[i], "on", "");
    if (is_no_kind(on))
      out.automations.emplace_back(on, place_in(document, "/automations/" + std::to_string(i) + "/on"));
  }
}

struct PackFolders {
  std::vector<std::string> packs;
  std::vector<std::string> without_manifest;  // with an event manifest all the same
};

bool is_there(const Files& files, const std::string& folder, std::string_view name) {
  const auto found = files.stat(join_path(folder, name));
  return found.ok() && *found;
}

void collect_folders(const Files& files, const std::string& folder, int depth, PackFolders& out) {
  if (is_there(files, folder, kManifest)) return out.packs.push_back(folder);
  if (is_there(files, folder, catalogue::kEventTypesPath)) out.without_manifest.push_back(folder);
  const Result<std::vector<std::string>> names = files.list(folder);
  if (!names.ok() || depth == kFolderDepthMax) return;
  for (const std::string& name : *names) {
    const std::string path = join_path(folder, name);
    const auto found = files.stat(path);
    if (!name.starts_with('.') && found.ok() && *found && (*found)->directory && !(*found)->symlink)
      collect_folders(files, path, depth + 1, out);
  }
}

// It would be silently without effect otherwise, as of a pack that lost its manifest.
void report_without_manifest(const std::string& folder, Diagnostics& diagnostics) {
  diagnostics.add(
      "LF1001", {join_path(folder, kManifest), 0, 0},
      "there is no manifest.yaml, and nobody reads " + join_path(folder, catalogue::kEventTypesPath) + " without it",
      "a pack is a folder with a manifest.yaml: add it, or remove the file");
}

struct ReadPack {
  std::shared_ptr<const FolderPackFiles> files;  // shared with the reader of its plan
  YamlDocument document;
  Manifest manifest;
  Diagnostics diagnostics;
  bool is_manifest = false;
};

// In the order of the folders, whoever is done first.
std::vector<ReadPack> read_packs(const Files& files, const std::vector<std::string>& folders) {
  std::vector<ReadPack> out(folders.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < folders.size(); i = next++) {
      ReadPack& read = out[i];
      read.files = std::make_shared<const FolderPackFiles>(files, folders[i]);
      read.is_manifest =
          read_manifest(*read.files, join_path(folders[i], kManifest), read.diagnostics, read.document, read.manifest);
    }
  };
  const std::size_t helpers = std::min<std::size_t>({std::thread::hardware_concurrency(), kReadersMax, folders.size()});
  std::vector<std::future<void>> running;
  for (std::size_t i = 1; i < helpers; ++i) running.push_back(std::async(std::launch::async, work));
  work();
  for (std::future<void>& each : running) each.get();
  return out;
}

}  // namespace

void add_faults(const catalogue::Faults& faults, Diagnostics& diagnostics) {
  for (const catalogue::Fault& fault : faults.items())
    diagnostics.add(fault.code, {fault.file, fault.line, fault.column}, fault.message, fault.help, fault.snippet);
}

Result<std::vector<catalogue::PackInput>> find_event_packs(const Files& files, const std::string& root,
                                                           Diagnostics& diagnostics) {
  const auto found = files.stat(root);
  if (!found.ok() || !*found || !(*found)->directory) return Error(ErrorCode::kNotFound, "there is no folder " + root);
  PackFolders folders;
  collect_folders(files, root, 0, folders);
  std::ranges::sort(folders.packs);
  std::ranges::sort(folders.without_manifest);
  for (const std::string& folder : folders.without_manifest) report_without_manifest(folder, diagnostics);
  std::vector<ReadPack> reads = read_packs(files, folders.packs);
  std::vector<catalogue::PackInput> out;
  std::map<std::string, std::string> by_slug;  // of those with event types, to where they are
  for (ReadPack& read : reads) {
    if (!read.is_manifest) {
      diagnostics.append(read.diagnostics);
      continue;
    }
    const YamlDocument& document = read.document;
    const Manifest& manifest = read.manifest;
    catalogue::PackInput input =
        input_of(document, manifest, [files_of = read.files](std::string_view path) { return files_of->read(path); });
    collect_automations(document, input);
    input.declared = manifest.event_types;
    input.has_faults = read.diagnostics.has_errors();
    for (const Diagnostic& item : read.diagnostics.items())
      if (item.severity == Severity::kError)
        diagnostics.add(item.code, item.place, item.message, item.help, item.snippet);
    if (!manifest.event_types_path.empty()) {
      const auto [first, is_new] = by_slug.emplace(manifest.slug, document.file);
      const SourcePlace place = document.place_of(document.value.find("slug") != nullptr ? "/slug" : "/id");
      if (!is_new)
        diagnostics.add("LF1005", place, "the slug '" + manifest.slug + "' is that of " + first->second,
                        "choose another slug", document.line_at(place));
    }
    out.push_back(std::move(input));
  }
  return out;
}

catalogue::Catalogue catalogue_of(const std::vector<const Manifest*>& manifests) {
  std::vector<catalogue::EventType> core, content;
  for (catalogue::Declaration& declared : catalogue::core_declarations()) core.push_back(std::move(declared.event));
  for (const Manifest* manifest : manifests) {
    if (!manifest->event_types) continue;
    for (const catalogue::Declaration& declared : *manifest->event_types) content.push_back(declared.event);
  }
  return catalogue::make_catalogue(std::move(core), std::move(content));
}

namespace manifest_parts {

void read_event_types(Context& context) {
  if (const std::string* path = context.root.text("event_types")) context.manifest.event_types_path = *path;
  const PackFiles& files = context.files;
  const catalogue::PackInput input =
      input_of(context.report.document(), context.manifest, [&files](std::string_view at) { return files.read(at); });
  catalogue::Faults faults;
  context.manifest.event_types =
      std::make_shared<const std::vector<catalogue::Declaration>>(catalogue::check_pack(input, faults));
  for (const catalogue::Fault& fault : faults.items())
    context.report.elsewhere(fault.code, {fault.file, fault.line, fault.column}, fault.message, fault.help,
                             fault.snippet);
}

}  // namespace manifest_parts

}  // namespace lumenflow::pack
