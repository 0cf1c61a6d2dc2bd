// Calls that a pack compiled into the program makes within its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using pack::Invoked;
using pack::ToolContext;
using pack::ToolOutput;
using pack::ToolResult;
using ::testing::HasSubstr;

constexpr std::string_view kCallerManifest = R"(
id: caller
version: 1.0.0
runtime: {type: builtin}
required_approvals: ["caller:careful"]
tools:
  - name: caller:outer
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
  - name: caller:inner
    permission: write
    required_scopes: [{type: path, pattern: "data/inner/**", access: write}]
  - name: caller:wider
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}, {type: path, pattern: "other/**", access: write}]
  - name: caller:careful
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    required_approvals: ["caller:careful"]
  - name: caller:store
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
)";

std::function<ToolResult(ToolContext&)> g_outer;  // what caller:outer does; one test at a time
std::function<ToolResult(ToolContext&)> g_inner;

void register_caller(pack::Registration& registration) {
  registration.tool("caller:outer", {}, [](ToolContext& context, const json::Value&) { return g_outer(context); });
  registration.tool("caller:inner", {}, [](ToolContext& context, const json::Value&) { return g_inner(context); });
  registration.tool("caller:wider", {}, [](ToolContext&, const json::Value&) { return ToolOutput{}; });
  registration.tool("caller:careful", {}, [](ToolContext&, const json::Value&) { return ToolOutput{}; });
  registration.tool("caller:store", {.store_only = true},
                    [](ToolContext& context, const json::Value&) { return g_outer(context); });
}

const pack::BuiltinPack& caller_pack() {
  static const pack::BuiltinPack pack{"caller", {{"manifest.yaml", kCallerManifest}}, register_caller};
  return pack;
}

class InnerCalls : public ::testing::Test {
 protected:
  InnerCalls() {
    world.pack = &caller_pack();
    world.waits_for_tools = true;
    world.credential.on_behalf_of = "operator:ana";
    world.kernel_tools.clear();
    g_inner = [](ToolContext& context) -> ToolResult {
      return ToolOutput{json::Object{{"subject", context.subject()}}, {}};
    };
  }
  ~InnerCalls() override { g_outer = g_inner = {}; }

  // What caller:outer sees of one call that it makes.
  Result<Invoked> invoked(const std::string& tool, json::Value input = json::Object{}) {
    std::optional<Result<Invoked>> seen;
    g_outer = [&](ToolContext& context) -> ToolResult {
      seen = context.invoke(tool, input);
      return ToolOutput{json::Object{}, {}};
    };
    EXPECT_EQ(world.call("caller:outer").outcome, journal::Outcome::kSuccess);
    return *seen;
  }

  ApprovalWorld world;
};

TEST_F(InnerCalls, SayAllThatBecameOfThem) {
  world.open();
  const Result<Invoked> done = invoked("caller:inner");
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(done->outcome, "success");
  EXPECT_EQ(json::string_or(done->data, "subject", ""), "ws-42:pack:caller");
  const auto entries = world.entries_of(ReceiptId(done->receipt_id));
  ASSERT_FALSE(entries.empty()) << "a call that is not in the journal did not happen";
  EXPECT_EQ(json::string_or(entries[0], "on_behalf_of", ""), "operator:ana");

  g_inner = [](ToolContext&) -> ToolResult {
    return pack::ToolError{"NO_LUCK", "the tool says no", json::Object{{"why", "test"}}};
  };
  const Result<Invoked> failed = invoked("caller:inner");
  ASSERT_TRUE(failed.ok());
  EXPECT_EQ(failed->outcome, "failure");
  EXPECT_EQ(failed->code, "NO_LUCK");
  EXPECT_EQ(failed->message, "the tool says no");
  EXPECT_EQ(json::string_or(failed->details, "why", ""), "test");
}

TEST_F(InnerCalls, GoNoFurtherThanTheCallTheyAreMadeIn) {
  world.config.allowed_scopes.push_back(
      *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "other/**"}, {"access", "write"}}));
  world.open();
  const Result<Invoked> wider = invoked("caller:wider");
  ASSERT_TRUE(wider.ok());
  EXPECT_EQ(wider->outcome, "denied");
  EXPECT_EQ(wider->code, "SCOPE_DENIED");
  EXPECT_THAT(wider->message, HasSubstr("call:caller:outer"));
  EXPECT_EQ(invoked("none:such")->code, "TOOL_NOT_FOUND");
  EXPECT_EQ(invoked("kernel:approve")->code, "TOOL_NOT_FOUND") << "a pack does not decide";
}

TEST_F(InnerCalls, DoNotWaitForAnApproval) {
  world.config.approval_providers = json::Object{{"*", "console"}};
  world.open();
  EXPECT_EQ(invoked("caller:careful")->code, "APPROVAL_DENIED");
}

TEST_F(InnerCalls, AreNotMadeByWhatTouchesTheStoreAlone) {
  world.open();
  std::string code;
  g_outer = [&](ToolContext& context) -> ToolResult {
    code = name(context.invoke("caller:inner", json::Object{}).error().code());
    return ToolOutput{};
  };
  world.call("caller:store");
  EXPECT_EQ(code, "INVALID_REQUEST");
}

}  // namespace
}  // namespace lumenflow::kernel
