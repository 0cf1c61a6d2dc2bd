// C5: a crash after the effect and before its record leaves the state of once.
#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kMend =
    "what it does outside of its result's commit (files, transact, emit_now) may happen twice: make it an upsert, "
    "under "
    "a key or an idempotency key that the event gives";

Status crash_once(Run& run, const HandlerCase& handler, std::uint64_t moment_after, Case& found) {
  const State& once = run.state_of_once.at(handler.kind + " " + handler.sample.name);
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  const int runs_before = run.seen.handler_runs[handler.kind];
  LUMENFLOW_TRY_ASSIGN(const Delivered after, scratch->deliver_and_crash(handler.event(), 1, moment_after));
  LUMENFLOW_TRY_ASSIGN(const State now, scratch->state());
  if (run.seen.handler_runs[handler.kind] != runs_before + 2)
    found.notes.push_back("it ran " + std::to_string(run.seen.handler_runs[handler.kind] - runs_before) +
                          " times around the crash");
  if (after.outcome != "applied") {
    found.fail("after the crash it did not take " + handler.sample.name + " any more",
               {"it was " + after.outcome + ": " + after.error}, std::string(kMend));
    return {};
  }
  // At the same moment everything is the same; at a later one times and ids may differ, their number may not.
  const bool same_moment = moment_after == 1;
  const std::vector<std::string> differ = same_moment ? differences(once, now) : differences_in_number(once, now);
  if (!differ.empty())
    found.fail("a crash between effect and replay record left another state (" + handler.sample.name + ")", differ,
               std::string(kMend));
  return {};
}

}  // namespace

Status check_crash(Run& run) {
  for (const std::string& kind : run.manifest.subscribed_event_kinds) {
    Case found{"C5", kind, {}, {}, "C4 failed: it takes no event once"};
    for (const HandlerCase& handler : run.handler_cases) {
      if (handler.kind != kind || !run.state_of_once.contains(kind + " " + handler.sample.name)) continue;
      found.skipped.clear();
      LUMENFLOW_TRY(crash_once(run, handler, 1, found));
      if (found.faults.empty()) LUMENFLOW_TRY(crash_once(run, handler, 2, found));
    }
    run.report.cases.push_back(std::move(found));
  }
  return {};
}

}  // namespace lumenflow::conformance
