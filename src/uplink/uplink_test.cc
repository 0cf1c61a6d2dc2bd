// The thread around the engine: that it hears the bell, sends, keeps the books, shows the backlog and stops.
#include "uplink/uplink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "log/memory_log.h"
#include "uplink/loopback.h"
#include "uplink/outbox_files.h"
#include "uplink/testing/workspace.h"

namespace lumenflow::uplink {
namespace {

using testing::Workspace;

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Lets through, or refuses.
class Gate final : public Link {
 public:
  explicit Gate(Link& inner) : inner_(inner) {}
  void hello(const Hello& hello, std::function<void(HelloAnswer)> done) override {
    if (!open_) return done({Refusal{Error(ErrorCode::kUnreachable, "nobody there"), {}}, {}});
    inner_.hello(hello, std::move(done));
  }
  void send(std::shared_ptr<const Batch> batch, std::function<void(SendAnswer)> done) override {
    inner_.send(std::move(batch), std::move(done));
  }
  void heartbeat(std::uint64_t session, std::function<void(HeartbeatAnswer)> done) override {
    inner_.heartbeat(session, std::move(done));
  }
  void fetch(const Fetch& fetch, std::function<void(FetchAnswer)> done) override {
    inner_.fetch(fetch, std::move(done));
  }
  void forked(const std::string& log_id, const std::string& reason, std::function<void(Status)> done) override {
    inner_.forked(log_id, reason, std::move(done));
  }
  void rebind(std::function<void(Status)> done) override { inner_.rebind(std::move(done)); }
  std::atomic<bool> open_ = true;

 private:
  Link& inner_;
};

class UplinkTest : public ::testing::Test {
 protected:
  void start() {
    auto started = Uplink::start({workspace.log(), gate, workspace, *files, "outbox", clock, random});
    ASSERT_TRUE(started.ok());
    uplink = *std::move(started);
  }
  // The uplink has a thread of its own; what it does is waited for, with a deadline.
  template <class Condition>
  ::testing::AssertionResult comes_true(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return ::testing::AssertionFailure() << "it never does";
      std::this_thread::yield();
    }
    return ::testing::AssertionSuccess();
  }
  void start_with(Link& link) {
    auto started = Uplink::start({workspace.log(), link, workspace, *files, "outbox", clock, random});
    ASSERT_TRUE(started.ok());
    uplink = *std::move(started);
  }
  Result<std::string> consent(const std::string& log_id) {
    auto answer = std::make_shared<std::promise<Result<std::string>>>();  // shared with the uplink's thread
    auto heard = answer->get_future();
    uplink->consent(log_id, [answer](const Result<std::string>& now) { answer->set_value(now); });
    if (heard.wait_for(std::chrono::seconds(20)) != std::future_status::ready) ADD_FAILURE() << "no answer";
    return heard.get();
  }
  bool put_in_now(const std::string& command) {
    event::BuildOptions options;
    options.timestamp = Workspace::kNoon;
    const event::Event event = event::build_from_canonical(
        "conductor:command_cancelled", R"({"command_id":")" + command + R"(","reason":"late"})", options);
    return loopback->put_in(event, {"ws-42:conductor", "bridge:loopback", 0, {}, Workspace::kNoon, {}, {}}).ok();
  }
  void put_in(const std::string& command) {
    uplink->run_beside_link([this, command] { EXPECT_TRUE(put_in_now(command)); });
  }
  std::vector<std::string> inbound_events() {
    std::vector<std::string> commands;
    const auto rows = workspace.log().read(Position(0), SIZE_MAX);
    for (const log::StoredRow& row : *rows)
      for (const std::string& entry : row.entries) {
        const json::Value value = *json::parse(entry);
        if (json::string_or(value, "type", "") == "event.received")
          commands.push_back(value.at_pointer("/event/payload/command_id")->as_string());
      }
    return commands;
  }
  std::string shown() { return files->read("outbox/pending.jsonl").value_or(""); }

