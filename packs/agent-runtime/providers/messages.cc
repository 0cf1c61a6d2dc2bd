// The messages wire format, as Anthropic defined it: content blocks, tool_use and tool_result.
#include <map>
#include <utility>

#include "agent-runtime/providers/tool_names.h"
#include "agent-runtime/providers/wire_format.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::int64_t kOutputTokens = 4096;  // the format wants a number
constexpr std::size_t kBlocksMax = 1024;

void append(json::Array& messages, std::string_view role, json::Array blocks) {
  if (blocks.empty()) return;
  // Neighbours of one role are one message, so that all results of a turn stand together, as the format asks.
  if (!messages.empty() && json::string_or(messages.back(), "role", "") == role) {
    json::Array& before = messages.back().if_object()->find("content")->as_array();
    for (json::Value& block : blocks) before.push_back(std::move(block));
    return;
  }
  messages.emplace_back(json::Object{{"role", role}, {"content", std::move(blocks)}});
}

json::Array blocks_of(const Message& message) {
  json::Array blocks;
  if (message.role == Message::Role::kTool) {
    json::Object result{{"type", "tool_result"}, {"tool_use_id", message.request_id}, {"content", message.text}};
    if (message.failed) result.set("is_error", true);
    blocks.emplace_back(std::move(result));
    return blocks;
  }
  if (!message.text.empty()) blocks.emplace_back(json::Object{{"type", "text"}, {"text", message.text}});
  for (const ToolRequest& request : message.requests)
    blocks.emplace_back(json::Object{
        {"type", "tool_use"}, {"id", request.id}, {"name", wire_name(request.name)}, {"input", request.input}});
  return blocks;
}

class MessagesReader final : public AnswerReader {
 public:
  explicit MessagesReader(const Sink& sink) : sink_(sink) {}

  std::optional<ProviderError> event(const ReceivedEvent& event) override {
    if (event.data.empty()) return std::nullopt;
    const Result<json::Value> parsed = json::parse(event.data);
    if (!parsed.ok() || !parsed->is_object()) return malformed("an event of the stream is no JSON object");
    const json::Value& said = *parsed;
    const std::string_view type = json::string_or(said, "type", event.type);
    if (type == "error") return said_error(said.find("error") == nullptr ? said : *said.find("error"));
    if (type == "message_start") {
      if (const json::Value* message = said.find("message")) take_head(*message);
    } else if (type == "content_block_start") {
      const json::Value* block = said.find("content_block");
      if (block == nullptr) return malformed("a content block begins without saying what it is");
      return begin(json::integer_or(said, "index", -1), *block, false);
    } else if (type == "content_block_delta") {
      const json::Value* delta = said.find("delta");
      const auto open = calls_.find(json::integer_or(said, "index", -1));
      if (delta == nullptr) return malformed("a content block goes on without saying how");
      if (open != calls_.end()) open->second.input += json::string_or(*delta, "partial_json", "");
      if (json::string_or(*delta, "type", "") == "text_delta") return take_text(json::string_or(*delta, "text", ""));
    } else if (type == "message_delta") {
      if (const json::Value* delta = said.find("delta")) take_stop(*delta);
      if (const json::Value* usage = said.find("usage")) take_usage(*usage);
    } else if (type == "message_stop") {
      complete_ = true;
    }
    return std::nullopt;  // pings, and what the format may still learn to say
  }

  std::optional<ProviderError> whole(const json::Value& answer) override {
    if (const json::Value* error = answer.find("error"); error != nullptr && !error->is_null())
      return said_error(*error);
    const json::Value* content = answer.find("content");
    if (content == nullptr || !content->is_array()) return malformed("the answer has no content");
    take_head(answer);
    take_stop(answer);
    complete_ = true;
    std::int64_t index = 0;
    for (const json::Value& block : content->as_array())
      if (auto fault = begin(index++, block, true)) return fault;
    return std::nullopt;
  }

  Completion finish() override {
    if (!complete_ || !begun_) return malformed("the stream ended before the answer was complete");
    std::vector<ReadCall> calls;
    for (auto& [index, call] : calls_) calls.push_back(std::move(call));
    const bool cut = stop_reason_ == "max_tokens" && !calls.empty();
    auto requests = requests_of(std::move(calls));
    if (auto* fault = std::get_if<ProviderError>(&requests)) {
      if (cut) fault->message += ": the answer was cut off at its limit of tokens";
      return std::move(*fault);
    }
    Proposal proposal;
    proposal.requests = std::get<0>(std::move(requests));
    proposal.text = std::move(text_);
    proposal.finish_reason = std::move(stop_reason_);
    if (has_usage_) proposal.usage = Usage{input_, output_, input_ + output_};
    proposal.model = std::move(model_);
    return proposal;
  }

