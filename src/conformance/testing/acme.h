// A small pack whose parts a test replaces, and what the checks say of it. For tests only; one thread.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "conformance/conformance.h"

namespace lumenflow::conformance {

inline constexpr std::string_view kRecovery = "conductor:recovery_requested";

// The manifest of the pack `acme`; the sections that a test gives stand at its end.
inline std::string acme_manifest(std::string_view subscribed = kRecovery, std::string_view more = "") {
  std::string text = R"(
id: acme
version: 1.2.3
runtime: {type: builtin}
emitted_event_kinds: ["acme:done"]
backpressure_policy: {"acme:done": queue}
event_schemas:
  "acme:done": {type: object, required: [job_id], additionalProperties: false, properties: {job_id: {type: string}}}
tools:
  - name: acme:run
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema:
      type: object
      required: [job_id]
      additionalProperties: false
      properties:
        job_id: {type: string, pattern: '^job-[0-9]{1,6}$'}
        note: {}
    output_schema: {type: object, required: [job_id], properties: {job_id: {type: string}}}
)";
  text += "subscribed_event_kinds: [" + (subscribed.empty() ? "" : "\"" + std::string(subscribed) + "\"") + "]\n";
  if (more.find("examples:") == std::string_view::npos)
    text += R"(
examples:
  acme:run: {job_id: job-7}
  acme:done: {job_id: job-7}
)";
  if (more.find("examples:") == std::string_view::npos && subscribed == kRecovery)
    text += R"(
  conductor:recovery_requested: {target_pack: acme, target_id: job-7, turn_id: t-1, reason: lost, requested_by: ana}
)";
  return text + std::string(more);
}

inline std::string target_of(const pack::Event& event) {
  return std::string(json::string_or(event.payload, "target_id", ""));
}

// Upserts under the job's id, and says so under a key.
inline pack::ToolResult run_job(pack::ToolContext& context, const json::Value& input) {
  const std::string job(json::string_or(input, "job_id", ""));
  const Status stored = context.store().put("job/" + job, json::Object{{"state", "done"}});
  const Status emitted =
      context.emit("acme:done", json::Object{{"job_id", job}}, {.idempotency_key = job, .timestamp = {}});
  if (!stored.ok() || !emitted.ok()) return pack::ToolError{"IO_ERROR", "not stored", {}};
  return pack::ToolOutput{json::Object{{"job_id", job}}, {}};
}

inline Status recover(pack::HandlerContext& context, const pack::Event& event) {
  LUMENFLOW_TRY(context.emit("acme:done", json::Object{{"job_id", target_of(event)}},
                             {.idempotency_key = "recovered " + target_of(event), .timestamp = {}}));
  return context.store().put("recovery/" + target_of(event), event.payload);
}

constexpr pack::ToolTraits kRunTraits{.store_only = true, .bounded = true};
constexpr pack::HandlerTraits kIdempotent{.idempotent = true, .store_only = false, .bounded = false};
constexpr pack::HandlerTraits kKeyed{.idempotent = false, .store_only = false, .bounded = false};

// Registers acme:run as it should be.
inline void register_run(pack::Registration& registration) { registration.tool("acme:run", kRunTraits, run_job); }

// The machine's clock, as a pack that reads it would see it.
inline std::int64_t& machine_clock() {
  static std::int64_t now = 1000;
  return now;
}

class ConformanceTest : public ::testing::Test {
 protected:
  ConformanceTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "lumenflow-conformance-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    options.folder = folder;
    options.let_time_pass = [] { ++machine_clock(); };
  }
  ~ConformanceTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(options.folder, ignored);
  }

  Report run(const std::string& manifest, void (*register_pack)(pack::Registration&)) {
    const pack::BuiltinPack pack{"acme", {{"manifest.yaml", manifest}}, register_pack};
    const auto under_test = builtin_under_test(pack);
    Result<Report> report = run_conformance(*under_test, options);
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    return report.ok() ? *std::move(report) : Report{};
  }

  // The checks that failed, in order: "C4 C5".
  static std::string failed(const Report& report) {
    std::string out;
    for (const Case& each : report.cases)
      if (!each.faults.empty() && !out.ends_with(each.check)) out += (out.empty() ? "" : " ") + each.check;
    return out;
  }
  // All that is said of one check's faults.
  static std::string said(const Report& report, std::string_view check) {
    std::string out;
    for (const Case& each : report.cases)
      for (const Fault& fault : each.faults) {
        if (each.check != check) continue;
        out += each.subject + ": " + fault.message + "\n";
        for (const std::string& line : fault.differences) out += "  " + line + "\n";
        out += "  fix: " + fault.fix + "\n";
      }
    return out;
  }

  Options options;
};

}  // namespace lumenflow::conformance
