#include "agent-runtime/providers/tool_names.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace lumenflow::agent_runtime {
namespace {

TEST(ToolNames, GoThereAndBackWithoutClashing) {
  const std::vector<std::string> tools{
      "wu:claim",
      "a:b__c",
      "a:b_c",
      "a-b:c",
      "a:b-c",
      "a:b",
      "ab:t_0",
      "software-delivery:gates",
      "weird name",
      "Upper:case",
      "a:_b",
      "a:b:c",
      "",
      "t_0000000000000000",
      "long-namespace-of-a-pack:with-a-name-that-is-far-too-long-for-what-is-allowed",
      "long-namespace-of-a-pack:with-a-name-that-is-far-too-long-for-what-is-allowed2"};
  std::vector<OfferedTool> offered;
  for (const std::string& tool : tools) offered.push_back({tool, {}, json::Object{}});
  const ToolNames names(offered);
  std::set<std::string> wires;
  const std::regex allowed("^[A-Za-z0-9_-]{1,64}$");
  for (const std::string& tool : tools) {
    const std::string wire = wire_name(tool);
    EXPECT_TRUE(std::regex_match(wire, allowed)) << wire;
    EXPECT_TRUE(wires.insert(wire).second) << wire << " is two tools'";
    EXPECT_EQ(names.tool(wire), tool);
  }
  EXPECT_EQ(wire_name("wu:claim"), "wu__claim");
}

TEST(ToolNames, WhatWasNotOfferedStaysTheModelsWord) {
  const ToolNames names({{"wu:claim", {}, json::Object{}}});
  EXPECT_EQ(names.tool("wu__delete"), "wu__delete") << "it names no tool of ours, though it looks like one";
  EXPECT_EQ(names.tool("wu:claim"), "wu:claim");
}

}  // namespace
}  // namespace lumenflow::agent_runtime
