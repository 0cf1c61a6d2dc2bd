// lumenflow.yaml, parsed strictly (10-configuration): every key has a type, a default and a rule; all faults are
// reported with their places (LF2001…).
//
// Value types; immutable once parsed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/strong.h"
#include "lumenflow/json.h"
#include "pack/diagnostic.h"
#include "pack/scope.h"

namespace lumenflow::pack {
class Report;
struct ConfigSection;
}  // namespace lumenflow::pack

namespace lumenflow::kernel {

struct PackPin {
  std::string id;
  std::string version;  // empty: any
  std::string source;   // builtin, local, git
  std::string path;
  std::string url;
  std::string commit;
  std::string integrity;  // "dev" or "sha256:<hex>"
  bool enabled = true;
  std::string pointer;  // of the pin in the file; empty when the file names no packs
};

struct Lane {
  std::string id;
  std::string title;
  std::optional<std::vector<pack::Scope>> allowed_scopes;
  std::optional<std::int64_t> wip_limit;
  json::Value policies;
};

enum class Decision : std::uint8_t { kAllow, kDeny, kApprovalRequired };

struct LimitsConfig {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  std::size_t json_depth = 64;
  std::size_t output_bytes = 8 * 1024 * 1024;
  std::size_t connections = 1024;
  double rate_per_second = 0;  // per subject; 0: unlimited
  double rate_burst = 0;
  std::size_t concurrent_calls = 256;              // per tool
  std::chrono::milliseconds call_timeout{30'000};  // for tools that name none
  std::chrono::milliseconds drain_timeout{10'000};
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle_time{75'000};
};

struct UplinkLimits {
  std::size_t batch_events = 512;
  std::size_t batch_bytes = 256 * 1024;
  std::chrono::milliseconds batch_linger{10};
  std::uint64_t outbox_bytes = std::uint64_t{1} << 30;
  std::uint64_t outbox_events = 1'000'000;
};

struct SandboxLimits {  // nothing: what the sandbox itself sets
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> processes;
  std::optional<std::chrono::milliseconds> cpu_time;
};

struct Backup {
  std::string folder;
  std::chrono::milliseconds interval{24 * 3'600'000};
  std::size_t keep = 7;
};

struct WorkspaceConfig {
  WorkspaceId id;
  std::string name;
  bool production = false;
  std::vector<PackPin> packs;
  std::vector<pack::Scope> allowed_scopes;  // the workspace layer
  std::vector<Lane> lanes;
  json::Value policies = json::Array{};
  // Nothing: by mode (allow in development; in production deny for write and admin, allow for read).
  std::optional<Decision> default_decision;
  bool allow_loosening = false;
  json::Value approval_providers;             // surface glob -> {provider, approvals, expires_ms}
  std::vector<std::string> surfaces{"http"};  // those that are enabled
  bool mcp =
      true;  // whether MCP clients are answered: unless lumenflow.yaml says which surfaces are on and leaves it out
  std::chrono::milliseconds mcp_stream_hold{0};  // how long a call's stream may be silent before it is let go; 0: ever
  std::string http_listen = "127.0.0.1:7420";
  std::string tls_cert;
  std::string tls_key;
  bool socket = true;
  pack::Scope network;  // the workspace layer's; off by default
  std::string uplink = "auto";
  std::string sidecar_url;
  UplinkLimits uplink_limits;
  std::chrono::milliseconds idempotency_window{24 * 3'600'000};
  std::chrono::milliseconds checkpoint_interval{1'000};
  json::Value retention;  // {inputs_ms, outputs_ms, events_ms}
  std::optional<Backup> backup;
  std::string sandbox;  // required, best-effort
  std::vector<std::string> sandbox_read_only_paths;
  SandboxLimits sandbox_limits;
  LimitsConfig limits;
  bool record = false;
  bool metrics = true;
  std::string otlp_endpoint;
  std::string log_level = "info";
  std::string log_format = "text";
  std::map<std::string, json::Value> pack_sections;  // by config_key
  std::string hash;                                  // lower-case hex SHA-256 of the file's bytes
  std::string text;                                  // those bytes
};

// What the workspace grants to any call.
pack::ScopeLayer workspace_layer(const WorkspaceConfig& config);

// Finds what the pins name and answers the root keys that those packs own; reports pins that lead nowhere (LF2006,
// LF1040). Called once, with the enabled pins that are well-formed.
using PinResolver =
    std::function<std::vector<pack::ConfigSection>(const std::vector<PackPin>& pins, pack::Report& report)>;

// Nothing when an error was found; every fault is in `diagnostics` either way, sorted by place, secrets masked. Without
// a resolver no pack is loaded.
std::optional<WorkspaceConfig> parse_config(const std::string& file, const std::string& text,
                                            const PinResolver& resolve_pins, pack::Diagnostics& diagnostics);

}  // namespace lumenflow::kernel
