// The samples that the checks use: those of the manifest, else such as its schemas suggest.
//
// Within a tool's example `{$result: {tool: "task:create", at: "/task/id"}}` stands for a part of what that tool
// answers to its own first example, called just before: for inputs that name what another tool has made.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/pack_under_test.h"
#include "lumenflow/json.h"
#include "pack/manifest.h"

namespace lumenflow::conformance {

struct Sample {
  json::Value value;
  bool generated = false;
  std::string name;  // "example 2", "a generated input"
};

// Of a tool's input; one that is generated when the manifest has none. Empty when that fails too.
std::vector<Sample> samples_of_tool(const pack::Manifest& manifest, const pack::ToolDescriptor& tool,
                                    const pack::InputRule& rule, std::uint64_t seed);

// Of a kind's payload. Empty when there is no example, and no schema to make one from, or none can be made.
std::vector<Sample> samples_of_kind(const pack::Manifest& manifest, const PackUnderTest& files, std::string_view kind,
                                    std::uint64_t seed);

// The output of a tool's call; an error says why there is none.
using CallTool = std::function<Result<json::Value>(const std::string& tool, const json::Value& input)>;

// The input with every $result in it resolved. INVALID_INPUT where that is malformed, names no tool with an example of
// its own, or leads nowhere.
Result<json::Value> resolve_results(const pack::Manifest& manifest, const json::Value& input, const CallTool& call);

}  // namespace lumenflow::conformance
