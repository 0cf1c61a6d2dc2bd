// What waits for the uplink, as the kernel keeps it: from the emission to the acknowledgement, through failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using ::testing::HasSubstr;

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() { world.outbox = OutboxMode::kWaits; }

  CallResult emit(int n) { return world.call("probe:emit", json::Object{{"n", n}}); }
  std::vector<journal::OutboxItem> pending() {
    return *journal::pending_events(world.log->tables(), kSidecarStream, Position(0), 1'000);
  }
  // Carried out, and durable or failed.
  Status change(std::function<Status(journal::Outbox&)> what) {
    std::optional<Status> ended;
    world.kernel->change_outbox(std::move(what), [&ended](const Status& status) { ended = status; });
    world.settle();
    EXPECT_TRUE(ended.has_value());
    return ended.value_or(Status());
  }

  KernelWorld world;
};

TEST_F(OutboxTest, HoldsQueueEventsUntilTheyAreAcknowledged) {
  world.open();
  for (int n = 1; n <= 3; ++n) emit(n);  // each with its ephemeral tool_called
  ASSERT_EQ(pending().size(), 3u);
  EXPECT_EQ(pending()[1].event.queue_seq, 2u);
  const journal::ReadEntry entry = *world.kernel->reader().entry(pending()[1].position);
  EXPECT_EQ(json::string_or(*entry.value.find("event"), "kind", ""), "probe:happened");
  EXPECT_EQ(pending()[1].event.bytes, entry.bytes.size());
  const Position second = pending()[1].position;
  EXPECT_TRUE(change([second](journal::Outbox& outbox) { return outbox.acknowledge(kSidecarStream, second); }).ok());
  ASSERT_EQ(pending().size(), 1u);
  EXPECT_EQ(pending()[0].event.queue_seq, 3u);
  world.crash();
  world.open();
  EXPECT_EQ(world.kernel->outbox().events(), 1u);
}

TEST_F(OutboxTest, IsEmptyWithoutAnUplinkAndBeginsWhenThereIsOne) {
  world.outbox = OutboxMode::kAsBefore;
  world.open();
  emit(1);
  EXPECT_TRUE(pending().empty());
  world.crash();
  world.outbox = OutboxMode::kWaits;
  world.open();
  emit(2);
  ASSERT_EQ(pending().size(), 1u);
  EXPECT_EQ(pending()[0].event.queue_seq, 2u);
  world.crash();
  world.outbox = OutboxMode::kAsBefore;
  world.open();
  EXPECT_EQ(pending().size(), 1u) << "an enrollment that lapsed gives nothing up";
  world.crash();
  world.outbox = OutboxMode::kNone;
  world.open();
  EXPECT_TRUE(pending().empty());
}

TEST_F(OutboxTest, RefusesWhatFindsNoRoomAndTakesItWhenThereIsSome) {
  world.config.uplink_limits.outbox_events = 2;
  world.open();
  emit(1);
  emit(2);
  const CallResult refused = emit(3);
  EXPECT_EQ(refused.outcome, journal::Outcome::kFailure);
  EXPECT_THAT(refused.body, HasSubstr("OUTBOX_FULL"));
  EXPECT_EQ(pending().size(), 2u);
  EXPECT_EQ(world.call("probe:put", json::Object{{"key", "k"}, {"value", 1}}).outcome, journal::Outcome::kSuccess)
      << "what emits nothing of the queue class goes on";
  const Position first = pending()[0].position;
  EXPECT_TRUE(change([first](journal::Outbox& outbox) { return outbox.acknowledge(kSidecarStream, first); }).ok());
  EXPECT_EQ(emit(3).outcome, journal::Outcome::kSuccess);
}

TEST_F(OutboxTest, AFailedCommitLeavesItAsItWas) {
  world.open();
  emit(1);
  world.faults.fail_commit = true;
  emit(2);
  world.faults.fail_commit = false;
  world.clock.advance(std::chrono::seconds(2));
  world.settle();
  EXPECT_EQ(world.kernel->outbox().events(), 1u);
  emit(3);
  ASSERT_EQ(pending().size(), 2u);
  EXPECT_EQ(pending()[1].event.queue_seq, 2u) << "no gap";
}

TEST_F(OutboxTest, AnAcknowledgementThatCannotBeWrittenFails) {
  world.open();
  emit(1);
  world.faults.fail_commit = true;
  const Position first = pending()[0].position;
  EXPECT_FALSE(change([first](journal::Outbox& outbox) { return outbox.acknowledge(kSidecarStream, first); }).ok());
  world.faults.fail_commit = false;
  EXPECT_EQ(pending().size(), 1u);
}

TEST_F(OutboxTest, ADeadLetterGoesOutAgainUnderANewSeq) {
  world.open();
  emit(1);
  const Position first = pending()[0].position;
  const std::string id(json::string_or(*world.kernel->reader().entry(first)->value.find("event"), "event_id", ""));
  EXPECT_TRUE(
      change([first](journal::Outbox& outbox) { return outbox.dead_letter(kSidecarStream, first, "malformed"); }).ok());
  ASSERT_EQ(pending().size(), 1u);
  EXPECT_EQ(pending()[0].tombstone, "malformed");
  EXPECT_TRUE(change([this, first](journal::Outbox&) {
                return world.kernel->requeue_dead_letter(kSidecarStream, first);
              }).ok());
  ASSERT_EQ(pending().size(), 2u);
  const json::Value again = *world.kernel->reader().entry(pending()[1].position)->value.find("event");
  EXPECT_EQ(json::string_or(again, "event_id", ""), id);
  EXPECT_EQ(pending()[1].event.queue_seq, 2u);
  EXPECT_FALSE(
      change([this, first](journal::Outbox&) { return world.kernel->purge_dead_letter(kSidecarStream, first); }).ok())
      << "it is none any more";
}

}  // namespace
}  // namespace lumenflow::kernel
