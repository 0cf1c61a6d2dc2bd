#include "sidecar/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>

#include "base/time.h"
#include "journal/retention.h"
#include "sidecar/housekeeping.h"
#include "sidecar/uplink_host.h"

namespace lumenflow::sidecar {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      BuildCounter().Name("lumenflow_http_requests_total").Help("HTTP requests by status").Register(registry);
  prometheus::Family<prometheus::Counter>& calls =
      BuildCounter().Name("lumenflow_calls_total").Help("Calls by outcome").Register(registry);
  prometheus::Counter& commits =
      BuildCounter().Name("lumenflow_journal_commits_total").Help("Journal commits").Register(registry).Add({});
  prometheus::Counter& commits_failed = BuildCounter()
                                            .Name("lumenflow_journal_commits_failed_total")
                                            .Help("Journal commits that failed")
                                            .Register(registry)
                                            .Add({});
  prometheus::Counter& refused = BuildCounter()
                                     .Name("lumenflow_calls_refused_total")
                                     .Help("Calls refused by rate limit or draining")
                                     .Register(registry)
                                     .Add({});
  prometheus::Family<prometheus::Counter>& deliveries =
      BuildCounter().Name("lumenflow_deliveries_total").Help("Deliveries to handlers by outcome").Register(registry);
  prometheus::Family<prometheus::Counter>& slow_handlers =
      BuildCounter().Name("lumenflow_slow_handlers_total").Help("Handlers that took over 50 ms").Register(registry);
  prometheus::Family<prometheus::Gauge>& waiting = BuildGauge()
                                                       .Name("lumenflow_deliveries_waiting")
                                                       .Help("Events read and waiting for a pack's handler, by stream")
                                                       .Register(registry);
  prometheus::Family<prometheus::Counter>& dropped = BuildCounter()
                                                         .Name("lumenflow_events_dropped_total")
                                                         .Help("Ephemeral events that were not delivered, by kind")
                                                         .Register(registry);
  prometheus::Family<prometheus::Counter>& received = BuildCounter()
                                                          .Name("lumenflow_events_received_total")
                                                          .Help("Events from the other side of the uplink, by kind")
                                                          .Register(registry);
  prometheus::Family<prometheus::Counter>& events_refused =
      BuildCounter()
          .Name("lumenflow_events_refused_total")
          .Help("Events from the other side that could not be taken, by code")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& bus_overflows =
      BuildCounter()
          .Name("lumenflow_bus_overflows_total")
          .Help("Events that their full bus channel did not take, by type")
          .Register(registry);
  prometheus::Gauge& outbox_events = single("lumenflow_outbox_events", "Events that wait for the other side");
  prometheus::Gauge& outbox_bytes = single("lumenflow_outbox_bytes", "Bytes of their entries");
  prometheus::Gauge& outbox_oldest = single("lumenflow_outbox_oldest_seconds", "Age of the oldest of them");
  prometheus::Gauge& dead_letters = single("lumenflow_outbox_dead_letters", "Events the other side refused for good");
  prometheus::Gauge& connected = single("lumenflow_uplink_connected", "1 while the other side answers");
  prometheus::Gauge& single(const char* name, const char* help) {
    return BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
  prometheus::Counter& let_go_bodies = BuildCounter()
                                           .Name("lumenflow_retention_bodies_total")
                                           .Help("Stored inputs and outputs that retention let go of")
                                           .Register(registry)
                                           .Add({});
  prometheus::Counter& let_go_bytes = BuildCounter()
                                          .Name("lumenflow_retention_bytes_total")
                                          .Help("Their bytes, with those of blobs that nothing names any more")
                                          .Register(registry)
                                          .Add({});
  prometheus::Counter& late = BuildCounter()
                                  .Name("lumenflow_late_results_total")
                                  .Help("Results of tools that were cancelled or timed out")
                                  .Register(registry)
                                  .Add({});
  prometheus::Family<prometheus::Gauge>& gauges =
      BuildGauge().Name("lumenflow_state").Help("Sizes now, by name").Register(registry);
  prometheus::Histogram& call_seconds =
      BuildHistogram()
          .Name("lumenflow_call_duration_seconds")
          .Help("From request to answer")
          .Register(registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05,
                                                           0.25, 1, 5, 30});
  std::map<int, prometheus::Counter*> by_status;  // found once, then a map look-up per request
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(int status) {
  prometheus::Counter*& counter = state_->by_status[status];
  if (counter == nullptr) counter = &state_->requests.Add({{"status", std::to_string(status)}});
  counter->Increment();
}

void Metrics::observe_call(std::chrono::nanoseconds duration) {
  state_->call_seconds.Observe(std::chrono::duration<double>(duration).count());
}

std::string Metrics::render(Workspace& workspace, const UplinkHost* uplink, const Housekeeping* housekeeping,
                            std::size_t connections) {
  const auto raise = [](prometheus::Counter& counter, std::uint64_t value) {
    counter.Increment(static_cast<double>(value) - counter.Value());
  };
  const kernel::KernelCounters& counters = workspace.kernel().counters();
  for (const auto& [outcome, count] : counters.calls_by_outcome)
    raise(state_->calls.Add({{"outcome", outcome}}), count);
  for (const auto& [outcome, count] : counters.deliveries_by_outcome)
    raise(state_->deliveries.Add({{"outcome", outcome}}), count);
  for (const auto& [handler, count] : counters.slow_handlers)
    raise(state_->slow_handlers.Add({{"handler", handler}}), count);
  for (const auto& [kind, count] : counters.events_received) raise(state_->received.Add({{"kind", kind}}), count);
  for (const auto& [code, count] : counters.events_refused) raise(state_->events_refused.Add({{"code", code}}), count);
  for (const auto& [type, count] : workspace.kernel().bell().overflows())
    raise(state_->bus_overflows.Add({{"type", type}}), count);
  for (const kernel::Subscriptions::Backlog& backlog : workspace.kernel().handler_backlogs())
    state_->waiting.Add({{"pack", backlog.pack_id}, {"stream", backlog.stream}})
        .Set(static_cast<double>(backlog.waiting));
  raise(state_->commits, counters.commits);
  raise(state_->commits_failed, counters.commits_failed);
  raise(state_->refused, counters.refused_unrecorded);
  raise(state_->late, counters.late_results);
  const auto gauge = [this](const char* name, double value) { state_->gauges.Add({{"name", name}}).Set(value); };
  const journal::Outbox& outbox = workspace.kernel().outbox();
  state_->outbox_events.Set(static_cast<double>(outbox.events()));
  state_->outbox_bytes.Set(static_cast<double>(outbox.bytes()));
  state_->dead_letters.Set(static_cast<double>(outbox.dead_letters()));
  if (uplink != nullptr)
    if (const Result<uplink::UplinkStatus> status = uplink->status(); status.ok()) {
      const double age_ms = status->oldest ? static_cast<double>((SystemClock().now() - *status->oldest).count()) : 0;
      state_->outbox_oldest.Set(std::max(0.0, age_ms / 1'000));
      state_->connected.Set(status->engine.connection == uplink::Connection::kConnected ? 1 : 0);
      for (const auto& [kind, count] : status->engine.dropped) raise(state_->dropped.Add({{"kind", kind}}), count);
    }
  if (const auto snapshot = workspace.log().snapshot(); snapshot.ok())
    if (const auto retention = journal::retention_state(**snapshot); retention.ok()) {
      raise(state_->let_go_bodies, retention->bodies);
      raise(state_->let_go_bytes, retention->bytes);
    }
  if (housekeeping != nullptr) {
    const HousekeepingStatus status = housekeeping->status();
    gauge("backup_failures", static_cast<double>(status.backup.failures));
    if (status.backup.last) gauge("backup_last_seconds", static_cast<double>(status.backup.last->ms) / 1'000);
    gauge("retention_failing", status.retention.error.empty() ? 0 : 1);
  }
  gauge("journal_entries", static_cast<double>(workspace.log().head().size));
  gauge("journal_bytes", static_cast<double>(workspace.log().size_bytes()));
  gauge("journal_available", workspace.kernel().journal_available() ? 1 : 0);
  gauge("calls_running", static_cast<double>(workspace.kernel().running()));
  gauge("connections", static_cast<double>(connections));
  gauge("tools", static_cast<double>(workspace.registry().tools().size()));
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace lumenflow::sidecar
