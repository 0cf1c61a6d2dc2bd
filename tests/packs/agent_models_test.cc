// Agents whose model is asked over HTTP, through the real kernel: from the operator's configuration to the answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <mutex>

#include "agent_world.h"
#include "http/testing/raw_server.h"
#include "providers/transcripts.h"
#include "sidecar/outbound.h"

namespace lumenflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKeyVariable = "AGENT_MODELS_TEST_KEY";
constexpr const char* kKey = "planted-0123456789-key";

std::string field(const json::Value& value, std::string_view pointer) {
  const json::Value* found = value.at_pointer(pointer);
  if (found == nullptr) return {};
  return found->is_string() ? found->as_string() : json::serialize(*found);
}

class AgentModels : public ::testing::TestWithParam<Dialect> {
 protected:
  AgentModels() {
    ::setenv(kKeyVariable, kKey, 1);
    world.outbound = outbound.get();
    json::Object model{{"provider", is_chat() ? "openai_compatible" : "messages_compatible"},
                       {"model", "model-7"},
                       {"base_url", server.origin() + "/v1"},
                       {"api_key_env", kKeyVariable}};
    world.section.set("models", json::Object{{"main", std::move(model)}});
    world.section.set("default_model", "main");
  }
  bool is_chat() const { return GetParam() == Dialect::kChatCompletions; }
  void says(const Said& said) { answers(http::whole_answer(200, "application/json", whole_body(GetParam(), said))); }
  void answers(http::RawAnswer answer) {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(answer));
  }
  json::Value run() {
    world.begin();
    return world.run(json::Object{{"goal", "Tidy up."}, {"session_id", "s-1"}});
  }
  std::string journal() const {
    std::string all;
    for (const json::Value& entry : world.entries()) all += json::serialize(entry);
    return all;
  }

  std::mutex mutex;
  std::deque<http::RawAnswer> queue;
  http::RawServer server{[this](const std::string&) {
    const std::lock_guard lock(mutex);
    if (queue.empty()) return http::whole_answer(404, "", "");
    http::RawAnswer next = std::move(queue.front());
    queue.pop_front();
    return next;
  }};
  std::unique_ptr<kernel::Outbound> outbound = sidecar::make_outbound();
  AgentWorld world;
};

TEST_P(AgentModels, WorkOnAGoalThroughTheKernel) {
  says({"", {{"c-1", "task__create", R"({"title":"Tidy up"})"}}});
  says({"Done."});
  const json::Value answer = run();
  EXPECT_EQ(field(answer, "/data/status"), "reply") << json::serialize(answer);
  EXPECT_EQ(field(answer, "/data/assistant_message"), "Done.");
  EXPECT_EQ(field(answer, "/data/usage/total_tokens"), "32");
  EXPECT_THAT(world.calls_of_turns(), ElementsAre("task:create success -"));
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_THAT(server.requests()[0], HasSubstr(kKey));
  EXPECT_THAT(server.requests()[1], HasSubstr("Tidy up")) << "what the tool answered is told";
  EXPECT_THAT(journal(), Not(HasSubstr(kKey)));
}

TEST_P(AgentModels, WhatWasNotOfferedIsRefusedByItsOwnName) {
  says({"",
        {{"c-1", "agent__execute-turn", R"({"goal":"another"})"},
         {"c-2", "nobody__has_it", "{}"},
         {"c-3", "kernel__stop", R"({"all":true})"}}});
  says({"Done."});
  run();
  EXPECT_THAT(world.calls_of_turns(),
              ElementsAre("agent:execute-turn failure INVALID_REQUEST", "nobody__has_it denied TOOL_NOT_FOUND",
                          "kernel:stop denied TOOL_NOT_FOUND"));
}

TEST_P(AgentModels, AKeyThatAServerRepeatsSurfacesNowhere) {
  answers(http::whole_answer(401, "application/json",
                             error_body(GetParam(), "authentication_error", std::string("not ") + kKey)));
  const json::Value answer = run();
  EXPECT_EQ(field(answer, "/error/code"), "PROVIDER_AUTHENTICATION_FAILED") << json::serialize(answer);
  EXPECT_THAT(json::serialize(answer), Not(HasSubstr(kKey)));
  EXPECT_THAT(journal(), Not(HasSubstr(kKey)));
}

TEST_P(AgentModels, AMissingKeyIsSaidAndNobodyIsAsked) {
  ::unsetenv(kKeyVariable);
  EXPECT_EQ(field(run(), "/error/code"), "MISSING_ENVIRONMENT");
  EXPECT_TRUE(server.requests().empty());
}

INSTANTIATE_TEST_SUITE_P(Both, AgentModels, ::testing::Values(Dialect::kChatCompletions, Dialect::kMessages),
                         [](const auto& param) {
                           return param.param == Dialect::kMessages ? "messages" : "chat_completions";
                         });

}  // namespace
}  // namespace lumenflow::testing
