// The event bus: structs and JSON, by subscribers and by channels, beside a ring that does nothing but call.
#include "bus/bus.h"
#include "cli/bench_cpu.h"
#include "cli/bench_groups.h"

namespace lumenflow::cli {
namespace {

struct BenchEvent {  // as large as what bus_limit publishes
  static constexpr std::uint32_t kChannel = 0;
  static constexpr std::string_view kType = "bench:event";
  static constexpr std::int64_t kVersion = 1;
  std::uint64_t sequence{}, type{}, source{}, value{};
  template <class Self, class Visit>
  static void visit_members(Self& self, Visit&& visit) {
    visit("sequence", self.sequence);
    visit("value", self.value);
  }
};

constexpr int kBusEvents = 400'000;

Result<std::unique_ptr<bus::EventBus>> bus_of(int channels) {
  std::vector<bus::ChannelOptions> options{{.type = std::string(BenchEvent::kType), .capacity = 1'000}};
  for (int i = 1; i < channels; ++i) options.push_back({.type = "bench:event-" + std::to_string(i)});
  return bus::EventBus::create(std::move(options));
}

// ns per delivery. A tick is one burst.
Result<double> delivery_ns(Bench& bench, int channels, int subscribers, int batch) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<bus::EventBus> bus, bus_of(channels));
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(subscribers));
  for (std::uint64_t& sum : sums)
    LUMENFLOW_TRY(bus->subscribe(
        BenchEvent::kType,
        [&sum](const bus::Event& event) {
          const BenchEvent& payload = *event.typed<BenchEvent>();
          sum += payload.value + payload.sequence;
        },
        "bench"));
  Status failed;
  std::uint64_t tick = 0;
  const double ns = cpu_ns_of(bench.operations(kBusEvents) / batch, [&] {
    if (Status begun = bus->begin_tick(++tick); !begun.ok()) failed = std::move(begun);
    for (int i = 0; i < batch; ++i)
      if (auto published = bus->publish(BenchEvent{tick, 7, 0, static_cast<std::uint64_t>(i)}); !published.ok())
        failed = std::move(published).error();
    bus->dispatch();
  });
  LUMENFLOW_TRY(std::move(failed));
  return ns / batch / subscribers;
}

Status json_figures(Bench& bench) {
  const json::Value schema = *json::parse(
      R"({"type": "object", "additionalProperties": false, "required": ["reactor", "temperature"],
          "properties": {"reactor": {"type": "integer"}, "temperature": {"type": "number"},
                         "note": {"type": "string"}}})");
  LUMENFLOW_TRY_ASSIGN(json::Schema compiled, json::Schema::compile(schema));
  const auto shared = std::make_shared<const json::Schema>(std::move(compiled));  // the bus's and ours
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<bus::EventBus> bus,
                       bus::EventBus::create({{.type = "bench:json", .capacity = 1'000, .schema = shared}}));
  const json::Value payload = json::Object{{"reactor", 7}, {"temperature", 21.5}};
  constexpr int kBatch = 64;
  std::vector<json::Value> payloads(kBatch);
  std::uint64_t tick = 0, accepted = 0;
  const int rounds = bench.operations(kBusEvents / 4) / kBatch;
  const double copy = cpu_ns_of(rounds, [&] { std::ranges::fill(payloads, payload); }) / kBatch;
  const double validate = cpu_ns_of(rounds * kBatch, [&] { accepted += shared->accepts(payload) ? 1 : 0; });
  const double publish = cpu_ns_of(rounds, [&] {
    if (!bus->begin_tick(++tick).ok()) return;
    std::ranges::fill(payloads, payload);
    for (json::Value& each : payloads) accepted += bus->publish("bench:json", std::move(each)).ok() ? 1 : 0;
    bus->dispatch();
  });
  if (accepted == 0) return Error(ErrorCode::kInternal, "the bench's payload is refused");
  bench.figures.push_back(
      {"bus.json_publish_without_validator", publish / kBatch - copy - validate, "ns", "", {}, value_at_most(100)});
  bench.figures.push_back({"bus.json_validate", validate, "ns", "", {}, {}});
  return {};
}

}  // namespace

Status bench_bus(Bench& bench) {
  for (const int batch : {64, 1})
    for (const int channels : {1, 1'000, 10'000})
      for (const int subscribers : {1, 4, 16}) {
        std::vector<double> values;
        for (int round = 0; round < bench.rounds(); ++round) {
          LUMENFLOW_TRY_ASSIGN(const double ns, delivery_ns(bench, channels, subscribers, batch));
          values.push_back(ns);
        }
        std::optional<Budget> budget;
        if (batch == 64 && subscribers == 1) budget = value_at_most(15);
        if (batch == 64 && subscribers == 16) budget = value_at_most(5);
        const std::optional<double> limit = bench.limits.bus(subscribers, batch);
        bench.figures.push_back({"bus.deliver_" + std::to_string(subscribers) + "_of_" + std::to_string(channels) +
                                     (batch == 1 ? "_one_by_one" : "_bursts"),
                                 median(values), "ns",
                                 limit ? "bus_limit bus_pointer_" + std::to_string(subscribers) : "", limit, budget});
      }
  return json_figures(bench);
}

}  // namespace lumenflow::cli
