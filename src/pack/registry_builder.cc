// From packs to a registry: each pack against its own code, then all against each other.
#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/encoding.h"
#include "base/sha256.h"
#include "json/canonical.h"
#include "pack/fields.h"
#include "pack/names.h"
#include "pack/pack_files.h"
#include "pack/registry.h"

namespace lumenflow::pack {

struct RegistryBuilder::Candidate {
  const BuiltinPack* code = nullptr;
  std::unique_ptr<LoadedPack> pack;
  std::vector<std::unique_ptr<ActiveTool>> tools;
  YamlDocument document;
  Diagnostics diagnostics;
};

// What the packs accepted so far hold, by name -> id of the pack.
struct RegistryBuilder::Taken {
  using Names = std::map<std::string, std::string, std::less<>>;
  Names ids, slugs, kinds, tools, config_keys;
};

namespace {

constexpr FieldCodes kCodes{"LF1002", "LF1003", "LF1004"};

std::string tool_pointer(const Manifest& manifest, std::string_view name) {
  // Diagnostics against tools are only made for manifests that parsed, so the lists have the same order.
  for (std::size_t i = 0; i < manifest.tools.size(); ++i)
    if (manifest.tools[i].name == name) return "/tools/" + std::to_string(i) + "/name";
  return "/tools";
}

const RegisteredTool* find_registered(const Registration& registration, std::string_view name) {
  const auto found = std::ranges::find(registration.tools(), name, &RegisteredTool::name);
  return found == registration.tools().end() ? nullptr : &*found;
}

void check_code(const BuiltinPack& code, const Registration& registration, const Manifest& manifest, Report& report) {
  if (manifest.id != code.id)
    report.bad("/id", "the program knows this pack as '" + std::string(code.id) + "'",
               "write 'id: " + std::string(code.id) + "'");
  if (manifest.runtime != RuntimeType::kBuiltin && manifest.runtime != RuntimeType::kDeclarative)
    report.bad("/runtime", "a pack that is compiled in has the runtime builtin", "write 'runtime: {type: builtin}'");
  for (const ToolDescriptor& tool : manifest.tools) {
    const RegisteredTool* registered = find_registered(registration, tool.name);
    if (registered == nullptr || !registered->handler)
      report.at("LF1033", tool_pointer(manifest, tool.name), "the code registers no tool '" + tool.name + "'",
                "register it, or remove it from the manifest");
  }
  std::set<std::string_view> seen;
  for (const RegisteredTool& tool : registration.tools()) {
    if (!seen.insert(tool.name).second)
      report.at("LF1020", tool_pointer(manifest, tool.name), "the code registers '" + tool.name + "' twice");
    if (std::ranges::find(manifest.tools, tool.name, &ToolDescriptor::name) == manifest.tools.end())
      report.at("LF1033", "/tools",
                "the code registers the tool '" + tool.name + "', which the manifest does not declare",
                "declare it, or remove it from the code");
  }
  for (std::size_t i = 0; i < manifest.subscribed_event_kinds.size(); ++i)
    report.at("LF1031", "/subscribed_event_kinds/" + std::to_string(i),
              "no handler is registered for '" + manifest.subscribed_event_kinds[i] + "'",
              "register one, or remove the subscription");
}

// Every description enters the registry's hash, so its numbers must have a canonical form.
void check_canonical(const ActiveTool& tool, Report& report, const Manifest& manifest) {
  const Result<std::string> text = json::canonical(describe_tool(tool));
  if (!text.ok())
    report.at("LF1024", tool_pointer(manifest, tool.descriptor.name),
              "the schemas have no canonical form: " + text.error().message(), "use numbers of at most 53 bits");
}

std::string hash_of(const std::vector<std::unique_ptr<ActiveTool>>& tools) {
  json::Array listed;
  for (const auto& tool : tools)
    if (!tool->descriptor.internal_only) listed.push_back(describe_tool(*tool));
  const Result<Hash256> hash = json::canonical_sha256(listed);
  LUMENFLOW_CHECK(hash.ok());  // check_canonical has seen every description
  return to_hex(*hash);
}

template <class Names>
void check_free(Report& report, std::string_view code, const Names& names, const std::string& name,
                const std::string& pointer, const std::string& what) {
  const auto found = names.find(name);
  if (found != names.end())
    report.at(code, pointer, what + " '" + name + "' is already taken by the pack '" + found->second + "'",
              "rename it, or leave out one of the packs");
}

}  // namespace

RegistryBuilder::RegistryBuilder() = default;
RegistryBuilder::~RegistryBuilder() = default;

void RegistryBuilder::refuse(std::string id, Diagnostics diagnostics) {
  registry_->diagnostics_.append(diagnostics);
  registry_->refused_.push_back({std::move(id), std::move(diagnostics)});
}

void RegistryBuilder::add_builtin(const BuiltinPack& code) {
  auto candidate = std::make_unique<Candidate>();
  const EmbeddedPackFiles files(code);
  const std::string display_path = std::string(code.id) + "/manifest.yaml";
  std::optional<Manifest> manifest = parse_manifest(files, display_path, candidate->diagnostics, &candidate->document);
  if (!manifest) return refuse(std::string(code.id), std::move(candidate->diagnostics));
  candidate->code = &code;
  candidate->pack = std::make_unique<LoadedPack>(LoadedPack{*std::move(manifest), integrity_of(code), "builtin", {}});
  candidates_.push_back(std::move(candidate));
}

std::vector<std::string> RegistryBuilder::config_keys() const {
  std::vector<std::string> keys;
  for (const auto& candidate : candidates_)
    if (const std::string& key = candidate->pack->manifest.config_key; !key.empty()) keys.push_back(key);
  return keys;
}

void RegistryBuilder::let_register(Candidate& candidate, const std::map<std::string, json::Value>& sections) {
  const Manifest& manifest = candidate.pack->manifest;
  const auto section = sections.find(manifest.config_key);
  Registration registration(section == sections.end() ? json::Value(json::Object{}) : section->second);
  candidate.code->register_pack(registration);
  candidate.pack->timers = registration.timers();
  Report report(candidate.document, kCodes, candidate.diagnostics);
  check_code(*candidate.code, registration, manifest, report);
  for (const ToolDescriptor& descriptor : manifest.tools) {
    const RegisteredTool* registered = find_registered(registration, descriptor.name);
    if (registered == nullptr) continue;
    auto tool = std::make_unique<ActiveTool>(
        ActiveTool{descriptor, candidate.pack.get(), registered->traits, registered->handler, registration.status()});
    check_canonical(*tool, report, manifest);
    candidate.tools.push_back(std::move(tool));
  }
}

// Cross-pack faults of one candidate against those accepted before it.
void RegistryBuilder::check_against(Candidate& candidate, const Taken& taken) {
  const Manifest& manifest = candidate.pack->manifest;
  Report report(candidate.document, kCodes, candidate.diagnostics);
  check_free(report, "LF1005", taken.ids, manifest.id, "/id", "the id");
  check_free(report, "LF1005", taken.slugs, manifest.slug, "/slug", "the slug");
  if (!manifest.config_key.empty())
    check_free(report, "LF1005", taken.config_keys, manifest.config_key, "/config_key", "the config_key");
  for (std::size_t i = 0; i < manifest.emitted_event_kinds.size(); ++i)
    check_free(report, "LF1012", taken.kinds, manifest.emitted_event_kinds[i],
               "/emitted_event_kinds/" + std::to_string(i), "the kind");
  for (const ToolDescriptor& tool : manifest.tools) {
    const std::string pointer = tool_pointer(manifest, tool.name);
    check_free(report, "LF1020", taken.tools, tool.name, pointer, "the tool name");
    for (const std::string& alias : tool.aliases)
      check_free(report, "LF1020", taken.tools, alias, pointer, "the alias");
  }
}

void RegistryBuilder::accept(Candidate& candidate, Taken& taken) {
  const Manifest& manifest = candidate.pack->manifest;
  taken.ids.emplace(manifest.id, manifest.id);
  taken.slugs.emplace(manifest.slug, manifest.id);
  if (!manifest.config_key.empty()) taken.config_keys.emplace(manifest.config_key, manifest.id);
  for (const std::string& kind : manifest.emitted_event_kinds) taken.kinds.emplace(kind, manifest.id);
  for (auto& tool : candidate.tools) {
    registry_->by_name_.emplace(tool->descriptor.name, tool.get());
    taken.tools.emplace(tool->descriptor.name, manifest.id);
    for (const std::string& alias : tool->descriptor.aliases) {
      registry_->by_name_.emplace(alias, tool.get());
      taken.tools.emplace(alias, manifest.id);
    }
    registry_->tools_.push_back(std::move(tool));
  }
  registry_->packs_.push_back(std::move(candidate.pack));
}

// A subscription that no active pack nor the kernel declares is a warning: the pack that emits it may come later.
void RegistryBuilder::check_subscriptions(const Candidate& candidate, const LoadedPack& pack, const Taken& taken) {
  Report report(candidate.document, kCodes, registry_->diagnostics_);
  std::vector<std::string_view> known;
  for (const auto& [kind, id] : taken.kinds) known.emplace_back(kind);
  for (const event::KernelKind& kind : event::kernel_kinds()) known.push_back(kind.kind);
  for (std::size_t i = 0; i < pack.manifest.subscribed_event_kinds.size(); ++i) {
    const std::string& kind = pack.manifest.subscribed_event_kinds[i];
    if (std::ranges::find(known, kind) != known.end()) continue;
    const auto meant = nearest(kind, known);
    report.at("LF1016", "/subscribed_event_kinds/" + std::to_string(i), "nothing declares the kind '" + kind + "'",
              meant ? "did you mean '" + *meant + "'?" : "");
  }
}

std::shared_ptr<const Registry> RegistryBuilder::build(const std::map<std::string, json::Value>& sections) {
  LUMENFLOW_CHECK(registry_ != nullptr);
  Taken taken;
  std::vector<std::pair<const Candidate*, const LoadedPack*>> accepted;
  for (const auto& candidate : candidates_) {
    let_register(*candidate, sections);
    if (!candidate->diagnostics.has_errors()) check_against(*candidate, taken);
    if (candidate->diagnostics.has_errors()) {
      refuse(candidate->pack->manifest.id, std::move(candidate->diagnostics));
      continue;
    }
    accepted.emplace_back(candidate.get(), candidate->pack.get());
    accept(*candidate, taken);
  }
  for (const auto& [candidate, pack] : accepted) check_subscriptions(*candidate, *pack, taken);
  registry_->diagnostics_.sort();
  std::ranges::sort(registry_->tools_, {},
                    [](const auto& tool) -> const std::string& { return tool->descriptor.name; });
  std::ranges::sort(registry_->packs_, {}, [](const auto& pack) -> const std::string& { return pack->manifest.id; });
  registry_->hash_ = hash_of(registry_->tools_);
  candidates_.clear();
  return std::shared_ptr<const Registry>(std::move(registry_));
}

}  // namespace lumenflow::pack
