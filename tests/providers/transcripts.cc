#include "transcripts.h"

#include "lumenflow/json.h"

namespace lumenflow::testing {
namespace {

std::string quoted_json(const std::string& text) { return json::serialize(json::Value(text)); }

// Two parts, cut between characters.
std::pair<std::string, std::string> halves(const std::string& text) {
  std::size_t at = text.size() / 2;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return {text.substr(0, at), text.substr(at)};
}

constexpr const char* kChatHead = R"("id":"chatcmpl-1","created":1772366400,"model":"model-7",)";

std::string chat_calls(const Said& said, bool with_index, bool only_heads) {
  std::string out;
  for (std::size_t i = 0; i < said.calls.size(); ++i) {
    if (i > 0) out += ',';
    out += "{";
    if (with_index) out += "\"index\":" + std::to_string(i) + ",";
    out += "\"id\":" + quoted_json(said.calls[i].id) + R"(,"type":"function","function":{"name":)" +
           quoted_json(said.calls[i].name) + ",\"arguments\":" + quoted_json(only_heads ? "" : said.calls[i].input) +
           "}}";
  }
  return out;
}

std::string chunk(const std::string& delta, const std::string& finish = "null") {
  return std::string("data: {") + kChatHead + R"("object":"chat.completion.chunk","choices":[{"index":0,"delta":{)" +
         delta + R"(},"logprobs":null,"finish_reason":)" + finish + R"(}],"usage":null})" + "\n\n";
}

std::string chat_stream(const Said& said) {
  std::string out = chunk(R"("role":"assistant","content":"","refusal":null)");
  const auto [first, second] = halves(said.text);
  for (const std::string& part : {first, second})
    if (!part.empty()) out += chunk((said.refuses ? R"("refusal":)" : R"("content":)") + quoted_json(part));
  for (std::size_t i = 0; i < said.calls.size(); ++i) {
    Said one;
    one.calls = {said.calls[i]};
    std::string head = chat_calls(one, true, true);
    head.replace(head.find("\"index\":0"), 9, "\"index\":" + std::to_string(i));
    out += chunk("\"tool_calls\":[" + head + "]");
    for (const std::string& part : {halves(said.calls[i].input).first, halves(said.calls[i].input).second})
      out += chunk(R"("tool_calls":[{"index":)" + std::to_string(i) + R"(,"function":{"arguments":)" +
                   quoted_json(part) + "}}]");
  }
  out += chunk("", quoted_json(finish_reason(Dialect::kChatCompletions, said)));
  return out + "data: {" + kChatHead +
         R"("object":"chat.completion.chunk","choices":[],)"
         R"("usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}})" +
         "\n\ndata: [DONE]\n\n";
}

std::string event(const std::string& type, const std::string& rest) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n";
}

constexpr const char* kMessageHead = R"("id":"msg_1","type":"message","role":"assistant","model":"model-7",)";

std::string messages_stream(const Said& said) {
  std::string out = event("message_start", std::string(R"(,"message":{)") + kMessageHead +
                                               R"("content":[],"stop_reason":null,"stop_sequence":null,"usage":)"
                                               R"({"input_tokens":8,"cache_read_input_tokens":3,"output_tokens":1}})");
  int index = 0;
  const auto at = [&](const std::string& rest) { return ",\"index\":" + std::to_string(index) + rest; };
  if (!said.text.empty()) {
    out += event("content_block_start", at(R"(,"content_block":{"type":"text","text":""})")) +
           "event: ping\ndata: {\"type\": \"ping\"}\n\n";
    for (const std::string& part : {halves(said.text).first, halves(said.text).second})
      out += event("content_block_delta", at(R"(,"delta":{"type":"text_delta","text":)" + quoted_json(part) + "}"));
    out += event("content_block_stop", at(""));
    ++index;
  }
  for (const SaidCall& call : said.calls) {
    out += event("content_block_start", at(R"(,"content_block":{"type":"tool_use","id":)" + quoted_json(call.id) +
                                           ",\"name\":" + quoted_json(call.name) + ",\"input\":{}}"));
    for (const std::string& part : {std::string(), halves(call.input).first, halves(call.input).second})
      out += event("content_block_delta",
                   at(R"(,"delta":{"type":"input_json_delta","partial_json":)" + quoted_json(part) + "}"));
    out += event("content_block_stop", at(""));
    ++index;
  }
  out += event("message_delta", R"(,"delta":{"stop_reason":)" + quoted_json(finish_reason(Dialect::kMessages, said)) +
                                    R"(,"stop_sequence":null},"usage":{"output_tokens":5})");
  return out + event("message_stop", "");
}

}  // namespace

std::string finish_reason(Dialect dialect, const Said& said) {
  const bool chat = dialect == Dialect::kChatCompletions;
  if (said.refuses) return chat ? "stop" : "refusal";
  if (said.cut) return chat ? "length" : "max_tokens";
  if (!said.calls.empty()) return chat ? "tool_calls" : "tool_use";
  return chat ? "stop" : "end_turn";
}

std::string whole_body(Dialect dialect, const Said& said) {
  if (dialect == Dialect::kChatCompletions) {
    std::string message = R"({"role":"assistant","content":)";
    message += said.text.empty() || said.refuses ? "null" : quoted_json(said.text);
    message += ",\"refusal\":" + (said.refuses ? quoted_json(said.text) : "null");
    if (!said.calls.empty()) message += ",\"tool_calls\":[" + chat_calls(said, false, false) + "]";
    return std::string("{") + kChatHead + R"("object":"chat.completion","choices":[{"index":0,"message":)" + message +
           R"(},"logprobs":null,"finish_reason":)" + quoted_json(finish_reason(dialect, said)) +
           R"(}],"usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}})";
  }
  std::string content;
  if (!said.text.empty()) content = R"({"type":"text","text":)" + quoted_json(said.text) + "}";
  for (const SaidCall& call : said.calls) {
    if (!content.empty()) content += ',';
    content += R"({"type":"tool_use","id":)" + quoted_json(call.id) + ",\"name\":" + quoted_json(call.name) +
               ",\"input\":" + call.input + "}";
  }
  return std::string("{") + kMessageHead + "\"content\":[" + content +
         "],\"stop_reason\":" + quoted_json(finish_reason(dialect, said)) +
         R"(,"stop_sequence":null,"usage":)"
         R"({"input_tokens":8,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"output_tokens":5}})";
}

std::string stream_body(Dialect dialect, const Said& said) {
  return dialect == Dialect::kChatCompletions ? chat_stream(said) : messages_stream(said);
}

std::string error_body(Dialect dialect, const std::string& type, const std::string& message) {
  const std::string error = R"({"type":)" + quoted_json(type) + ",\"message\":" + quoted_json(message) + "}";
  return dialect == Dialect::kChatCompletions ? "{\"error\":" + error + "}"
                                              : "{\"type\":\"error\",\"error\":" + error + "}";
}

}  // namespace lumenflow::testing
