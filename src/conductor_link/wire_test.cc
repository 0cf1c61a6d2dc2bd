// What the conductor says is read strictly, or not at all.
#include "conductor_link/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/encoding.h"

namespace lumenflow::conductor_link {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Wire, WritesABatchAsItStands) {
  const uplink::Batch batch{"log-a", 7, "sidecar", {3, 2}, {R"({"seq":4})", R"({"seq":5})"}};
  EXPECT_EQ(write_batch(batch, std::nullopt),
            R"({"after":{"queue_seq":2,"seq":3},"channel":"sidecar","events":[{"seq":4},{"seq":5}],)"
            R"("log_id":"log-a","session":7})");
  HeadOffer offer{"note\n", 3, {Hash256{}}, 9};
  const json::Value with_head = *json::parse(write_batch(batch, offer));
  EXPECT_EQ(json::string_or(*with_head.find("head"), "checkpoint", ""), "note\n");
  EXPECT_THAT(with_head.find("head")->find("consistency_proof")->as_array(), SizeIs(1));
  EXPECT_EQ(json::integer_or(with_head, "conductor_head_known", 0), 9);
}

TEST(Wire, ReadsAWelcomeStrictly) {
  const std::string good = R"({"session":3,"log_id":"log-a","streams":[{"stream":"sidecar","seq":9,"queue_seq":4}],)"
                           R"("head":{"size":12,"root":")" +
                           std::string(64, 'a') + R"("},"commands":{"log_id":"c","head":0}})";
  const auto welcome = read_welcome(good);
  ASSERT_TRUE(welcome.ok()) << welcome.error().message();
  EXPECT_EQ(welcome->session, 3u);
  EXPECT_EQ(welcome->streams.front().place, (event::StreamPlace{9, 4}));
  EXPECT_EQ(welcome->head->size, 12u);
  for (const char* bad :
       {"", "[]", "{}", R"({"session":0,"log_id":"a","streams":[]})", R"({"session":1.5,"log_id":"a","streams":[]})",
        R"({"session":1,"log_id":"","streams":[]})", R"({"session":1,"log_id":"a","streams":{}})",
        R"({"session":1,"log_id":"a","streams":[{"stream":"../x","seq":1,"queue_seq":0}]})",
        R"({"session":1,"log_id":"a","streams":[{"stream":"sidecar","seq":1,"queue_seq":2}]})",
        R"({"session":1,"log_id":"a","streams":[{"stream":"sidecar","seq":-1,"queue_seq":0}]})",
        R"({"session":1,"log_id":"a","streams":[{"stream":"sidecar","seq":9007199254740992,"queue_seq":0}]})",
        R"({"session":1,"log_id":"a","streams":[],"head":{"size":1,"root":"zz"}})",
        R"({"session":1,"log_id":"a","streams":[{"stream":"sidecar","seq":1,"queue_seq":1},)"
        R"({"stream":"sidecar","seq":2,"queue_seq":1}]})"})
    EXPECT_EQ(read_welcome(bad).error().code(), ErrorCode::kInvalidOutput) << bad;
}

TEST(Wire, ReadsVerdictsOfReportsStrictly) {
  const std::set<std::string> sent{"a", "b"};
  const auto verdicts = read_report_answer(R"({"reported":[{"command_id":"a","state":"done"}],)"
                                           R"("rejected":[{"command_id":"b","code":"CONFLICT","message":"no"}]})",
                                           sent);
  ASSERT_TRUE(verdicts.ok());
  EXPECT_TRUE(verdicts->reported.contains("a"));
  EXPECT_EQ(verdicts->rejected.at("b").code(), ErrorCode::kConflict);
  for (const char* bad : {"", "{}", R"({"reported":[]})", R"({"reported":[{"command_id":"c"}],"rejected":[]})",
                          R"({"reported":[],"rejected":[{"code":"CONFLICT"}]})", R"({"reported":["a"],"rejected":[]})",
                          R"({"reported":[{"command_id":"a"},{"command_id":"a"},{"command_id":"a"}],"rejected":[]})"})
    EXPECT_EQ(read_report_answer(bad, sent).error().code(), ErrorCode::kInvalidOutput) << bad;
}

