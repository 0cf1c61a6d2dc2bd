// Building events and envelopes, beside the least that such work can cost: serialise the payload and hash it.
#include <benchmark/benchmark.h>

#include "base/sha256.h"
#include "event/event.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

json::Value payload_of_500_bytes() {
  return json::parse(
             R"({"turn_id":"turn-01JQZ5K3M8","session_id":"session-01JQZ5","status":"completed","tool_calls":17,)"
             R"("usage":{"input_tokens":48211,"output_tokens":1893,"cost_usd":0.1875,"cached":true},)"
             R"("goal":"Summarise the open approvals and close the tasks that are done","model":"example-model-4",)"
             R"("labels":["nightly","routine","lane:docs"],"note":"Three tasks closed, one left open because its )"
             R"(owner has not answered; the summary was sent to the sidekick channel.","retries":0,)"
             R"("evidence":["sha256:9f86d081884c7d65","sha256:60303ae22b998861"],"parent":null})")
      .value();
}

constexpr Timestamp kNoon{1'772'366'400'000};

BuildOptions keyed() {
  BuildOptions options;
  options.idempotency_key = "turn-01JQZ5K3M8/completed";
  options.timestamp = kNoon;
  return options;
}

Stamp stamp() {
  Stamp out;
  out.from = "ws-42";
  out.stream = "sidecar";
  out.seq = 123'456;
  out.emitted_at = kNoon;
  return out;
}

void limit_serialise_and_sha256(benchmark::State& state) {
  const json::Value payload = payload_of_500_bytes();
  std::string text;
  for (auto _ : state) {
    text.clear();
    json::serialize_to(payload, text);
    benchmark::DoNotOptimize(sha256(text));
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(limit_serialise_and_sha256);

void limit_canonical_and_sha256(benchmark::State& state) {
  const json::Value payload = payload_of_500_bytes();
  std::string text;
  for (auto _ : state) {
    text.clear();
    benchmark::DoNotOptimize(json::canonical_to(payload, text).ok());
    benchmark::DoNotOptimize(sha256(text));
  }
}
BENCHMARK(limit_canonical_and_sha256);

// The payload moves through and comes back, so that copying it is not measured.
void build_with_key(benchmark::State& state) {
  json::Value payload = payload_of_500_bytes();
  const BuildOptions options = keyed();
  for (auto _ : state) {
    Event event = build_kernel_event_v2("agent-runtime:turn_completed", std::move(payload), options).value();
    benchmark::DoNotOptimize(event.event_id.data());
    payload = std::move(event.payload);
  }
}
BENCHMARK(build_with_key);

void build_with_key_and_envelope(benchmark::State& state) {
  json::Value payload = payload_of_500_bytes();
  const BuildOptions options = keyed();
  const Stamp at = stamp();
  std::string out;
  for (auto _ : state) {
    out.clear();
    Event event = build_kernel_event_v2("agent-runtime:turn_completed", std::move(payload), options).value();
    append_envelope(event, at, out);
    benchmark::DoNotOptimize(out.data());
    payload = std::move(event.payload);
  }
}
BENCHMARK(build_with_key_and_envelope);

void build_without_key(benchmark::State& state) {
  json::Value payload = payload_of_500_bytes();
  BuildOptions options;
  options.timestamp = kNoon;
  for (auto _ : state) {
    Event event = build_kernel_event_v2("agent-runtime:turn_completed", std::move(payload), options).value();
    benchmark::DoNotOptimize(event.event_id.data());
    payload = std::move(event.payload);
  }
}
BENCHMARK(build_without_key);

void append_envelope_alone(benchmark::State& state) {
  const Event event = build_kernel_event_v2("agent-runtime:turn_completed", payload_of_500_bytes(), keyed()).value();
  const Stamp at = stamp();
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_envelope(event, at, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(append_envelope_alone);

}  // namespace
}  // namespace lumenflow::event

BENCHMARK_MAIN();
