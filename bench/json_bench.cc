// Reading, writing and checking a 500-byte object: budgets are 2 us for parse + canonical form, 1 us for a compiled schema.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "json/canonical.h"
#include "json/schema.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

// 500 bytes, as an agent's tool call is: short names, some text, a few numbers, one list, one nested object.
constexpr std::string_view kObject =
    R"({"task_id":"task-01J9ZK3M7Q8W2X4Y6A8C0E2G4H","title":"Rotate the signing keys of the staging fleet",)"
    R"("priority":2,"estimate_hours":3.75,"due_at":"2026-03-01T12:00:00.000Z","labels":["security","staging","keys"],)"
    R"("assignee":{"id":"ws-42:local:ana","email":"ana@example.com","active":true},"blocked_by":null,)"
    R"("description":"Generate new keys, publish them, wait for every replica to confirm, then retire the old ones.",)"
    R"("progress":0.125,"attempts":17,"lane":"ops","receipt":"rcpt-01J9ZK4A5B6C7D8E9F0G1H2J3K"})";
static_assert(kObject.size() >= 490 && kObject.size() <= 510);

// What a tool would declare for it: every field typed, most of them bounded, two patterns, nothing else let in.
constexpr std::string_view kSchema = R"({"type":"object","additionalProperties":false,
  "required":["task_id","title","priority","labels","assignee","receipt"],"properties":{
    "task_id":{"type":"string","pattern":"^task-[0-9A-Z]{26}$"},"title":{"type":"string","minLength":1,"maxLength":200},
    "priority":{"type":"integer","minimum":0,"maximum":9},"estimate_hours":{"type":"number","exclusiveMinimum":0},
    "due_at":{"type":"string","format":"date-time"},
    "labels":{"type":"array","items":{"type":"string","maxLength":40},"uniqueItems":true,"maxItems":20},
    "assignee":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},
      "email":{"type":"string","format":"email"},"active":{"type":"boolean"}}},
    "blocked_by":{"type":["string","null"]},"description":{"type":"string","maxLength":4000},
    "progress":{"type":"number","minimum":0,"maximum":1},"attempts":{"type":"integer","minimum":0},
    "lane":{"enum":["dev","ops","docs"]},"receipt":{"$ref":"#/$defs/receipt"}},
  "$defs":{"receipt":{"type":"string","pattern":"^rcpt-[0-9A-Z]{26}$"}}})";

void parse_object(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse(kObject));
}
BENCHMARK(parse_object);

void canonical_form(benchmark::State& state) {
  const Value value = parse(kObject).value();
  for (auto _ : state) benchmark::DoNotOptimize(canonical(value));
}
BENCHMARK(canonical_form);

void parse_and_canonical_form(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(canonical(*parse(kObject)));
}
BENCHMARK(parse_and_canonical_form);

void serialize_object(benchmark::State& state) {
  const Value value = parse(kObject).value();
  for (auto _ : state) benchmark::DoNotOptimize(serialize(value));
}
BENCHMARK(serialize_object);

void validate(benchmark::State& state) {
  SchemaOptions options;
  options.assert_format = state.range(0) != 0;
  const Schema schema = Schema::compile(parse(kSchema).value(), options).value();
  const Value value = parse(kObject).value();
  LUMENFLOW_CHECK(schema.accepts(value));
  for (auto _ : state) benchmark::DoNotOptimize(schema.accepts(value));
}
BENCHMARK(validate)->ArgName("assert_format")->Arg(0)->Arg(1);

void compile_schema(benchmark::State& state) {
  const Value schema = parse(kSchema).value();
  for (auto _ : state) benchmark::DoNotOptimize(Schema::compile(schema));
}
BENCHMARK(compile_schema);

}  // namespace
}  // namespace lumenflow::json

BENCHMARK_MAIN();
