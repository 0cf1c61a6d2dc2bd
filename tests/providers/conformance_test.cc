// What every provider does the same, whatever its wire format, asked for a whole answer or for a stream.
#include "provider_world.h"

namespace lumenflow::testing {
namespace {

using agent_runtime::Message;
using agent_runtime::ModelRequest;
using agent_runtime::Proposal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Provider : public ::testing::TestWithParam<Way> {
 protected:
  ProviderWorld world{GetParam()};
};

TEST_P(Provider, Replies) {
  const Said said{"Guten Tag, 世界 🌍!\nSecond \"line\"."};
  world.says(said);
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, said.text);
  EXPECT_THAT(proposal.requests, IsEmpty());
  EXPECT_EQ(proposal.finish_reason, finish_reason(GetParam().dialect, said));
  EXPECT_EQ(proposal.model, "model-7");
  ASSERT_TRUE(proposal.usage);
  EXPECT_EQ(proposal.usage->input_tokens, 11u);
  EXPECT_EQ(proposal.usage->output_tokens, 5u);
  EXPECT_EQ(proposal.usage->total_tokens, 16u);
  EXPECT_EQ(world.shown, GetParam().stream ? said.text : "") << "a stream is shown as it comes";
}

TEST_P(Provider, CountsThatCannotBeAreNone) {
  const Dialect dialect = GetParam().dialect;
  const std::string body = GetParam().stream ? stream_body(dialect, {"ok"}) : whole_body(dialect, {"ok"});
  for (const char* odd : {"-5", "1e30", "\"11\"", "2000000000000"}) {
    std::string said = body;
    const std::string key = dialect == Dialect::kMessages ? "\"input_tokens\":" : "\"prompt_tokens\":";
    const std::size_t at = said.find(key);
    ASSERT_NE(at, std::string::npos) << said;
    said.replace(at + key.size(), said.find_first_of(",}", at) - at - key.size(), odd);
    world.sends(said);
    const Proposal proposal = world.proposal();
    EXPECT_EQ(proposal.text, "ok");
    EXPECT_FALSE(proposal.usage) << odd;
  }
}

TEST_P(Provider, AsksWithItsKeyAndTheToolsNames) {
  world.says({"ok"});
  world.proposal();
  const std::string sent = world.server.requests().at(0);
  EXPECT_THAT(sent, HasSubstr("sk-planted-0123456789"));
  const json::Value body = world.sent(0);
  EXPECT_EQ(json::string_or(body, "model", ""), "model-7");
  EXPECT_EQ(json::boolean_or(body, "stream", false), GetParam().stream);
  EXPECT_THAT(json::serialize(body),
              ::testing::AllOf(HasSubstr("\"wu__claim\""), HasSubstr("\"task__list\""), Not(HasSubstr("wu:claim"))));
}

TEST_P(Provider, AsksForATool) {
  const Said said{"", {{"c-1", "wu__claim", R"({"wu_id":"WU-1","lane":"kärn"})"}}};
  world.says(said);
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, "");
  EXPECT_EQ(proposal.finish_reason, finish_reason(GetParam().dialect, said));
  ASSERT_THAT(proposal.requests, SizeIs(1));
  EXPECT_EQ(proposal.requests[0].id, "c-1");
  EXPECT_EQ(proposal.requests[0].name, "wu:claim");
  EXPECT_EQ(proposal.requests[0].input, json::Value(json::Object{{"wu_id", "WU-1"}, {"lane", "kärn"}}));
}

TEST_P(Provider, AsksForSeveralToolsAndSaysWhy) {
  world.says(
      {"I look first.",
       {{"c-1", "task__list", "{}"}, {"c-2", "wu__claim", R"({"n":[1,{"a":null}]})"}, {"c-3", "task__list", "{}"}}});
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, "I look first.");
  ASSERT_THAT(proposal.requests, SizeIs(3));
  EXPECT_EQ(proposal.requests[0].name, "task:list");
  EXPECT_EQ(json::serialize(proposal.requests[1].input), R"({"n":[1,{"a":null}]})");
  EXPECT_EQ(proposal.requests[2].id, "c-3");
}

