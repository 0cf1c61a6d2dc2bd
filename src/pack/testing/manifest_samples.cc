#include "pack/testing/manifest_samples.h"

#include <algorithm>

#include "base/check.h"
#include "pack/pack_files.h"

namespace lumenflow::pack::samples {
namespace {

constexpr std::string_view kFullManifest = R"(id: acme-demo
slug: acme
version: 1.2.3-rc.1+build.5
title: Acme
description: Everything at once.
license: Apache-2.0
runtime: {type: process, command: [./server, --quiet]}
task_types: [acme-job]
evidence_types: [acme-log]
state_aliases: {in_progress: active}
lane_templates:
  - {id: build, title: Build, description: Builds things.}
config_key: acme_demo
config_reads: [gates]
config_schema: schemas/config.json
tools:
  - name: job:run-now
    title: Run a job
    description: Runs it.
    permission: write
    scope: acme:run
    required_scopes:
      - {type: path, pattern: 'jobs/**', access: write}
      - {type: path, pattern: docs/*.md, access: read}
      - {type: network, posture: allowlist, allowlist_entries: [api.example.com, 'api.example.org:8443', 10.0.0.0/8]}
    required_approvals: [acme:run]
    summary: acme:list
    required_env: [ACME_URL]
    input_schema:
      type: object
      additionalProperties: false
      required: [job_id]
      properties: {job_id: {type: string, minLength: 1}, due: {type: string, format: date-time}}
    output_schema: schemas/done.json
    idempotent: true
    internal_only: false
    timeout_ms: 1000
    mcp_name: acme_run
    mcp_task: optional
    entry: run
  - name: acme:list
    required_scopes: [{type: path, pattern: 'jobs/**', access: read}]
prompts:
  - name: triage
    title: Triage
    description: Sorts jobs.
    arguments: [{name: job, title: Job, description: Which., required: true}]
    messages: [{role: user, content: {type: text, text: hello}}]
resources:
  - uri: 'acme://guide'
    name: guide
    title: Guide
    description: How.
    mimeType: text/markdown
    size: 7
    file: guide.md
policies:
  - id: no-nights
    trigger: on_tool_request
    decision: approval_required
    reason: Somebody must look.
    when:
      tool: 'job:*'
      pack: acme-demo
      subject: 'ws-*'
      permission: write
      lane: build
      intent: [ship]
      input: {/job_id: {matches: '^j-', in: [a, b], equals: a, exists: true}}
      not: {permission: admin}
emitted_event_kinds: ['acme:job_completed', 'acme:approval_requested']
subscribed_event_kinds: ['conductor:recovery_requested', task_completed, 'other:thing_happened']
event_schemas:
  acme:job_completed: schemas/done.json
  acme:approval_requested: {type: object}
backpressure_policy:
  acme:job_completed: ephemeral
  acme:approval_requested: queue
required_approvals: [acme:run, acme:recover]
handler_approvals: {'conductor:recovery_requested': acme:recover}
surfaces_required: [http, mcp, sidekick-channel]
event_types: content/event-types.json
automations:
  - id: again
    on: acme:job_completed
    when: {status: failed}
    do: {tool: job:run-now, input: {job_id: a}}
    cooldown_ms: 1000
    enabled: false
examples:
  job:run-now: {job_id: j-1}
  acme:list: [{}, {}]
  acme:job_completed: [{job_id: j-1}]
)";

}  // namespace

SampleFiles::SampleFiles(std::string manifest) {
  files["manifest.yaml"] = std::move(manifest);
  files["schemas/config.json"] = R"({"type": "object", "properties": {"limit": {"type": "integer"}}})";
  files["schemas/done.json"] = R"({"type": "object", "required": ["job_id"]})";
  files["schemas/broken.json"] = R"({"type": "object")";
  files["schemas/wrong.json"] = R"({"type": "object", "properties": {"a": {"type": "strin"}}})";
  // A file that the manifest does not name is a fault.
  if (files.at("manifest.yaml").find("event_types") != std::string::npos)
    files["content/event-types.json"] = R"({"packSlug": "acme", "eventTypes": []})";
  files["guide.md"] = "# Guide";
}

Result<std::string> SampleFiles::read(std::string_view path) const {
  LUMENFLOW_TRY(check_pack_path(path));
  if (path.starts_with("link/")) return Error(ErrorCode::kInvalidInput, "leaves the pack through a symlink");
  const auto found = files.find(path);
  if (found == files.end()) return Error(ErrorCode::kNotFound, std::string(path));
  return found->second;
}

std::string full_manifest() { return std::string(kFullManifest); }

bool may_be_replaced(std::string_view pointer, const json::Value& replacement) {
  const auto has = [&](std::string_view part) { return pointer.find(part) != std::string_view::npos; };
  if (has("/equals") || has("/in/") || has("/content") || has("/automations/0/when/") || has("/do/input/")) return true;
  if (pointer.starts_with("/examples/") && has("/job_id")) return true;
  if (pointer.starts_with("/examples/") && pointer.rfind('/') == 9)
    return replacement.is_array() || replacement.is_object();
  if (has("/additionalProperties") || has("/properties/")) return replacement.is_object() || replacement.is_boolean();
  if (pointer == "/config_schema") return replacement.is_object() || replacement.is_boolean();
  return false;
}

std::string small_manifest() {
  return R"(id: acme
version: 1.0.0
runtime: {type: builtin}
tools:
  - name: job:run
    permission: write
    required_scopes:
      - {type: path, pattern: 'jobs/**', access: write}
emitted_event_kinds:
  - acme:job_done
backpressure_policy:
  acme:job_done: ephemeral
)";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  LUMENFLOW_CHECK(at != std::string::npos && text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<std::string> Parsed::codes() const {
  std::vector<std::string> out;
  for (const Diagnostic& item : diagnostics.items()) out.push_back(item.code);
  return out;
}

std::string Parsed::shown() const { return render_text(diagnostics, false); }

bool Parsed::has(std::string_view code, int line) const {
  return std::ranges::any_of(diagnostics.items(), [&](const Diagnostic& item) {
    return item.code == code && (line == 0 || item.place.line == line);
  });
}

Parsed parse(std::string manifest) {
  Parsed out;
  out.manifest = parse_manifest(SampleFiles(std::move(manifest)), "acme/manifest.yaml", out.diagnostics);
  return out;
}

}  // namespace lumenflow::pack::samples
