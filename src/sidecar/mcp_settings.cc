#include "sidecar/mcp_settings.h"

#include <algorithm>
#include <string>

#include "base/time.h"
#include "pack/yaml.h"

namespace lumenflow::sidecar {
namespace {

McpSettings read(const kernel::WorkspaceConfig& config) {
  McpSettings settings;
  pack::YamlDocument document;
  pack::Diagnostics ignored;
  if (!pack::parse_yaml("lumenflow.yaml", config.text, "LF2001", document, ignored)) return settings;
  const json::Value* const surfaces = document.value.is_object() ? document.value.find("surfaces") : nullptr;
  if (surfaces == nullptr) return settings;
  const bool named = surfaces->is_array() || (surfaces->is_object() && surfaces->find("mcp") != nullptr);
  settings.enabled = !named || std::ranges::find(config.surfaces, "mcp") != config.surfaces.end();
  const json::Value* const own = surfaces->is_object() ? surfaces->find("mcp") : nullptr;
  if (own == nullptr || !own->is_object()) return settings;
  const Result<std::chrono::milliseconds> hold = parse_duration(json::string_or(*own, "stream_hold", ""));
  if (hold.ok()) settings.stream_hold = *hold;
  return settings;
}

}  // namespace

const McpSettings& mcp_settings(const kernel::WorkspaceConfig& config) {
  // One file is read at a time; another one has another hash.
  static thread_local std::string hash;
  static thread_local McpSettings settings;
  if (hash != config.hash || hash.empty()) {
    settings = read(config);
    hash = config.hash;
  }
  return settings;
}

}  // namespace lumenflow::sidecar
