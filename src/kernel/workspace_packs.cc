#include "kernel/workspace_packs.h"

#include <algorithm>
#include <set>

#include "kernel/config_effect.h"
#include "pack/fields.h"
#include "pack/integrity.h"
#include "pack/pack_files.h"
#include "pack/secrets.h"

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

// The pack of one pin, added to the registry's builder; or why there is none.
class Resolver {
 public:
  Resolver(const PackPorts& ports, pack::RegistryBuilder& builder) : ports_(ports), builder_(builder) {}

  std::vector<pack::ConfigSection> operator()(const std::vector<PackPin>& pins, pack::Report& report) const {
    for (const PackPin& pin : pins) {
      if (pin.source == "builtin")
        add_builtin(pin, report);
      else
        add_from_source(pin, report);
    }
    return builder_.sections();
  }

 private:
  void add_builtin(const PackPin& pin, pack::Report& report) const {
    const auto found = std::ranges::find(ports_.builtin_packs, pin.id, &BuiltinPack::id);
    if (found == ports_.builtin_packs.end()) return report_unknown(pin, report);
    const BuiltinPack& code = **found;
    const pack::PackOrigin origin{"builtin", pack::integrity_of(code), {}, {}};
    if (pin.integrity != "dev" && pin.integrity != origin.integrity)
      return refuse(pin, origin, report, "LF1040", "/integrity",
                    "the pack '" + pin.id + "' is not the one that was pinned",
                    "the content that this program brings along has 'integrity: " + origin.integrity + "'");
    builder_.add_builtin(code);
    check_version(pin, report, "this program brings along");
  }

  void add_from_source(const PackPin& pin, pack::Report& report) const {
    pack::PackOrigin origin{pin.source, {}, {}, {}};
    if (ports_.sources == nullptr)
      return refuse(pin, origin, report, kUnknownPack, "/source",
                    "the pack '" + pin.id + "' is of source " + pin.source + ", and none is looked at here",
                    "remove the pin, or switch it off with 'enabled: false'");
    const std::string expected = pin.integrity == "dev" ? std::string() : pin.integrity;
    Result<pack::OpenedPack> opened =
        ports_.sources->open({pin.id, pin.source, pin.path, pin.url, pin.commit, expected});
    if (!opened.ok()) return refuse_unopened(pin, origin, report, opened.error());
    const std::string folder = opened->origin.folder;
    const PosixFiles files;
    builder_.add_opened(pin.id, pack::FolderPackFiles(files, folder),
                        join_path(opened->display_folder, "manifest.yaml"), std::move(opened->origin));
    check_version(pin, report, "the pack there is");
  }

  void refuse_unopened(const PackPin& pin, const pack::PackOrigin& origin, pack::Report& report,
                       const Error& error) const {
    const std::string pack = "the pack '" + pin.id + "'";
    const std::string_view where = pin.path.empty() ? "/url" : "/path";
    if (error.code() == ErrorCode::kConflict)
      return refuse(pin, origin, report, "LF1040", "/integrity",
                    pack + " is not the one that was pinned: " + error.message(),
                    "look at what changed; `lumenflow pack add` pins it as it is now");
    if (error.code() == ErrorCode::kInvalidInput)
      return refuse(pin, origin, report, "LF1042", where, pack + " is not all in its folder: " + error.message(),
                    "a pack brings along all that it uses");
    refuse(pin, origin, report, kUnknownPack, where, pack + " cannot be loaded: " + error.message(),
           "mend the pin, or switch it off with 'enabled: false'");
  }

  // The pack stays out, and the others run.
  void refuse(const PackPin& pin, const pack::PackOrigin& origin, pack::Report& report, std::string_view code,
              std::string_view field, std::string message, std::string help) const {
    pack::Diagnostics found;
    pack::Report(report.document(), report.codes(), found)
        .at(code, pin.pointer + std::string(field), std::move(message), std::move(help));
    found = pack::without_secrets(found, pack::find_secrets(report.document().value));
    builder_.add_refused(pin.id, origin, std::move(found));
  }

  void check_version(const PackPin& pin, pack::Report& report, const std::string& what) const {
    const pack::LoadedPack* loaded = builder_.find_candidate(pin.id);
    if (loaded == nullptr || pin.version.empty() || pin.version == loaded->manifest.version) return;
    report.at(kUnknownPack, pin.pointer + "/version",
              what + " " + pin.id + " " + loaded->manifest.version + ", not " + pin.version,
              "write 'version: " + loaded->manifest.version + "', or leave it out");
  }

  void report_unknown(const PackPin& pin, pack::Report& report) const {
    std::vector<std::string_view> ids;
    for (const BuiltinPack* pack : ports_.builtin_packs) ids.push_back(pack->id);
    if (pin.pointer.empty()) return;  // the default pin, in a program that was built without the pack
    const auto meant = pack::nearest(pin.id, ids);
    report.at(kUnknownPack, pin.pointer + "/id", "this program has no builtin pack '" + pin.id + "'",
              meant ? "did you mean '" + *meant + "'?" : "remove the pin, or switch it off with 'enabled: false'");
  }

  const PackPorts& ports_;
  pack::RegistryBuilder& builder_;
};

}  // namespace

WorkspacePacks load_workspace_packs(const std::string& file, const std::string& text, const PackPorts& ports) {
  WorkspacePacks out;
  pack::RegistryBuilder builder;
  out.config = parse_config(file, text, Resolver(ports, builder), out.diagnostics);
  if (out.config) {
    const pack::Activation activation = activation_of(*out.config);
    pack::CodeLoader load_code;
    if (ports.load_code)
      load_code = [&](const pack::Manifest& manifest, const std::string& folder, pack::Registration& registration) {
        return ports.load_code(*out.config, manifest, folder, registration);
      };
    out.registry = builder.build(&activation, load_code, ports.before);
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
