// What every provider makes of a server that fails, lies, stalls or babbles: one code, and no half an answer.
#include "agent-runtime/providers/http_provider.h"
#include "provider_world.h"

namespace lumenflow::testing {
namespace {

using agent_runtime::Completion;
using agent_runtime::ModelRequest;
using agent_runtime::Proposal;
using agent_runtime::ProviderError;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ProviderFailure : public ::testing::TestWithParam<Way> {
 protected:
  std::size_t asked() const { return world.server.requests().size(); }
  ProviderWorld world{GetParam()};
};

TEST_P(ProviderFailure, AKeyThatIsRefusedIsSaidWithoutTheKey) {
  world.fails(401, "authentication_error", "invalid key sk-planted-0123456789 given", "x-request-id: req-7\r\n");
  EXPECT_EQ(world.code(), "PROVIDER_AUTHENTICATION_FAILED");
  EXPECT_THAT(world.error_message,
              AllOf(HasSubstr("invalid key *** given"), HasSubstr("req-7"), HasSubstr("api_key_env")));
  EXPECT_THAT(world.error_message, Not(HasSubstr("sk-planted")));
  EXPECT_EQ(asked(), 1u) << "asking again changes nothing";
}

TEST_P(ProviderFailure, AMissingVariableIsNamed) {
  world.says({"ok"});
  world.model.api_key_env = "PROVIDER_WORLD_NOT_SET";
  EXPECT_EQ(world.code(), "MISSING_ENVIRONMENT");
  EXPECT_THAT(world.error_message, HasSubstr("PROVIDER_WORLD_NOT_SET"));
  EXPECT_EQ(asked(), 0u);
}

TEST_P(ProviderFailure, AWrongConfigurationIsSaidSo) {
  world.model.base_url = "http://models.example/v1";
  world.model.api_key_env.clear();
  world.host.web = [](const pack::HttpRequest&) {
    return Result<pack::HttpResponse>(Error(ErrorCode::kScopeDenied, "no"));
  };
  EXPECT_EQ(world.code(), "CONFIGURATION_ERROR");
  world.model.base_url = "ftp://models.example";
  EXPECT_EQ(world.code(), "CONFIGURATION_ERROR");
  world.model.model.clear();
  EXPECT_EQ(world.code(), "CONFIGURATION_ERROR");
}

TEST_P(ProviderFailure, WhoIsAskedToComeLaterComesLater) {
  world.fails(429, "rate_limit_error", "slow down", "Retry-After: 7\r\n");
  world.fails(429, "rate_limit_error", "slow down",
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:40 GMT\r\n");
  world.fails(429, "rate_limit_error", "slow down");
  world.says({"at last"});
  EXPECT_EQ(world.proposal().text, "at last");
  EXPECT_THAT(world.waits, ElementsAre(7000, 3000, 2000));
}

TEST_P(ProviderFailure, PatienceHasAnEnd) {
  world.fails(429, "rate_limit_error", "slow down", "Retry-After: 1\r\n");
  const Completion completion = world.ask();
  EXPECT_EQ(std::get<ProviderError>(completion).code, "PROVIDER_RATE_LIMITED");
  EXPECT_EQ(std::get<ProviderError>(completion).retry_after_ms, 1000);
  EXPECT_EQ(asked(), 4u);
}

TEST_P(ProviderFailure, ALongWaitIsTheCallersToDecide) {
  world.fails(429, "rate_limit_error", "tomorrow", "Retry-After: 3600\r\n");
  const Completion completion = world.ask();
  EXPECT_EQ(std::get<ProviderError>(completion).retry_after_ms, 3'600'000);
  EXPECT_EQ(asked(), 1u);
  EXPECT_THAT(world.waits, IsEmpty());
  ModelRequest hurried = world.request("Hello");
  hurried.timeout_ms = 400;
  world.fails(429, "rate_limit_error", "soon", "Retry-After: 1\r\n");
  world.ask(hurried);
  EXPECT_THAT(world.waits, IsEmpty()) << "nor is there a wait past the time that there is";
}

TEST_P(ProviderFailure, WhatPassesIsTriedAgain) {
  for (const int status : {500, 502, 503, 529}) {
    ProviderWorld fresh(GetParam());
    fresh.fails(status, "overloaded_error", "later");
    fresh.says({"ok"});
    EXPECT_EQ(fresh.proposal().text, "ok") << status;
    fresh.fails(status, "overloaded_error", "later");
    EXPECT_EQ(fresh.code(), "");
    EXPECT_EQ(fresh.code(), "PROVIDER_HTTP_ERROR") << status;
    EXPECT_THAT(fresh.error_message, HasSubstr(std::to_string(status) + ": later"));
  }
}

TEST_P(ProviderFailure, WhatIsWrongIsNotRepeated) {
  for (const int status : {400, 404, 422, 302}) {
    ProviderWorld fresh(GetParam());
    fresh.fails(status, "invalid_request_error", "no such model\r\nat all", "Location: http://127.0.0.1:1/\r\n");
    EXPECT_EQ(fresh.code(), "PROVIDER_HTTP_ERROR");
    EXPECT_THAT(fresh.error_message, HasSubstr("no such model  at all"));
    EXPECT_THAT(fresh.server.requests(), SizeIs(1));
  }
}

TEST_P(ProviderFailure, WaitingEndsWithTheCall) {
  world.fails(429, "rate_limit_error", "slow down", "Retry-After: 7\r\n");
  world.patient = false;
  EXPECT_EQ(world.code(), "TOOL_CANCELLED");
  world.host.is_cancelled = true;
  EXPECT_EQ(world.code(), "TOOL_CANCELLED");
  EXPECT_EQ(asked(), 1u);
}

TEST_P(ProviderFailure, SilenceIsTheTransports) {
  world.answers({"", true});
  ModelRequest request = world.request("Hello");
  request.timeout_ms = 60;
  EXPECT_EQ(std::get<ProviderError>(world.ask(request)).code, "PROVIDER_TRANSPORT_ERROR");
  world.model.base_url = "http://127.0.0.1:1/v1";
  EXPECT_EQ(world.code(), "PROVIDER_TRANSPORT_ERROR") << "nobody listens there";
}

TEST_P(ProviderFailure, AStreamThatStallsIsCutOff) {
  const std::string body =
      GetParam().stream ? stream_body(GetParam().dialect, {"Hello, you"}) : whole_body(GetParam().dialect, {"Hello"});
  const std::string type = GetParam().stream ? "text/event-stream" : "application/json";
  world.answers({"HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n" + body.substr(0, body.size() - 40), true});
  ModelRequest request = world.request("Hello");
  request.timeout_ms = 60;
  EXPECT_EQ(std::get<ProviderError>(world.ask(request)).code, "PROVIDER_TRANSPORT_ERROR");
}

TEST_P(ProviderFailure, HalfAnAnswerIsNone) {
  const Said said{"Hello", {{"c-1", "wu__claim", R"({"wu_id":"W"})"}}};
  const bool stream = GetParam().stream;
  const std::string body = stream ? stream_body(GetParam().dialect, said) : whole_body(GetParam().dialect, said);
  for (std::size_t bytes = 0; bytes < body.size(); bytes += 3) {
    ProviderWorld fresh(GetParam());
    const std::string half = body.substr(0, bytes);
    const std::string type = stream ? "text/event-stream" : "application/json";
    fresh.answers(stream ? http::chunked_answer(200, type, {half}) : http::whole_answer(200, type, half));
    const Completion completion = fresh.ask();
    if (const auto* error = std::get_if<ProviderError>(&completion)) {
      EXPECT_EQ(error->code, "PROVIDER_MALFORMED_RESPONSE") << bytes;
      continue;
    }
    const auto& proposal = std::get<Proposal>(completion);  // only the usage and the end's own mark may be missing
    ASSERT_THAT(proposal.requests, SizeIs(1)) << half;
    EXPECT_EQ(json::serialize(proposal.requests[0].input), R"({"wu_id":"W"})");
    EXPECT_EQ(proposal.text, "Hello");
  }
  http::RawAnswer broken = http::whole_answer(200, stream ? "text/event-stream" : "application/json", body);
  broken.bytes.resize(broken.bytes.size() - 20);
  world.answers(broken);
  EXPECT_EQ(world.code(), "PROVIDER_TRANSPORT_ERROR") << "where the transport can tell";
}

TEST_P(ProviderFailure, NonsenseIsMalformed) {
  const bool chat = GetParam().dialect == Dialect::kChatCompletions;
  std::vector<std::string> bodies{
      "not JSON",
      "[]",
      "\"text\"",
      "{}",
      "{\"a\":1,\"a\":2}",
      "\xff\xfe{}",
      chat ? R"({"choices":[]})" : R"({"content":"text"})",
      chat ? R"({"choices":[{"message":"x"}]})" : R"({"content":[{"type":"tool_use","input":{}}]})",
      chat ? R"({"choices":[{"message":{"tool_calls":[{}]}}]})"
           : R"({"content":[{"type":"tool_use","name":"x","input":[]}]})",
      std::string(200, '[')};
  for (std::string body : bodies) {
    ProviderWorld fresh(GetParam());
    if (GetParam().stream) body = "data: " + body + "\n\n";
    fresh.sends(body);
    EXPECT_EQ(fresh.code(), "PROVIDER_MALFORMED_RESPONSE") << body << " " << fresh.error_message;
  }
}

TEST_P(ProviderFailure, TextThatIsNoUtf8IsMalformed) {
  std::string body =
      GetParam().stream ? stream_body(GetParam().dialect, {"HELLO!"}) : whole_body(GetParam().dialect, {"HELLO!"});
  body[body.find("HEL") + 1] = '\xff';
  world.sends(body);
  EXPECT_EQ(world.code(), "PROVIDER_MALFORMED_RESPONSE");
}

TEST_P(ProviderFailure, ArgumentsThatAreNoObjectAreMalformed) {
  for (const char* input : {"[1]", "\"text\"", "7", "null"}) {
    ProviderWorld fresh(GetParam());
    fresh.says({"", {{"c-1", "wu__claim", input}}});
    EXPECT_EQ(fresh.code(), "PROVIDER_MALFORMED_RESPONSE") << input;
    EXPECT_THAT(fresh.error_message, HasSubstr("wu__claim"));
  }
  if (GetParam().dialect == Dialect::kMessages && !GetParam().stream) return;  // there they are JSON or nothing is
  world.says({"", {{"c-1", "wu__claim", R"({"wu_id": "WU-)"}}, false, true});
  EXPECT_EQ(world.code(), "PROVIDER_MALFORMED_RESPONSE");
  EXPECT_THAT(world.error_message, HasSubstr("limit of tokens"));
}

TEST_P(ProviderFailure, AnotherKindOfContentIsMalformed) {
  world.answers(http::whole_answer(200, "text/html", "<html>Sign in</html>"));
  EXPECT_EQ(world.code(), "PROVIDER_MALFORMED_RESPONSE");
  EXPECT_THAT(world.error_message, AllOf(HasSubstr("text/html"), Not(HasSubstr("Sign in"))));
  ProviderWorld empty(GetParam());
  empty.answers(http::whole_answer(200, "application/json", ""));
  EXPECT_EQ(empty.code(), "PROVIDER_MALFORMED_RESPONSE");
}

TEST_P(ProviderFailure, AnAnswerWithoutEndIsRefused) {
  world.answers(http::whole_answer(200, GetParam().stream ? "text/event-stream" : "application/json",
                                   std::string(17u << 20, GetParam().stream ? '\n' : ' ')));
  EXPECT_EQ(world.code(), "PROVIDER_MALFORMED_RESPONSE");
}

TEST_P(ProviderFailure, AnErrorWithinAnAnswerIsOne) {
  const auto said = [&](const std::string& type) {
    ProviderWorld fresh(GetParam());
    const std::string error = error_body(GetParam().dialect, type, "it broke: sk-planted-0123456789");
    const std::string begun = stream_body(GetParam().dialect, {"Hello"});
    fresh.sends(GetParam().stream ? begun.substr(0, begun.find("\n\n") + 2) + "event: error\ndata: " + error + "\n\n"
                                  : error);
    const std::string code = fresh.code();
    EXPECT_THAT(fresh.error_message, AllOf(HasSubstr("it broke: ***"), HasSubstr(type)));
    return code;
  };
  EXPECT_EQ(said("overloaded_error"), "PROVIDER_HTTP_ERROR");
  EXPECT_EQ(said("rate_limit_error"), "PROVIDER_RATE_LIMITED");
  EXPECT_EQ(said("authentication_error"), "PROVIDER_AUTHENTICATION_FAILED");
}

TEST_P(ProviderFailure, WhoHasSeenEnoughEndsIt) {
  world.says({"Hello, you there"});
  world.enough = true;
  const bool stream = GetParam().stream;
  EXPECT_EQ(world.code(), stream ? "TOOL_CANCELLED" : "") << "a whole answer is shown to nobody";
  EXPECT_EQ(world.shown, stream ? "Hello, y" : "") << "the first piece, and no more";
}

TEST(Patience, EndsWithItsTimeOrWithTheCall) {
  MemoryStore store;
  FakeToolContext host(store);
  EXPECT_TRUE(agent_runtime::wait_patiently(host, 1));
  host.is_cancelled = true;
  EXPECT_FALSE(agent_runtime::wait_patiently(host, 3'600'000));
}

INSTANTIATE_TEST_SUITE_P(All, ProviderFailure,
                         ::testing::Values(Way{Dialect::kChatCompletions, false}, Way{Dialect::kChatCompletions, true},
                                           Way{Dialect::kMessages, false}, Way{Dialect::kMessages, true}),
                         [](const auto& param) { return to_string(param.param); });

}  // namespace
}  // namespace lumenflow::testing
