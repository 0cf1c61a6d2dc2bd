// The contract of the port: what holds of every provider, whatever is behind it. What the wire formats have in common
// besides is in conformance_test.cc.
#include "provider_world.h"

namespace lumenflow::testing {
namespace {

using agent_runtime::Message;
using agent_runtime::ModelRequest;
using agent_runtime::Proposal;
using agent_runtime::ProviderError;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EveryProvider : public ::testing::TestWithParam<Way> {
 protected:
  ProviderWorld world{GetParam()};
};

TEST_P(EveryProvider, SaysWhatItRepliesAndWhatThatTook) {
  world.says({"Guten Tag, 世界!"});
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, "Guten Tag, 世界!");
  EXPECT_THAT(proposal.requests, IsEmpty());
  EXPECT_EQ(proposal.model, world.model.model);
  EXPECT_FALSE(proposal.finish_reason.empty());
  ASSERT_TRUE(proposal.usage);
  EXPECT_EQ(proposal.usage->total_tokens, 16u);
  EXPECT_EQ(world.shown, GetParam().stream ? "Guten Tag, 世界!" : "");
}

TEST_P(EveryProvider, AsksForToolsByOurNamesUnderIdsOfTheirOwn) {
  world.says(
      {"I look first.", {{"c-1", "wu__claim", R"({"wu_id":"WU-1","n":[1,{"a":null}]})"}, {"c-2", "task__list", "{}"}}});
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, "I look first.");
  ASSERT_THAT(proposal.requests, SizeIs(2));
  EXPECT_EQ(proposal.requests[0].name, "wu:claim");
  EXPECT_EQ(json::serialize(proposal.requests[0].input), R"({"wu_id":"WU-1","n":[1,{"a":null}]})");
  EXPECT_EQ(proposal.requests[1].name, "task:list");
  EXPECT_NE(proposal.requests[0].id, proposal.requests[1].id);
  EXPECT_FALSE(proposal.requests[0].id.empty());
}

TEST_P(EveryProvider, GoesOnFromTheConversationAlone) {
  world.says({"", {{"c-1", "task__list", "{}"}}});
  world.says({"Done."});
  ModelRequest request = world.request("Go");
  const Proposal first = std::get<Proposal>(world.ask(request));
  Message asked, answered;
  asked.role = Message::Role::kAssistant;
  asked.requests = first.requests;
  answered.role = Message::Role::kTool;
  answered.text = R"({"outcome":"success"})";
  answered.request_id = first.requests.at(0).id;
  request.messages.insert(request.messages.end(), {asked, answered});
  EXPECT_EQ(std::get<Proposal>(world.ask(request)).text, "Done.") << "no state between steps";
}

TEST_P(EveryProvider, FailsWithACodeAndWhenToTryAgain) {
  world.fails(429, "rate_limit_error", "slow down", "Retry-After: 3600\r\n");
  const auto completion = world.ask();
  const auto* error = std::get_if<ProviderError>(&completion);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, "PROVIDER_RATE_LIMITED");
  EXPECT_EQ(error->retry_after_ms, 3'600'000);
}

TEST_P(EveryProvider, StopsWhereNoMoreIsWanted) {
  world.says({"One. Two. Three."});
  world.enough = true;
  EXPECT_EQ(world.code(), GetParam().stream ? "TOOL_CANCELLED" : "");
}

INSTANTIATE_TEST_SUITE_P(All, EveryProvider,
                         ::testing::Values(Way{Dialect::kChatCompletions, false}, Way{Dialect::kChatCompletions, true},
                                           Way{Dialect::kMessages, false}, Way{Dialect::kMessages, true},
                                           Way{Dialect::kScripted, false}, Way{Dialect::kScripted, true}),
                         [](const auto& param) { return to_string(param.param); });

}  // namespace
}  // namespace lumenflow::testing
