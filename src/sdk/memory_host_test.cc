// MemoryHost keeps the promises of the real host.
#include "lumenflow/testing.h"

#include <gmock/gmock.h>

namespace lumenflow::pack {
namespace {

using ::testing::ElementsAre;

ToolResult put(ToolContext& context, const json::Value& input) {
  const std::string key(json::string_or(input, "key", ""));
  if (const Status kept = context.store().put(key, input); !kept.ok())
    return ToolError{std::string(name(kept.error().code())), kept.error().message(), {}};
  const Status said =
      context.emit("bank:put", json::Object{{"key", key}, {"n", json::integer_or(input, "n", 0)}}, {key, {}});
  if (!said.ok()) return ToolError{std::string(name(said.error().code())), said.error().message(), {}};
  EXPECT_TRUE(context.emit_now("bank:tried", json::Object{}).ok());
  if (json::boolean_or(input, "fail", false)) return ToolError{"NO_FUNDS", "there is nothing left", {}};
  return ToolOutput{json::Object{{"ulid", context.new_ulid()}}, {}};
}

Status note(HandlerContext& context, const Event& event) {
  LUMENFLOW_TRY(context.store().put("noted/" + event.payload.find("key")->as_string(), event.event_id));
  return context.emit("bank:noted", json::Object{});
}

void register_bank(Registration& registration) {
  registration.tool("bank:put", {}, put);
  registration.handler("bank:put", {}, note, [](const Event& event) { return event.payload.find("key")->as_string(); });
}

class Memory : public ::testing::Test {
 protected:
  std::vector<std::string> kinds() const {
    std::vector<std::string> found;
    for (const KernelEvent& event : host.events) found.push_back(event.kind);
    return found;
  }
  std::string code_of(const ToolResult& result) {
    const auto* refusal = std::get_if<ToolError>(&result);
    return refusal == nullptr ? "" : refusal->code;
  }
  MemoryHost host{register_bank};
};

TEST_F(Memory, WhatACallDoesCountsWithItsResult) {
  EXPECT_EQ(code_of(host.call("bank:put", json::Object{{"key", "a"}})), "");
  EXPECT_TRUE(host.store.contains("a"));
  EXPECT_THAT(kinds(), ElementsAre("bank:tried", "bank:put"));
  const auto expected =
      build_kernel_event_v2("bank:put", json::Object{{"key", "a"}, {"n", 0}}, {"a", host.now}).value();
  EXPECT_EQ(host.events[1].event_id, expected.event_id);
}

TEST_F(Memory, AFailedCallLeavesNothingButWhatWasEmittedAtOnce) {
  EXPECT_EQ(code_of(host.call("bank:put", json::Object{{"key", "a"}, {"fail", true}})), "NO_FUNDS");
  EXPECT_TRUE(host.store.empty());
  EXPECT_THAT(kinds(), ElementsAre("bank:tried"));
  (void)host.call("bank:put", json::Object{{"key", "a"}});  // its key was given up too
  EXPECT_THAT(kinds(), ElementsAre("bank:tried", "bank:tried", "bank:put"));
}

TEST_F(Memory, AKeyStandsForOneEvent) {
  (void)host.call("bank:put", json::Object{{"key", "a"}});
  (void)host.call("bank:put", json::Object{{"key", "a"}});
  EXPECT_THAT(kinds(), ElementsAre("bank:tried", "bank:put", "bank:tried"));
  EXPECT_EQ(code_of(host.call("bank:put", json::Object{{"key", "a"}, {"n", 2}})), "IDEMPOTENCY_CONFLICT");
}

TEST_F(Memory, AnEventIsAppliedOnce) {
  const auto first = build_kernel_event_v2("bank:put", json::Object{{"key", "a"}}, {{}, host.now}).value();
  const auto again = build_kernel_event_v2("bank:put", json::Object{{"key", "a"}}, {{}, host.now}).value();
  EXPECT_TRUE(host.deliver(first).value());
  EXPECT_FALSE(host.deliver(first).value());
  EXPECT_FALSE(host.deliver(again).value());  // another event, an equal replay key
  EXPECT_EQ(host.store.at("noted/a"), json::Value(first.event_id));
  EXPECT_THAT(kinds(), ElementsAre("bank:noted"));
}

TEST_F(Memory, SaysWhatIsNotThere) {
  EXPECT_EQ(code_of(host.call("bank:take", json::Object{})), "TOOL_NOT_FOUND");
  KernelEvent other;
  other.kind = "bank:closed";
  EXPECT_EQ(host.deliver(other).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace lumenflow::pack
