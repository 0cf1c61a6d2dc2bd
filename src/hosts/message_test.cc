#include "hosts/message.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "hosts/protocol.h"
#include "json/schema.h"
#include "support/source_tree.h"

namespace lumenflow::hosts {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(lumenflow::testing::source_path(path));
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PackMessage, ReadsWhatItWrites) {
  const json::Value params = json::Object{{"in", "rcpt-1"}, {"key", "a\nb"}};
  const Result<Message> request = parse_message(request_line(7, "store/get", params));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->kind, Message::Kind::kRequest);
  EXPECT_EQ(request->id, json::Value(7));
  EXPECT_EQ(request->method, "store/get");
  EXPECT_EQ(request->body, params);

  const Result<Message> notification = parse_message(notification_line("log", json::Object{}));
  ASSERT_TRUE(notification.ok());
  EXPECT_EQ(notification->kind, Message::Kind::kNotification);

  const Result<Message> answer = parse_message(answer_line("p1", json::Object{{"value", nullptr}}));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->kind, Message::Kind::kAnswer);
  EXPECT_EQ(answer->id, json::Value("p1"));

  const Error error(ErrorCode::kUnknownKind, "no", {{"/kind", "is unknown"}});
  const Result<Message> refusal = parse_message(refusal_line(3, error));
  ASSERT_TRUE(refusal.ok());
  EXPECT_EQ(refusal->kind, Message::Kind::kRefusal);
  EXPECT_EQ(refusal->refusal.code, "UNKNOWN_KIND");
  EXPECT_EQ(refusal->refusal.json_rpc, info(ErrorCode::kUnknownKind).json_rpc);
  EXPECT_EQ(*refusal->refusal.details.at_pointer("/0/pointer"), json::Value("/kind"));

  EXPECT_EQ(parse_message(method_not_found_line("p1", "task/create"))->refusal.json_rpc, -32601);
}

TEST(PackMessage, IsOneLineWhateverItHolds) {
  const std::string line = request_line(1, "tool/call", json::Object{{"input", "a\r\n\xE2\x80\xA8"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(PackMessage, RefusesEverythingElse) {
  for (const char* line : {
           "",
           "hello",
           "{}",
           "[]",
           "null",
           R"({"jsonrpc":"1.0","id":1,"method":"log"})",
           R"({"id":1,"method":"log"})",
           R"({"jsonrpc":"2.0","id":1})",
           R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}})",
           R"({"jsonrpc":"2.0","result":{}})",
           R"({"jsonrpc":"2.0","id":null,"result":{}})",
           R"({"jsonrpc":"2.0","id":1.5,"result":{}})",
           R"({"jsonrpc":"2.0","id":1,"result":[]})",
           R"({"jsonrpc":"2.0","id":1,"method":"log","params":[]})",
           R"({"jsonrpc":"2.0","id":1,"method":7})",
           R"({"jsonrpc":"2.0","id":1,"method":""})",
           R"({"jsonrpc":"2.0","id":true,"method":"log"})",
           R"({"jsonrpc":"2.0","id":1,"method":"log","extra":1})",
           R"({"jsonrpc":"2.0","id":1,"error":"x"})",
           R"({"jsonrpc":"2.0","id":1,"error":{"message":"x"}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":{"code":"no code"}}})",
           R"([{"jsonrpc":"2.0","id":1,"method":"log"}])",
           R"({"jsonrpc":"2.0","id":1,"id":2,"method":"log"})",
           "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}",
       })
    EXPECT_FALSE(parse_message(line).ok()) << line;
  EXPECT_FALSE(parse_message(R"({"jsonrpc":"2.0","id":")" + std::string(129, 'x') + R"(","method":"log"})").ok());
  EXPECT_FALSE(
      parse_message(R"({"jsonrpc":"2.0","id":1,"result":{"a":)" + std::string(300, '[') + std::string(300, ']') + "}}")
          .ok());
}

