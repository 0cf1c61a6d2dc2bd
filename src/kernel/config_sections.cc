#include "kernel/config_sections.h"

#include <algorithm>
#include <limits>

namespace lumenflow::kernel::config_sections {
namespace {

using pack::child_pointer;
using pack::Fields;
using pack::shown;
using std::chrono::milliseconds;

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;
constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::string_view kSurfaces[] = {"http", "mcp", "sidekick-channel"};

// Calls `read` with the fields of a section that is a map, when it is there.
template <class Read>
void with_section(Fields& parent, std::string_view key, const std::string& what, Read read) {
  const json::Value* value = parent.find(key);
  if (value == nullptr) return;
  Fields section(parent.report(), *value, parent.pointer_to(key), what);
  if (!section.is_map()) return;
  read(section);
  section.finish();
}

void refuse_in_production(Context& context, const std::string& pointer, const std::string& what,
                          const std::string& help) {
  if (context.config.production) context.report.at("LF2010", pointer, what + " is for development only", help);
}

// --- surfaces ---

// HOST:PORT, [::1]:PORT; port 0 picks one.
bool is_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if ((!bracketed && host.find_first_of(":[] /") != std::string_view::npos) || (bracketed && host.size() < 4))
    return false;
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
  return std::stoi(std::string(port)) <= 65'535;
}

void read_http(Context& context, Fields& http) {
  WorkspaceConfig& config = context.config;
  config.http_listen = http.text_or("listen", config.http_listen);
  if (!is_listen_address(config.http_listen))
    context.report.bad(http.pointer_to("listen"),
                       shown(json::Value(config.http_listen)) + " is no address to listen on",
                       "write HOST:PORT, like '127.0.0.1:7420'");
  with_section(http, "tls", "'tls'", [&](Fields& tls) {
    tls.require("cert");
    tls.require("key");
    config.tls_cert = tls.text_or("cert");
    config.tls_key = tls.text_or("key");
  });
  with_section(http, "limits", "'limits' of http", [&](Fields& limits) {
    LimitsConfig& to = config.limits;
    to.header_bytes = read_size(limits, "header_bytes", to.header_bytes, kKiB, kMiB);
    to.header_time = read_duration(limits, "header_time", to.header_time);
    to.body_time = read_duration(limits, "body_time", to.body_time);
    to.idle_time = read_duration(limits, "idle_time", to.idle_time);
  });
}

// Whether the surface is on: a switch, or its settings, which switch it on unless they say `enabled: false`.
bool read_surface(Context& context, Fields& surfaces, std::string_view key, bool fallback) {
  const json::Value* value = surfaces.find(key);
  if (value == nullptr) return fallback;
  if (const auto on = pack::parse_switch(*value)) return *on;
  bool enabled = true;
  if (!value->is_object()) {
    context.report.bad(surfaces.pointer_to(key),
                       "'" + std::string(key) + "' must be on, off or a map of settings, not " + shown(*value));
    return fallback;
  }
  with_section(surfaces, key, "the surface '" + std::string(key) + "'", [&](Fields& surface) {
    enabled = read_switch(surface, "enabled", true);
    if (key == "http") read_http(context, surface);
    if (key == "mcp")
      context.config.mcp_stream_hold = read_duration(surface, "stream_hold", context.config.mcp_stream_hold);
  });
  return enabled;
}

// --- uplink ---

constexpr std::string_view kAdapters[] = {"auto", "none", "loopback", "conductor"};

bool is_http_url(std::string_view text) { return text.starts_with("https://") || text.starts_with("http://"); }

void read_url(Fields& fields, std::string_view key, std::string& to) {
  const std::string* url = fields.text(key);
  if (url == nullptr) return;
  to = *url;
  if (!is_http_url(to))
    fields.report().bad(fields.pointer_to(key), shown(json::Value(to)) + " is no URL",
                        "it begins with https:// or http://");
}

void read_uplink_settings(Context& context, Fields& uplink) {
  if (const auto adapter = uplink.one_of("adapter", kAdapters)) context.config.uplink = kAdapters[*adapter];
  read_url(uplink, "sidecar_url", context.config.sidecar_url);
  UplinkLimits& to = context.config.uplink_limits;
  with_section(uplink, "batch", "'batch'", [&](Fields& batch) {
    to.batch_events =
        static_cast<std::size_t>(batch.integer("events", static_cast<std::int64_t>(to.batch_events), 1, 512));
    to.batch_bytes = read_size(batch, "bytes", to.batch_bytes, kKiB, 256 * kKiB);
    to.batch_linger = read_duration(batch, "linger", to.batch_linger, milliseconds(0));
  });
  with_section(uplink, "outbox", "'outbox'", [&](Fields& outbox) {
    to.outbox_bytes = read_size(outbox, "bytes", to.outbox_bytes, kMiB, 1024 * kGiB);
    to.outbox_events =
        static_cast<std::uint64_t>(outbox.integer("events", static_cast<std::int64_t>(to.outbox_events), 1, kCountMax));
  });
}

// --- approvals ---

constexpr std::string_view kProviders[] = {"console", "conductor", "auto"};

json::Value read_provider(Context& context, const json::Value& value, const std::string& pointer) {
  std::string provider = "console";
  std::int64_t approvals = 1;
  milliseconds expires{24 * 3'600'000};
  std::string at = pointer;
  if (const std::string* word = value.if_string()) {
    provider = *word;
  } else {
    Fields fields(context.report, value, pointer, "an approval provider");
    if (!fields.is_map()) return {};
    fields.require("provider");
    provider = fields.text_or("provider", provider);
    at = fields.pointer_to("provider");
    approvals = fields.integer("approvals", approvals, 1, 100);
    expires = read_duration(fields, "expires", expires, milliseconds(1'000));
    fields.finish();
  }
  if (std::ranges::find(kProviders, provider) == std::end(kProviders))
    context.report.not_one_of("LF2004", at, provider, kProviders);
  if (provider == "auto")
    refuse_in_production(context, at, "the approval provider 'auto'", "write 'console' or 'conductor'");
  return json::Object{
      {"provider", provider}, {"approvals", approvals}, {"expires_ms", static_cast<std::int64_t>(expires.count())}};
}

// A surface id with `*` anywhere: `*`, `software-delivery:*`, `*:destructive`, `policy:no-Deletes.2`.
bool is_surface_glob(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:*?").find(c) != std::string_view::npos;
  });
}

}  // namespace