 private:
  void take_head(const json::Value& message) {
    begun_ = true;
    model_ = json::string_or(message, "model", "");
    if (const json::Value* usage = message.find("usage")) take_usage(*usage);
  }

  void take_stop(const json::Value& from) {
    if (const std::string_view reason = json::string_or(from, "stop_reason", ""); !reason.empty())
      stop_reason_ = reason;
  }

  // Counts are of the message so far, so the last one stands. What came from a cache was input, too.
  void take_usage(const json::Value& usage) {
    if (!usage.is_object()) return;
    odd_usage_ = odd_usage_ || !is_sound(usage, {"input_tokens", "output_tokens", "cache_creation_input_tokens",
                                                 "cache_read_input_tokens"});
    has_usage_ = !odd_usage_;
    output_ = count_or(usage, "output_tokens", output_);
    if (usage.find("input_tokens") != nullptr)
      input_ = count_or(usage, "input_tokens", 0) + count_or(usage, "cache_creation_input_tokens", 0) +
               count_or(usage, "cache_read_input_tokens", 0);
  }

  std::optional<ProviderError> begin(std::int64_t index, const json::Value& block, bool whole) {
    const std::string_view type = json::string_or(block, "type", "");
    if (type == "text") return take_text(json::string_or(block, "text", ""));
    if (type != "tool_use") return std::nullopt;  // thinking, and what we did not ask for
    if (index < 0 || calls_.size() >= kBlocksMax) return malformed("a content block has no place in the answer");
    const auto [call, is_new] = calls_.try_emplace(index);
    if (!is_new) return malformed("two content blocks have one place in the answer");
    call->second.id = json::string_or(block, "id", "");
    call->second.name = json::string_or(block, "name", "");
    const json::Value* input = block.find("input");
    // In a stream the input follows in pieces, and {} stands here.
    if (input != nullptr && (whole || (input->is_object() && !input->as_object().empty())))
      call->second.input = json::serialize(*input);
    return std::nullopt;
  }

  std::optional<ProviderError> take_text(std::string_view text) {
    text_ += text;
    if (!text.empty() && sink_ && !sink_(text))
      return ProviderError{"TOOL_CANCELLED", "no more of the text is wanted", {}};
    return std::nullopt;
  }

  const Sink& sink_;
  bool begun_ = false, complete_ = false, has_usage_ = false, odd_usage_ = false;
  std::string text_, stop_reason_, model_;
  std::map<std::int64_t, ReadCall> calls_;  // by their block's place
  std::uint64_t input_ = 0, output_ = 0;
};

class MessagesFormat final : public WireFormat {
 public:
  // A base that names the version already is taken at its word.
  std::string path(std::string_view base_url) const override {
    while (base_url.ends_with('/')) base_url.remove_suffix(1);
    return base_url.ends_with("/v1") ? "/messages" : "/v1/messages";
  }

  std::vector<pack::HttpHeader> headers(const Model& model) const override {
    std::vector<pack::HttpHeader> headers{{"anthropic-version", "2023-06-01"}};
    if (!model.api_key_env.empty()) headers.push_back({"x-api-key", "", model.api_key_env});
    return headers;
  }

  json::Value body(const Model& model, const ModelRequest& request, bool stream) const override {
    json::Array messages, tools;
    std::string system;
    for (const Message& message : request.messages) {
      if (message.role == Message::Role::kSystem) {
        if (!system.empty() && !message.text.empty()) system += "\n\n";
        system += message.text;
      } else {
        append(messages, message.role == Message::Role::kAssistant ? "assistant" : "user", blocks_of(message));
      }
    }
    for (const OfferedTool& tool : request.tools)
      tools.emplace_back(json::Object{
          {"name", wire_name(tool.name)}, {"description", tool.description}, {"input_schema", tool.input_schema}});
    json::Object body{{"model", model.model},
                      {"max_tokens", request.output_tokens_max > 0 ? request.output_tokens_max : kOutputTokens},
                      {"messages", std::move(messages)}};
    if (!system.empty()) body.set("system", std::move(system));
    if (!tools.empty()) body.set("tools", std::move(tools));
    if (stream) body.set("stream", true);
    return body;
  }

  std::unique_ptr<AnswerReader> reader(const Sink& sink) const override {
    return std::make_unique<MessagesReader>(sink);
  }
};

}  // namespace

std::unique_ptr<WireFormat> make_messages_format() { return std::make_unique<MessagesFormat>(); }

}  // namespace lumenflow::agent_runtime
