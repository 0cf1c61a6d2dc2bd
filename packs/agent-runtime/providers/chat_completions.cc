// The chat-completions wire format, as OpenAI defined it and many servers speak it.
#include <algorithm>
#include <utility>

#include "agent-runtime/providers/tool_names.h"
#include "agent-runtime/providers/wire_format.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::int64_t kCallIndexMax = 128;

json::Value message_of(const Message& message) {
  static constexpr std::string_view kRoles[] = {"system", "user", "assistant", "tool"};
  json::Object out{{"role", kRoles[static_cast<std::size_t>(message.role)]}};
  if (message.role == Message::Role::kTool) out.set("tool_call_id", message.request_id);
  const bool only_calls = message.text.empty() && !message.requests.empty();
  out.set("content", only_calls ? json::Value() : json::Value(message.text));
  if (message.requests.empty()) return out;
  json::Array calls;
  for (const ToolRequest& request : message.requests) {
    json::Object function{{"name", wire_name(request.name)}, {"arguments", json::serialize(request.input)}};
    calls.emplace_back(json::Object{{"id", request.id}, {"type", "function"}, {"function", std::move(function)}});
  }
  out.set("tool_calls", std::move(calls));
  return out;
}

class ChatReader final : public AnswerReader {
 public:
  explicit ChatReader(const Sink& sink) : sink_(sink) {}

  std::optional<ProviderError> event(const ReceivedEvent& event) override {
    if (done_ || event.data.empty()) return std::nullopt;
    if (event.data == "[DONE]") {
      done_ = true;
      return std::nullopt;
    }
    const Result<json::Value> chunk = json::parse(event.data);
    if (!chunk.ok() || !chunk->is_object()) return malformed("an event of the stream is no JSON object");
    return take(*chunk, "delta");
  }

  std::optional<ProviderError> whole(const json::Value& answer) override {
    const json::Value* choice = answer.at_pointer("/choices/0");
    if (answer.find("error") == nullptr && (choice == nullptr || choice->find("message") == nullptr))
      return malformed("the answer has no choices[0].message");
    done_ = true;
    return take(answer, "message");
  }

  Completion finish() override {
    if (!done_ && finish_reason_.empty()) return malformed("the stream ended before the answer was complete");
    if (!answered_) return malformed("the answer holds no message");
    const bool cut = finish_reason_ == "length" && !calls_.empty();
    auto requests = requests_of(std::move(calls_));
    if (auto* fault = std::get_if<ProviderError>(&requests)) {
      if (cut) fault->message += ": the answer was cut off at its limit of tokens";
      return std::move(*fault);
    }
    Proposal proposal;
    proposal.requests = std::get<0>(std::move(requests));
    proposal.text = text_.empty() ? std::move(refusal_) : std::move(text_);
    proposal.finish_reason = refused_ ? "refusal" : std::move(finish_reason_);
    proposal.usage = usage_;
    proposal.model = std::move(model_);
    return proposal;
  }

 private:
  std::optional<ProviderError> take(const json::Value& chunk, std::string_view part) {
    if (const json::Value* error = chunk.find("error"); error != nullptr && !error->is_null())
      return said_error(*error);
    if (model_.empty()) model_ = json::string_or(chunk, "model", "");
    if (const json::Value* usage = chunk.find("usage"); usage != nullptr && usage->is_object()) {
      const std::uint64_t in = count_or(*usage, "prompt_tokens", 0), out = count_or(*usage, "completion_tokens", 0);
      const bool sound = is_sound(*usage, {"prompt_tokens", "completion_tokens", "total_tokens"});
      usage_ = sound ? std::optional(Usage{in, out, count_or(*usage, "total_tokens", in + out)}) : std::nullopt;
    }
    const json::Value* choice = chunk.at_pointer("/choices/0");  // the last chunk of a stream has none
    if (choice == nullptr) return std::nullopt;
    if (json::integer_or(*choice, "index", 0) != 0) return std::nullopt;
    if (const std::string_view reason = json::string_or(*choice, "finish_reason", ""); !reason.empty())
      finish_reason_ = reason;
    const json::Value* message = choice->find(part);
    if (message == nullptr || !message->is_object()) return std::nullopt;
    answered_ = true;
    if (const std::string_view refusal = json::string_or(*message, "refusal", ""); !refusal.empty()) {
      refused_ = true;
      refusal_ += refusal;
    }
    if (auto fault = take_calls(*message, part == "message")) return fault;
    return take_text(*message);
  }

