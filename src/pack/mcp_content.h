// The prompts and resources of a pack, as its manifest declares them for MCP clients.
//
// Values; immutable once parsed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::pack {

struct PromptArgument {
  std::string name;
  bool required = false;
  std::vector<std::string> values;  // what completion offers; empty: nothing
};

// Its messages stand in the manifest, with `{{argument}}` to be filled in, or a tool of the pack gives them as
// {messages: […]}, called with the arguments as its input.
struct PromptDescriptor {
  std::string name;
  std::string description;
  json::Value listing;  // what prompts/list says of it
  std::vector<PromptArgument> arguments;
  json::Array messages;
  std::string tool;  // canonical; empty: the messages are those above
};

// Its content stands in the manifest or in a file of the pack, or a tool gives it as {text} or {blob} (base64), called
// with {uri} and what its variables are. With `{name}` in its URI it is a template of resources.
struct ResourceDescriptor {
  std::string uri;
  bool is_template = false;
  std::string mime_type;
  json::Value listing;                  // what resources/list or resources/templates/list says of it
  std::string content;                  // of a template with `{{name}}` to be filled in
  bool binary = false;                  // `content` is bytes
  std::string tool;                     // canonical; empty: it is the content above
  std::vector<std::string> updated_by;  // kinds of events after which it is another
};

// How a tool stands to tasks of MCP (the extension io.modelcontextprotocol/tasks).
enum class McpTask : std::uint8_t {
  kNever,
  kOptional,    // a task for clients that know tasks
  kRequired,    // a task, and refused to clients that know none
  kAfterInput,  // a task once it has asked what it asks first
};

}  // namespace lumenflow::pack
