#include "uplink/loopback.h"

#include <gtest/gtest.h>

#include "log/memory_log.h"
#include "log/test_support.h"
#include "uplink/source.h"
#include "uplink/testing/workspace.h"

namespace lumenflow::uplink {
namespace {

using testing::Workspace;

class LoopbackTest : public ::testing::Test {
 protected:
  LoopbackTest() { open(); }
  void open() { link = *LoopbackLink::open(*inbox, "ws-42"); }
  HelloAnswer hello(const std::string& log_id, event::StreamPlace base = {}) {
    HelloAnswer out;
    link->hello({log_id, {{"sidecar", base}}}, [&out](HelloAnswer answer) { out = std::move(answer); });
    session = out.welcome.session;
    return out;
  }
  // The pending events after a position, as one batch.
  SendAnswer send(Position after, event::StreamPlace place) {
    auto batch = std::make_shared<Batch>(Batch{"log-a", session, "sidecar", place, {}});
    const auto source = make_journal_source(workspace.log());
    auto backlog = source->backlog("sidecar", after, source->end(), 512, 1 << 20);
    for (BacklogEvent& event : backlog->events) batch->events.push_back(std::move(event.text));
    SendAnswer out;
    link->send(batch, [&out](SendAnswer answer) { out = std::move(answer); });
    return out;
  }
  static std::string code_of(const std::optional<Refusal>& refusal) {
    return refusal ? std::string(name(refusal->error.code())) : "ok";
  }

  log::LogFaults faults;
  std::unique_ptr<log::Log> inbox = log::make_faulty_log(log::make_memory_log("inbox"), faults);
  Workspace workspace{log::make_memory_log("log-a")};
  std::unique_ptr<LoopbackLink> link;
  std::uint64_t session = 0;
};

TEST_F(LoopbackTest, TakesEachOnceAndKnowsItAfterARestart) {
  workspace.emit(event::EventClass::kQueue, 3);
  ASSERT_EQ(code_of(hello("log-a").refusal), "ok");
  SendAnswer answer = send(Position(), {});
  ASSERT_EQ(code_of(answer.refusal), "ok");
  EXPECT_EQ(answer.batch.accepted, 3u);
  EXPECT_EQ(answer.batch.acked_seq, 3u);
  open();
  EXPECT_EQ(hello("log-a").welcome.streams[0].place, (event::StreamPlace{3, 3}));
  answer = send(Position(), {});
  EXPECT_EQ(answer.batch.duplicates, 3u);
  const auto items = *read_inbox(*inbox, Position(), 10);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(json::string_or(items[0].entry, "type", ""), "event.received");
  EXPECT_EQ(json::integer_or(*items[2].entry.find("event"), "queue_seq", 0), 3);
  EXPECT_EQ(read_inbox(*inbox, items[1].position, 10)->size(), 1u);
}

TEST_F(LoopbackTest, AcknowledgesNothingThatItCouldNotWrite) {
  workspace.emit(event::EventClass::kQueue, 2);
  hello("log-a");
  faults.fail_commit = true;
  EXPECT_EQ(code_of(send(Position(), {}).refusal), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(hello("log-a", {5, 5}).refusal), "JOURNAL_UNAVAILABLE");
  faults.fail_commit = false;
  EXPECT_EQ(hello("log-a").welcome.streams[0].place, event::StreamPlace{});
  EXPECT_EQ(send(Position(), {}).batch.accepted, 2u);
}

TEST_F(LoopbackTest, BelongsToOneJournalUntilAnOperatorConsents) {
  workspace.emit(event::EventClass::kQueue);
  hello("log-a");
  send(Position(), {});
  EXPECT_EQ(code_of(hello("log-b").refusal), "LOG_FORKED");
  open();
  EXPECT_EQ(code_of(hello("log-b").refusal), "LOG_FORKED");
  link->rebind([](const Status& status) { ASSERT_TRUE(status.ok()); });
  EXPECT_EQ(hello("log-b", {9, 4}).welcome.streams[0].place, (event::StreamPlace{9, 4}));
  EXPECT_EQ(code_of(hello("log-a").refusal), "LOG_FORKED");
}

TEST_F(LoopbackTest, RefusesABatchOfAConversationThatIsOver) {
  workspace.emit(event::EventClass::kQueue);
  hello("log-a");
  const std::uint64_t before = session;
  hello("log-a");
  session = before;
  EXPECT_EQ(code_of(send(Position(), {}).refusal), "CONFLICT");
  HeartbeatAnswer beat;
  link->heartbeat(before, [&beat](HeartbeatAnswer answer) { beat = std::move(answer); });
  EXPECT_EQ(code_of(beat.refusal), "CONFLICT");
  EXPECT_TRUE(read_inbox(*inbox, Position(), 10)->empty());
}

TEST_F(LoopbackTest, IsReadWhileItIsWritten) {
  log::TemporaryFolder folder;
  const auto writer = open_inbox(folder.file("inbox.db"), "inbox");
  ASSERT_TRUE(writer.ok());
  workspace.emit(event::EventClass::kQueue, 2);
  auto loop = *LoopbackLink::open(**writer, "ws-42");
  link.swap(loop);
  hello("log-a");
  send(Position(), {});
  const auto reader = open_inbox(folder.file("inbox.db"), "another");
  ASSERT_TRUE(reader.ok()) << reader.error().to_string();
  EXPECT_EQ(read_inbox(**reader, Position(), 10)->size(), 2u);
  workspace.emit(event::EventClass::kQueue);
  EXPECT_EQ(send(Position(), {}).batch.accepted, 1u) << "a reader is in nobody's way";
  link.swap(loop);
}

}  // namespace
}  // namespace lumenflow::uplink
