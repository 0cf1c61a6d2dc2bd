#include "cli/bench_pack.h"

#include <string>

namespace lumenflow::cli {
namespace {

constexpr std::string_view kInput =
    R"({"task_id":"task-01J9ZK3M7Q8W2X4Y6A8C0E2G4H","title":"Rotate the signing keys of the staging fleet",)"
    R"("priority":2,"estimate_hours":3.75,"due_at":"2026-03-01T12:00:00.000Z","labels":["security","staging","keys"],)"
    R"("assignee":{"id":"ws-42:local:ana","email":"ana@example.com","active":true},"blocked_by":null,)"
    R"("description":"Generate new keys, publish them, wait for every replica to confirm, then retire the old ones.",)"
    R"("progress":0.125,"attempts":17,"lane":"ops","receipt":"rcpt-01J9ZK4A5B6C7D8E9F0G1H2J3K"})";
static_assert(kInput.size() >= 490 && kInput.size() <= 510);

// YAML is a superset of JSON: the schema stands in the manifest as it is.
constexpr std::string_view kSchema =
    R"({"type":"object","additionalProperties":false,"required":["task_id","title","priority"],"properties":{)"
    R"("task_id":{"type":"string","minLength":1,"maxLength":64},)"
    R"("title":{"type":"string","minLength":1,"maxLength":200},)"
    R"("priority":{"type":"integer","minimum":0,"maximum":9},"estimate_hours":{"type":"number","minimum":0},)"
    R"("due_at":{"type":"string","format":"date-time"},)"
    R"("labels":{"type":"array","maxItems":16,"items":{"type":"string","maxLength":40}},)"
    R"("assignee":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"email":{"type":"string"},)"
    R"("active":{"type":"boolean"}}},"blocked_by":{"type":["string","null"]},)"
    R"("description":{"type":"string","maxLength":2000},"progress":{"type":"number","minimum":0,"maximum":1},)"
    R"("attempts":{"type":"integer"},"lane":{"enum":["ops","docs","code"]},"receipt":{"type":"string"}}})";

std::string tool_text(std::string_view name) {
  return "  - name: " + std::string(name) + "\n    permission: write\n    required_scopes:\n" +
         "      - {type: path, pattern: 'bench/**', access: write}\n    input_schema: " + std::string(kSchema) +
         "\n    output_schema: {type: object, properties: {ok: {type: boolean}}}\n";
}

const std::string& manifest_text() {
  static const std::string text = "id: bench\nversion: 1.0.0\nruntime: {type: builtin}\ntools:\n" +
                                  tool_text(kOneCommitTool) + tool_text(kTwoCommitTool);
  return text;
}

pack::ToolResult done(pack::ToolContext&, const json::Value&) {
  return pack::ToolOutput{json::Object{{"ok", true}}, {}};
}

void register_bench(pack::Registration& registration) {
  registration.tool(std::string(kOneCommitTool), {.store_only = true, .bounded = true}, done);
  registration.tool(std::string(kTwoCommitTool), {}, done);
}

}  // namespace

const pack::BuiltinPack& bench_pack() {
  static const pack::BuiltinPack pack{"bench", {{"manifest.yaml", manifest_text()}}, register_bench};
  return pack;
}

std::string_view bench_input() { return kInput; }
std::string_view bench_input_schema() { return kSchema; }

kernel::KernelOptions bench_kernel_options() {
  pack::RegistryBuilder builder;
  builder.add_builtin(bench_pack());
  kernel::KernelOptions options;
  options.config.id = WorkspaceId("bench");
  options.config.allowed_scopes = {
      *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "**"}, {"access", "write"}})};
  options.registry = builder.build();
  options.redaction_key = std::string(32, 'k');
  return options;
}

}  // namespace lumenflow::cli
