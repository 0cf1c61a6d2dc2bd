#include "kernel/config_effect.h"

#include <algorithm>

#include "kernel/config_rules.h"
#include "pack/fields.h"
#include "pack/yaml.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kNothing = "LF2013";

// Keys that nothing reads yet, with the value that says the same as leaving them out.
struct IdleKey {
  std::string_view pointer;
  std::string_view neutral;  // as JSON; empty: none
};
constexpr IdleKey kIdleKeys[] = {
    {"/events/retention", ""},
    {"/journal/retention/events", ""},
    {"/limits/call_timeout", ""},
    {"/telemetry/otlp", ""},
};
// Sections of packs, which are read where their pack runs.
constexpr std::string_view kPackKeys[] = {"routines", "gates", "agent_runtime", "sidekick", "software_delivery"};

class Effects {
 public:
  Effects(const json::Value& document, pack::Report& report) : document_(document), report_(report) {}

  void warn(const std::string& pointer) {
    report_.at_key(kNothing, pointer, "'" + pointer.substr(1) + "' has no effect in this version",
                   "leave it out until it has");
  }

  void warn_of(const IdleKey& key) {
    const std::string pointer(key.pointer);
    const json::Value* value = document_.at_pointer(pointer);
    if (value != nullptr && (key.neutral.empty() || json::serialize(*value) != key.neutral)) warn(pointer);
  }

  void warn_of_surfaces(const WorkspaceConfig& config) {
    for (const std::string& surface : config.surfaces) {
      if (surface == "http" || surface == "mcp") continue;
      const json::Value& written = *document_.at_pointer("/surfaces");
      if (!written.is_array()) {
        warn("/surfaces/" + surface);
        continue;
      }
      for (std::size_t i = 0; i < written.as_array().size(); ++i)
        if (written.as_array()[i] == json::Value(surface))
          report_.at(kNothing, pack::child_pointer("/surfaces", i),
                     "the surface '" + surface + "' has no effect in this version", "leave it out until it has");
    }
  }

 private:
  const json::Value& document_;
  pack::Report& report_;
};

}  // namespace

void report_without_effect(const std::string& file, const std::string& text, const WorkspaceConfig& config,
                           const pack::Registry& registry, pack::Diagnostics& diagnostics) {
  pack::YamlDocument document;
  pack::Diagnostics found;
  if (!parse_yaml(file, text, "LF2001", document, found)) return;  // it was parsed before
  pack::Report report(document, {"LF2002", "LF2003", "LF2004"}, found);
  Effects effects(document.value, report);
  check_rules(config, registry, report);
  for (const IdleKey& key : kIdleKeys) effects.warn_of(key);
  effects.warn_of_surfaces(config);
  const auto is_read = [&registry](std::string_view key) {
    if (key == "routines") return registry.find("routine:run") != nullptr;
    return std::ranges::any_of(registry.packs(), [&](const auto& pack) {
      return pack->manifest.config_key == key ||
             std::ranges::find(pack->manifest.config_reads, key) != pack->manifest.config_reads.end();
    });
  };
  for (const std::string_view key : kPackKeys)
    if (document.value.find(key) != nullptr && !is_read(key))
      report.at_key(kNothing, pack::child_pointer("", key),
                    "'" + std::string(key) + "' has no effect: no active pack reads it", "leave it out");
  found.sort();
  diagnostics.append(found);
}

}  // namespace lumenflow::kernel
