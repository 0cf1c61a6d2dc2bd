#include "sidecar/reload_tool.h"

#include <algorithm>
#include <atomic>
#include <tuple>
#include <utility>

#include "kernel/kernel.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::minutes kTimeout{5};  // packs are fetched and started
constexpr std::string_view kReloadInput = R"({"type": "object", "additionalProperties": false})";
constexpr std::string_view kReloadOutput = R"({
  "type": "object", "additionalProperties": false,
  "required": ["config_hash", "registry_hash", "changes_summary", "needs_restart", "diagnostics"],
  "properties": {
    "config_hash": {"type": "string"},
    "registry_hash": {"type": "string"},
    "changes_summary": {"type": "string", "description": "empty when nothing changed"},
    "needs_restart": {"type": "array", "items": {"type": "string"},
                      "description": "keys of lumenflow.yaml that count from the next start on"},
    "diagnostics": {"type": "array", "items": {"type": "object"}}
  }})";

// Held from the reading until what was read counts, or is given up.
class Turn {
 public:
  explicit Turn(std::shared_ptr<std::atomic<bool>> taken) : taken_(std::move(taken)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { *taken_ = false; }

 private:
  const std::shared_ptr<std::atomic<bool>> taken_;  // shared with the tool
};

pack::ToolResult take_up(kernel::Kernel& kernel, const PreparedReload& prepared) {
  if (prepared.reloaded == nullptr)
    return pack::ToolError{"INVALID_CONFIGURATION", "nothing was changed: lumenflow.yaml or a pack has faults",
                           render_json(prepared.diagnostics)};
  const std::string config_hash = prepared.reloaded->config.hash;
  const std::string registry_hash = prepared.reloaded->registry->hash();
  const Result<std::string> summary = kernel.reload(prepared.reloaded);
  if (!summary.ok()) return kernel::refused(summary.error());
  return pack::ToolOutput{
      json::Object{{"config_hash", config_hash},
                   {"registry_hash", registry_hash},
                   {"changes_summary", *summary},
                   {"needs_restart", json::Array(prepared.needs_restart.begin(), prepared.needs_restart.end())},
                   {"diagnostics", render_json(prepared.diagnostics)}},
      {}};
}

}  // namespace

Result<kernel::KernelTool> make_reload_tool(std::function<Result<PreparedReload>()> prepare) {
  kernel::KernelToolSpec spec;
  spec.name = "kernel:reload";
  spec.title = "Reload the configuration and the packs";
  spec.description =
      "Judges lumenflow.yaml and the packs that it pins as they are on disk now, and takes them up when they have no "
      "faults; calls that run keep what they began with.";
  spec.scope = "tools:admin";
  spec.input_schema = kReloadInput;
  spec.output_schema = kReloadOutput;
  const auto taken = std::make_shared<std::atomic<bool>>(false);  // shared with the turn, which may outlive the tool
  const auto read = [prepare = std::move(prepare), taken](const json::Value&) -> Result<kernel::KernelControl> {
    if (taken->exchange(true)) return Error(ErrorCode::kInProgress, "another reload is on its way");
    const auto turn = std::make_shared<Turn>(taken);  // shared by the copies of what follows
    LUMENFLOW_TRY_ASSIGN(PreparedReload prepared, prepare());
    if (prepared.reloaded != nullptr)
      prepared.reloaded->adopted = [adopted = std::move(prepared.reloaded->adopted), turn] {
        if (adopted) adopted();
      };
    return kernel::KernelControl([prepared = std::move(prepared), turn](kernel::Kernel& kernel, const json::Value&) {
      return take_up(kernel, prepared);
    });
  };
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool reload, kernel::make_prepared_kernel_tool(spec, read, kTimeout));
  reload.on_http = true;
  return reload;
}

std::vector<std::string> keys_read_at_start(const kernel::WorkspaceConfig& before, const kernel::WorkspaceConfig& now) {
  std::vector<std::string> keys;
  const auto compare = [&](const char* key, auto part) {
    if (part(before) != part(now)) keys.emplace_back(key);
  };
  using Config = kernel::WorkspaceConfig;
  compare("surfaces", [](const Config& config) {
    const bool http = std::ranges::find(config.surfaces, "http") != config.surfaces.end();
    return std::tuple(http, config.http_listen, config.tls_cert, config.tls_key);
  });
  compare("socket", [](const Config& config) { return config.socket; });
  compare("uplink", [](const Config& config) {
    const kernel::UplinkLimits& limits = config.uplink_limits;
    return std::tuple(config.uplink, config.sidecar_url, limits.batch_events, limits.batch_bytes, limits.batch_linger,
                      limits.outbox_bytes, limits.outbox_events);
  });
  compare("events", [](const Config& config) { return config.idempotency_window; });
  compare("limits", [](const Config& config) {
    const kernel::LimitsConfig& limits = config.limits;
    return std::tuple(limits.header_bytes, limits.body_bytes, limits.connections, limits.header_time, limits.body_time,
                      limits.idle_time);
  });
  compare("sandbox", [](const Config& config) {
    const kernel::SandboxLimits& limits = config.sandbox_limits;
    return std::tuple(config.sandbox, config.sandbox_read_only_paths, limits.memory_bytes, limits.processes,
                      limits.cpu_time);
  });
  compare("telemetry",
          [](const Config& config) { return std::tuple(config.otlp_endpoint, config.log_level, config.log_format); });
  return keys;
}

}  // namespace lumenflow::sidecar
