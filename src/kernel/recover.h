// What a call left behind that did not end as it should: what its pack reports, and what is shown of it. Pure.
#pragma once

#include <optional>
#include <string>

#include "journal/recoveries.h"
#include "kernel/running_call.h"
#include "lumenflow/json.h"

namespace lumenflow::kernel {

// {cleanup_status, recovery_action?, recovery_call? {tool, input}} in the details of a tool's error.
struct CleanupReport {
  journal::Cleanup status = journal::Cleanup::kNeedsRecovery;
  std::string action;
  std::string tool;   // empty: no call is proposed, or none that could be made
  json::Value input;  // an object
};
// Nothing when the details say nothing of it. A status that is none counts as the worst.
std::optional<CleanupReport> cleanup_report(const json::Value& details);

// What is known without the pack: a call whose effects may be out, and that nobody answers for, needs recovery.
journal::Cleanup cleanup_by_end(const RunningCall& call, const CallEnd& end);

// What to do where nobody proposes anything.
std::string default_action(const journal::Recovery& recovery);

// The details of an error, with what they say of recovery replaced by what the record says.
json::Value details_with(const json::Value& details, const journal::Recovery& recovery);

}  // namespace lumenflow::kernel
