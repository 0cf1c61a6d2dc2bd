// Single decisions of the engine, by hand-fed answers; what comes of all of them together is simulation_test.cc's.
#include "uplink/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "log/memory_log.h"
#include "uplink/testing/peer.h"
#include "uplink/testing/workspace.h"

namespace lumenflow::uplink {
namespace {

using testing::Workspace;

constexpr auto kQueue = event::EventClass::kQueue;
constexpr auto kEphemeral = event::EventClass::kEphemeral;

class EngineTest : public ::testing::Test {
 protected:
  void start() {
    engine = std::make_unique<Engine>(*source, random);
    ASSERT_TRUE(engine->start(now).ok());
    step();
  }
  // Carries out what is to be written down; gives what is to be said.
  void step() {
    engine->step(now);
    for (bool more = true; more;) {
      more = false;
      for (Action& action : engine->take_actions()) {
        more = true;
        const auto kept = [this](std::uint64_t id) {
          return [this, id](const Status& status) { engine->kept(id, status, now); };
        };
        if (const auto* ack = std::get_if<KeepAcknowledged>(&action))
          workspace.acknowledge(ack->stream, ack->to, kept(ack->id));
        else if (const auto* dead = std::get_if<KeepDeadLetter>(&action))
          workspace.dead_letter(dead->stream, dead->position, dead->reason, kept(dead->id));
        else if (const auto* settle = std::get_if<KeepSettlement>(&action))
          workspace.settle(settle->settlement, kept(settle->id));
        else if (const auto* received = std::get_if<KeepReceived>(&action))
          workspace.receive(*received->batch, kept(received->id));
        else if (const auto* rebase = std::get_if<KeepRebase>(&action))
          workspace.rebase(rebase->anew, kept(rebase->id));
        else if (const auto* rebind = std::get_if<SayRebind>(&action))
          engine->heard_rebind(rebind->id, take_rebound(), now);
        else if (const auto* forked = std::get_if<SayForked>(&action))
          told.push_back(*forked);
        else if (const auto* ask = std::get_if<AskForMore>(&action))
          asked.push_back(*ask);
        else
          said.push_back(std::move(action));
      }
    }
  }
  template <class T>
  std::vector<T> take() {
    std::vector<T> out;
    std::erase_if(said, [&out](const Action& action) {
      if (const T* found = std::get_if<T>(&action)) out.push_back(*found);
      return std::holds_alternative<T>(action);
    });
    return out;
  }
  void welcome(event::StreamPlace place = {}, std::optional<TreeHead> head = {}) {
    const auto hellos = take<SayHello>();
    ASSERT_EQ(hellos.size(), 1u);
    HelloAnswer answer;
    answer.welcome = {engine->state().log_id, ++session, {{"sidecar", place}}, head};
    engine->heard_hello(hellos[0].id, answer, now);
    step();
  }
  void refuse_hello(ErrorCode code, std::optional<Millis> retry_after = {}) {
    const auto hellos = take<SayHello>();
    ASSERT_EQ(hellos.size(), 1u);
    engine->heard_hello(hellos[0].id, {Refusal{Error(code, "no"), retry_after}, {}}, now);
    step();
  }
  void acknowledge(const SendBatch& batch, std::uint64_t acked_seq) {
    SendAnswer answer;
    answer.batch.acked_seq = acked_seq;
    engine->heard_batch(batch.id, answer, now);
    step();
  }
  void refuse(const SendBatch& batch, ErrorCode code) {
    engine->heard_batch(batch.id, {Refusal{Error(code, "no"), {}}, {}}, now);
    step();
  }
  Status take_rebound() {
    if (rebound.empty()) return {};
    const Status first = rebound.front();
    rebound.erase(rebound.begin());
    return first;
  }
  void pass(Millis time) {
    now += time;
    step();
  }
  std::uint64_t dropped() { return engine->state().dropped["acme-demo:thing_done"]; }

