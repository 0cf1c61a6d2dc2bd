#include "sidecar/recorded_workspace.h"

#include <algorithm>
#include <utility>

#include "kernel/workspace_packs.h"
#include "sidecar/version.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {
namespace {

const json::Value* recorded_pack(const bus::RecordingHeader& header, const std::string& id) {
  const json::Value* packs = header.document.find("packs");
  if (packs == nullptr || !packs->is_array()) return nullptr;
  for (const json::Value& pack : packs->as_array())
    if (json::string_or(pack, "id", "") == id) return &pack;
  return nullptr;
}

// Of packs that were there; without them every catalogue would be said to be another one.
std::string missing_packs(const bus::RecordingHeader& header, const pack::Registry& registry) {
  std::string missing;
  const json::Value* packs = header.document.find("packs");
  if (packs == nullptr || !packs->is_array()) return missing;
  for (const json::Value& pack : packs->as_array())
    if (const std::string id(json::string_or(pack, "id", "")); registry.find_pack(id) == nullptr)
      missing += (missing.empty() ? "" : ", ") + id;
  return missing;
}

// In place of a program that is not started: what it had said of itself.
Status register_as_recorded(const bus::RecordingHeader& header, const pack::Manifest& manifest,
                            pack::Registration& registration) {
  const Error unused(ErrorCode::kInternal, "a replay runs no code of packs");
  for (const pack::ToolDescriptor& tool : manifest.tools)
    registration.tool(tool.name, {}, [](pack::ToolContext&, const json::Value&) -> pack::ToolResult {
      return pack::ToolCrash{ErrorCode::kToolCrashed, "a replay runs no code of packs", true};
    });
  const json::Value* recorded = recorded_pack(header, manifest.id);
  if (recorded == nullptr) return Error(ErrorCode::kNotFound, "it was out of service when the recording was made");
  const json::Value* handlers = recorded->find("handlers");
  registration.isolation(std::string(json::string_or(*recorded, "isolation", "")));
  if (handlers == nullptr || !handlers->is_array()) return {};
  for (const json::Value& handler : handlers->as_array()) {
    pack::ReplayKey key;
    if (json::boolean_or(handler, "replay_key", false)) key = [](const pack::Event&) { return std::string(); };
    registration.handler(
        std::string(json::string_or(handler, "kind", "")),
        {.idempotent = json::boolean_or(handler, "idempotent", false)},
        [unused](pack::HandlerContext&, const pack::Event&) { return Status(unused); }, std::move(key));
  }
  return {};
}

}  // namespace

Result<kernel::ReplayOptions> recorded_workspace(Files& files, const std::string& root,
                                                 const std::vector<const pack::BuiltinPack*>& builtin_packs,
                                                 const bus::RecordingHeader& header) {
  const WorkspacePaths paths(root);
  const std::unique_ptr<pack::PackSources> sources = pack::make_judging_sources(root);
  const kernel::LoadCode as_recorded = [&header](const kernel::WorkspaceConfig&, const pack::Manifest& manifest,
                                                 const std::string&, pack::Registration& registration) {
    return register_as_recorded(header, manifest, registration);
  };
  const std::string text(header.text("config"));
  kernel::WorkspacePacks read =
      kernel::load_workspace_packs(paths.config, text, kernel::PackPorts{builtin_packs, sources.get(), as_recorded});
  if (!read.config)
    return Error(ErrorCode::kInvalidConfiguration, "the recorded lumenflow.yaml and its packs cannot be read here:\n" +
                                                       pack::render_text(read.diagnostics, false));
  if (const std::string missing = missing_packs(header, *read.registry); !missing.empty())
    return Error(ErrorCode::kInvalidConfiguration,
                 "the recording was made with packs that cannot be loaded here: " + missing +
                     "; put them back as they were\n" + pack::render_text(read.diagnostics, false));
  kernel::ReplayOptions options;
  options.program_version = kVersion;
  const std::string id = read.config->id.str();
  options.kernel.config = *std::move(read.config);
  options.kernel.registry = std::move(read.registry);
  options.kernel.version = header.text("version");
  options.kernel.workspace_root = root;
  LUMENFLOW_TRY_ASSIGN(options.kernel.kernel_tools, make_kernel_tools_for_replay(files, paths, id));
  return options;
}

}  // namespace lumenflow::sidecar
