// What a mounted server says of its tools, pinned by digest: what was accepted, what is there now, and how they differ.
//
// Values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::mounts {

inline constexpr std::size_t kToolsMax = 1'000;
inline constexpr std::size_t kDefinitionBytesMax = 256u << 10;  // of one tool
inline constexpr std::size_t kDefinitionsBytesMax = 8u << 20;   // of all
inline constexpr std::string_view kDefinitionsFormat = "lumenflow-mcp-definitions/1";

// What is no tool of the server's and yet called as one: a prompt, "prompts/get " before its name, and the reading of
// its resources. No tool may be called so.
inline constexpr std::string_view kPromptEntry = "prompts/get ", kResourceEntry = "resources/read";

// One tool, as tools/list has it; or a prompt, as prompts/list has it but for its name.
struct ToolDefinition {
  std::string name;
  json::Value stated;  // all of it but `_meta`, which says nothing to a caller
  std::string digest;  // "sha256:<hex>" over the canonical form of `stated`
};

// INVALID_OUTPUT saying what is wrong with it.
Result<ToolDefinition> read_definition(json::Value tool);
Result<ToolDefinition> read_prompt_definition(json::Value prompt);

std::string digest_of_definition(const json::Value& stated);  // of what has a canonical form

// The content of a pack's definitions.json.
struct Definitions {
  json::Value server = json::Object{};  // what it said of itself: {name, version, …}
  json::Value plan = json::Object{};    // what it was mounted with (pack_writer.h)
  std::vector<ToolDefinition> tools;
  json::Array resources = {};  // and templates, as they were listed when the server was looked at; not compared
  const ToolDefinition* find(std::string_view name) const;  // null when there is none
};

std::string write_definitions(const Definitions& definitions);
// INVALID_CONFIGURATION also where a digest is not that of its definition.
Result<Definitions> parse_definitions(std::string_view text);

struct Change {
  enum class Kind : std::uint8_t { kChanged, kRemoved, kAdded, kRenamed } kind = Kind::kChanged;
  std::string name;                 // of what was accepted; of kAdded: the new one
  std::string renamed_to;           // kRenamed: the rest of it is as it was
  std::vector<std::string> fields;  // kChanged: the members that differ
};

// In the order of `accepted`, then what was added.
std::vector<Change> compare(const Definitions& accepted, const Definitions& found);

// For people, one line for each difference and none longer than `line_bytes_max`; what the server wrote is in it as
// JSON text, so a terminal shows it and does not obey it.
std::string render(const std::vector<Change>& changes, const Definitions& accepted, const Definitions& found,
                   std::size_t line_bytes_max = 400);

}  // namespace lumenflow::mounts