  std::optional<ProviderError> take_text(const json::Value& message) {
    const json::Value* content = message.find("content");
    if (content == nullptr) return std::nullopt;
    std::string text;
    if (const std::string* plain = content->if_string()) text = *plain;
    if (const json::Array* parts = content->if_array())
      for (const json::Value& part : *parts) text += json::string_or(part, "text", "");
    text_ += text;
    if (!text.empty() && sink_ && !sink_(text))
      return ProviderError{"TOOL_CANCELLED", "no more of the text is wanted", {}};
    return std::nullopt;
  }

  std::optional<ProviderError> take_calls(const json::Value& message, bool whole) {
    const json::Value* calls = message.find("tool_calls");
    if (calls == nullptr || !calls->is_array()) return std::nullopt;
    for (const json::Value& part : calls->as_array()) {
      const std::string_view id = json::string_or(part, "id", "");
      const json::Value* function = part.find("function");
      if (function == nullptr || !function->is_object()) return malformed("a tool call has no function");
      // A call's pieces share its index; servers that leave it out begin each call with an id.
      std::int64_t index = json::integer_or(part, "index", -1);
      const bool goes_on = !whole && id.empty() && !calls_.empty();
      if (index < 0) index = static_cast<std::int64_t>(calls_.size()) - (goes_on ? 1 : 0);
      if (index >= kCallIndexMax) return malformed("the model asks for more than 128 tools at once");
      if (calls_.size() <= static_cast<std::size_t>(index)) calls_.resize(static_cast<std::size_t>(index) + 1);
      ReadCall& call = calls_[static_cast<std::size_t>(index)];
      if (!id.empty()) call.id = id;
      call.name += json::string_or(*function, "name", "");
      if (const json::Value* arguments = function->find("arguments"); arguments != nullptr && !arguments->is_null())
        call.input += arguments->is_string() ? arguments->as_string() : json::serialize(*arguments);
    }
    return std::nullopt;
  }

  const Sink& sink_;
  bool done_ = false, answered_ = false, refused_ = false;
  std::string text_, refusal_, finish_reason_, model_;
  std::vector<ReadCall> calls_;
  std::optional<Usage> usage_;
};

class ChatCompletions final : public WireFormat {
 public:
  std::string path(std::string_view) const override { return "/chat/completions"; }

  std::vector<pack::HttpHeader> headers(const Model& model) const override {
    if (model.api_key_env.empty()) return {};
    return {{"authorization", "Bearer ", model.api_key_env}};
  }

  json::Value body(const Model& model, const ModelRequest& request, bool stream) const override {
    json::Array messages, tools;
    for (const Message& message : request.messages) messages.push_back(message_of(message));
    for (const OfferedTool& tool : request.tools) {
      json::Object function{
          {"name", wire_name(tool.name)}, {"description", tool.description}, {"parameters", tool.input_schema}};
      tools.emplace_back(json::Object{{"type", "function"}, {"function", std::move(function)}});
    }
    json::Object body{{"model", model.model}, {"messages", std::move(messages)}};
    if (!tools.empty()) body.set("tools", std::move(tools));
    if (request.output_tokens_max > 0) body.set("max_tokens", request.output_tokens_max);
    if (stream) {
      body.set("stream", true);
      body.set("stream_options", json::Object{{"include_usage", true}});
    }
    return body;
  }

  std::unique_ptr<AnswerReader> reader(const Sink& sink) const override { return std::make_unique<ChatReader>(sink); }
};

}  // namespace

std::unique_ptr<WireFormat> make_chat_completions() { return std::make_unique<ChatCompletions>(); }

}  // namespace lumenflow::agent_runtime
