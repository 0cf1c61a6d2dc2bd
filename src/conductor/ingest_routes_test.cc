// Hello, leases, events each once and in order, witnessing, reading by position and as a stream.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "conductor/testing/conductor_world.h"
#include "event/stream_intake.h"
#include "http/content_coding.h"
#include "log/memory_log.h"
#include "log/merkle.h"
#include "log/witness.h"

namespace lumenflow::conductor {
namespace {

class Ingestion : public testing::TestWithParam<std::string> {
 protected:
  Ingestion() {
    workspace_.enroll();
    EXPECT_EQ(workspace_.hello().status, 200);
  }
  // The positions of the events' seq, as they stand in the conductor's log.
  std::vector<std::int64_t> stored(const std::string& query = "") {
    std::vector<std::int64_t> found;
    for (std::int64_t after = 0; after >= 0;) {
      const Answer page = world_.get("/v2/workspaces/ws-42/events?limit=7&after=" + std::to_string(after) + query,
                                     world_.operator_session());
      EXPECT_EQ(page.status, 200) << page.body;
      if (page.status != 200) return found;
      for (const json::Value& item : page.value.find("items")->as_array())
        found.push_back(json::integer_or(item, "seq", -1));
      after = page.number("/next");
    }
    return found;
  }
  static std::vector<std::int64_t> up_to(std::int64_t last) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 1; i <= last; ++i) numbers.push_back(i);
    return numbers;
  }

  ConductorWorld world_{GetParam()};
  Workspace workspace_{world_};
};

TEST_P(Ingestion, EachEventIsThereOnceAndInOrderHoweverOftenItIsSent) {
  const auto first = workspace_.make_events(20), second = workspace_.make_events(15);
  const Answer one = workspace_.post_events(first, 0);
  EXPECT_EQ(one.number("/accepted"), 20) << one.body;
  EXPECT_EQ(one.number("/acked_seq"), 20);
  const Answer again = workspace_.post_events(first, 0);
  EXPECT_EQ(again.number("/duplicates"), 20);
  EXPECT_EQ(again.number("/accepted"), 0);
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(workspace_.post_events(both, 0).number("/accepted"), 15);
  for (std::size_t i = 0; i < both.size(); ++i)
    EXPECT_EQ(workspace_.post_events({both[i]}, i).number("/duplicates"), 1);
  EXPECT_EQ(stored(), up_to(35));
}

TEST_P(Ingestion, ABatchThatOvertookIsRefusedWholeWithWhatIsExpected) {
  const auto first = workspace_.make_events(3), second = workspace_.make_events(2);
  const Answer early = workspace_.post_events(second, 3);
  EXPECT_EQ(early.status, 409);
  EXPECT_EQ(early.code(), "CONFLICT");
  EXPECT_EQ(early.number("/expected/seq"), 0);
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(workspace_.post_events(first, 0).status, 200);
  EXPECT_EQ(workspace_.post_events(second, 3).number("/acked_seq"), 5);
}

TEST_P(Ingestion, TakesLinesAndBothCompressions) {
  const auto events = workspace_.make_events(9);
  for (int part = 0; part < 3; ++part) {
    json::Object head = workspace_.batch({}, static_cast<std::uint64_t>(part * 3));
    head.erase("events");
    std::string text = json::serialize(json::Value(head)) + "\n";
    for (int i = 0; i < 3; ++i) text += events[static_cast<std::size_t>(part * 3 + i)] + "\n";
    Headers headers = workspace_.headers();
    headers.emplace_back("Content-Type", "application/x-ndjson");
    if (part == 1) headers.emplace_back("Content-Encoding", "gzip"), text = http::gzip(text);
    if (part == 2) headers.emplace_back("Content-Encoding", "zstd"), text = http::zstd(text);
    const Answer answer = world_.send(http::Method::kPost, "/v2/events", text, headers);
    EXPECT_EQ(answer.number("/accepted"), 3) << answer.body;
  }
  Headers bomb = workspace_.headers();
  bomb.emplace_back("Content-Type", "application/x-ndjson");
  bomb.emplace_back("Content-Encoding", "gzip");
  EXPECT_EQ(world_.send(http::Method::kPost, "/v2/events", http::gzip(std::string(6 << 20, ' ')), bomb).code(),
            "BODY_TOO_LARGE");
  EXPECT_EQ(stored(), up_to(9));
}

