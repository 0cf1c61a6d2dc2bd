#include "journal/outbox.h"

#include <gtest/gtest.h>

#include "journal/emitted.h"
#include "journal/entry.h"
#include "journal/retention.h"
#include "log/memory_log.h"
#include "log/test_support.h"

namespace lumenflow::journal {
namespace {

using log::code_of;

constexpr Timestamp kNoon{1'772'366'400'000};

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    fill(*log, 3);  // entries of others
    EXPECT_TRUE(outbox.load().ok());
  }

  std::string entry_of(event::EventClass event_class) {
    event::BuildOptions options;
    options.timestamp = kNoon;
    event::Stamp stamp{.from = "ws-42",
                       .stream = "sidecar",
                       .seq = ++head.seq,
                       .queue_seq = {},
                       .emitted_at = kNoon,
                       .on_behalf_of = {},
                       .traceparent = {}};
    if (event_class == event::EventClass::kQueue) stamp.queue_seq = ++head.queue_seq;
    const auto event = event::build_from_canonical("acme-demo:thing_done", R"({"n":1})", options);
    return encode_event(event, stamp, event_class);
  }
  // What the emitter does: appends, and adds what is of the queue class.
  Position emit(event::EventClass event_class = event::EventClass::kQueue) {
    const std::string entry = entry_of(event_class);
    const Position at = *log->append({{entry}, {}});
    if (event_class == event::EventClass::kEphemeral) return at;
    EXPECT_TRUE(outbox.add("sidecar", at, {head.seq, head.queue_seq, entry.size(), kNoon}).ok());
    return at;
  }
  void commit() {
    ASSERT_TRUE(log->put(kStreamsTable, "sidecar", encode(head)).ok());
    ASSERT_TRUE(outbox.flush().ok());
    const Status committed = log->commit();
    ASSERT_TRUE(committed.ok()) << committed.error().to_string();
  }
  void enable(Position after) {
    ASSERT_TRUE(outbox.enable(after).ok());
    commit();
  }
  std::vector<std::uint64_t> pending_queue_seqs() {
    std::vector<std::uint64_t> out;
    const auto items = pending_events(**log->snapshot(), "sidecar", Position(), 1000);
    for (const OutboxItem& item : *items) out.push_back(item.event.queue_seq);
    return out;
  }
  OutboxStream stream() { return outbox_streams(**log->snapshot())->find("sidecar")->second; }

