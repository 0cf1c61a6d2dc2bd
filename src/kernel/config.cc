#include "kernel/config.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/sha256.h"
#include "kernel/config_sections.h"
#include "pack/git_cache.h"
#include "pack/names.h"
#include "pack/registry.h"
#include "pack/secrets.h"
#include "pack/yaml.h"

namespace lumenflow::kernel {
namespace {

using config_sections::Context;
using pack::child_pointer;
using pack::Fields;
using pack::shown;

constexpr std::string_view kModes[] = {"development", "production"};
constexpr std::string_view kSources[] = {"builtin", "local", "git"};
constexpr std::string_view kDecisions[] = {"allow", "deny", "approval_required"};

bool is_workspace_id(std::string_view id) {
  const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= 63 && word(id.front()) &&
         std::ranges::all_of(id, [&](char c) { return word(c) || c == '-'; });
}

void read_identity(Context& context) {
  WorkspaceConfig& config = context.config;
  context.root.require("id");
  const std::string id = context.root.text_or("id");
  if (!id.empty() && !is_workspace_id(id))
    context.report.bad("/id", shown(json::Value(id)) + " is no workspace id",
                       "lower-case letters, digits and '-', at most 63: 'ws-42'");
  config.id = WorkspaceId(id);
  config.name = context.root.text_or("name", id);
  config.production = context.root.one_of("mode", kModes) == std::size_t{1};
}

// Which members a pin of this source needs, and where its content hash is not optional.
void check_source(Context& context, Fields& fields, const PackPin& pin) {
  const auto need = [&](std::string_view key, const std::string& value) {
    if (value.empty() && fields.find(key) == nullptr)
      context.report.at("LF2003", fields.pointer(),
                        "a pin of source " + pin.source + " needs '" + std::string(key) + "'",
                        "add '" + std::string(key) + ":'");
  };
  if (pin.source == "local") need("path", pin.path);
  if (pin.source == "git") need("url", pin.url), need("commit", pin.commit);
  if (pin.source == "git" && !pin.commit.empty() && !pack::is_full_commit(pin.commit))
    context.report.bad(fields.pointer_to("commit"), shown(json::Value(pin.commit)) + " is no full name of a commit",
                       "write the 40 or 64 digits that `git rev-parse` prints");
  const bool written = fields.find("integrity") != nullptr;
  if (pin.integrity != "dev" && !pack::is_content_hash(pin.integrity))
    context.report.bad(fields.pointer_to("integrity"), shown(json::Value(pin.integrity)) + " is no integrity",
                       "write 'dev', or 'sha256:' and the 64 digits that `lumenflow pack hash` prints");
  // A builtin pack is pinned by the program itself unless the file says otherwise.
  if (context.config.production && pin.integrity == "dev" && (written || pin.source != "builtin"))
    context.report.at("LF1041", written ? fields.pointer_to("integrity") : fields.pointer(),
                      "the pack '" + pin.id + "' is not pinned, and the mode is production",
                      "write 'integrity: sha256:…' as `lumenflow pack hash` prints it");
}

void read_pin(Context& context, const json::Value& value, const std::string& pointer, std::set<std::string>& ids) {
  Fields fields(context.report, value, pointer, "a pin");
  if (!fields.is_map()) return;
  const std::size_t faults_before = context.report.faults();
  PackPin pin;
  pin.pointer = pointer;
  fields.require("id");
  pin.id = fields.text_or("id");
  if (!pin.id.empty() && !pack::is_slug(pin.id))
    context.report.bad(fields.pointer_to("id"), shown(json::Value(pin.id)) + " is no pack id");
  if (!pin.id.empty() && !ids.insert(pin.id).second)
    context.report.at("LF2007", fields.pointer_to("id"), "the pack '" + pin.id + "' is pinned twice",
                      "keep one of the two");
  pin.version = fields.text_or("version");
  if (!pin.version.empty() && !pack::is_semantic_version(pin.version))
    context.report.bad(fields.pointer_to("version"), shown(json::Value(pin.version)) + " is no semantic version");
  const auto source = fields.one_of("source", kSources);
  pin.source = kSources[source.value_or(0)];
  pin.path = fields.text_or("path");
  pin.url = fields.text_or("url");
  pin.commit = fields.text_or("commit");
  pin.integrity = fields.text_or("integrity", "dev");
  pin.enabled = fields.boolean("enabled", true);
  check_source(context, fields, pin);
  fields.finish();
  if (context.report.faults() == faults_before) context.config.packs.push_back(std::move(pin));
}

void read_packs(Context& context) {
  if (context.root.find("packs") == nullptr) {
    PackPin sidekick;
    sidekick.id = "sidekick";
    sidekick.source = "builtin";
    sidekick.integrity = "dev";
    context.config.packs.push_back(std::move(sidekick));
    return;
  }
  const json::Array* pins = context.root.list("packs");
  std::set<std::string> ids;
  for (std::size_t i = 0; pins != nullptr && i < pins->size(); ++i)
    read_pin(context, (*pins)[i], child_pointer("/packs", i), ids);
}

void read_rules(Context& context) {
  if (const json::Value* policies = context.root.find("policies")) {
    check_policy_rules(context.report, *policies, "/policies", "LF2008");
    context.config.policies = *policies;
  }
  if (const auto decision = context.root.one_of("default_decision", kDecisions))
    context.config.default_decision = static_cast<Decision>(*decision);
  context.config.allow_loosening = context.root.boolean("allow_loosening", false);
}

}  // namespace

pack::ScopeLayer workspace_layer(const WorkspaceConfig& config) {
  pack::ScopeLayer layer{"workspace", config.allowed_scopes};
  layer.scopes.push_back(config.network);
  return layer;
}

std::optional<WorkspaceConfig> parse_config(const std::string& file, const std::string& text,
                                            const PinResolver& resolve_pins, pack::Diagnostics& diagnostics) {
  pack::YamlDocument document;
  pack::Diagnostics found;
  if (!parse_yaml(file, text, "LF2001", document, found)) {
    diagnostics.append(without_secrets(found, find_secrets(found)));
    return std::nullopt;
  }
  pack::Report report(document, {"LF2002", "LF2003", "LF2004"}, found);
  std::optional<WorkspaceConfig> config(std::in_place);
  Fields root(report, document.value, "", "lumenflow.yaml");
  std::vector<pack::SecretLiteral> secrets = pack::find_secrets(document.value);
  if (root.is_map()) {
    Context context{report, root, *config};
    read_identity(context);
    read_packs(context);
    config_sections::read_scopes_and_lanes(context);
    read_rules(context);
    config_sections::read_approval_providers(context);
    config_sections::read_surfaces(context);
    config_sections::read_uplink(context);
    config_sections::read_storage(context);
    config_sections::read_sandbox(context);
    config_sections::read_limits(context);
    config_sections::read_telemetry(context);
    config_sections::read_known_pack_sections(context);
    std::vector<PackPin> enabled;
    std::ranges::copy_if(config->packs, std::back_inserter(enabled), &PackPin::enabled);
    if (resolve_pins) config_sections::read_pack_sections(context, resolve_pins(enabled, report));
    for (pack::SecretLiteral& secret : context.secrets)
      if (std::ranges::find(secrets, secret.pointer, &pack::SecretLiteral::pointer) == secrets.end())
        secrets.push_back(std::move(secret));
    root.finish();
  }
  for (const pack::SecretLiteral& secret : secrets)
    report.at(
        "LF2005", secret.pointer, "this looks like a secret, written out",
        "refer to it instead: 'env:NAME', 'file:PATH' or the keyring; and replace the secret, it has been exposed");
  found = without_secrets(found, secrets);
  found.sort();
  diagnostics.append(found);
  if (found.has_errors()) return std::nullopt;
  config->hash = sha256_hex(text);
  config->text = text;
  return config;
}

}  // namespace lumenflow::kernel