TEST_P(Ingestion, OneVerdictForEachEvent) {
  auto events = workspace_.make_events(3);
  const std::size_t at = events[1].find("acme-demo:job_completed");
  events[1].replace(at, 23, "no such kind of events!");
  const Answer answer = workspace_.post_events(events, 0);
  EXPECT_EQ(answer.number("/accepted"), 1) << answer.body;
  EXPECT_EQ(answer.number("/rejected/0/seq"), 2);
  EXPECT_EQ(answer.text("/rejected/0/code"), "UNKNOWN_KIND");
  const json::Object tombstone{{"queue_seq", 2}, {"reason", "refused"}, {"seq", 2}};
  events[1] = json::serialize(json::Value(tombstone));
  EXPECT_EQ(workspace_.post_events(events, 0).number("/acked_seq"), 3);
  EXPECT_EQ(stored(), up_to(3));
}

TEST_P(Ingestion, Law3IdentityFromTheToken) {
  auto events = workspace_.make_events(1);
  events[0].replace(events[0].find("\"from\":\"ws-42\""), 14, "\"from\":\"ws-43\"");
  EXPECT_EQ(workspace_.post_events(events, 0).code(), "FROM_MISMATCH");
  json::Object phone = workspace_.batch(workspace_.make_events(1), 0);
  phone.set("channel", "phone:pixel-8");
  EXPECT_EQ(world_.post("/v2/events", phone, workspace_.headers()).code(), "FROM_MISMATCH");
  EXPECT_TRUE(stored().empty());
  EXPECT_FALSE(world_.audit("conductor.refused").empty());
}

TEST_P(Ingestion, AnOlderSessionIsFencedOff) {
  const std::int64_t first = workspace_.session;
  const auto events = workspace_.make_events(2);
  EXPECT_EQ(workspace_.hello().status, 200);
  EXPECT_GT(workspace_.session, first);
  workspace_.session = first;
  EXPECT_EQ(workspace_.post_events(events, 0).code(), "CONFLICT");
  EXPECT_EQ(world_.post("/v2/heartbeat", json::Object{{"session", workspace_.session}}, workspace_.headers()).code(),
            "CONFLICT");
  EXPECT_EQ(workspace_.fetch().code(), "CONFLICT");
  EXPECT_TRUE(stored().empty());
}

TEST_P(Ingestion, AnotherJournalIsAForkUntilItIsConsentedTo) {
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(4), 0).status, 200);
  EXPECT_EQ(workspace_.hello("log-restored").code(), "LOG_FORKED");
  json::Object batch = workspace_.batch(workspace_.make_events(1), 4);
  batch.set("log_id", "log-restored");
  EXPECT_EQ(world_.post("/v2/events", batch, workspace_.headers()).code(), "LOG_FORKED");
  EXPECT_EQ(world_.post("/v2/rebind", json::Object{{"log_id", "log-restored"}}, workspace_.headers()).status, 200);
  EXPECT_EQ(workspace_.hello("log-restored").text("/log_id"), "log-restored");
  EXPECT_TRUE(stored().empty()) << "the new journal has no events here yet";
  EXPECT_EQ(stored("&log_id=log-of-ws-42"), up_to(4)) << "the former one stays readable";
  EXPECT_EQ(world_.audit("conductor.rebound").size(), 1u);
}

