// What the code says of each tool: compared with manifest.yaml by a test, and the source of what the pack registers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

enum class Permission : std::uint8_t { kRead, kWrite };

enum class Presence : std::uint8_t { kRequired, kOptional };

inline constexpr Presence kRequired = Presence::kRequired;
inline constexpr pack::ToolTraits kBounded{.store_only = true, .bounded = true};
inline constexpr pack::ToolTraits kUnbounded{.store_only = true, .bounded = false};

// A member of an input or an answer. `members` are those of the object it is, or of the objects it lists.
struct Field {
  std::string_view name;
  Presence presence = Presence::kOptional;
  std::span<const Field> members = {};
};

struct ToolDescriptor {
  std::string_view name;
  Permission permission;
  std::string_view scope_pattern;  // of the files that hold what the tool reads or writes
  pack::ToolTraits traits;
  std::span<const Field> input;
  std::span<const Field> output;
  Answer (*run)(Call&);
};

std::span<const ToolDescriptor> task_tools();
std::span<const ToolDescriptor> memory_tools();
std::span<const ToolDescriptor> channel_tools();
std::span<const ToolDescriptor> routine_tools();
std::span<const ToolDescriptor> system_tools();

// All groups, in the order of the manifest.
std::vector<ToolDescriptor> all_tools();

}  // namespace lumenflow::sidekick
