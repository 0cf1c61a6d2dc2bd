// A pack's manifest.yaml, parsed strictly and checked by rule (01-packs).
//
// Value types; immutable once parsed, then safe to read from any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "json/schema.h"
#include "lumenflow/json.h"
#include "pack/diagnostic.h"
#include "pack/mcp_content.h"
#include "pack/scope.h"

namespace lumenflow::catalogue {
struct Declaration;
}

namespace lumenflow::pack {

struct YamlDocument;

enum class Permission : std::uint8_t { kRead, kWrite, kAdmin };
std::string_view name(Permission permission);

struct ToolDescriptor {
  std::string name;                  // canonical, `<namespace>:<name>`
  std::vector<std::string> aliases;  // `<slug>:<name with ':' and '-' as '_'>` unless the namespace is the slug
  std::string title;
  std::string description;
  Permission permission = Permission::kRead;
  std::string scope;  // token scope a caller must hold
  std::vector<Scope> required_scopes;
  std::vector<std::string> required_approvals;
  std::string summary;  // a tool of the pack that tells approvers what this one would do; empty: none
  std::vector<std::string> required_env;
  json::Value input_schema;  // as written; {"type":"object"} when absent
  json::Value output_schema;
  std::shared_ptr<const json::Schema> input_validator;  // shared: calls in flight outlive a reload
  std::shared_ptr<const json::Schema> output_validator;
  bool idempotent = false;
  bool internal_only = false;
  std::int64_t timeout_ms = 30'000;
  std::string mcp_name;
  McpTask mcp_task = McpTask::kNever;
};

enum class RuntimeType : std::uint8_t { kDeclarative, kBuiltin, kProcess, kMcp };

struct PolicyRule {  // as written; the policy engine compiles it
  json::Value rule;
};

struct Manifest {
  std::string id;
  std::string slug;
  std::string version;
  std::string title;
  std::string description;
  std::string license;
  RuntimeType runtime = RuntimeType::kDeclarative;
  json::Value runtime_options;
  std::vector<std::string> task_types;
  std::vector<std::string> evidence_types;
  std::map<std::string, std::string> state_aliases;
  std::vector<ToolDescriptor> tools;
  std::vector<PromptDescriptor> prompts;
  std::vector<ResourceDescriptor> resources;
  std::vector<PolicyRule> policies;
  std::vector<std::string> emitted_event_kinds;
  std::vector<std::string> subscribed_event_kinds;
  std::map<std::string, event::EventClass, std::less<>> backpressure_policy;
  std::map<std::string, std::shared_ptr<const json::Schema>, std::less<>> event_schemas;
  std::vector<std::string> required_approvals;
  std::map<std::string, std::string> handler_approvals;
  std::vector<std::string> surfaces_required{"http"};
  std::string config_key;
  std::vector<std::string> config_reads;  // root keys of lumenflow.yaml itself that the pack reads besides
  std::shared_ptr<const json::Schema> config_schema;
  json::Value config_schema_source;  // as written, inline or in its file
  std::string event_types_path;      // the pack's event manifest; empty: it has none
  std::shared_ptr<const std::vector<catalogue::Declaration>> event_types;  // shared: values that nobody changes
  json::Value raw;                                                         // the manifest as JSON
};

// Reads the files a manifest refers to. Paths are relative to the pack; LF1042 when they leave it.
class PackFiles {
 public:
  virtual ~PackFiles() = default;
  virtual Result<std::string> read(std::string_view path) const = 0;  // NOT_FOUND, INVALID_INPUT when it escapes
};

// Nothing when an error was found; every fault is in `diagnostics` either way. `display_path` names the manifest there.
std::optional<Manifest> parse_manifest(const PackFiles& files, const std::string& display_path,
                                       Diagnostics& diagnostics);

// The same for those who judge on, faults or not: `manifest` is filled as far as the file can be understood, and
// `document` is what further faults are reported against. False when the file is no map at all.
bool read_manifest(const PackFiles& files, const std::string& display_path, Diagnostics& diagnostics,
                   YamlDocument& document, Manifest& manifest);

}  // namespace lumenflow::pack