TEST_P(Ingestion, AForkIsRecordedOnceAndShownUntilItIsSettled) {
  const auto shown = [&] { return world_.get("/v2/workspaces/ws-42", world_.operator_session()); };
  EXPECT_EQ(shown().value.find("fork"), nullptr);
  const json::Object forked{{"log_id", workspace_.log_id}, {"reason", "the other side has another history"}};
  const auto tell = [&](const json::Value& said) {
    return world_.post("/v2/heartbeat", json::Object{{"forked", said}}, workspace_.headers());
  };
  EXPECT_EQ(tell(forked).status, 200);
  EXPECT_EQ(tell(forked).status, 200);
  EXPECT_EQ(world_.audit("conductor.workspace_forked").size(), 1u);
  EXPECT_EQ(shown().text("/fork/log_id"), workspace_.log_id);
  EXPECT_EQ(shown().text("/fork/reason"), "the other side has another history");
  const Answer fleet = world_.get("/v2/workspaces", world_.operator_session(Role::kViewer));
  EXPECT_EQ(fleet.text("/items/0/fork/log_id"), workspace_.log_id);
  for (const json::Value& wrong : {json::Value(json::Object{{"log_id", ""}, {"reason", "x"}}), json::Value("x"),
                                   json::Value(json::Object{{"log_id", "a"}, {"reason", std::string(2'000, 'x')}})})
    EXPECT_EQ(tell(wrong).code(), "INVALID_REQUEST");
  EXPECT_EQ(world_.post("/v2/rebind", json::Object{{"log_id", "log-anew"}}, workspace_.headers()).status, 200);
  EXPECT_EQ(shown().value.find("fork"), nullptr) << "consented to";
  EXPECT_EQ(workspace_.hello().code(), "LOG_FORKED");
  EXPECT_EQ(shown().text("/fork/log_id"), workspace_.log_id) << "now the former one is the other";
  EXPECT_EQ(world_.audit("conductor.workspace_forked").size(), 2u);
}

TEST_P(Ingestion, AnEnrollmentMayBeginLaterAndSaysWhatItSkips) {
  const json::Object base{{"stream", "bridge:x"}, {"seq", 5}, {"queue_seq", 3}};
  const json::Object hello{{"hello", json::Object{{"log_id", workspace_.log_id}, {"bases", json::Array{base}}}}};
  const Answer answer = world_.post("/v2/heartbeat", hello, workspace_.headers());
  EXPECT_EQ(answer.number("/streams/0/seq"), 5) << answer.body;
  EXPECT_EQ(answer.number("/streams/0/queue_seq"), 3);
}

TEST_P(Ingestion, PagesAreByKindAndByStream) {
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(3), 0).status, 200);
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(2, "acme-demo:other_thing"), 3).status, 200);
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1), 5).status, 200);
  EXPECT_EQ(stored("&kind=acme-demo:other_thing"), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(stored("&kind=acme-demo:job_completed"), (std::vector<std::int64_t>{1, 2, 3, 6}));
  EXPECT_EQ(stored("&stream=sidecar"), up_to(6));
  EXPECT_TRUE(stored("&stream=bridge:x").empty());
  EXPECT_TRUE(stored("&kind=acme-demo:job_completed&stream=bridge:x").empty());
}

TEST_P(Ingestion, AStreamGivesWhatComesAndResumesByPosition) {
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(2), 0).status, 200);
  StreamReader live(world_, "/v2/workspaces/ws-42/events?after=0", world_.operator_session());
  ASSERT_EQ(live.status(), 200);
  EXPECT_NE(live.next().data.find("\"seq\":1"), std::string::npos);
  const Frame second = live.next();
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1), 2).status, 200);
  const Frame third = live.next();
  EXPECT_NE(third.data.find("\"seq\":3"), std::string::npos);
  EXPECT_EQ(third.event, "acme-demo:job_completed");
  Headers resume = world_.operator_session();
  resume.emplace_back("Last-Event-ID", second.id);
  StreamReader again(world_, "/v2/workspaces/ws-42/events", resume);
  EXPECT_EQ(again.next().id, third.id);
}

