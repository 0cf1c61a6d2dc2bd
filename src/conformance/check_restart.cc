// C6: a restart between two deliveries leaves the state of once, and two workspaces given equal events end equal.
#include "conformance/run.h"

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kMendRestart =
    "keep what it needs to know again in the store: what stands in memory is gone after a restart";
constexpr std::string_view kMendReadings =
    "take times from the event or from now_ms(), and ids from the event or from new_ulid(): what the handler reads of "
    "the machine itself (its clock, chance, a counter, another place on disk) cannot be replayed";

Status across_restart(Run& run, const HandlerCase& handler, const State& once, Case& found) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  LUMENFLOW_TRY_ASSIGN(const Delivered first, scratch->deliver(handler.event(), 1));
  if (!handler.has_replay_key) LUMENFLOW_TRY(scratch->forget_replays());
  LUMENFLOW_TRY(scratch->reopen(Scratch::Code::kStartsAnew));
  LUMENFLOW_TRY_ASSIGN(const Delivered again, scratch->deliver(handler.event(), 2));
  LUMENFLOW_TRY_ASSIGN(const State now, scratch->state());
  const std::vector<std::string> differ = differences(once, now);
  if (!differ.empty())
    found.fail("the same event after a restart (" + handler.sample.name + ") left another state", differ,
               std::string(kMendRestart));
  return {};
}

// Equal events, equal readings of the clock and of chance: what differs comes from elsewhere.
Status in_another_workspace(Run& run, const HandlerCase& handler, const State& once, Case& found) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Scratch> scratch, run.fresh());
  LUMENFLOW_TRY_ASSIGN(const Delivered only, scratch->deliver(handler.event(), 1));
  LUMENFLOW_TRY_ASSIGN(const State now, scratch->state());
  const std::vector<std::string> differ = differences(once, now);
  if (!differ.empty())
    found.fail("two workspaces given the same event (" + handler.sample.name + ") ended differently", differ,
               std::string(kMendReadings));
  return {};
}

}  // namespace

Status check_restart(Run& run) {
  if (!run.state_of_once.empty() && run.options.let_time_pass) run.options.let_time_pass();
  for (const std::string& kind : run.manifest.subscribed_event_kinds) {
    Case found{"C6", kind, {}, {}, "C4 failed: it takes no event once"};
    for (const HandlerCase& handler : run.handler_cases) {
      const auto once = run.state_of_once.find(kind + " " + handler.sample.name);
      if (handler.kind != kind || once == run.state_of_once.end()) continue;
      found.skipped.clear();
      LUMENFLOW_TRY(in_another_workspace(run, handler, once->second, found));
      if (found.faults.empty()) LUMENFLOW_TRY(across_restart(run, handler, once->second, found));
    }
    run.report.cases.push_back(std::move(found));
  }
  return {};
}

}  // namespace lumenflow::conformance
