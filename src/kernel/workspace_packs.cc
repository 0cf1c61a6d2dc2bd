#include "kernel/workspace_packs.h"

#include <algorithm>
#include <set>

#include "kernel/config_effect.h"
#include "pack/fields.h"
#include "pack/integrity.h"

namespace lumenflow::kernel {
namespace {

using pack::BuiltinPack;

constexpr std::string_view kUnknownPack = "LF2006";

// `*` any text, `?` one character; surface ids are ASCII. Iterative, with one point to come back to.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

pack::Activation activation_of(const WorkspaceConfig& config) {
  pack::Activation activation;
  activation.has_provider = [&config](std::string_view surface) {
    return std::ranges::any_of(config.approval_providers.as_object(),
                               [&](const json::Member& member) { return matches(member.key, surface); });
  };
  activation.has_surface = [&config](std::string_view surface) {
    return std::ranges::find(config.surfaces, surface) != config.surfaces.end();
  };
  activation.sections = config.pack_sections;
  return activation;
}

// Finds the builtin pack of a pin and adds it, or reports why there is none.
class Resolver {
 public:
  Resolver(const std::vector<const BuiltinPack*>& builtin_packs, pack::RegistryBuilder& builder)
      : builtin_packs_(builtin_packs), builder_(builder) {}

  std::vector<pack::ConfigSection> operator()(const std::vector<PackPin>& pins, pack::Report& report) const {
    for (const PackPin& pin : pins) resolve(pin, report);
    return builder_.sections();
  }

 private:
  void resolve(const PackPin& pin, pack::Report& report) const {
    if (pin.source != "builtin")
      return report.at(kUnknownPack, pin.pointer + "/source",
                       "the pack '" + pin.id + "' is of source " + pin.source +
                           ", and this program loads the packs that it brings along",
                       "remove the pin, or switch it off with 'enabled: false'");
    const auto found = std::ranges::find(builtin_packs_, pin.id, &BuiltinPack::id);
    if (found == builtin_packs_.end()) return report_unknown(pin, report);
    const BuiltinPack& code = **found;
    if (const std::string integrity = pack::integrity_of(code); pin.integrity != "dev" && pin.integrity != integrity)
      return report.at("LF1040", pin.pointer + "/integrity", "the pack '" + pin.id + "' is not the one that was pinned",
                       "the content that this program brings along has 'integrity: " + integrity + "'");
    builder_.add_builtin(code);
    const pack::LoadedPack* loaded = builder_.find_candidate(pin.id);
    if (loaded != nullptr && !pin.version.empty() && pin.version != loaded->manifest.version)
      report.at(kUnknownPack, pin.pointer + "/version",
                "this program brings along " + pin.id + " " + loaded->manifest.version + ", not " + pin.version,
                "write 'version: " + loaded->manifest.version + "', or leave it out");
  }

  void report_unknown(const PackPin& pin, pack::Report& report) const {
    std::vector<std::string_view> ids;
    for (const BuiltinPack* pack : builtin_packs_) ids.push_back(pack->id);
    if (pin.pointer.empty()) return;  // the default pin, in a program that was built without the pack
    const auto meant = pack::nearest(pin.id, ids);
    report.at(kUnknownPack, pin.pointer + "/id", "this program has no builtin pack '" + pin.id + "'",
              meant ? "did you mean '" + *meant + "'?" : "remove the pin, or switch it off with 'enabled: false'");
  }

  const std::vector<const BuiltinPack*>& builtin_packs_;
  pack::RegistryBuilder& builder_;
};

}  // namespace

WorkspacePacks load_workspace_packs(const std::string& file, const std::string& text,
                                    const std::vector<const BuiltinPack*>& builtin_packs) {
  WorkspacePacks out;
  pack::RegistryBuilder builder;
  out.config = parse_config(file, text, Resolver(builtin_packs, builder), out.diagnostics);
  if (out.config) {
    const pack::Activation activation = activation_of(*out.config);
    out.registry = builder.build(&activation);
    std::set<std::string> sections;
    for (const auto& pack : out.registry->packs()) sections.insert(pack->manifest.config_key);
    report_without_effect(file, text, *out.config, sections, out.diagnostics);
    if (out.diagnostics.has_errors()) out.config.reset();
  } else {
    out.registry = builder.build();
  }
  out.diagnostics.append(out.registry->diagnostics());
  return out;
}

}  // namespace lumenflow::kernel
