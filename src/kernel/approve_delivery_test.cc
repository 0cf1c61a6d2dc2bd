#include <gmock/gmock.h>

#include "kernel/testing/approval_world.h"

namespace lumenflow::kernel {
namespace {

using json::Object;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kAskingManifest = R"(
id: gong
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["gong:rung"]
backpressure_policy: {"gong:rung": queue}
subscribed_event_kinds: ["gong:rung"]
required_approvals: ["gong:hear"]
handler_approvals: {"gong:rung": gong:hear}
tools:
  - name: gong:ring
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, properties: {n: {type: integer}}}
)";

std::vector<std::int64_t> g_heard;  // handlers are plain functions; one test at a time

void register_gong(pack::Registration& registration) {
  registration.tool("gong:ring", {.store_only = true, .bounded = true},
                    [](pack::ToolContext& context, const json::Value& input) -> pack::ToolResult {
                      if (!context.emit("gong:rung", Object{{"n", *input.find("n")}}, {}).ok())
                        return pack::ToolError{"FAILED", "emit", {}};
                      return pack::ToolOutput{Object{}, {}};
                    });
  registration.handler("gong:rung", {.idempotent = true, .store_only = true, .bounded = true},
                       [](pack::HandlerContext&, const pack::Event& event) -> Status {
                         g_heard.push_back(event.payload.find("n")->as_integer());
                         return {};
                       });
}

class ApprovingDeliveries : public ::testing::Test, public ApprovalWorld {
 protected:
  ApprovingDeliveries() {
    static const pack::BuiltinPack gong{"gong", {{"manifest.yaml", kAskingManifest}}, register_gong};
    g_heard.clear();
    pack = &gong;
  }
  // The approval that its delivery then waits for.
  std::string rung(int n) {
    EXPECT_FALSE(call("gong:ring", Object{{"n", n}}).code);
    settle();
    const auto open = journal::open_approvals(*log->snapshot().value(), "", 100);
    EXPECT_TRUE(open.ok() && !open->items.empty());
    for (const journal::ParkedCall& parked : open->items)
      if (*parked.covered.at_pointer("/event/payload/n") == json::Value(n)) return parked.approval_id();
    ADD_FAILURE() << "nothing waits";
    return {};
  }
  std::string state_of(const std::string& id) const { return std::string(journal::name(record(id).state)); }
};

TEST_F(ApprovingDeliveries, AnEventWaitsAndIsHandledOnceWhenItIsApproved) {
  open();
  const std::string first = rung(1), second = rung(2);
  EXPECT_THAT(g_heard, IsEmpty());
  EXPECT_EQ(error_of(approve(second)), "none");
  settle();
  EXPECT_THAT(g_heard, ElementsAre(2)) << "out of the stream's order, as it was set aside";
  EXPECT_EQ(error_of(approve(second)), "ALREADY_DECIDED");
  EXPECT_EQ(error_of(decide(false, decision(first, false))), "none");
  settle();
  crash();
  open();
  settle();
  EXPECT_THAT(g_heard, ElementsAre(2));
  EXPECT_EQ(state_of(first), "denied");
  EXPECT_THAT(bytes(), HasSubstr("waits for the approval " + first));
}

TEST_F(ApprovingDeliveries, NoAnswerAndAnotherPackLeaveItUnhandled) {
  open();
  const std::string expired = rung(1);
  clock.advance(hours(25));
  settle();
  EXPECT_EQ(state_of(expired), "expired");
  const std::string changed = rung(2);
  crash();
  static pack::BuiltinPack another = *pack;
  another.files.push_back({"NOTES", "second edition"});
  pack = &another;
  open();
  EXPECT_EQ(error_of(approve(changed)), "none");
  settle();
  EXPECT_THAT(g_heard, IsEmpty());
  EXPECT_EQ(state_of(changed), "approved");
}

TEST_F(ApprovingDeliveries, WhereNobodyIsAskedItWaitsForGoodAndARuleApprovesByItself) {
  config.approval_providers = Object{};
  open();
  EXPECT_FALSE(call("gong:ring", Object{{"n", 1}}).code);
  settle();
  EXPECT_THAT(bytes(), HasSubstr("nobody is asked for it"));
  crash();
  config.approval_providers = Object{{"*", provider("auto")}};
  open();
  EXPECT_FALSE(call("gong:ring", Object{{"n", 2}}).code);
  settle();
  EXPECT_THAT(g_heard, ElementsAre(2));
}

}  // namespace
}  // namespace lumenflow::kernel
