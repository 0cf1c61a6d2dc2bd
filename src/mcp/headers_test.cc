#include "mcp/headers.h"

#include <gtest/gtest.h>

#include <map>

namespace lumenflow::mcp {
namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

HeaderOf of(const Headers& headers) {
  return [&headers](std::string_view name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    return std::string_view(found->second);
  };
}

Message call() {
  return *parse_message(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a b","arguments":{},
    "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})");
}

TEST(Headers, MustSayWhatTheBodySays) {
  Headers headers{{"mcp-protocol-version", "2026-07-28"}, {"mcp-method", "tools/call"}, {"mcp-name", "a b"}};
  EXPECT_EQ(header_fault(call(), of(headers)), "");
  headers["mcp-name"] = "=?base64?YSBi?=";
  EXPECT_EQ(header_fault(call(), of(headers)), "");
  for (const auto& [name, wrong] : Headers{{"mcp-protocol-version", "2025-11-25"},
                                           {"mcp-method", "Tools/Call"},
                                           {"mcp-name", "=?base64?!?="},
                                           {"mcp-name", "b"}}) {
    Headers other = headers;
    other[name] = wrong;
    EXPECT_NE(header_fault(call(), of(other)), "") << name;
    other.erase(name);
    EXPECT_NE(header_fault(call(), of(other)), "") << name << " is missing";
  }
}

TEST(Headers, ValuesTravelEncodedWhereAHeaderCannotCarryThem) {
  for (const char* value : {"plain", "Hello, 世界", " padded ", "line1\nline2", "=?base64?literal?=", ""}) {
    EXPECT_EQ(decode_header(encode_header(value)), value);
  }
  EXPECT_EQ(encode_header("us-west1"), "us-west1");
  EXPECT_EQ(encode_header(" padded "), "=?base64?IHBhZGRlZCA=?=");
  EXPECT_FALSE(decode_header("=?base64?/w==?=")) << "what is no UTF-8";
  EXPECT_FALSE(decode_header("a\x01"));
}

TEST(Headers, ParametersThatAreMirroredAreCompared) {
  const json::Value schema = *json::parse(R"({"type":"object","properties":{
    "region":{"type":"string","x-mcp-header":"Region"},
    "at":{"type":"object","properties":{"port":{"type":"integer","x-mcp-header":"Port"}}}}})");
  const json::Value arguments = *json::parse(R"({"region":"us","at":{"port":42}})");
  EXPECT_EQ(param_header_fault(schema, arguments, of({{"mcp-param-region", "us"}, {"mcp-param-port", "42.0"}})), "");
  EXPECT_NE(param_header_fault(schema, arguments, of({{"mcp-param-region", "us"}})), "");
  EXPECT_NE(param_header_fault(schema, arguments, of({{"mcp-param-region", "eu"}, {"mcp-param-port", "42"}})), "");
  EXPECT_EQ(param_header_fault(schema, *json::parse(R"({"region":null})"), of({})), "");
  EXPECT_NE(param_header_fault(schema, json::Object{}, of({{"mcp-param-region", "us"}})), "");
}

}  // namespace
}  // namespace lumenflow::mcp