TEST_P(Provider, IsToldWhatItsToolsAnswered) {
  world.says({"", {{"c-1", "wu__claim", "{}"}, {"c-2", "task__list", "{}"}}});
  world.says({"Done."});
  ModelRequest request = world.request("Go");
  const Proposal first = std::get<Proposal>(world.ask(request));
  Message asked, claimed, failed;
  asked.role = Message::Role::kAssistant;
  asked.requests = first.requests;
  claimed.role = failed.role = Message::Role::kTool;
  claimed.text = R"({"branch":"lane/core/WU-1"})";
  claimed.request_id = "c-1";
  failed.text = "SCOPE_DENIED";
  failed.request_id = "c-2";
  failed.failed = true;
  request.messages.insert(request.messages.end(), {asked, claimed, failed});
  EXPECT_EQ(std::get<Proposal>(world.ask(request)).text, "Done.");
  const json::Value body = world.sent(1);
  if (GetParam().dialect == Dialect::kMessages) {
    EXPECT_EQ(json::string_or(*body.at_pointer("/messages/1/content/0"), "name", ""), "wu__claim");
    EXPECT_EQ(json::string_or(*body.at_pointer("/messages/2/content/0"), "tool_use_id", ""), "c-1");
    EXPECT_TRUE(json::boolean_or(*body.at_pointer("/messages/2/content/1"), "is_error", false));
  } else {
    EXPECT_EQ(json::string_or(*body.at_pointer("/messages/1/tool_calls/0/function"), "name", ""), "wu__claim");
    EXPECT_EQ(json::string_or(*body.at_pointer("/messages/2"), "tool_call_id", ""), "c-1");
    EXPECT_EQ(json::string_or(*body.at_pointer("/messages/3"), "content", ""), "SCOPE_DENIED");
  }
}

TEST_P(Provider, AToolThatWasNotOfferedIsTheModelsWord) {
  world.says({"", {{"c-1", "wu__delete", "{}"}}});
  EXPECT_EQ(world.proposal().requests.at(0).name, "wu__delete");
}

TEST_P(Provider, EveryRequestHasAnIdOfItsOwn) {
  world.says({"", {{"c-1", "task__list", "{}"}, {"c-1", "task__list", "{}"}, {"", "task__list", "{}"}}});
  ModelRequest request = world.request("Go");
  Message before;
  before.role = Message::Role::kAssistant;
  before.requests = {{"call_2", "task:list", json::Object{}}};
  request.messages.push_back(before);
  std::set<std::string> ids{"call_2"};
  const Proposal proposal = std::get<Proposal>(world.ask(request));
  ASSERT_THAT(proposal.requests, SizeIs(3));
  for (const auto& asked : proposal.requests) EXPECT_TRUE(ids.insert(asked.id).second) << asked.id;
}

TEST_P(Provider, MaySayNothing) {
  world.says({""});
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, "");
  EXPECT_THAT(proposal.requests, IsEmpty());
}

TEST_P(Provider, MayRefuse) {
  world.says({"I cannot help with that.", {}, true});
  const Proposal proposal = world.proposal();
  EXPECT_EQ(proposal.text, "I cannot help with that.");
  EXPECT_EQ(proposal.finish_reason, "refusal");
}

TEST_P(Provider, MayBeCutAtItsLimitOfTokens) {
  const Said said{"Half of", {}, false, true};
  world.says(said);
  EXPECT_EQ(world.proposal().finish_reason, finish_reason(GetParam().dialect, said));
}

TEST_P(Provider, NamesTheIntentItServes) {
  world.says({"Intent: triage\n\nSorted."});
  ModelRequest request = world.request("Go");
  request.intents = {{"triage", "sorts"}, {"fix", "repairs"}};
  const Proposal proposal = std::get<Proposal>(world.ask(request));
  EXPECT_EQ(proposal.intent, "triage");
  EXPECT_EQ(proposal.text, "Sorted.");
  EXPECT_EQ(world.shown, GetParam().stream ? "Sorted." : "");
  EXPECT_THAT(json::serialize(world.sent(0)), HasSubstr("- fix: repairs"));
}

TEST_P(Provider, AWholeAnswerIsReadWhereAStreamWasAskedFor) {
  world.answers(http::whole_answer(200, "application/json", whole_body(GetParam().dialect, {"whole"})));
  EXPECT_EQ(world.proposal().text, "whole");
  EXPECT_EQ(world.shown, GetParam().stream ? "whole" : "");
}

INSTANTIATE_TEST_SUITE_P(All, Provider,
                         ::testing::Values(Way{Dialect::kChatCompletions, false}, Way{Dialect::kChatCompletions, true},
                                           Way{Dialect::kMessages, false}, Way{Dialect::kMessages, true}),
                         [](const auto& param) { return to_string(param.param); });

// Whatever the network makes of a stream, it is the same.
TEST(ProviderStream, IsTheSameInAnyPieces) {
  const Said said{"ä世🌍 text", {{"c-1", "wu__claim", R"({"wu_id":"WÜ-1"})"}, {"c-2", "task__list", "{}"}}};
  for (const Dialect dialect : {Dialect::kChatCompletions, Dialect::kMessages}) {
    for (const std::size_t bytes : {1, 2, 3, 5, 64, 100'000}) {
      ProviderWorld world(Way{dialect, true, bytes});
      world.says(said);
      const Proposal proposal = world.proposal();
      EXPECT_EQ(proposal.text, said.text) << bytes;
      EXPECT_EQ(world.shown, said.text);
      ASSERT_THAT(proposal.requests, SizeIs(2));
      EXPECT_EQ(json::serialize(proposal.requests[0].input), said.calls[0].input);
    }
  }
}

}  // namespace
}  // namespace lumenflow::testing
