#include "hosts/testing/odd_world.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <fstream>
#include <utility>

#include "base/executor.h"

namespace lumenflow::hosts::testing {
namespace {

constexpr const char* kTools[] = {
    "echo",        "scopes",      "pid",      "fail",  "refuse",    "environment",   "never",
    "family",      "flood",       "garbage",  "exit",  "exit_once", "grumble",       "crash_after_effect",
    "twice",       "other_id",    "stray",    "store", "emit",      "emit_and_exit", "ask_wrongly",
    "ask_forever", "log_forever", "ask_late", "obey",  "invoke",    "announce",      "hang_with_effect",
    "tell",        "task",        "program",  "stream"};

}  // namespace

std::string odd_program() { return LUMENFLOW_ODD_PACK; }

std::string odd_manifest(const std::string& folder, const std::string& runtime) {
  std::string out = "id: odd\nversion: 1.0.0\n";
  out += runtime == "process" ? "runtime: {type: process, command: ['" + odd_program() + "', '" + folder + "']}\n"
                              : "runtime: {type: " + runtime + "}\n";
  out += R"(config_key: odd
config_schema: {type: object, properties: {token: {type: string, writeOnly: true}, note: {type: string}}}
emitted_event_kinds: ["odd:said", "odd:asked"]
subscribed_event_kinds: ["odd:asked"]
backpressure_policy: {"odd:said": queue, "odd:asked": queue}
tools:
)";
  for (const char* tool : kTools) {
    const std::string name = std::string("odd:") + tool;
    const bool writes = name == "odd:exit" || name == "odd:hang_with_effect" || name == "odd:crash_after_effect" ||
                        name == "odd:emit_and_exit";
    out += "  - {name: '" + name + "', permission: " + (writes ? "write" : "read") +
           ", required_scopes: [{type: path, pattern: 'data/**', access: " + (writes ? "write" : "read") + "}]";
    if (name == "odd:never") out += ", timeout_ms: 200";
    if (name == "odd:environment" || name == "odd:tell") out += ", required_env: [ODD_SECRET]";
    out += "}\n";
  }
  return out;
}

std::function<void()> FakeRun::when_cancelled(std::function<void()> listener) {
  const std::lock_guard lock(mutex_);
  std::function<void()> before = std::exchange(listener_, std::move(listener));
  if (cancelled_ && listener_) std::exchange(listener_, {})();
  return before;
}

void FakeRun::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (listener_) std::exchange(listener_, {})();
}

Result<std::string> FakeRun::invoke(std::string_view tool, json::Value, std::string_view) {
  return R"({"data":{"called":")" + std::string(tool) + R"("},"success":true})";
}

OddWorld::OddWorld(ProcessHostOptions options) {
  ::signal(SIGPIPE, SIG_IGN);
  std::string name = (std::filesystem::temp_directory_path() / "odd-XXXXXX").native();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  root = std::filesystem::canonical(name);
  for (const char* each : {"snapshot", "workspace", "kept"}) std::filesystem::create_directory(root / each);
  host = std::make_unique<ProcessHost>(launcher, std::move(options));
}

OddWorld::~OddWorld() {
  registration.reset();
  host.reset();
  std::filesystem::remove_all(root);
}

Status OddWorld::load() {
  pack::Diagnostics diagnostics;
  std::optional<pack::Manifest> parsed =
      pack::parse_manifest(ManifestText(odd_manifest(folder("kept"))), "manifest.yaml", diagnostics);
  EXPECT_TRUE(parsed.has_value()) << pack::render_text(diagnostics, false);
  if (!parsed) return Error(ErrorCode::kInternal, "the manifest has faults");
  manifest = *std::move(parsed);
  registration = std::make_unique<pack::Registration>();
  return host->load({manifest, folder("snapshot"), folder("workspace"), "ws-42", config}, *registration);
}

pack::ToolResult OddWorld::call_in(FakeRun& run, const std::string& tool, json::Value input) {
  lumenflow::testing::FakeToolContext context(store);
  context.tool_name = tool;
  context.receipt = "rcpt-" + std::to_string(++calls_);
  context.run = &run;
  context.web = web;
  context.programs = programs;
  context.root = (root / "workspace").native();
  for (const pack::RegisteredTool& each : registration->tools())
    if (each.name == tool) return each.handler(context, input);
  ADD_FAILURE() << "no tool " << tool;
  return pack::ToolOutput{};
}

pack::ToolResult OddWorld::call(const std::string& tool, json::Value input) {
  FakeRun run;
  return call_in(run, tool, std::move(input));
}

std::string OddWorld::shown(const pack::ToolResult& result) {
  if (const auto* output = std::get_if<pack::ToolOutput>(&result)) return json::serialize(output->data);
  if (const auto* error = std::get_if<pack::ToolError>(&result)) return error->code + ": " + error->message;
  const auto& crash = std::get<pack::ToolCrash>(result);
  return std::string(name(crash.code)) + (crash.no_effect ? " without effect: " : ": ") + crash.message;
}

void OddWorld::touch(const std::string& name) const { std::ofstream(root / "kept" / name) << ""; }
bool OddWorld::there(const std::string& name) const { return std::filesystem::exists(root / "kept" / name); }

}  // namespace lumenflow::hosts::testing