  using Numbers = std::vector<std::uint64_t>;
  log::LogFaults faults;
  std::unique_ptr<log::Log> log = log::make_faulty_log(log::make_memory_log("log-a"), faults);
  Outbox outbox{*log, {.events_max = 5, .bytes_max = 10'000}};
  StreamHead head;
};

TEST_F(OutboxTest, NothingIsPendingWhileItIsOff) {
  emit();
  commit();
  EXPECT_TRUE(pending_queue_seqs().empty());
  EXPECT_EQ(outbox.events(), 0u);
  EXPECT_TRUE(outbox.check(100, 1 << 30).ok()) << "and nothing fills it";
}

TEST_F(OutboxTest, KeepsOrderAndTotalsAcrossRestart) {
  enable(Position(100));
  const Position first = emit();
  emit(event::EventClass::kEphemeral);
  emit();
  commit();
  EXPECT_EQ(pending_queue_seqs(), (Numbers{1, 2}));
  Outbox again(*log);
  ASSERT_TRUE(again.load().ok());
  EXPECT_EQ(again.events(), 2u);
  EXPECT_EQ(again.bytes(), outbox.bytes());
  EXPECT_EQ(pending_events(**log->snapshot(), "sidecar", Position(), 1)->front().event.emitted_at, kNoon);
  ASSERT_TRUE(again.acknowledge("sidecar", first).ok());
  EXPECT_EQ(again.events(), 1u);
}

TEST_F(OutboxTest, AnAcknowledgementMovesTheCursorWithTheCommitAndTwiceIsOnce) {
  enable(Position(100));
  const Position first = emit(), second = emit();
  commit();
  ASSERT_TRUE(outbox.acknowledge("sidecar", first).ok());
  ASSERT_TRUE(outbox.acknowledge("sidecar", first).ok());
  EXPECT_EQ(outbox.events(), 1u);
  faults.fail_commit = true;
  ASSERT_TRUE(outbox.flush().ok());
  EXPECT_FALSE(log->commit().ok());
  faults.fail_commit = false;
  ASSERT_TRUE(outbox.load().ok());
  EXPECT_EQ(outbox.events(), 2u) << "undone with its batch";
  ASSERT_TRUE(outbox.acknowledge("sidecar", second).ok());
  commit();
  EXPECT_TRUE(pending_queue_seqs().empty());
  EXPECT_EQ(outbox.bytes(), 0u);
  EXPECT_EQ(stream().acknowledged.queue_seq, 2u);
  EXPECT_EQ(*log::Cursor(*log, "uplink/sidecar").position(), second);
}

TEST_F(OutboxTest, IsFullAtEitherLimitAndHasRoomAgainAfterAnAcknowledgement) {
  enable(Position(100));
  Position last;
  for (int i = 0; i < 4; ++i) last = emit();
  EXPECT_TRUE(outbox.check(1, 1).ok());
  EXPECT_EQ(code_of(outbox.check(2, 1)), "OUTBOX_FULL");
  EXPECT_EQ(code_of(outbox.check(1, 10'000)), "OUTBOX_FULL");
  emit();
  EXPECT_EQ(code_of(outbox.check(1, 1)), "OUTBOX_FULL");
  commit();
  ASSERT_TRUE(outbox.acknowledge("sidecar", last).ok());
  EXPECT_TRUE(outbox.check(4, 100).ok());
}

TEST_F(OutboxTest, RetentionKeepsWhatIsPending) {
  enable(Position(100));
  emit(event::EventClass::kEphemeral);
  const Position first = emit();
  emit(event::EventClass::kEphemeral);
  commit();
  EXPECT_LT(retention_limit(*log)->position, first);
  ASSERT_TRUE(outbox.acknowledge("sidecar", first).ok());
  const Position end = first.next();
  ASSERT_TRUE(outbox.settle("sidecar", {end, end, end}, {}).ok());
  commit();
  EXPECT_EQ(retention_limit(*log)->position, end) << "nothing is pending: the end of what was dealt with";
}

TEST_F(OutboxTest, ADeadLettersTombstoneKeepsItsPlaceUntilItIsAcknowledged) {
  enable(Position(100));
  const Position first = emit(), second = emit();
  commit();
  EXPECT_EQ(code_of(outbox.dead_letter("sidecar", second, "malformed")), "INVALID_INPUT");
  EXPECT_EQ(code_of(outbox.dead_letter("sidecar", second.next(), "malformed")), "NOT_FOUND");
  ASSERT_TRUE(outbox.dead_letter("sidecar", first, "malformed").ok());
  commit();
  auto items = *pending_events(**log->snapshot(), "sidecar", Position(), 10);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].tombstone, "malformed");
  EXPECT_EQ(items[0].event.queue_seq, 1u);
  EXPECT_EQ(items[1].tombstone, "");
  ASSERT_TRUE(outbox.acknowledge("sidecar", second).ok());
  commit();
  EXPECT_EQ(outbox.events(), 0u);
  const auto letters = *outbox_dead_letters(**log->snapshot(), "sidecar", Position(), 10);
  ASSERT_EQ(letters.size(), 1u) << "it stays one after its tombstone arrived";
  EXPECT_EQ(letters[0].position, first);
  EXPECT_EQ(outbox.take_back("sidecar", first)->reason, "malformed");
  EXPECT_EQ(code_of(outbox.take_back("sidecar", first)), "NOT_FOUND");
}

TEST_F(OutboxTest, AnEnrollmentStartsFromItsTime) {
  emit(), emit();
  commit();
  enable(Position(100));
  emit();
  commit();
  EXPECT_EQ(pending_queue_seqs(), (Numbers{3}));
  EXPECT_EQ(stream().base.queue_seq, 2u);
  EXPECT_EQ(stream().base.seq, 2u);
  EXPECT_TRUE(outbox.state().backlog_included());
}

TEST_F(OutboxTest, AnEnrollmentWithBacklogIncludesItNewestFirst) {
  emit(event::EventClass::kEphemeral);
  for (int i = 0; i < 3; ++i) emit();
  commit();
  enable(Position(0));
  emit();
  commit();
  EXPECT_EQ(pending_queue_seqs(), (Numbers{4}));
  ASSERT_TRUE(outbox.include_backlog(2).ok());
  commit();
  EXPECT_EQ(pending_queue_seqs(), (Numbers{2, 3, 4})) << "no gap, whatever happens now";
  EXPECT_EQ(stream().base.queue_seq, 1u);
  EXPECT_FALSE(outbox.state().backlog_included());
  while (!outbox.state().backlog_included()) {
    ASSERT_TRUE(outbox.include_backlog(2).ok());
    commit();
  }
  EXPECT_EQ(pending_queue_seqs(), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(stream().base.queue_seq, 0u);
  EXPECT_EQ(stream().base.seq, 1u);
  EXPECT_EQ(outbox.events(), 4u);
}

TEST_F(OutboxTest, ABacklogBeyondTheRoomIsLeftOutForGood) {
  for (int i = 0; i < 6; ++i) emit();
  commit();
  enable(Position(0));
  ASSERT_TRUE(outbox.include_backlog(3).ok());
  EXPECT_EQ(code_of(outbox.include_backlog(3)), "OUTBOX_FULL");
  commit();
  EXPECT_TRUE(outbox.state().backlog_included());
  EXPECT_EQ(pending_queue_seqs(), (Numbers{4, 5, 6}));
  EXPECT_EQ(outbox.events(), 3u);
}

TEST_F(OutboxTest, DisablingGivesUpWhatIsPendingAndSaysHowMuch) {
  enable(Position(100));
  emit(), emit();
  commit();
  EXPECT_EQ(*outbox.disable(), 2u);
  commit();
  EXPECT_TRUE(pending_queue_seqs().empty());
  emit();
  commit();
  enable(Position(0));
  EXPECT_EQ(outbox.state().backlog_after.value(), 5u) << "what was given up is no backlog";
  while (!outbox.state().backlog_included()) ASSERT_TRUE(outbox.include_backlog(10).ok());
  commit();
  EXPECT_EQ(pending_queue_seqs(), (Numbers{3}));
}

TEST_F(OutboxTest, CountsDroppedEphemeralsByKindForEver) {
  enable(Position(100));
  const EphemeralMark mark{Position(3), Position(4), Position(9)};
  ASSERT_TRUE(outbox.settle("sidecar", mark, {{"a:b", 2}, {"a:c", 1}}).ok());
  ASSERT_TRUE(outbox.settle("sidecar", mark, {{"a:b", 3}}).ok());
  commit();
  EXPECT_EQ(stream().ephemerals, mark);
  EXPECT_EQ(*dropped_ephemerals(**log->snapshot()), (std::map<std::string, std::uint64_t>{{"a:b", 5}, {"a:c", 1}}));
}

TEST_F(OutboxTest, RefusesWhatANewerVersionWrote) {
  ASSERT_TRUE(log->put(kOutboxTable, "o", "\x02later").ok());
  EXPECT_EQ(code_of(outbox.load()), "UNSUPPORTED_FORMAT");
  ASSERT_TRUE(log->put(kOutboxTable, "o", "\x01").ok());
  EXPECT_EQ(code_of(outbox.load()), "JOURNAL_DAMAGED");
}

// The bytes of docs/formats/journal.md: they do not change within a version.
TEST_F(OutboxTest, DeadLettersAreCountedWhateverBecomesOfThem) {
  enable(Position(0));
  const Position first = emit(), second = emit();
  commit();
  const auto counted = [&] { return outbox_dead_letter_counts(log->tables())->at("sidecar"); };
  ASSERT_TRUE(outbox.dead_letter("sidecar", first, "no").ok());
  ASSERT_TRUE(outbox.dead_letter("sidecar", first, "still no").ok()) << "the same one again";
  EXPECT_EQ(counted(), 1u);
  log->rollback();
  ASSERT_TRUE(outbox.load().ok());
  EXPECT_EQ(outbox.dead_letters(), 0u);
  ASSERT_TRUE(outbox.dead_letter("sidecar", first, "no").ok() && outbox.acknowledge("sidecar", first).ok());
  ASSERT_TRUE(outbox.dead_letter("sidecar", second, "no").ok());
  commit();
  ASSERT_TRUE(outbox.take_back("sidecar", first).ok());
  EXPECT_EQ(code_of(outbox.take_back("sidecar", first)), "NOT_FOUND");
  commit();
  ASSERT_TRUE(outbox.load().ok());
  EXPECT_EQ(outbox.dead_letters(), 1u);
  EXPECT_EQ(counted(), 1u);
  ASSERT_TRUE(log->erase(kOutboxTable, "csidecar").ok() && log->commit().ok());
  EXPECT_EQ(counted(), 1u) << "a journal in which nobody counted them";
}

TEST_F(OutboxTest, GoldenBytes) {
  enable(Position(100));
  emit();
  commit();
  const auto number = [](std::uint64_t value) { return big_endian(value); };
  const std::string item_key = std::string("psidecar") + '\0' + number(4);
  EXPECT_EQ(**log->tables().get("outbox", item_key), number(1) + number(1) + number(303) + number(kNoon.ms));
  std::string row = "\x01" + number(1) + number(303);
  for (int i = 0; i < 4; ++i) row += number(0);
  for (int i = 0; i < 3; ++i) row += number(3);
  EXPECT_EQ(**log->tables().get("outbox", "ssidecar"), row);
  EXPECT_EQ(**log->tables().get("outbox", "o"), "\x01" + number(1) + number(3) + number(3) + number(4));
}

TEST_F(OutboxTest, AnEmittedEntryGivesItsEnvelopeAsItStands) {
  const std::string entry = entry_of(event::EventClass::kQueue);
  const auto emitted = *read_emitted(entry);
  ASSERT_TRUE(emitted);
  EXPECT_EQ(emitted->stream, "sidecar");
  EXPECT_EQ(emitted->kind, "acme-demo:thing_done");
  EXPECT_EQ(emitted->queue_seq, 1u);
  EXPECT_TRUE(envelope_text(entry).starts_with(R"({"channel":"sidecar")"));
  EXPECT_TRUE(envelope_text(entry).ends_with("}"));
  EXPECT_FALSE(*read_emitted(R"({"receipt_id":"r","type":"call.started"})"));
  EXPECT_EQ(code_of(read_emitted(R"({"class":"queue","event":{"seq":1},"type":"event.emitted"})")), "JOURNAL_DAMAGED");
}

}  // namespace
}  // namespace lumenflow::journal