TEST_P(Ingestion, HeadsAreCosignedWhereTheyGrewAndTheConductorsOwnIsGivenBack) {
  const auto journal = log::make_memory_log(workspace_.log_id);
  const auto grow = [&](int entries) {
    for (int i = 0; i < entries; ++i) EXPECT_TRUE(journal->append({{"entry"}, {}}).ok());
    EXPECT_TRUE(journal->commit().ok());
  };
  const auto post = [&](std::uint64_t from, std::int64_t known) {
    json::Array proof;
    const auto hashes = journal->consistency_proof(from, journal->head().size);
    for (const Hash256& hash : *hashes) proof.push_back(to_base64(as_chars(hash)));
    json::Object batch = workspace_.batch({}, 0);
    batch.set("head", json::Object{{"checkpoint", log::sign_checkpoint(journal->head(), workspace_.log_key).note},
                                   {"consistency_proof", std::move(proof)},
                                   {"from", from}});
    batch.set("conductor_head_known", known);
    return world_.post("/v2/events", batch, workspace_.headers());
  };
  grow(3);
  const Answer first = post(0, 0);
  ASSERT_EQ(first.status, 200) << first.body;
  const Answer own = world_.get("/v2/head", world_.operator_session());
  const auto witness = log::parse_witness_key(own.text("/witness_key"));
  ASSERT_TRUE(witness.ok());
  EXPECT_TRUE(log::cosigned_at(first.text("/cosigned_head"), *witness).value().has_value());
  grow(4);
  EXPECT_EQ(post(3, 0).status, 200);
  EXPECT_EQ(workspace_.hello().number("/head/size"), 7);
  // What the conductor says of itself holds together.
  const std::string key = *from_base64(own.text("/public_key"));
  const auto before = log::parse_checkpoint(first.text("/conductor_head/checkpoint"), key);
  ASSERT_TRUE(before.ok());
  const Answer later = post(7, static_cast<std::int64_t>(before->head.size));
  const auto after = log::parse_checkpoint(later.text("/conductor_head/checkpoint"), key);
  ASSERT_TRUE(after.ok());
  std::vector<Hash256> proof;
  for (const json::Value& item : later.value.at_pointer("/conductor_head/consistency_proof")->as_array()) {
    const std::string bytes = *from_base64(item.as_string());
    Hash256 hash{};
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    proof.push_back(hash);
  }
  EXPECT_TRUE(log::verify_consistency(before->head.size, before->head.root, after->head.size, after->head.root, proof));
  // Another history of the same length or longer is a fork.
  const auto other = log::make_memory_log(workspace_.log_id);
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(other->append({{"other"}, {}}).ok());
  EXPECT_TRUE(other->commit().ok());
  json::Object fork = workspace_.batch(workspace_.make_events(1), 0);
  fork.set("head", json::Object{{"checkpoint", log::sign_checkpoint(other->head(), workspace_.log_key).note},
                                {"consistency_proof", json::Array{}},
                                {"from", 7}});
  EXPECT_EQ(world_.post("/v2/events", fork, workspace_.headers()).code(), "LOG_FORKED");
  EXPECT_TRUE(stored().empty()) << "nothing of it was taken";
}

// A way that repeats requests makes no fork of a journal that only grew.
TEST_P(Ingestion, ABatchThatComesAgainIsNoFork) {
  const auto journal = log::make_memory_log(workspace_.log_id);
  const auto batch_of = [&](std::uint64_t from, std::uint64_t after) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(journal->append({{"entry"}, {}}).ok());
    EXPECT_TRUE(journal->commit().ok());
    json::Array proof;
    const auto hashes = journal->consistency_proof(from, journal->head().size);
    for (const Hash256& hash : *hashes) proof.push_back(to_base64(as_chars(hash)));
    json::Object batch = workspace_.batch(workspace_.make_events(2), after);
    batch.set("head", json::Object{{"checkpoint", log::sign_checkpoint(journal->head(), workspace_.log_key).note},
                                   {"consistency_proof", std::move(proof)},
                                   {"from", from}});
    return batch;
  };
  const auto post = [&](const json::Object& batch) { return world_.post("/v2/events", batch, workspace_.headers()); };
  const json::Object first = batch_of(0, 0), second = batch_of(3, 2);
  ASSERT_EQ(post(first).status, 200);
  const Answer taken = post(second);
  ASSERT_EQ(taken.status, 200) << taken.body;
  const Answer again = post(second);
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.number("/duplicates"), 2);
  EXPECT_FALSE(again.text("/cosigned_head").empty()) << "the same head, co-signed again";
  const Answer late = post(first);
  EXPECT_EQ(late.status, 200) << late.body;
  EXPECT_EQ(late.number("/duplicates"), 2);
  EXPECT_EQ(late.text("/cosigned_head"), "") << "a head that was passed is not co-signed any more";
  EXPECT_EQ(stored().size(), 4u);
  // What goes on is judged as ever: a journal that shrank, or is another, is a fork.
  json::Object shrunk = workspace_.batch(workspace_.make_events(1), 4);
  shrunk.set("head", *json::Value(first).find("head"));
  EXPECT_EQ(post(shrunk).code(), "LOG_FORKED");
}