  Workspace workspace{log::make_memory_log("log-a")};
  std::unique_ptr<log::Log> inbox = log::make_memory_log("inbox");
  std::unique_ptr<LoopbackLink> loopback = *LoopbackLink::open(*inbox, "ws-42");
  Gate gate{*loopback};
  std::unique_ptr<Files> files = make_memory_files();
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<Uplink> uplink;
};

TEST_F(UplinkTest, WhatIsEmittedArrives) {
  workspace.emit(event::EventClass::kQueue, 1'500);
  start();
  ASSERT_TRUE(comes_true([&] { return workspace.pending() == 0; }));
  workspace.emit(event::EventClass::kQueue);
  workspace.emit(event::EventClass::kEphemeral);
  ASSERT_TRUE(comes_true([&] { return inbox->head().size == 1'502; }));
  ASSERT_TRUE(comes_true([&] { return workspace.pending() == 0; }));
  const auto status = uplink->status();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->engine.connection, Connection::kConnected);
  EXPECT_EQ(status->pending_events, 0u);
  EXPECT_FALSE(status->oldest);
  uplink->stop();
  uplink->stop();
}

TEST_F(UplinkTest, WhileDisconnectedTheBacklogIsShownAndEphemeralsAreCounted) {
  gate.open_ = false;
  start();
  ASSERT_TRUE(comes_true([&] { return !uplink->status()->engine.last_error.empty(); }));
  workspace.emit(event::EventClass::kQueue, 3);
  workspace.emit(event::EventClass::kEphemeral, 2);
  ASSERT_TRUE(comes_true([&] { return lines_in(shown()) == 3; }));
  ASSERT_TRUE(comes_true([&] { return uplink->status()->engine.dropped["acme-demo:thing_done"] == 2; }));
  const auto status = uplink->status();
  EXPECT_EQ(status->engine.connection, Connection::kDisconnected);
  EXPECT_EQ(status->pending_events, 3u);
  EXPECT_EQ(status->oldest, Workspace::kNoon);
  gate.open_ = true;
  ASSERT_TRUE(comes_true([&] { return workspace.pending() == 0; }));
  ASSERT_TRUE(comes_true([&] { return lines_in(shown()) == 0; })) << "and its end is shown too";
  EXPECT_EQ(uplink->status()->engine.dropped["acme-demo:thing_done"], 2u);
  uplink->stop();
  start();
  EXPECT_EQ(uplink->status()->engine.dropped["acme-demo:thing_done"], 2u) << "for ever";
}

TEST_F(UplinkTest, AForkStopsAllTrafficUntilAnOperatorConsents) {
  loopback->hello({"log-of-another", {}}, [](const HelloAnswer&) {});
  workspace.emit(event::EventClass::kQueue);
  start();
  ASSERT_TRUE(comes_true([&] { return uplink->status()->engine.connection == Connection::kForked; }));
  EXPECT_NE(uplink->status()->engine.last_error.find("LOG_FORKED"), std::string::npos);
  EXPECT_EQ(inbox->head().size, 0u);
  EXPECT_EQ(workspace.pending(), 1u);
  EXPECT_EQ(consent("log-b").error().code(), ErrorCode::kInvalidInput) << "the operator says to which journal";
  EXPECT_TRUE(consent("log-a").ok());
  ASSERT_TRUE(comes_true([&] { return workspace.pending() == 0; }));
  EXPECT_EQ(consent("log-a").error().code(), ErrorCode::kConflict) << "there is nothing more to consent to";
}

TEST_F(UplinkTest, AfterAConsentWhatWasNotAcknowledgedGoesOutAndNothingElse) {
  workspace.emit(event::EventClass::kQueue, 5);
  start();
  ASSERT_TRUE(comes_true([&] { return workspace.pending() == 0; }));
  uplink->stop();
  inbox = log::make_memory_log("inbox");  // the other side is another, and knows another journal
  loopback = *LoopbackLink::open(*inbox, "ws-42");
  loopback->hello({"log-of-another", {}}, [](const HelloAnswer&) {});
  workspace.emit(event::EventClass::kQueue, 2);
  start_with(*loopback);
  ASSERT_TRUE(comes_true([&] { return uplink->status()->engine.connection == Connection::kForked; }));
  EXPECT_TRUE(consent("log-a").ok());
  ASSERT_TRUE(comes_true([&] { return workspace.pending() == 0; }));
  const auto items = *read_inbox(*inbox, Position(), 10);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(json::integer_or(*items[0].entry.find("event"), "queue_seq", 0), 6);
}

TEST_F(UplinkTest, WhatTheOtherSideSaysIsReceivedOnceAlsoAfterARestart) {
  const auto said = [&] { return inbound_events(); };
  start();
  put_in("c-1");
  ASSERT_TRUE(comes_true([&] { return said().size() == 1; }));
  put_in("c-2");
  put_in("c-3");
  ASSERT_TRUE(comes_true([&] { return said().size() == 3; }));
  uplink->stop();
  loopback = *LoopbackLink::open(*inbox, "ws-42");
  ASSERT_TRUE(put_in_now("c-4"));
  start_with(*loopback);
  ASSERT_TRUE(comes_true([&] { return said().size() == 4; }));
  EXPECT_EQ(said(), (std::vector<std::string>{"c-1", "c-2", "c-3", "c-4"}));
}

TEST_F(UplinkTest, FilesShowTheOldestLinesAndEachDeadLetter) {
  workspace.emit(event::EventClass::kQueue, OutboxFiles::kLinesMax + 5);
  OutboxFiles shown_files(*files, workspace.log(), "outbox");
  const auto items = *journal::pending_events(**workspace.log().snapshot(), "sidecar", Position(), 1);
  workspace.dead_letter("sidecar", items[0].position, "no \"good\"",
                        [](const Status& done) { ASSERT_TRUE(done.ok()); });
  ASSERT_TRUE(shown_files.refresh().ok());
  EXPECT_EQ(lines_in(shown()), OutboxFiles::kLinesMax);
  EXPECT_TRUE(shown().starts_with(R"({"queue_seq":1,"reason":"no \"good\"","seq":1})")) << "its tombstone waits";
  const auto letters = *files->list("outbox/dead-letters");
  ASSERT_EQ(letters.size(), 1u);
  const auto letter = json::parse(*files->read("outbox/dead-letters/" + letters[0]));
  ASSERT_TRUE(letter.ok());
  EXPECT_EQ(json::string_or(*letter, "reason", ""), "no \"good\"");
  EXPECT_EQ(json::integer_or(*letter->find("event"), "seq", 0), 1);
  journal::Outbox outbox(workspace.log());
  ASSERT_TRUE(outbox.load().ok() && outbox.take_back("sidecar", items[0].position).ok());
  ASSERT_TRUE(workspace.log().commit().ok());
  ASSERT_TRUE(shown_files.refresh().ok());
  EXPECT_TRUE(files->list("outbox/dead-letters")->empty());
}

}  // namespace
}  // namespace lumenflow::uplink
