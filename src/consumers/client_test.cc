// Every way in which an answer can come out, with a transport that answers as it is told.
#include "lumenflow/consumers/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lumenflow/consumers/sidekick.h"

namespace lumenflow::consumers {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr std::string_view kTask =
    R"({"id":"task-1","title":"x","status":"pending","priority":"P2","tags":["a"],)"
    R"("created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"})";

class Scripted final : public Transport {
 public:
  Result<HttpResponse> post(const HttpRequest& request) override {
    requests.push_back(request);
    if (answers.empty()) return Error(ErrorCode::kUnreachable, "no answer");
    HttpResponse next = std::move(answers.front());
    answers.erase(answers.begin());
    return next;
  }
  std::vector<HttpRequest> requests;
  std::vector<HttpResponse> answers;
};

std::string succeeded(std::string_view data) {
  return R"({"success":true,"data":)" + std::string(data) + R"(,"metadata":{"duration_ms":1,"receipt_id":"rcpt-1"}})";
}

class ClientTest : public ::testing::Test {
 protected:
  template <class Request>
  Failure fails(HttpResponse answer, const Request& request) {
    transport.answers = {std::move(answer)};
    auto outcome = client.call(request);
    EXPECT_FALSE(outcome.has_value());
    return outcome ? Failure{} : outcome.error();
  }
  Scripted transport;
  Client client{transport, "token"};
};

TEST_F(ClientTest, SendsTheInputAndReadsTheAnswer) {
  transport.answers = {{200, {{"idempotent-replayed", "true"}}, succeeded(R"({"task":)" + std::string(kTask) + "}")}};
  const auto made =
      client.call(sidekick::TaskCreateRequest{.title = "x", .tags = {{"a"}}}, {.idempotency_key = "key-1"});
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->data.task.id, "task-1");
  EXPECT_EQ(made->data.task.priority, sidekick::TaskPriority::kP2);
  EXPECT_EQ(made->data.dry_run, std::nullopt);
  EXPECT_EQ(made->receipt_id, "rcpt-1");
  EXPECT_TRUE(made->replayed);
  const HttpRequest& sent = transport.requests.at(0);
  EXPECT_EQ(sent.path, "/tools/task:create");
  EXPECT_EQ(sent.body, R"({"title":"x","tags":["a"]})") << "what was left out is not sent";
  EXPECT_THAT(sent.headers, Contains(Pair("Authorization", "Bearer token")));
  EXPECT_THAT(sent.headers, Contains(Pair("Idempotency-Key", "key-1")));
}

TEST_F(ClientTest, SendsNoKeyUnlessGivenAndEncodesNames) {
  transport.answers = {{200, {}, succeeded("{}")}};
  const auto answer = client.call_tool("a:b/c d", json::Object{});
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->replayed);
  EXPECT_EQ(transport.requests.at(0).path, "/tools/a:b%2Fc%20d");
  EXPECT_THAT(transport.requests.at(0).headers, Not(Contains(Key("Idempotency-Key"))));
}

TEST_F(ClientTest, AToolsOwnFailureIsFinalWhateverItsName) {
  const Failure failure = fails({200,
                                 {},
                                 R"({"success":false,"error":{"code":"RATE_LIMITED","message":"m","details":{"a":1}},)"
                                 R"("metadata":{"receipt_id":"rcpt-2"}})"},
                                sidekick::TaskCompleteRequest{.id = "x"});
  EXPECT_EQ(failure.code, "RATE_LIMITED");
  EXPECT_EQ(failure.message, "m");
  EXPECT_EQ(json::integer_or(failure.details, "a", 0), 1);
  EXPECT_EQ(failure.receipt_id, "rcpt-2");
  EXPECT_FALSE(failure.retryable);
}

TEST_F(ClientTest, ARefusalSaysWhetherToTryAgain) {
  const std::string body = R"({"success":false,"error":{"code":"RATE_LIMITED","message":"m"},"metadata":{}})";
  const Failure failure = fails({429, {}, body}, sidekick::TaskListRequest{});
  EXPECT_EQ(failure.http_status, 429);
  EXPECT_TRUE(failure.retryable);
}