TEST_P(Ingestion, WhatEventsAddUpToIsListed) {
  const json::Object asked{{"approval_id", "apr-1"},
                           {"receipt_id", "rcpt-1"},
                           {"surface", "http"},
                           {"tool_name", "acme:do"},
                           {"call_digest", std::string(64, 'a')},
                           {"preview", json::Object{{"tool", "task:create"}}},
                           {"requested_by", "ws-42"},
                           {"expires_at", format_rfc3339(world_.clock.now() + std::chrono::hours(1))}};
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1, "sidekick:approval_requested", asked), 0).status, 200);
  const Headers viewer = world_.operator_session(Role::kViewer);
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/approvals?state=pending", viewer).text("/items/0/approval_id"), "apr-1");
  const json::Object called{{"receipt_id", "rcpt-1"}, {"tool_name", "acme:do"}, {"outcome", "success"}};
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1, "agent-runtime:tool_called", called), 1).status, 200);
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/approvals?state=pending", viewer).text("/items/0/approval_id"), "");
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/approvals", viewer).text("/items/0/state"), "resolved");
  const json::Object started{{"turn_id", "t-9"}, {"session_id", "s"}, {"model", "m"}};
  const json::Object aborted{{"turn_id", "t-9"}, {"reason", "crash"}, {"cleanup_status", "needs_recovery"}};
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1, "agent-runtime:turn_started", started), 2).status, 200);
  EXPECT_EQ(workspace_.post_events(workspace_.make_events(1, "agent-runtime:turn_aborted", aborted), 3).status, 200);
  const Answer turns = world_.get("/v2/workspaces/ws-42/turns", viewer);
  EXPECT_EQ(turns.text("/items/0/state"), "aborted") << turns.body;
  EXPECT_EQ(turns.text("/items/0/model"), "m");
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/recoveries", viewer).text("/items/0/recovery_id"), "t-9");
}

TEST_P(Ingestion, TheRegistryIsKeptByItsHash) {
  const json::Object registry{{"workspace_id", "ws-42"}, {"registry_hash", "abc"}, {"tools", json::Array{}}};
  const json::Object beat{
      {"session", workspace_.session}, {"registry_hash", "abc"}, {"status", json::Object{{"ok", true}}}};
  const auto wanted = [&] {
    return world_.post("/v2/heartbeat", beat, workspace_.headers()).value.find("registry_wanted")->as_boolean();
  };
  EXPECT_TRUE(wanted());
  const std::string text = json::serialize(json::Value(registry));
  Headers packed = workspace_.headers();
  packed.emplace_back("Content-Encoding", "gzip");
  EXPECT_EQ(world_.send(http::Method::kPut, "/v2/registry", text, packed).status, 400) << "is not what it says";
  EXPECT_TRUE(wanted());
  EXPECT_EQ(world_.send(http::Method::kPut, "/v2/registry", http::gzip(text), packed).status, 200);
  EXPECT_FALSE(wanted());
  const Answer tools = world_.get("/v2/workspaces/ws-42/tools", world_.operator_session());
  EXPECT_EQ(tools.body, text);
  Headers again = world_.operator_session();
  again.emplace_back("If-None-Match", tools.header("etag"));
  EXPECT_EQ(world_.get("/v2/workspaces/ws-42/tools", again).status, 304);
  const Answer shown = world_.get("/v2/workspaces/ws-42", world_.operator_session());
  EXPECT_TRUE(shown.value.find("connected")->as_boolean()) << shown.body;
}

INSTANTIATE_TEST_SUITE_P(Stores, Ingestion, testing::Values("memory", "sqlite"),
                         [](const auto& tested) { return tested.param; });

TEST(IngestionRestarted, GoesOnWhereItWas) {
  ConductorWorld world("sqlite");
  Workspace workspace(world);
  workspace.enroll();
  workspace.hello();
  const auto events = workspace.make_events(5);
  EXPECT_EQ(workspace.post_events(events, 0).status, 200);
  const std::int64_t session = workspace.session;
  world.restart();
  EXPECT_EQ(workspace.post_events(events, 0).number("/duplicates"), 5) << "the lease outlives the process";
  EXPECT_EQ(workspace.hello().number("/streams/0/seq"), 5);
  EXPECT_GT(workspace.session, session);
}

}  // namespace
}  // namespace lumenflow::conductor
