// From packs to a registry: each pack against its own code, then all against each other.
#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/encoding.h"
#include "base/sha256.h"
#include "catalogue/catalogue.h"
#include "json/canonical.h"
#include "pack/automations.h"
#include "pack/fields.h"
#include "pack/names.h"
#include "pack/pack_files.h"
#include "pack/policy_fields.h"
#include "pack/registry.h"

namespace lumenflow::pack {

struct RegistryBuilder::Candidate {
  const BuiltinPack* builtin = nullptr;
  bool runs = false;  // its code is to be started; else it is judged by its files
  std::unique_ptr<LoadedPack> pack;
  std::vector<std::unique_ptr<ActiveTool>> tools;
  YamlDocument document;
  Diagnostics diagnostics;
  bool accepted = false;
};

// What the packs accepted so far hold, by name -> id of the pack.
struct RegistryBuilder::Taken {
  using Names = std::map<std::string, std::string, std::less<>>;
  Names ids, slugs, kinds, event_types, tools, config_keys;
};

namespace {

constexpr FieldCodes kRegistryCodes{"LF1002", "LF1003", "LF1004"};

std::string tool_pointer(const Manifest& manifest, std::string_view name) {
  const json::Value* written = manifest.raw.find("tools");
  const json::Array* tools = written == nullptr ? nullptr : written->if_array();
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i)
    if (json::string_or((*tools)[i], "name", "") == name) return "/tools/" + std::to_string(i) + "/name";
  return "/tools";
}

// The same for a kind of one of the lists: what could not be read is in the file but not in the manifest.
std::string kind_pointer(const Manifest& manifest, std::string_view list, std::string_view kind) {
  const std::string pointer = "/" + std::string(list);
  const json::Value* written = manifest.raw.find(list);
  const json::Array* kinds = written == nullptr ? nullptr : written->if_array();
  for (std::size_t i = 0; kinds != nullptr && i < kinds->size(); ++i)
    if ((*kinds)[i] == json::Value(kind)) return child_pointer(pointer, i);
  return pointer;
}

const RegisteredTool* find_registered(const Registration& registration, std::string_view name) {
  const auto found = std::ranges::find(registration.tools(), name, &RegisteredTool::name);
  return found == registration.tools().end() ? nullptr : &*found;
}

void check_handlers(const Registration& registration, const Manifest& manifest, Report& report) {
  const auto subscription = [&](std::string_view kind) {
    return kind_pointer(manifest, "subscribed_event_kinds", kind);
  };
  std::set<std::string_view> handled;
  for (const RegisteredHandler& handler : registration.handlers()) {
    if (std::ranges::find(manifest.subscribed_event_kinds, handler.kind) == manifest.subscribed_event_kinds.end())
      report.at("LF1031", "/subscribed_event_kinds",
                "the code handles '" + handler.kind + "', to which the manifest does not subscribe",
                "subscribe to it, or remove the handler");
    else if (!handled.insert(handler.kind).second)
      report.at("LF1031", subscription(handler.kind), "the code registers two handlers for '" + handler.kind + "'",
                "a kind has one handler");
    else if (!handler.traits.idempotent && !handler.replay_key)
      report.at("LF1032", subscription(handler.kind),
                "the handler of '" + handler.kind + "' is neither idempotent nor has it a replay key",
                "mark it idempotent, or register a replay key");
  }
  for (const std::string& kind : manifest.subscribed_event_kinds) {
    const auto found = std::ranges::find(registration.handlers(), kind, &RegisteredHandler::kind);
    if (found == registration.handlers().end() || !found->handler)
      report.at("LF1031", subscription(kind), "no handler is registered for '" + kind + "'",
                "register one, or remove the subscription");
  }
}

void check_builtin(const BuiltinPack& code, const Manifest& manifest, Report& report) {
  if (manifest.id != code.id)
    report.bad("/id", "the program knows this pack as '" + std::string(code.id) + "'",
               "write 'id: " + std::string(code.id) + "'");
  if (manifest.runtime != RuntimeType::kBuiltin && manifest.runtime != RuntimeType::kDeclarative)
    report.bad("/runtime", "a pack that is compiled in has the runtime builtin", "write 'runtime: {type: builtin}'");
}

void check_code(const Registration& registration, const Manifest& manifest, Report& report) {
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
  check_handlers(registration, manifest, report);
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

// What the pack reads besides its own section, under the same names within it.
void add_read_sections(LoadedPack& pack, const Activation& activation) {
  for (const std::string& key : pack.manifest.config_reads) {
    const auto given = activation.sections.find(key);
    if (given == activation.sections.end()) continue;
    if (!pack.config.is_object()) pack.config = json::Object{};
    pack.config.as_object().set(key, given->second);
  }
}

}  // namespace

RegistryBuilder::RegistryBuilder() = default;
RegistryBuilder::RegistryBuilder(RegistryBuilder&&) noexcept = default;
RegistryBuilder::~RegistryBuilder() = default;

void RegistryBuilder::add_builtin(const BuiltinPack& code) {
  auto candidate = std::make_unique<Candidate>();
  candidate->pack = std::make_unique<LoadedPack>();
  const std::string display_path = std::string(code.id) + "/manifest.yaml";
  Manifest& manifest = candidate->pack->manifest;
  if (!read_manifest(EmbeddedPackFiles(code), display_path, candidate->diagnostics, candidate->document, manifest))
    return refuse(std::string(code.id), *candidate);
  candidate->pack->origin = {"builtin", integrity_of(code), {}, {}};
  candidate->builtin = &code;
  candidate->runs = true;
  if (manifest.id.empty()) manifest.id = code.id;
  candidates_.push_back(std::move(candidate));
}

// Whether the pack of the registry before is this one to the last bit, with the same section of lumenflow.yaml.
std::shared_ptr<const Registration> RegistryBuilder::code_before(const LoadedPack& pack, const Registry* before) {
  const LoadedPack* same = before == nullptr ? nullptr : before->find_pack(pack.manifest.id);
  if (same == nullptr || same->origin.source != pack.origin.source || same->origin.integrity != pack.origin.integrity ||
      same->config != pack.config)
    return nullptr;
  return same->code;
}

void RegistryBuilder::let_register(Candidate& candidate, const CodeLoader& load_code, const Registry* before) {
  LoadedPack& pack = *candidate.pack;
  if (std::shared_ptr<const Registration> code = code_before(pack, before))
    return take_code(candidate, std::move(code));
  Report report(candidate.document, kRegistryCodes, candidate.diagnostics);
  auto registration = std::make_shared<Registration>(pack.config.is_null() ? json::Value(json::Object{}) : pack.config);
  if (candidate.builtin != nullptr) {
    check_builtin(*candidate.builtin, pack.manifest, report);
    candidate.builtin->register_pack(*registration);
  } else if (const Status loaded = load_code(pack.manifest, pack.origin.folder, *registration); !loaded.ok()) {
    return report.at("LF1033", "/runtime", "its code cannot be used: " + loaded.error().message(),
                     "see what the program says when it is started by hand");
  }
  check_code(*registration, pack.manifest, report);
  take_code(candidate, std::move(registration));
}

void RegistryBuilder::take_code(Candidate& candidate, std::shared_ptr<const Registration> code) {
  LoadedPack& pack = *candidate.pack;
  pack.timers = code->timers();
  pack.handlers = code->handlers();
  pack.executor = code->executor();
  pack.isolation = code->isolation();
  Report report(candidate.document, kRegistryCodes, candidate.diagnostics);
  for (const ToolDescriptor& descriptor : pack.manifest.tools) {
    const RegisteredTool* registered = find_registered(*code, descriptor.name);
    if (registered == nullptr) continue;
    auto tool = std::make_unique<ActiveTool>(
        ActiveTool{descriptor, &pack, registered->traits, registered->handler, code->status(), code->input_rule()});
    check_canonical(*tool, report, pack.manifest);
    candidate.tools.push_back(std::move(tool));
  }
  pack.code = std::move(code);
}

void RegistryBuilder::add_files(const PackFiles& files, const std::string& display_path) {
  auto candidate = std::make_unique<Candidate>();
  candidate->pack = std::make_unique<LoadedPack>();
  Manifest& manifest = candidate->pack->manifest;
  if (!read_manifest(files, display_path, candidate->diagnostics, candidate->document, manifest))
    return refuse({}, *candidate);
  candidate->pack->origin.source = "local";
  std::erase_if(candidates_, [&](const auto& other) { return other->pack->manifest.id == manifest.id; });
  candidates_.push_back(std::move(candidate));
}

// Runs what a copy of a pack is to run, instead of what its author named.
void RegistryBuilder::redirect(Manifest& manifest, const std::map<std::string, std::string>& moved) {
  if (moved.empty() || !manifest.runtime_options.is_object()) return;
  const json::Value* command = manifest.runtime_options.find("command");
  if (command == nullptr || !command->is_array()) return;
  json::Array arguments = command->as_array();
  for (json::Value& argument : arguments)
    if (argument.is_string())
      if (const auto copy = moved.find(argument.as_string()); copy != moved.end()) argument = copy->second;
  manifest.runtime_options.as_object().set("command", std::move(arguments));
}

void RegistryBuilder::add_opened(const std::string& id, const PackFiles& files, const std::string& display_path,
                                 PackOrigin origin) {
  auto candidate = std::make_unique<Candidate>();
  candidate->pack = std::make_unique<LoadedPack>();
  Manifest& manifest = candidate->pack->manifest;
  candidate->pack->origin = std::move(origin);
  if (!read_manifest(files, display_path, candidate->diagnostics, candidate->document, manifest))
    return refuse(id, *candidate);
  Report report(candidate->document, kRegistryCodes, candidate->diagnostics);
  if (const json::Value* type = report.document().value.at_pointer("/runtime/type");
      type != nullptr && *type == json::Value("builtin"))
    report.bad("/runtime/type", "a pack that lies in a folder is not compiled in",
               "write 'type: process' with a command, or leave out 'runtime' when there is no code");
  if (!manifest.id.empty() && manifest.id != id)
    report.bad("/id", "the pack is pinned as '" + id + "'", "write 'id: " + id + "', or change the pin");
  manifest.id = id;
  redirect(manifest, candidate->pack->origin.moved);
  candidate->runs = true;
  candidates_.push_back(std::move(candidate));
}

void RegistryBuilder::add_refused(std::string id, PackOrigin origin, Diagnostics diagnostics) {
  Candidate candidate;
  candidate.pack = std::make_unique<LoadedPack>();
  candidate.pack->origin = std::move(origin);
  candidate.diagnostics = std::move(diagnostics);
  refuse(std::move(id), candidate);
}

void RegistryBuilder::refuse(std::string id, Candidate& candidate) {
  candidate.diagnostics.sort();
  registry_->diagnostics_.append(candidate.diagnostics);
  candidate.pack->origin.in_use.reset();  // nothing of it runs
  registry_->refused_.push_back({std::move(id), std::move(candidate.pack->origin), std::move(candidate.diagnostics)});
}

std::vector<ConfigSection> RegistryBuilder::sections() const {
  std::vector<ConfigSection> out;
  for (const auto& candidate : candidates_) {
    const Manifest& manifest = candidate->pack->manifest;
    if (!manifest.config_key.empty())
      out.push_back({manifest.config_key, manifest.config_schema, manifest.config_schema_source});
  }
  return out;
}

const LoadedPack* RegistryBuilder::find_candidate(std::string_view id) const {
  const auto found = std::ranges::find_if(candidates_, [&](const auto& each) { return each->pack->manifest.id == id; });
  return found == candidates_.end() ? nullptr : (*found)->pack.get();
}

// Cross-pack faults of one candidate against those accepted before it.
void RegistryBuilder::check_against(Candidate& candidate, const Taken& taken) {
  const Manifest& manifest = candidate.pack->manifest;
  Report report(candidate.document, kRegistryCodes, candidate.diagnostics);
  check_free(report, "LF1005", taken.ids, manifest.id, "/id", "the id");
  if (taken.ids.contains(manifest.id)) return;  // its other names are taken by the same pack
  if (manifest.slug != manifest.id || manifest.raw.find("slug") != nullptr)
    check_free(report, "LF1005", taken.slugs, manifest.slug, "/slug", "the slug");
  else
    check_free(report, "LF1005", taken.slugs, manifest.slug, "/id", "the slug");
  if (!manifest.config_key.empty())
    check_free(report, "LF1005", taken.config_keys, manifest.config_key, "/config_key", "the config_key");
  for (const std::string& kind : manifest.emitted_event_kinds)
    check_free(report, "LF1012", taken.kinds, kind, kind_pointer(manifest, "emitted_event_kinds", kind), "the kind");
  for (const std::string& type : event_types_of(manifest))
    check_free(report, "LF1066", taken.event_types, type, "/event_types", "the event type");
  for (const ToolDescriptor& tool : manifest.tools) {
    const std::string pointer = tool_pointer(manifest, tool.name);
    check_free(report, "LF1020", taken.tools, tool.name, pointer, "the tool name");
    for (const std::string& alias : tool.aliases)
      check_free(report, "LF1020", taken.tools, alias, pointer, "the alias");
  }
}

// What the pack needs of the workspace before it may run.
void RegistryBuilder::check_activation(Candidate& candidate, const Activation& activation) {
  const Manifest& manifest = candidate.pack->manifest;
  Report report(candidate.document, kRegistryCodes, candidate.diagnostics);
  const auto ask = [&](const std::string& surface, const std::string& pointer) {
    if (!activation.has_provider(surface))
      report.at("LF1050", pointer, "nobody is asked for the approval '" + surface + "'",
                "name a provider for it in lumenflow.yaml: approval_providers: {'" + surface + "': console}");
  };
  for (std::size_t i = 0; i < manifest.required_approvals.size(); ++i)
    ask(manifest.required_approvals[i], child_pointer("/required_approvals", i));
  for (std::size_t i = 0; i < manifest.policies.size(); ++i)
    if (const json::Value& rule = manifest.policies[i].rule;
        json::string_or(rule, "decision", "") == "approval_required")
      ask(policy_surface(json::string_or(rule, "id", "")), child_pointer("/policies", i));
  for (std::size_t i = 0; i < manifest.surfaces_required.size(); ++i)
    if (const std::string& surface = manifest.surfaces_required[i]; !activation.has_surface(surface))
      report.at("LF1051", child_pointer("/surfaces_required", i), "the surface '" + surface + "' is not enabled",
                "enable it in lumenflow.yaml: surfaces: {" + surface + ": on}");
}

void RegistryBuilder::claim(const Candidate& candidate, Taken& taken) {
  const Manifest& manifest = candidate.pack->manifest;
  taken.ids.emplace(manifest.id, manifest.id);
  taken.slugs.emplace(manifest.slug, manifest.id);
  if (!manifest.config_key.empty()) taken.config_keys.emplace(manifest.config_key, manifest.id);
  for (const std::string& kind : manifest.emitted_event_kinds) taken.kinds.emplace(kind, manifest.id);
  for (std::string& type : event_types_of(manifest)) taken.event_types.emplace(std::move(type), manifest.id);
  for (const ToolDescriptor& tool : manifest.tools) {
    taken.tools.emplace(tool.name, manifest.id);
    for (const std::string& alias : tool.aliases) taken.tools.emplace(alias, manifest.id);
  }
}

void RegistryBuilder::activate(Candidate& candidate, const KindsOfTypes& types) {
  candidate.pack->automations = automations_of(candidate.pack->manifest, types);
  for (auto& tool : candidate.tools) {
    registry_->by_name_.emplace(tool->descriptor.name, tool.get());
    for (const std::string& alias : tool->descriptor.aliases) registry_->by_name_.emplace(alias, tool.get());
    registry_->tools_.push_back(std::move(tool));
  }
  registry_->diagnostics_.append(candidate.diagnostics);
  registry_->packs_.push_back(std::move(candidate.pack));
}

// A subscription that no active pack nor the kernel declares is a warning: the pack that emits it may come later.
void RegistryBuilder::check_subscriptions(Candidate& candidate, const Taken& taken) {
  const Manifest& manifest = candidate.pack->manifest;
  Report report(candidate.document, kRegistryCodes, candidate.diagnostics);
  std::vector<std::string_view> known(manifest.emitted_event_kinds.begin(), manifest.emitted_event_kinds.end());
  for (const auto& [kind, id] : taken.kinds) known.emplace_back(kind);
  for (const event::KnownKind& kind : event::kernel_kinds()) known.push_back(kind.kind);
  for (const std::string& kind : manifest.subscribed_event_kinds) {
    const std::size_t colon = kind.find(':');
    const bool well_formed = colon != std::string::npos && is_event_name(kind.substr(colon + 1));  // else LF1011
    if (!well_formed || std::ranges::find(known, kind) != known.end()) continue;
    const auto meant = nearest(kind, known);
    report.at("LF1016", kind_pointer(manifest, "subscribed_event_kinds", kind),
              "nothing declares the kind '" + kind + "'",
              meant ? "did you mean '" + *meant + "'?" : "load the pack that emits it, or remove the subscription");
  }
}

// An automation may wait for what any accepted pack declares, so a pack that is refused may take others along.
void RegistryBuilder::check_all_automations(bool all_packs_known) {
  const auto has_some = [](const auto& candidate) {
    return candidate->pack->manifest.raw.find("automations") != nullptr;
  };
  if (std::ranges::none_of(candidates_, has_some)) return;
  for (bool first = true, again = true; again; first = false) {
    again = false;
    KnownEvents known;
    known.add_core();
    for (const auto& candidate : candidates_)
      if (candidate->accepted) known.add(candidate->pack->manifest);
    for (const auto& candidate : candidates_) {
      if (!candidate->accepted && !first) continue;
      Report report(candidate->document, kRegistryCodes, candidate->diagnostics);
      check_automations(candidate->pack->manifest, known, all_packs_known, report);
      again = again || (candidate->accepted && candidate->diagnostics.has_errors());
      candidate->accepted = candidate->accepted && !candidate->diagnostics.has_errors();
    }
  }
}

KindsOfTypes RegistryBuilder::kinds_of_types() const {
  KindsOfTypes out;
  for (const catalogue::Declaration& declared : catalogue::core_declarations()) out.emplace(declared.event.type, "");
  for (const auto& candidate : candidates_) {
    const Manifest& manifest = candidate->pack->manifest;
    if (!candidate->accepted || manifest.event_types == nullptr) continue;
    for (const catalogue::Declaration& declared : *manifest.event_types)
      out.emplace(declared.event.type, declared.event.kind);
  }
  return out;
}

std::shared_ptr<const Registry> RegistryBuilder::build(const Activation* activation, const CodeLoader& load_code,
                                                       const Registry* before) {
  LUMENFLOW_CHECK(registry_ != nullptr);
  Taken taken;
  for (const auto& candidate : candidates_) {
    LoadedPack& pack = *candidate->pack;
    if (activation != nullptr)
      if (const auto given = activation->sections.find(pack.manifest.config_key); given != activation->sections.end())
        pack.config = given->second;
    if (activation != nullptr) add_read_sections(pack, *activation);
    const bool is_builtin = candidate->builtin != nullptr;
    if (is_builtin && !candidate->diagnostics.has_errors()) let_register(*candidate, load_code, before);
    check_against(*candidate, taken);
    if (activation != nullptr) check_activation(*candidate, *activation);
    const bool starts =
        candidate->runs && !is_builtin && load_code != nullptr && pack.manifest.runtime != RuntimeType::kDeclarative;
    if (starts && !candidate->diagnostics.has_errors()) let_register(*candidate, load_code, before);
    candidate->accepted = !candidate->diagnostics.has_errors();
    if (candidate->accepted) claim(*candidate, taken);
  }
  check_all_automations(activation != nullptr);
  const KindsOfTypes types = kinds_of_types();
  for (const auto& candidate : candidates_) {
    check_subscriptions(*candidate, taken);
    if (candidate->accepted)
      activate(*candidate, types);
    else
      refuse(candidate->pack->manifest.id, *candidate);
  }
  registry_->diagnostics_.sort();
  std::ranges::sort(registry_->tools_, {},
                    [](const auto& tool) -> const std::string& { return tool->descriptor.name; });
  std::ranges::sort(registry_->packs_, {}, [](const auto& pack) -> const std::string& { return pack->manifest.id; });
  registry_->hash_ = hash_of(registry_->tools_);
  candidates_.clear();
  return std::shared_ptr<const Registry>(std::move(registry_));
}

}  // namespace lumenflow::pack
