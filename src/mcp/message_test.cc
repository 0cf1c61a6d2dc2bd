#include "mcp/message.h"

#include <gtest/gtest.h>

namespace lumenflow::mcp {
namespace {

Message read(std::string_view text) {
  Result<Message> message = parse_message(text);
  EXPECT_TRUE(message.ok()) << text;
  return message.ok() ? *std::move(message) : Message();
}

TEST(Message, TellsTheFourKindsApart) {
  const Message request = read(R"({"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"_meta":{"k":1}}})");
  EXPECT_EQ(request.kind, Message::Kind::kRequest);
  EXPECT_EQ(request.method, "tools/list");
  ASSERT_NE(request.meta("k"), nullptr);
  EXPECT_EQ(request.meta("other"), nullptr);
  const Message notification = read(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  EXPECT_EQ(notification.kind, Message::Kind::kNotification);
  EXPECT_TRUE(notification.params.is_object());
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1,"result":{}})").kind, Message::Kind::kResult);
  const Message error = read(R"({"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no","data":7}})");
  EXPECT_EQ(error.kind, Message::Kind::kError);
  EXPECT_EQ(error.error.code, -1);
  EXPECT_EQ(error.error.data, json::Value(7));
}

TEST(Message, WhatIsNoneIsRefusedWithWhatIsWrong) {
  EXPECT_EQ(parse_message("{").error().code(), ErrorCode::kMalformedJson);
  for (const char* text :
       {"[]", "1", R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", R"({"id":1,"method":"ping"})",
        R"({"jsonrpc":"1.0","id":1,"method":"ping"})", R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", R"({"jsonrpc":"2.0","id":1,"method":""})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":1}})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})",
        R"({"jsonrpc":"2.0","id":1,"result":1})", R"({"jsonrpc":"2.0","result":{}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":"a","message":""}})"}) {
    const Result<Message> message = parse_message(text);
    ASSERT_FALSE(message.ok()) << text;
    EXPECT_EQ(message.error().code(), ErrorCode::kInvalidRequest) << text;
  }
}

TEST(Message, WhatIsWrittenReadsBack) {
  const Message request = read(request_text("a", "sampling/createMessage", json::Object{{"n", 9007199254740993}}));
  EXPECT_EQ(request.params, json::Value(json::Object{{"n", 9007199254740993}}));
  EXPECT_EQ(read(notification_text("notifications/x", json::Object{})).kind, Message::Kind::kNotification);
  EXPECT_EQ(read(result_text(7, json::Object{{"a", 1}})).id, json::Value(7));
  EXPECT_EQ(error_text({}, {kParseError, "bad", {}}), R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"bad"}})");
}

TEST(Message, TheIdOfABrokenMessageIsFound) {
  EXPECT_EQ(id_of(R"({"id":"x","method":1})"), json::Value("x"));
  EXPECT_TRUE(id_of(R"({"id":{}})").is_null());
  EXPECT_TRUE(id_of("nonsense").is_null());
}

TEST(Messages, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"jsonrpc":"2.0"})", R"({"jsonrpc":"1.0","method":"a"})",
        R"({"jsonrpc":"2.0","id":1,"result":[]})", R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})",
        R"({"jsonrpc":"2.0","id":{},"method":"a"})", R"({"jsonrpc":"2.0","method":7})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":"x"}})", R"({"jsonrpc":"2.0","result":{}})"})
    EXPECT_FALSE(parse_message(text).ok()) << text;
  EXPECT_TRUE(parse_message(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"},"extra":1})").ok());
}

}  // namespace
}  // namespace lumenflow::mcp
