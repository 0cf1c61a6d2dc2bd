#include "kernel/testing/config_samples.h"

#include "base/check.h"
#include "pack/registry.h"
#include "pack/yaml.h"

namespace lumenflow::kernel::testing {
namespace {

constexpr std::string_view kFull = R"(id: ws-42
name: Forty-two
mode: development
packs:
  - {id: sidekick, source: builtin}
  - {id: acme-demo, version: 1.0.0, source: local, path: packs/acme-demo, integrity: dev, enabled: false}
  - id: other
    source: git
    url: https://example.com/other.git
    commit: 0123456789abcdef0123456789abcdef01234567
    integrity: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
scopes:
  allowed:
    - {type: path, pattern: 'docs/**', access: read}
lanes:
  - id: 'Content: Site Comms'
    title: Site
    allowed_scopes: [{type: path, pattern: 'site/**', access: write}]
    wip_limit: 2
    policies: [{id: slow, trigger: on_claim, decision: deny}]
policies:
  - {id: ask, trigger: on_tool_request, decision: approval_required, when: {permission: admin}}
default_decision: allow
allow_loosening: true
approval_providers:
  '*': console
  'acme-demo:*': {provider: conductor, approvals: 2, expires: 2h}
surfaces:
  http:
    listen: 127.0.0.1:7421
    tls: {cert: keys/cert.pem, key: keys/key.pem}
    limits: {header_bytes: 32KiB, header_time: 5s, body_time: 20s, idle_time: 1m}
  mcp: on
  sidekick-channel: {enabled: false}
socket: off
network: {posture: allowlist, allowlist_entries: [api.example.com]}
uplink:
  adapter: loopback
  sidecar_url: https://ws.example.com
  batch: {events: 100, bytes: 64KiB, linger: 5ms}
  outbox: {bytes: 2GiB, events: 5000}
events: {idempotency_window: 12h, retention: 10d}
journal:
  durable: full
  retention: {inputs: 1d, outputs: 2d, events: 3d}
  checkpoint_interval: 500ms
  backup: {folder: .lumenflow/backups, interval: 6h, keep: 3}
sandbox:
  mode: best-effort
  read_only_paths: [/opt/tools]
  limits: {memory_bytes: 512MiB, processes: 64, cpu_time: 10m}
limits:
  body_bytes: 2MiB
  json_depth: 32
  output_bytes: 4MiB
  connections: 10
  rate: {per_second: 2.5, burst: 5}
  concurrent_calls: 8
  call_timeout: 1m
  drain_timeout: 5s
routines: {auto_run: true}
gates: [{id: lint, command: [make, lint], timeout: 5m, required: true}, {id: unit, command: make test}]
agent_runtime: {default_model: small}
sidekick: {webhook_allowlist: [hooks.example.com]}
software_delivery: {}
record: true
telemetry:
  metrics: off
  otlp: {endpoint: 'https://otlp.example.com'}
  log: {level: debug, format: json}
acme_demo: {limit: 3}
)";

}  // namespace

std::string full_config() { return std::string(kFull); }

json::Value full_document() {
  pack::YamlDocument document;
  pack::Diagnostics diagnostics;
  LUMENFLOW_CHECK(parse_yaml("lumenflow.yaml", full_config(), "LF2001", document, diagnostics));
  return document.value;
}

std::vector<std::string> Parsed::codes() const {
  std::vector<std::string> out;
  for (const pack::Diagnostic& item : diagnostics.items()) out.push_back(item.code);
  return out;
}

std::string Parsed::shown() const { return render_text(diagnostics, false); }

Parsed parse(const std::string& text, const std::vector<std::string>& config_keys) {
  Parsed out;
  const PinResolver resolve = [&](const std::vector<PackPin>&, pack::Report&) {
    std::vector<pack::ConfigSection> sections;
    for (const std::string& key : config_keys) sections.push_back({key, nullptr, {}});
    return sections;
  };
  out.config = parse_config("lumenflow.yaml", text, resolve, out.diagnostics);
  return out;
}

}  // namespace lumenflow::kernel::testing
