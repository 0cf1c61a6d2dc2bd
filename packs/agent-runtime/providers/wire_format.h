// What is particular to one wire format: how a request is said, and how its answer is read.
//
// A format is immutable and used by many threads; a reader reads one answer, on one thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent-runtime/provider.h"
#include "lumenflow/fetch.h"
#include "lumenflow/sse_reader.h"

namespace lumenflow::agent_runtime {

// Reads an answer, whole or from its events; says what it means in the end.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  // Nothing: go on. An error ends it.
  virtual std::optional<ProviderError> event(const ReceivedEvent& event) = 0;
  virtual std::optional<ProviderError> whole(const json::Value& answer) = 0;
  // After the last of them: whether the answer is complete, and what it proposes. The tools' names are the wire's.
  virtual Completion finish() = 0;
};

// An answer that was read, before it is judged.
struct ReadCall {
  std::string id;
  std::string name;   // the wire's
  std::string input;  // JSON text; empty: no arguments
};

class WireFormat {
 public:
  virtual ~WireFormat() = default;
  virtual std::string path(std::string_view base_url) const = 0;  // what follows the base
  virtual std::vector<pack::HttpHeader> headers(const Model& model) const = 0;
  virtual json::Value body(const Model& model, const ModelRequest& request, bool stream) const = 0;
  // Pieces of the text go to `sink`, which may be empty; its `false` is said as TOOL_CANCELLED.
  virtual std::unique_ptr<AnswerReader> reader(const Sink& sink) const = 0;
};

std::unique_ptr<WireFormat> make_chat_completions();
std::unique_ptr<WireFormat> make_messages_format();

// --- for the formats ---

ProviderError malformed(std::string what);
// What the other side calls an error within an answer: its type decides the code.
ProviderError said_error(const json::Value& error);
// At most 300 bytes of it, as one line of readable text; never half a character.
std::string excerpt(std::string_view text);
// The calls as requests; PROVIDER_MALFORMED_RESPONSE for arguments that are no JSON object.
std::variant<std::vector<ToolRequest>, ProviderError> requests_of(std::vector<ReadCall> calls);
// Whether each of these counts of tokens, where it is said, is one: a whole number, not below zero, that can be true.
bool is_sound(const json::Value& usage, std::initializer_list<std::string_view> counts);
std::uint64_t count_or(const json::Value& object, std::string_view key, std::uint64_t fallback);

}  // namespace lumenflow::agent_runtime