// The frame is read by hand, for speed; the schema says the same.
TEST(PackMessage, AgreesWithItsSchema) {
  const Result<json::Value> source = json::parse(text_of("schemas/pack-protocol/message.json"));
  ASSERT_TRUE(source.ok());
  const Result<json::Schema> schema = json::Schema::compile(*source);
  ASSERT_TRUE(schema.ok());
  for (const char* line : {
           R"({"jsonrpc":"2.0","id":1,"method":"log"})",
           R"({"jsonrpc":"2.0","method":"log","params":{}})",
           R"({"jsonrpc":"2.0","id":"a","result":{}})",
           R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":{"code":"X","details":[1]}}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":{}}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":{"code":"x"}}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}})",
           R"({"jsonrpc":"2.0","id":[],"method":"log"})",
           R"({"jsonrpc":"2.0","id":1,"result":1})",
           R"({"jsonrpc":"2.0","id":1,"result":{},"method":"log"})",
           R"({"jsonrpc":"2.0"})",
           R"({"method":"log"})",
       }) {
    const Result<json::Value> value = json::parse(line);
    ASSERT_TRUE(value.ok()) << line;
    EXPECT_EQ(parse_message(line).ok(), schema->accepts(*value)) << line;
  }
}

// Every example of the reference is a message, of a method that there is, in its shape.
TEST(PackProtocol, ReferenceShowsWhatTheSchemasSay) {
  const Protocol protocol;
  const std::string page = text_of("docs/pack-protocol.md");
  std::map<std::string, std::string> asked;  // id -> method
  std::set<std::string> shown;
  bool inside = false;
  std::size_t begin = 0;
  for (std::size_t end; (end = page.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string line = page.substr(begin, end - begin);
    if (line.starts_with("```")) inside = !inside && line.starts_with("```jsonl");
    if (!inside || line.starts_with("```")) continue;
    const Result<Message> message = parse_message(line);
    ASSERT_TRUE(message.ok()) << line << message.error().message();
    const std::string id = json::serialize(message->id);
    if (message->kind == Message::Kind::kRequest) {
      ASSERT_TRUE(protocol.has(message->method)) << line;
      const Status status = protocol.check_params(message->method, message->body);
      EXPECT_TRUE(status.ok()) << line << status.error().message();
      asked[id] = message->method;
      shown.insert(message->method);
    } else if (message->kind == Message::Kind::kAnswer) {
      ASSERT_TRUE(asked.contains(id)) << line;
      EXPECT_TRUE(protocol.check_result(asked[id], message->body).ok()) << line;
    }
  }
  EXPECT_GE(shown.size(), 4U);
  const Result<json::Value> index = json::parse(text_of("schemas/pack-protocol/index.json"));
  for (const json::Value& method : index->find("methods")->as_array())
    EXPECT_NE(page.find("`" + method.find("method")->as_string() + "`"), std::string::npos)
        << method.find("method")->as_string() << " is not in the reference";
}

TEST(PackProtocol, ShapesAreClosed) {
  const Protocol protocol;
  EXPECT_TRUE(protocol.check_result("tool/call", json::Object{{"success", true}, {"data", 1}}).ok());
  EXPECT_FALSE(protocol.check_result("tool/call", json::Object{{"success", true}, {"stray", 1}}).ok());
  EXPECT_FALSE(protocol.check_result("tool/call", json::Object{{"success", false}}).ok());
  const json::Object error{{"code", "NOT_FOUND"}, {"message", "no"}};
  EXPECT_TRUE(protocol.check_result("tool/call", json::Object{{"success", false}, {"error", error}}).ok());
  EXPECT_FALSE(protocol.check_result("tool/call", json::Object{{"success", true}, {"error", error}}).ok());
  const Status status = protocol.check_params("store/get", json::Object{{"in", "rcpt-1"}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidInput);
  EXPECT_FALSE(status.error().details().empty());
  EXPECT_TRUE(protocol.from_pack("store/get"));
  EXPECT_FALSE(protocol.from_pack("tool/call"));
  EXPECT_TRUE(protocol.from_pack("task/create"));
  EXPECT_TRUE(protocol.from_pack("process/run"));
  EXPECT_FALSE(protocol.from_pack("process/output"));
}

}  // namespace
}  // namespace lumenflow::hosts