void read_approval_providers(Context& context) {
  json::Object providers;
  if (const json::Object* written = context.root.map("approval_providers")) {
    for (const json::Member& member : *written) {
      const std::string pointer = child_pointer("/approval_providers", member.key);
      if (!is_surface_glob(member.key))
        context.report.at_key("LF2004", pointer, shown(json::Value(member.key)) + " is no approval surface",
                              "write '<slug>:<name>', or '*' for all");
      providers.set(member.key, read_provider(context, member.value, pointer));
    }
  } else {
    providers.set("*", read_provider(context, "console", "/approval_providers"));
  }
  context.config.approval_providers = std::move(providers);
}

void read_surfaces(Context& context) {
  context.config.socket = read_switch(context.root, "socket", true);
  const json::Value* value = context.root.find("surfaces");
  if (value == nullptr) return;
  std::vector<std::string>& enabled = context.config.surfaces;
  enabled.clear();
  if (value->is_array()) {  // names alone: those are on, with their defaults
    enabled = context.root.texts("surfaces");
    for (std::size_t i = 0; i < enabled.size(); ++i)
      if (std::ranges::find(kSurfaces, enabled[i]) == std::end(kSurfaces))
        context.report.not_one_of("LF2004", child_pointer("/surfaces", i), enabled[i], kSurfaces);
    context.config.mcp = std::ranges::find(enabled, "mcp") != enabled.end();
    return;
  }
  with_section(context.root, "surfaces", "'surfaces'", [&](Fields& surfaces) {
    for (const std::string_view surface : kSurfaces)
      if (read_surface(context, surfaces, surface, surface == "http")) enabled.emplace_back(surface);
    const bool named = surfaces.find("mcp") != nullptr;
    context.config.mcp = !named || std::ranges::find(enabled, "mcp") != enabled.end();
  });
}

void read_uplink(Context& context) {
  const json::Value* value = context.root.find("uplink");
  if (value == nullptr) return;
  if (value->is_string()) {
    if (const auto adapter = context.root.one_of("uplink", kAdapters)) context.config.uplink = kAdapters[*adapter];
    return;
  }
  with_section(context.root, "uplink", "'uplink'", [&](Fields& uplink) { read_uplink_settings(context, uplink); });
}

// Of a folder below the workspace's; what links lead to is asked when it is used.
bool tools_may_read(std::string_view folder) {
  constexpr std::string_view kOwn = ".lumenflow/";
  const bool is_own =
      folder.starts_with(kOwn) && folder.size() > kOwn.size() && !folder.starts_with(".lumenflow/state");
  return !folder.starts_with('/') && !(is_own && folder.find("..") == std::string_view::npos);
}

