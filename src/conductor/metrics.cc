#include "conductor/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "conductor/context.h"
#include "conductor/uplinks.h"

namespace lumenflow::conductor {

using prometheus::BuildCounter;
using prometheus::BuildGauge;

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      BuildCounter().Name("lumenflow_http_requests_total").Help("HTTP requests by status").Register(registry);
  prometheus::Family<prometheus::Counter>& events =
      BuildCounter().Name("lumenflow_conductor_events_total").Help("Events received, by verdict").Register(registry);
  prometheus::Counter& accepted = events.Add({{"verdict", "accepted"}});
  prometheus::Counter& duplicates = events.Add({{"verdict", "duplicate"}});
  prometheus::Counter& rejected = events.Add({{"verdict", "rejected"}});
  prometheus::Family<prometheus::Counter>& commands =
      BuildCounter().Name("lumenflow_conductor_commands_total").Help("Commands queued, by kind").Register(registry);
  prometheus::Family<prometheus::Counter>& notifications = BuildCounter()
                                                               .Name("lumenflow_conductor_notifications_total")
                                                               .Help("Webhooks and pushes, by outcome")
                                                               .Register(registry);
  prometheus::Family<prometheus::Gauge>& gauges =
      BuildGauge().Name("lumenflow_conductor_state").Help("Sizes now, by name").Register(registry);
  std::map<int, prometheus::Counter*> by_status;  // found once, then a map look-up per request
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(int status) {
  prometheus::Counter*& counter = state_->by_status[status];
  if (counter == nullptr) counter = &state_->requests.Add({{"status", std::to_string(status)}});
  counter->Increment();
}

void Metrics::count_events(std::uint64_t accepted, std::uint64_t duplicates, std::uint64_t rejected) {
  state_->accepted.Increment(static_cast<double>(accepted));
  state_->duplicates.Increment(static_cast<double>(duplicates));
  state_->rejected.Increment(static_cast<double>(rejected));
}

// Kinds are those of the kernel's table: what is counted was queued.
void Metrics::count_command(std::string_view kind) { state_->commands.Add({{"kind", std::string(kind)}}).Increment(); }

void Metrics::count_notification(std::string_view outcome) {
  state_->notifications.Add({{"outcome", std::string(outcome)}}).Increment();
}

std::string Metrics::render(const Context& context) {
  const auto gauge = [this](const char* name, double value) { state_->gauges.Add({{"name", name}}).Set(value); };
  gauge("log_entries", static_cast<double>(context.ledger.head().size));
  gauge("log_bytes", static_cast<double>(context.ledger.log().size_bytes()));
  gauge("log_commits", static_cast<double>(context.ledger.commits()));
  gauge("log_commits_failed", static_cast<double>(context.ledger.commits_failed()));
  gauge("command_waiters", static_cast<double>(context.uplinks->waiting()));
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace lumenflow::conductor
