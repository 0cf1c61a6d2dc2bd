// The port to a model: one step of it. What it is sent, what it proposes, and what can go wrong.
//
// A provider speaks one wire format. It decides nothing: what it proposes is checked by the turn that asked, and what
// that calls is judged by the kernel. Threading: complete() is called on the thread of a call and may block; one
// provider may serve several calls at once, so it keeps no state of theirs. The values own what they hold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lumenflow/host.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

// One entry of `agent_runtime.models`. Where and how, never the key itself.
struct Model {
  std::string profile;       // its name there
  std::string provider;      // openai_compatible, messages_compatible or scripted
  std::string model;         // as the provider names it; scripted: the script's path in the workspace
  std::string base_url;      // empty: given by base_url_env, or the provider's own
  std::string base_url_env;  // environment variables; empty: none
  std::string api_key_env;
  // US dollars for a million tokens; nothing: unknown.
  std::optional<double> input_price, output_price;
};

// A tool call that a model asks for.
struct ToolRequest {
  std::string id;     // the model's own; never empty, and no two are equal in a conversation
  std::string name;   // as lumenflow names the tool, where it was offered; else as the model wrote it
  json::Value input;  // an object
};

struct Message {
  enum class Role : std::uint8_t { kSystem, kUser, kAssistant, kTool };
  Role role = Role::kUser;
  std::string text;                   // kTool: what the tool answered, as JSON text
  std::vector<ToolRequest> requests;  // kAssistant: what it asked for
  std::string request_id;             // kTool: which of them this answers
  bool failed = false;                // kTool: the answer is an error
};

// A tool that the model may ask for. Its name has a ':' and perhaps other characters that wire formats forbid.
struct OfferedTool {
  std::string name;
  std::string description;
  json::Value input_schema;  // an object; JSON Schema 2020-12
};

struct OfferedIntent {
  std::string id;
  std::string description;
};

struct ModelRequest {
  std::vector<Message> messages;  // in order; every request of an assistant's is answered before what comes next
  std::vector<OfferedTool> tools;
  std::vector<OfferedIntent> intents;  // of which the model names one; empty: it is not asked to
  bool stream = false;                 // pieces of the text are to be shown as they come
  std::int64_t output_tokens_max = 0;  // 0: the provider's own limit
  std::int64_t timeout_ms = 120'000;   // for all of it, repetitions included
};

struct Usage {
  std::uint64_t input_tokens = 0, output_tokens = 0, total_tokens = 0;
};

// What the model proposes. Where there are requests, that is what it wants; else its text is a reply.
struct Proposal {
  std::string text;
  std::vector<ToolRequest> requests;
  std::string intent;  // of the offered ones; empty: it named none
  std::optional<Usage> usage;
  std::string finish_reason;  // as the provider words it
  std::string model;          // as the provider says which one answered; empty: it does not
};

// `code` is MISSING_ENVIRONMENT, CONFIGURATION_ERROR, PROVIDER_AUTHENTICATION_FAILED, PROVIDER_RATE_LIMITED,
// PROVIDER_HTTP_ERROR, PROVIDER_MALFORMED_RESPONSE, PROVIDER_TRANSPORT_ERROR or, when the call was cancelled,
// TOOL_CANCELLED. The message names no secret, and quotes the other side briefly or not at all.
struct ProviderError {
  std::string code;
  std::string message;
  std::optional<std::int64_t> retry_after_ms;  // as the other side asks for
};

using Completion = std::variant<Proposal, ProviderError>;

// Takes the pieces of a reply's text as they come; false: no more of it is wanted.
using Sink = std::function<bool(std::string_view piece)>;

class Provider {
 public:
  virtual ~Provider() = default;
  // One step. The world outside is reached through `host` alone, whose cancelled() is heeded while waiting.
  virtual Completion complete(pack::HostContext& host, const ModelRequest& request, const Sink& sink) const = 0;
};

// CONFIGURATION_ERROR, as the message of an INVALID_CONFIGURATION, for what no provider can be made of. Does not
// connect and reads no environment.
Result<std::unique_ptr<Provider>> make_provider(const Model& model);

}  // namespace lumenflow::agent_runtime