void read_storage(Context& context) {
  WorkspaceConfig& config = context.config;
  constexpr milliseconds kDay{24 * 3'600'000};
  milliseconds inputs = 30 * kDay, outputs = 30 * kDay, events = 90 * kDay;
  with_section(context.root, "events", "'events'", [&](Fields& section) {
    config.idempotency_window =
        read_duration(section, "idempotency_window", config.idempotency_window, milliseconds(1'000));
    events = read_duration(section, "retention", events, milliseconds(1'000));
  });
  with_section(context.root, "journal", "'journal'", [&](Fields& journal) {
    static constexpr std::string_view kDurable[] = {"full"};
    journal.one_of("durable", kDurable);
    with_section(journal, "retention", "'retention'", [&](Fields& retention) {
      inputs = read_duration(retention, "inputs", inputs, milliseconds(1'000));
      outputs = read_duration(retention, "outputs", outputs, milliseconds(1'000));
      events = read_duration(retention, "events", events, milliseconds(1'000));
    });
    config.checkpoint_interval =
        read_duration(journal, "checkpoint_interval", config.checkpoint_interval, milliseconds(10));
    with_section(journal, "backup", "'backup'", [&](Fields& backup) {
      Backup to;
      backup.require("folder");
      to.folder = backup.text_or("folder");
      if (tools_may_read(to.folder))
        context.report.bad(backup.pointer_to("folder"), "tools could read the private keys that a backup holds",
                           "name a folder outside of the workspace, or one like '.lumenflow/backups'");
      to.interval = read_duration(backup, "interval", to.interval, milliseconds(60'000));
      to.keep = static_cast<std::size_t>(backup.integer("keep", static_cast<std::int64_t>(to.keep), 1, 10'000));
      config.backup = std::move(to);
    });
  });
  config.retention = json::Object{{"inputs_ms", std::int64_t{inputs.count()}},
                                  {"outputs_ms", std::int64_t{outputs.count()}},
                                  {"events_ms", std::int64_t{events.count()}}};
  config.record = context.root.boolean("record", false);
}

void read_sandbox(Context& context) {
  static constexpr std::string_view kModes[] = {"required", "best-effort"};
  WorkspaceConfig& config = context.config;
  config.sandbox = config.production ? "required" : "best-effort";
  const json::Value* value = context.root.find("sandbox");
  if (value == nullptr) return;
  std::string at = "/sandbox";
  if (value->is_string()) {
    if (const auto mode = context.root.one_of("sandbox", kModes)) config.sandbox = kModes[*mode];
  } else {
    with_section(context.root, "sandbox", "'sandbox'", [&](Fields& sandbox) {
      if (const auto mode = sandbox.one_of("mode", kModes)) config.sandbox = kModes[*mode];
      at = sandbox.pointer_to("mode");
      config.sandbox_read_only_paths = sandbox.texts("read_only_paths");
      for (std::size_t i = 0; i < config.sandbox_read_only_paths.size(); ++i)
        if (!config.sandbox_read_only_paths[i].starts_with('/'))
          context.report.bad(child_pointer(sandbox.pointer_to("read_only_paths"), i),
                             "a path outside the workspace must be absolute", "begin it with '/'");
      with_section(sandbox, "limits", "'limits' of the sandbox", [&](Fields& limits) {
        SandboxLimits& to = config.sandbox_limits;
        if (const std::uint64_t bytes = read_size(limits, "memory_bytes", 0, 16 * kMiB, 1024 * kGiB))
          to.memory_bytes = bytes;
        if (const std::int64_t count = limits.integer("processes", 0, 1, 100'000))
          to.processes = static_cast<std::uint64_t>(count);
        if (const milliseconds time = read_duration(limits, "cpu_time", milliseconds(0)); time.count() > 0)
          to.cpu_time = time;
      });
    });
  }
  if (config.sandbox != "required")
    refuse_in_production(context, at, "a sandbox that is not required", "write 'sandbox: required', or leave it out");
}

void read_limits(Context& context) {
  with_section(context.root, "limits", "'limits'", [&](Fields& limits) {
    LimitsConfig& to = context.config.limits;
    const auto count = [&](std::string_view key, std::size_t fallback, std::int64_t max) {
      return static_cast<std::size_t>(limits.integer(key, static_cast<std::int64_t>(fallback), 1, max));
    };
    to.body_bytes = read_size(limits, "body_bytes", to.body_bytes, kKiB, 256 * kMiB);
    to.json_depth = count("json_depth", to.json_depth, 1'000);
    to.output_bytes = read_size(limits, "output_bytes", to.output_bytes, kKiB, kGiB);
    to.connections = count("connections", to.connections, 1'000'000);
    to.concurrent_calls = count("concurrent_calls", to.concurrent_calls, 1'000'000);
    to.call_timeout = read_duration(limits, "call_timeout", to.call_timeout);
    to.drain_timeout = read_duration(limits, "drain_timeout", to.drain_timeout, milliseconds(0));
    with_section(limits, "rate", "'rate'", [&](Fields& rate) {
      rate.require("per_second");
      to.rate_per_second = read_quantity(rate, "per_second", 0);
      to.rate_burst = read_quantity(rate, "burst", std::max(1.0, to.rate_per_second));
    });
  });
}

void read_telemetry(Context& context) {
  with_section(context.root, "telemetry", "'telemetry'", [&](Fields& telemetry) {
    WorkspaceConfig& config = context.config;
    config.metrics = read_switch(telemetry, "metrics", config.metrics);
    with_section(telemetry, "otlp", "'otlp'", [&](Fields& otlp) {
      otlp.require("endpoint");
      read_url(otlp, "endpoint", config.otlp_endpoint);
    });
    with_section(telemetry, "log", "'log'", [&](Fields& log) {
      static constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error", "off"};
      static constexpr std::string_view kFormats[] = {"text", "json"};
      if (const auto level = log.one_of("level", kLevels)) config.log_level = kLevels[*level];
      if (const auto format = log.one_of("format", kFormats)) config.log_format = kFormats[*format];
    });
  });
}

}  // namespace lumenflow::kernel::config_sections
