// The section `agent_runtime` of lumenflow.yaml, read. Immutable once read; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent-runtime/provider.h"
#include "lumenflow/json.h"
#include "lumenflow/pack.h"

namespace lumenflow::agent_runtime {

// What a session may use up; of the settings and of a call the smaller counts.
struct Limits {
  std::uint64_t turns = 200;
  std::uint64_t tool_calls = 500;
  std::uint64_t input_bytes = 1u << 20;    // of one request to the model, as JSON
  std::optional<double> cost_usd;          // nothing: none is set
  std::optional<std::int64_t> timeout_ms;  // of one turn; nothing: as long as its call may take
};

// Sessions that are over: how long they are kept after they were used last, and how many.
struct Retention {
  std::int64_t age_ms = 90LL * 24 * 3'600'000;
  std::size_t count = 10'000;
};

struct Settings {
  std::string default_model;  // a profile; empty: the only one, if there is one
  std::vector<Model> models;
  std::vector<OfferedIntent> intents;
  Limits limits;
  Retention retention;
};

// The schema has judged it.
Settings read_settings(const json::Value& section);
std::vector<pack::Intent> intents_of(const json::Value& section);
Limits narrowed(const Limits& limits, const json::Value& asked);

// CONFIGURATION_ERROR, as INVALID_CONFIGURATION, where there is no such profile. An empty one means the default.
Result<Model> find_model(const Settings& settings, std::string_view profile);

}  // namespace lumenflow::agent_runtime