TEST_F(ClientTest, AProblemHasItsCodeAndDetail) {
  const Failure failure = fails({401, {}, R"({"title":"t","status":401,"detail":"no token","code":"UNAUTHENTICATED"})"},
                                sidekick::SidekickStatusRequest{});
  EXPECT_EQ(failure.code, "UNAUTHENTICATED");
  EXPECT_EQ(failure.message, "no token");
  EXPECT_EQ(failure.receipt_id, "");
}

TEST_F(ClientTest, AParkedCallFailsWithItsReceipt) {
  const std::string body = R"({"success":false,"error":{"code":"APPROVAL_REQUIRED","message":"m"},)"
                           R"("metadata":{"receipt_id":"rcpt-3"}})";
  const Failure failure = fails({202, {}, body}, sidekick::SidekickInitRequest{});
  EXPECT_EQ(failure.code, "APPROVAL_REQUIRED");
  EXPECT_EQ(failure.receipt_id, "rcpt-3");
}

TEST_F(ClientTest, NoAnswerIsUnreachableAndRetryable) {
  const auto outcome = client.call(sidekick::SidekickInitRequest{});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, "UNREACHABLE");
  EXPECT_TRUE(outcome.error().retryable);
  EXPECT_EQ(outcome.error().http_status, 0);
}

TEST_F(ClientTest, WhatIsNoAnswerOfAToolIsInvalidOutput) {
  for (const std::string_view body : {"", "<html>", "[]", "null"})
    EXPECT_EQ(fails({200, {}, std::string(body)}, sidekick::SidekickInitRequest{}).code, "INVALID_OUTPUT") << body;
  EXPECT_EQ(fails({200, {}, R"({"success":true})"}, sidekick::SidekickInitRequest{}).code, "INTERNAL") << "no data";
  const Failure failure = fails({200, {}, succeeded(R"({"initialized":true})")}, sidekick::SidekickInitRequest{});
  EXPECT_EQ(failure.code, "INVALID_OUTPUT");
  EXPECT_THAT(failure.message, ::testing::HasSubstr("/root_dir is required"));
  EXPECT_EQ(failure.receipt_id, "rcpt-1") << "the call happened";
}

std::string page(std::string_view items, std::string_view cursor) {
  std::string text = R"({"count":1,"items":[)" + std::string(items) + "]";
  if (!cursor.empty()) text += R"(,"next_cursor":")" + std::string(cursor) + '"';
  return succeeded(text + "}");
}

TEST_F(ClientTest, GoesThroughAllPagesAndStopsWhenTold) {
  transport.answers = {{200, {}, page(kTask, "c1")}, {200, {}, page(kTask, "")}};
  int seen = 0;
  const auto count = [&seen](const sidekick::Task&) { return ++seen < 10; };
  EXPECT_FALSE(client.for_each(sidekick::TaskListRequest{.limit = 1}, count).has_value());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(transport.requests.at(1).body, R"({"limit":1,"cursor":"c1"})");

  transport.answers = {{200, {}, page(kTask, "c1")}};
  const auto stop = [](const sidekick::Task&) { return false; };
  EXPECT_FALSE(client.for_each(sidekick::TaskListRequest{}, stop).has_value());
  EXPECT_EQ(transport.requests.size(), 3u);

  transport.answers = {{200, {}, page(kTask, "c1")}};
  const std::optional<Failure> failure = client.for_each(sidekick::TaskListRequest{}, count);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->code, "UNREACHABLE");
}

TEST_F(ClientTest, APageThatIsEmptyIsTheLastThoughItHasACursor) {
  transport.answers = {{200, {}, page("", "c1")}};
  const auto any = [](const sidekick::Message&) { return true; };
  EXPECT_FALSE(client.for_each(sidekick::ChannelReceiveRequest{}, any).has_value());
  EXPECT_EQ(transport.requests.size(), 1u);
}

}  // namespace
}  // namespace lumenflow::consumers
