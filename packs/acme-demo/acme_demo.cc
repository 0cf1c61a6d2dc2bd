#include "acme_demo.h"

#include <string>

namespace acme_demo {
namespace {

using namespace lumenflow;
using namespace lumenflow::pack;

ToolResult refused(const Error& error) { return ToolError{std::string(name(error.code())), error.message(), {}}; }

// Where a real pack would do the work.
ToolResult run_job(ToolContext& context, const json::Value& input) {
  const std::string job_id = input.find("job_id")->as_string();
  const json::Object done{{"job_id", job_id}, {"status", "ok"}};
  const Status kept = context.store().put("jobs/" + job_id, done);
  if (!kept.ok()) return refused(kept.error());
  // The job's id is the key: however often the job is run, it was completed once.
  const Status said = context.emit("acme-demo:job_completed", done, {.idempotency_key = job_id, .timestamp = {}});
  if (!said.ok()) return refused(said.error());
  return ToolOutput{done, {}};
}

std::string job_of(const Event& event) { return std::string(json::string_or(event.payload, "target_id", "")); }

// Proposes, and does nothing by itself. Writing under the job's id is an upsert: twice leaves what once leaves.
Status recover(HandlerContext& context, const Event& event) {
  if (json::string_or(event.payload, "target_pack", "") != "acme-demo") return {};
  LUMENFLOW_TRY_ASSIGN(const auto job, context.store().get("jobs/" + job_of(event)));
  return context.store().put("recoveries/" + job_of(event),
                             json::Object{{"known", job.has_value()},
                                          {"reason", json::string_or(event.payload, "reason", "")},
                                          {"proposal", "call acme-demo:run_job with this job_id again"}});
}

}  // namespace

void register_pack(Registration& registration) {
  registration.tool("acme-demo:run_job", {}, run_job);
  registration.handler("conductor:recovery_requested", {}, recover, [](const Event& event) {
    return job_of(event) + "/" + std::string(json::string_or(event.payload, "turn_id", ""));
  });
}

}  // namespace acme_demo