TEST(Wire, ReadsABatchAnswerStrictly) {
  const uplink::Batch sent{"log-a", 1, "sidecar", {}, {"{}", "{}"}};
  const auto reply =
      read_batch_answer(R"({"accepted":1,"duplicates":0,"acked_seq":4,"rejected":[{"event_id":"e","seq":5,)"
                        R"("code":"INVALID_PAYLOAD","message":"no"}]})",
                        sent);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->answer.rejected.front().code, ErrorCode::kInvalidPayload);
  for (const char* bad :
       {R"({"accepted":3,"duplicates":0,"acked_seq":4,"rejected":[]})",
        R"({"accepted":1,"duplicates":0,"rejected":[]})",
        R"({"accepted":1,"duplicates":0,"acked_seq":"4","rejected":[]})",
        R"({"accepted":0,"duplicates":0,"acked_seq":0,"rejected":[{"seq":1},{"seq":2},{"seq":3}]})",
        R"({"accepted":1,"duplicates":0,"acked_seq":4,"rejected":[],"conductor_head":{"checkpoint":"x"}})"})
    EXPECT_EQ(read_batch_answer(bad, sent).error().code(), ErrorCode::kInvalidOutput) << bad;
}

TEST(Wire, ReadsCommandsInAscendingOrderBehindWhatIsHere) {
  const std::string page = R"({"log_id":"c","items":[{"position":4,"event":{"a":1}},{"position":9,"event":{}}]})";
  const auto batch = read_commands(page, {"c", 3});
  ASSERT_TRUE(batch.ok());
  EXPECT_THAT(batch->items, SizeIs(2));
  EXPECT_EQ(batch->items.front().text, R"({"a":1})");
  EXPECT_FALSE(read_commands(page, {"c", 4}).ok());
  EXPECT_TRUE(read_commands(page, {"another", 4}).ok());
  EXPECT_FALSE(read_commands(R"({"log_id":"c","items":[{"position":1,"event":"x"}]})", {}).ok());
  std::string many = R"({"log_id":"c","items":[)";
  for (int i = 1; i <= 257; ++i)
    many += (i > 1 ? "," : "") + (R"({"position":)" + std::to_string(i)) + R"(,"event":{}})";
  EXPECT_FALSE(read_commands(many + "]}", {}).ok()) << "more than 256";
}

uplink::Refusal refusal(int status, std::string body, std::string retry_after = {}) {
  http::ClientResponse response{status, {}, std::move(body)};
  if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
  return refusal_of(response);
}

TEST(Wire, OnlyACodedAnswerIsTakenForMoreThanAFaultOnTheWay) {
  EXPECT_EQ(refusal(409, R"({"code":"LOG_FORKED","detail":"another"})").error.code(), ErrorCode::kLogForked);
  EXPECT_EQ(refusal(409, R"({"error":{"code":"CONFLICT","message":"m"}})").error.code(), ErrorCode::kConflict);
  EXPECT_EQ(refusal(400, "<html>bad gateway</html>").error.code(), ErrorCode::kUnreachable)
      << "a proxy's opinion must not make events malformed";
  EXPECT_EQ(refusal(409, "{}").error.code(), ErrorCode::kUnreachable);
  EXPECT_EQ(refusal(302, R"({"code":"LOG_FORKED"})").error.code(), ErrorCode::kUnreachable);
  EXPECT_EQ(refusal(413, "").error.code(), ErrorCode::kBodyTooLarge);
  EXPECT_EQ(refusal(503, "", "7").retry_after, std::chrono::seconds(7));
  EXPECT_EQ(refusal(503, "", "99999999999").retry_after, std::chrono::hours(1));
  EXPECT_EQ(refusal(503, "", "soon").retry_after, std::nullopt);
  EXPECT_THAT(refusal(403, R"({"code":"FROM_MISMATCH","detail":"a\u001b[31mb"})").error.message(), HasSubstr("a[31mb"));
}

TEST(Wire, ReadsARenewalStrictly) {
  EXPECT_TRUE(
      read_renewal(R"({"token":"t","issued_at":"2026-03-01T12:00:00Z","expires_at":"2026-03-02T12:00:00Z"})").ok());
  EXPECT_FALSE(
      read_renewal(R"({"token":"t","issued_at":"2026-03-02T12:00:00Z","expires_at":"2026-03-02T12:00:00Z"})").ok());
  EXPECT_FALSE(read_renewal(R"({"token":"t"})").ok());
}

}  // namespace
}  // namespace lumenflow::conductor_link
