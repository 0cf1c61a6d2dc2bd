// What is sent, to the letter; what is read is in tests/providers, over real connections.
#include "agent-runtime/providers/wire_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lumenflow::agent_runtime {
namespace {

Message message(Message::Role role, std::string text, std::vector<ToolRequest> requests = {}) {
  Message out;
  out.role = role;
  out.text = std::move(text);
  out.requests = std::move(requests);
  return out;
}

ModelRequest conversation() {
  ModelRequest request;
  Message result = message(Message::Role::kTool, R"({"done":true})"), failure = message(Message::Role::kTool, "no");
  result.request_id = "c1";
  failure.request_id = "c2";
  failure.failed = true;
  request.messages = {message(Message::Role::kSystem, "Be brief."),
                      message(Message::Role::kUser, "Do it."),
                      message(Message::Role::kAssistant, "",
                              {{"c1", "wu:claim", json::Object{{"wu_id", "W"}}}, {"c2", "wu:list", json::Object{}}}),
                      result,
                      failure,
                      message(Message::Role::kUser, "And?")};
  request.tools = {{"wu:claim", "Claims", json::Object{{"type", "object"}}}};
  request.output_tokens_max = 99;
  return request;
}

Model model() {
  Model out;
  out.model = "m-1";
  out.api_key_env = "KEY";
  return out;
}

TEST(WireFormat, ChatCompletionsAreAskedAsTheyAreDefined) {
  const auto format = make_chat_completions();
  EXPECT_EQ(json::serialize(format->body(model(), conversation(), true)),
            R"({"model":"m-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Do it."},)"
            R"({"role":"assistant","content":null,"tool_calls":[)"
            R"({"id":"c1","type":"function","function":{"name":"wu__claim","arguments":"{\"wu_id\":\"W\"}"}},)"
            R"({"id":"c2","type":"function","function":{"name":"wu__list","arguments":"{}"}}]},)"
            R"({"role":"tool","tool_call_id":"c1","content":"{\"done\":true}"},)"
            R"({"role":"tool","tool_call_id":"c2","content":"no"},)"
            R"({"role":"user","content":"And?"}],"tools":[{"type":"function","function":)"
            R"({"name":"wu__claim","description":"Claims","parameters":{"type":"object"}}}],)"
            R"("max_tokens":99,"stream":true,"stream_options":{"include_usage":true}})");
  const std::vector<pack::HttpHeader> headers = format->headers(model());
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].value + headers[0].environment, "Bearer KEY");
  EXPECT_TRUE(format->headers(Model{}).empty()) << "a local server needs no key";
}

TEST(WireFormat, MessagesAreAskedAsTheyAreDefined) {
  const auto format = make_messages_format();
  EXPECT_EQ(
      json::serialize(format->body(model(), conversation(), false)),
      R"({"model":"m-1","max_tokens":99,"messages":[{"role":"user","content":[{"type":"text","text":"Do it."}]},)"
      R"({"role":"assistant","content":[)"
      R"({"type":"tool_use","id":"c1","name":"wu__claim","input":{"wu_id":"W"}},)"
      R"({"type":"tool_use","id":"c2","name":"wu__list","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"{\"done\":true}"},)"
      R"({"type":"tool_result","tool_use_id":"c2","content":"no","is_error":true},{"type":"text","text":"And?"}]}],)"
      R"("system":"Be brief.","tools":[)"
      R"({"name":"wu__claim","description":"Claims","input_schema":{"type":"object"}}]})");
  EXPECT_EQ(format->path("https://api.anthropic.com"), "/v1/messages");
  EXPECT_EQ(format->path("http://127.0.0.1:1/v1/"), "/messages");
  EXPECT_EQ(format->headers(model())[1].environment, "KEY");
}

TEST(WireFormat, WhatIsQuotedIsOneReadableLine) {
  EXPECT_EQ(excerpt("a\r\nb\tc"), "a  b c");
  EXPECT_EQ(excerpt("\xff\xfe"), "\xef\xbf\xbd\xef\xbf\xbd");
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "\xc3\xa4";
  EXPECT_EQ(excerpt(umlauts).size(), 304u);
}

}  // namespace
}  // namespace lumenflow::agent_runtime
