#include "event/stream_intake.h"

#include <gtest/gtest.h>

#include "event/event.h"

namespace lumenflow::event {
namespace {

constexpr Timestamp kIntakeTime{1'772'366'400'000};

std::string envelope_at(std::uint64_t seq, std::optional<std::uint64_t> queue_seq = {}, std::string from = "ws-42") {
  BuildOptions options;
  options.timestamp = kIntakeTime;
  options.entropy[9] = static_cast<std::uint8_t>(seq);
  const Stamp stamp{std::move(from), "sidecar", seq, queue_seq, kIntakeTime, {}, {}};
  std::string out;
  append_envelope(build_from_canonical("acme-demo:thing_done", "{}", options), stamp, out);
  return out;
}

class StreamIntake : public ::testing::Test {
 protected:
  Intake take(StreamPlace after, const std::vector<std::string>& events) {
    const std::vector<std::string_view> views(events.begin(), events.end());
    Intake intake = take_batch({"log-a", "ws-42"}, place, {log_id, stream, after, views});
    place = intake.place;
    return intake;
  }
  static std::string code_of(const Intake& intake) {
    return intake.refused ? std::string(name(intake.refused->code())) : "ok";
  }
  std::string_view log_id = "log-a", stream = "sidecar";
  StreamPlace place;
};

TEST_F(StreamIntake, TakesInOrderAndRecordsJumpsAsDroppedEphemerals) {
  const Intake intake = take({0, 0}, {envelope_at(1, 1), envelope_at(2), envelope_at(6, 2)});
  EXPECT_EQ(code_of(intake), "ok");
  EXPECT_EQ(intake.accepted, 3u);
  EXPECT_EQ(place, (StreamPlace{6, 2}));
  ASSERT_EQ(intake.taken.size(), 4u);
  EXPECT_EQ(intake.taken[2].kind, TakenEvent::Kind::kDropped);
  EXPECT_EQ(intake.taken[2].seq, 3u);
  EXPECT_EQ(intake.taken[2].last_seq, 5u);
  EXPECT_EQ(intake.taken[3].text, envelope_at(6, 2));
}

TEST_F(StreamIntake, DuplicatesAreDroppedFirstWhateverElseTheyAre) {
  take({0, 0}, {envelope_at(1, 1), envelope_at(2), envelope_at(3, 2)});
  const Intake again = take({0, 0}, {envelope_at(1, 1), R"({"seq":2})", envelope_at(3, 2), envelope_at(4, 3)});
  EXPECT_EQ(code_of(again), "ok");
  EXPECT_EQ(again.duplicates, 3u);
  EXPECT_EQ(again.accepted, 1u);
  EXPECT_EQ(place, (StreamPlace{4, 3}));
  EXPECT_EQ(code_of(take({77, 77}, {envelope_at(1, 1)})), "ok") << "nothing remains, so nothing must continue";
}

TEST_F(StreamIntake, AnOvertakingBatchIsRefusedWholeWithTheExpectedPlace) {
  take({0, 0}, {envelope_at(1, 1)});
  const Intake overtaking = take({2, 2}, {envelope_at(3, 3)});
  EXPECT_EQ(code_of(overtaking), "CONFLICT");
  EXPECT_EQ(overtaking.place, (StreamPlace{1, 1}));
  EXPECT_TRUE(overtaking.taken.empty());
  EXPECT_EQ(code_of(take({2, 2}, {envelope_at(3)})), "CONFLICT") << "also when it holds only ephemerals";
  EXPECT_EQ(code_of(take({2, 1}, {envelope_at(3)})), "CONFLICT") << "and also when only ephemerals are missing";
  EXPECT_EQ(code_of(take({1, 0}, {envelope_at(2, 2)})), "CONFLICT");
  EXPECT_EQ(code_of(take({1, 1}, {envelope_at(2, 2), envelope_at(5, 4)})), "CONFLICT") << "a gap inside";
  EXPECT_EQ(place, (StreamPlace{1, 1})) << "nothing is ever half taken";
}

TEST_F(StreamIntake, AMalformedEventIsRejectedByIdAndHoldsUpWhatFollowsUntilItsTombstone) {
  std::string poison = envelope_at(2, 2);
  poison.replace(poison.find("{}"), 2, "[]");
  const Intake intake = take({0, 0}, {envelope_at(1, 1), poison, envelope_at(3, 3)});
  EXPECT_EQ(code_of(intake), "ok");
  EXPECT_EQ(place, (StreamPlace{1, 1}));
  ASSERT_EQ(intake.rejected.size(), 1u);
  EXPECT_EQ(intake.rejected[0].event_id, "019ca945-0a00-7000-8000-000000000002");
  EXPECT_EQ(intake.rejected[0].code, ErrorCode::kInvalidRequest);
  const Intake on = take({1, 1}, {tombstone_text(2, 2, "bad \"payload\""), envelope_at(3, 3)});
  EXPECT_EQ(code_of(on), "ok");
  EXPECT_EQ(on.taken[0].kind, TakenEvent::Kind::kTombstone);
  EXPECT_EQ(on.taken[0].text, "bad \"payload\"");
  EXPECT_EQ(place, (StreamPlace{3, 3}));
}

TEST_F(StreamIntake, RefusesAnotherSenderAnotherLogAndWhatIsInDisorder) {
  EXPECT_EQ(code_of(take({0, 0}, {envelope_at(1, 1, "ws-1")})), "FROM_MISMATCH");
  EXPECT_EQ(code_of(take({0, 0}, {envelope_at(2), envelope_at(1)})), "INVALID_REQUEST");
  EXPECT_EQ(code_of(take({0, 0}, std::vector<std::string>(kBatchEventsMax + 1, "{}"))), "INVALID_REQUEST");
  stream = "phone:pixel-8";
  EXPECT_EQ(code_of(take({0, 0}, {envelope_at(1, 1)})), "FROM_MISMATCH");
  stream = "bridge:irc";
  EXPECT_EQ(take({0, 0}, {envelope_at(1, 1)}).rejected.size(), 1u) << "an event of another stream";
  stream = "sidecar", log_id = "log-b";
  EXPECT_EQ(code_of(take({0, 0}, {envelope_at(1, 1)})), "LOG_FORKED");
  EXPECT_EQ(place, StreamPlace{});
}

TEST_F(StreamIntake, AnEnrollmentMayBeginLaterAndWhatItSkipsIsRecorded) {
  EXPECT_EQ(begin_stream(std::nullopt, {9, 4}).place, (StreamPlace{9, 4}));
  EXPECT_FALSE(begin_stream(std::nullopt, {9, 4}).skipped);
  EXPECT_EQ(begin_stream(StreamPlace{9, 4}, {7, 3}).place, (StreamPlace{9, 4}));
  const StreamBegin skips = begin_stream(StreamPlace{9, 4}, {20, 8});
  EXPECT_EQ(skips.place, (StreamPlace{20, 8}));
  EXPECT_EQ(skips.skipped->seq, 10u);
  EXPECT_EQ(skips.skipped->last_seq, 20u);
}

}  // namespace
}  // namespace lumenflow::event