  Workspace workspace{log::make_memory_log("log-a")};
  std::unique_ptr<Source> source = make_journal_source(workspace.log());
  SeededRandom random{1};
  std::unique_ptr<Engine> engine;
  Millis now{1'000'000};
  std::uint64_t session = 0;
  std::vector<Action> said;
  std::vector<AskForMore> asked;  // for what the other side has
  std::vector<Status> rebound;    // what the other side answers to consents; then it agrees
  std::vector<SayForked> told;    // of a fork
};

TEST_F(EngineTest, SendsFullBatchesAtOnceFourInFlightEachNamingWhatItFollows) {
  workspace.emit(kQueue, 4'000);
  start();
  welcome();
  const auto batches = take<SendBatch>();
  ASSERT_EQ(batches.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(batches[i].batch->events.size(), 512u);
    EXPECT_EQ(batches[i].batch->after, (event::StreamPlace{512 * i, 512 * i}));
  }
  acknowledge(batches[1], 1'024);
  EXPECT_EQ(take<SendBatch>().size(), 2u) << "one answer says it of the batch before it too";
  EXPECT_EQ(workspace.pending(), 4'000u - 1'024u);
}

TEST_F(EngineTest, LingersTenMillisecondsForMoreAndNeverLonger) {
  start();
  welcome();
  workspace.emit(kQueue);
  step();
  EXPECT_TRUE(take<SendBatch>().empty());
  pass(Millis(4));
  workspace.emit(kEphemeral);
  step();
  EXPECT_EQ(engine->next_wake(), now + Millis(6));
  pass(Millis(6));
  const auto batches = take<SendBatch>();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].batch->events.size(), 2u);
}

TEST_F(EngineTest, ABatchHasAtMost256KiBAndAnEventBeyondGoesAlone) {
  const std::string large = R"({"t":")" + std::string(100'000, 'x') + R"("})";
  for (int i = 0; i < 3; ++i) workspace.emit(kQueue, 1, large);
  workspace.emit(kQueue, 1, R"({"t":")" + std::string(262'000, 'x') + R"("})");
  workspace.emit(kQueue);
  start();
  welcome();
  pass(Millis(10));
  const auto batches = take<SendBatch>();
  ASSERT_EQ(batches.size(), 4u);
  EXPECT_EQ(batches[0].batch->events.size(), 2u);
  EXPECT_EQ(batches[1].batch->events.size(), 1u);
  EXPECT_EQ(batches[2].batch->events.size(), 1u);
}

TEST_F(EngineTest, BacksOffExponentiallyWithFullJitterAndHonoursRetryAfter) {
  start();
  Millis ceiling{100};
  for (int i = 0; i < 12; ++i) {
    refuse_hello(ErrorCode::kUnreachable);
    const Millis wait = *engine->next_wake() - now;
    EXPECT_GT(wait, Millis(0));
    EXPECT_LE(wait, ceiling);
    ceiling = std::min(ceiling * 2, Millis(30'000));
    pass(wait);
  }
  refuse_hello(ErrorCode::kRateLimited, Millis(45'000));
  EXPECT_GE(*engine->next_wake() - now, Millis(45'000));
}

TEST_F(EngineTest, CountsAsDisconnectedAfterTenSecondsOfSilence) {
  start();
  welcome();
  EXPECT_EQ(engine->state().connection, Connection::kConnected);
  for (int i = 0; i < 9; ++i) pass(Millis(1'000));
  EXPECT_EQ(take<SendHeartbeat>().size(), 1u) << "unanswered, it is not repeated";
  EXPECT_EQ(engine->state().connection, Connection::kConnected);
  pass(Millis(1'000));
  EXPECT_EQ(engine->state().connection, Connection::kDisconnected);
}

TEST_F(EngineTest, AnAnsweredHeartbeatKeepsItConnected) {
  start();
  welcome();
  for (int i = 0; i < 40; ++i) {
    pass(Millis(1'000));
    for (const SendHeartbeat& beat : take<SendHeartbeat>()) engine->heard_heartbeat(beat.id, {}, now);
  }
  EXPECT_EQ(engine->state().connection, Connection::kConnected);
}

TEST_F(EngineTest, ARefusedSendDisconnectsAndTheEphemeralInFlightIsCountedByTheNextWelcome) {
  start();
  welcome();
  workspace.emit(kEphemeral, 2);
  workspace.emit(kQueue);
  step();
  pass(Millis(10));
  refuse(take<SendBatch>()[0], ErrorCode::kTokenExpired);
  EXPECT_EQ(engine->state().connection, Connection::kDisconnected);
  workspace.emit(kEphemeral);
  step();
  EXPECT_EQ(dropped(), 1u) << "at once; the two in flight are in doubt";
  pass(Millis(200));
  welcome({1, 0});
  EXPECT_EQ(dropped(), 2u) << "the first one had arrived";
  pass(Millis(10));
  const auto again = take<SendBatch>();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].batch->after, (event::StreamPlace{1, 0}));
  EXPECT_EQ(again[0].batch->events.size(), 1u) << "only the queue event goes again";
}

TEST_F(EngineTest, AnotherHistoryIsAForkAndStopsAllTraffic) {
  workspace.emit(kQueue);
  start();
  welcome({}, TreeHead{1, Hash256{}});
  EXPECT_EQ(engine->state().connection, Connection::kForked);
  pass(Millis(60'000));
  EXPECT_TRUE(said.empty());
  EXPECT_FALSE(engine->next_wake());
  ASSERT_TRUE(engine->consent("log-a", now).ok());
  step();
  welcome({}, TreeHead{1, *workspace.log().root_at(1)});
  EXPECT_EQ(engine->state().connection, Connection::kConnected);
}

TEST_F(EngineTest, WhatTheOtherSideCannotHaveOrMayNotHaveLostIsAFork) {
  workspace.emit(kQueue, 2);
  start();
  welcome({3, 3});
  EXPECT_EQ(engine->state().connection, Connection::kForked) << "more than was ever emitted";
  ASSERT_TRUE(engine->consent("log-a", now).ok());
  step();
  welcome();
  pass(Millis(10));
  acknowledge(take<SendBatch>()[0], 2);
  start();
  welcome({1, 1});
  EXPECT_EQ(engine->state().connection, Connection::kForked) << "less than it acknowledged";
}

TEST_F(EngineTest, OfAForkNothingIsBelieved) {
  workspace.emit(kEphemeral);
  workspace.emit(kQueue, 2);
  start();
  welcome({2, 2});  // the first of the queue class, and a second one that is another here
  EXPECT_EQ(engine->state().connection, Connection::kForked);
  pass(Millis(1'000));
  EXPECT_EQ(workspace.pending(), 2u);
}

TEST_F(EngineTest, AConsentThatTheOtherSideDoesNotHearChangesNothing) {
  workspace.emit(kQueue);
  start();
  welcome({3, 3});
  rebound = {Error(ErrorCode::kUnreachable, "nobody there")};
  ASSERT_TRUE(engine->consent("log-a", now).ok());
  step();
  EXPECT_EQ(engine->state().connection, Connection::kForked);
  EXPECT_FALSE(engine->consenting());
  EXPECT_TRUE(said.empty());
  EXPECT_EQ(engine->consent("log-b", now).error().code(), ErrorCode::kInvalidInput);
  ASSERT_TRUE(engine->consent("log-a-anew", now).ok());
  step();
  EXPECT_EQ(engine->state().log_id, "log-a-anew") << "one new name is enough";
  EXPECT_EQ(engine->state().connection, Connection::kDisconnected);
}

// A clone went first: whatever the other side has under this log_id stays that one's.
TEST_F(EngineTest, BesideACloneTheJournalGoesOnUnderANameOfItsOwn) {
  workspace.emit(kQueue, 2);
  start();
  welcome();
  pass(Millis(10));
  acknowledge(take<SendBatch>()[0], 2);
  workspace.emit(kQueue, 3);
  start();
  welcome({9, 9});
  ASSERT_EQ(engine->state().connection, Connection::kForked);
  ASSERT_TRUE(engine->consent("log-a", now).ok());
  step();
  const auto hellos = take<SayHello>();
  ASSERT_EQ(hellos.size(), 1u);
  EXPECT_EQ(hellos[0].hello.log_id, "log-a-anew");
  EXPECT_EQ(hellos[0].hello.bases[0].place, (event::StreamPlace{2, 2}));
  engine->heard_hello(hellos[0].id, {{}, {"log-a-anew", ++session, {{"sidecar", {2, 2}}}, {}}}, now);
  step();
  pass(Millis(10));
  const auto batches = take<SendBatch>();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].batch->log_id, "log-a-anew");
  EXPECT_EQ(batches[0].batch->events.size(), 3u) << "what waited arrives";
}

TEST_F(EngineTest, WhereTheOtherSideKnowsAnotherJournalThisOneKeepsItsName) {
  workspace.emit(kQueue);
  start();
  refuse_hello(ErrorCode::kLogForked);
  ASSERT_TRUE(engine->consent("log-a", now).ok());
  step();
  EXPECT_EQ(take<SayHello>()[0].hello.log_id, "log-a") << "restored, it has a new one already";
}

TEST_F(EngineTest, AJournalThatIsKnownAsSomebodyElsesTakesANewName) {
  workspace.emit(kQueue);
  start();
  refuse_hello(ErrorCode::kLogForked);
  rebound = {Error(ErrorCode::kLogForked, "of a former enrollment")};
  ASSERT_TRUE(engine->consent("log-a", now).ok());
  step();
  EXPECT_EQ(take<SayHello>()[0].hello.log_id, "log-a-anew");
}

TEST_F(EngineTest, TheOtherSideIsToldOfAForkUntilItHasHeard) {
  workspace.emit(kQueue);
  start();
  welcome({3, 3});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].log_id, "log-a");
  EXPECT_NE(told[0].reason.find("3"), std::string::npos) << told[0].reason;
  engine->heard_forked(told[0].id, Error(ErrorCode::kUnreachable, "nobody there"), now);
  ASSERT_TRUE(engine->next_wake());
  pass(*engine->next_wake() - now);
  ASSERT_EQ(told.size(), 2u);
  engine->heard_forked(told[1].id, {}, now);
  EXPECT_FALSE(engine->next_wake());
  pass(Millis(60'000));
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(EngineTest, WhatComesInIsDurableBeforeMoreIsAskedFor) {
  start();
  EXPECT_TRUE(asked.empty()) << "not before the welcome";
  welcome();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].fetch.durable, journal::InboundAt());
  engine->heard_fetch(asked[0].id, {{}, {"down", {{1, "{}"}, {2, "{}"}}}}, now);
  step();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1].fetch.durable, (journal::InboundAt{"down", 2})) << "refused, and recorded";
  engine->heard_fetch(asked[1].id, {{}, {"down", {}}}, now);
  step();
  EXPECT_EQ(asked.size(), 2u) << "an answer that brings nothing is not followed by a question at once";
  EXPECT_EQ(engine->next_wake(), now + Millis(1'000));
  pass(Millis(1'000));
  ASSERT_EQ(asked.size(), 3u);
  engine->heard_fetch(asked[2].id, {Refusal{Error(ErrorCode::kRateLimited, "slow down"), Millis(700)}, {}}, now);
  EXPECT_EQ(engine->state().connection, Connection::kDisconnected);
}

TEST_F(EngineTest, AcknowledgingBeyondWhatWasSentMovesNothing) {
  workspace.emit(kQueue, 2);
  start();
  welcome();
  pass(Millis(10));
  acknowledge(take<SendBatch>()[0], 3);
  EXPECT_EQ(workspace.pending(), 2u);
  EXPECT_EQ(engine->state().connection, Connection::kDisconnected);
  EXPECT_NE(engine->state().last_error.find("only 2 was sent"), std::string::npos);
}

TEST_F(EngineTest, ABatchRefusedAsMalformedIsHalvedUntilTheFaultStandsAloneAndIsSetAside) {
  workspace.emit(kQueue, 3);
  workspace.emit(kQueue, 1, R"({"poison":true})");
  workspace.emit(kQueue, 4);
  start();
  std::uint64_t there = 0;
  for (int round = 0; round < 100 && workspace.pending() > 0; ++round) {
    pass(Millis(50));
    const bool greets = std::any_of(said.begin(), said.end(),
                                    [](const Action& action) { return std::holds_alternative<SayHello>(action); });
    if (greets) welcome({there, there});
    for (const SendBatch& send : take<SendBatch>()) {
      const auto& events = send.batch->events;
      const bool poisoned = std::any_of(events.begin(), events.end(), [](const std::string& text) {
        return text.find(testing::Peer::kPoison) != std::string::npos;
      });
      if (poisoned) {
        refuse(send, ErrorCode::kBodyTooLarge);
        break;
      }
      there = send.batch->after.seq + events.size();
      acknowledge(send, there);
    }
  }
  EXPECT_EQ(there, 8u);
  const auto letters = journal::outbox_dead_letters(**workspace.log().snapshot(), "sidecar", Position(), 10);
  ASSERT_EQ(letters->size(), 1u);
  EXPECT_TRUE(letters->front().reason.starts_with("BODY_TOO_LARGE"));
}

}  // namespace
}  // namespace lumenflow::uplink
