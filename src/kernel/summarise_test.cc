// What approvers are told of a call by its pack, before it waits for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::HasSubstr;

constexpr std::string_view kShopManifest = R"(
id: shop
version: 1.0.0
runtime: {type: builtin}
required_approvals: ["shop:spend"]
tools:
  - name: shop:buy
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["shop:spend"]
    summary: shop:price
  - name: shop:price
    required_scopes: [{type: path, pattern: "data/**", access: read}]
)";

std::function<ToolResult(ToolContext&)> g_price;
std::optional<json::Value> g_approved;  // what shop:buy was told was approved

void register_shop(pack::Registration& registration) {
  registration.tool("shop:price", {}, [](ToolContext& context, const json::Value&) { return g_price(context); });
  registration.tool("shop:buy", {}, [](ToolContext& context, const json::Value&) {
    if (const json::Value* summary = context.approved_summary()) g_approved = *summary;
    return ToolOutput{json::Object{}, {}};
  });
}

const pack::BuiltinPack& shop_pack() {
  static const pack::BuiltinPack pack{"shop", {{"manifest.yaml", kShopManifest}}, register_shop};
  return pack;
}

class Summaries : public ::testing::Test, public ApprovalWorld {
 protected:
  Summaries() {
    pack = &shop_pack();
    g_approved.reset();
    g_price = [](ToolContext& context) -> ToolResult {
      return ToolOutput{json::Object{{"eur", 12}, {"asked_by", context.actor()}}, {}};
    };
  }
  ~Summaries() override { g_price = {}; }

  bool says(std::string_view type) const {
    for (const json::Value& entry : entries())
      if (journal::type_of(entry) == type) return true;
    return false;
  }
};

TEST_F(Summaries, AreCoveredByTheApprovalAndToldToTheTool) {
  open();
  const std::string id = parked("shop:buy", json::Object{{"what", "tea"}});
  const json::Value covered = record(id).covered;
  EXPECT_EQ(*covered.at_pointer("/summary/data/eur"), json::Value(12));
  EXPECT_EQ(*covered.at_pointer("/summary/data/asked_by"), json::Value("ws-42:test"));
  EXPECT_EQ(*covered.at_pointer("/summary/tool"), json::Value("shop:price"));
  // That it was asked is a call like others, and whoever decides may look at it.
  const auto told = entries_of(ReceiptId(covered.at_pointer("/summary/receipt_id")->as_string()));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(json::string_or(told[0], "tool", ""), "shop:price");
  EXPECT_EQ(json::string_or(told[0], "subject", ""), "ws-42:pack:shop");
  g_price = [](ToolContext&) -> ToolResult { return ToolOutput{json::Object{{"eur", 9'999}}, {}}; };
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(end_of(id), "success - 12");
  ASSERT_TRUE(g_approved);  // what was said then, not what would be now
  EXPECT_EQ(json::integer_or(*g_approved, "eur", 0), 12);
}

TEST_F(Summaries, AreKeptOverARestart) {
  open();
  const std::string id = parked("shop:buy");
  crash();
  open();
  EXPECT_EQ(error_of(approve(id)), "none");
  EXPECT_EQ(json::integer_or(g_approved.value_or(json::Object{}), "eur", 0), 12);
}

TEST_F(Summaries, WhatTheyRefuseIsNotAskedFor) {
  g_price = [](ToolContext&) -> ToolResult {
    return ToolError{"SOLD_OUT", "there is no tea", json::Object{{"what", "tea"}}};
  };
  open();
  const CallResult refused = call("shop:buy");
  EXPECT_EQ(error_of(refused), "SOLD_OUT");
  EXPECT_THAT(refused.body, HasSubstr("there is no tea"));
  EXPECT_THAT(refused.body, HasSubstr(R"("what":"tea")"));
  EXPECT_FALSE(refused.code);  // the tool's own
  EXPECT_FALSE(says("call.parked"));
  EXPECT_FALSE(says("call.started"));
  const auto ends = entries_of(refused.receipt);
  EXPECT_THAT(json::serialize(ends.back().is_object() ? ends[ends.size() - 2] : ends.back()),
              HasSubstr(R"("decided_by":"summary:shop:price")"));
}

TEST_F(Summaries, APolicyHoldsForThemToo) {
  config.policies = json::Array{json::Object{{"id", "no-prices"},
                                             {"trigger", "on_tool_request"},
                                             {"decision", "deny"},
                                             {"when", json::Object{{"tool", "shop:price"}}}}};
  open();
  EXPECT_EQ(error_of(call("shop:buy")), "POLICY_DENIED");
}

TEST_F(Summaries, ACallIsCancelledWhileItWaitsForOne) {
  open();
  std::vector<CallResult> ended;
  submit("shop:buy", json::Object{}, "", [&ended](const CallResult& result) { ended.push_back(result); });
  kernel->run_pending();
  ASSERT_EQ(kernel->running(), 2U);  // with the one that it waits for
  for (const ReceiptId& receipt : kernel->running_receipts())
    if (kernel->find_running(receipt)->tool->descriptor.name == "shop:buy")
      kernel->cancel(receipt, Subject("ws-42:local:ana"));
  settle();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(error_of(ended[0]), "TOOL_CANCELLED");
  const std::vector<json::Value> told = entries_of(ended[0].receipt);
  EXPECT_EQ(std::ranges::count(told, "call.finished", &journal::type_of), 1) << "it ends once";
  EXPECT_EQ(kernel->running(), 0U);
  EXPECT_FALSE(says("call.parked"));
}

TEST_F(Summaries, TheSameKeyIsTheSameCallWhileItWaitsForOne) {
  open();
  std::vector<CallResult> ended;
  for (int i = 0; i < 2; ++i)
    submit("shop:buy", json::Object{}, "k", [&ended](const CallResult& result) { ended.push_back(result); });
  settle();
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].receipt, ended[1].receipt);
  EXPECT_EQ(ended[0].body, ended[1].body);
  EXPECT_EQ(error_of(call("shop:buy", json::Object{}, "k")), "APPROVAL_REQUIRED");
}

TEST_F(Summaries, ARuleThatApprovesByItselfAsksForNone) {
  config.approval_providers = json::Object{{"*", provider("auto")}};
  g_price = [](ToolContext&) -> ToolResult { return ToolError{"NOT_ASKED", "", {}}; };
  open();
  EXPECT_EQ(error_of(call("shop:buy")), "none");
}

TEST_F(Summaries, WhoseTimeIsOverRefuseTheCall) {
  open();
  std::optional<CallResult> ended;
  submit("shop:buy", json::Object{}, "", [&ended](const CallResult& result) { ended = result; });
  kernel->run_pending();
  clock.advance(std::chrono::minutes(1));
  kernel->run_pending();
  settle();
  ASSERT_TRUE(ended);
  EXPECT_EQ(error_of(*ended), "TOOL_TIMEOUT");
}

}  // namespace
}  // namespace lumenflow::kernel
