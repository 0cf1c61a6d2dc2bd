// A sidecar that is enrolled with a conductor: events go there, commands come from there and are carried out once, and
// what became of them is said until it is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>

#include "conductor_link/enrollment.h"
#include "sidecar/operator_proof.h"
#include "sidecar/testing/probe_pack.h"
#include "sidecar/testing/sidecar_world.h"
#include "sidecar/testing/small_conductor.h"

namespace lumenflow::sidecar {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kEnrollmentFile = ".lumenflow/state/conductor/enrollment.json";

template <class Condition>
bool eventually(const Condition& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

class ConductorTest : public ::testing::Test {
 protected:
  void enroll(const std::string& document) {
    world.write(kEnrollmentFile, document);
    ASSERT_EQ(::chmod((world.root() + "/" + kEnrollmentFile).c_str(), 0600), 0);
  }
  void mint_for_conductor(const std::string& scope = "workspace") {
    const Answer minted =
        world.operator_call("token_mint", json::Object{{"subject", "ws-42:conductor"}, {"scope", scope}});
    ASSERT_EQ(minted.text("/data/subject"), "ws-42:conductor") << minted.body;
    const Answer given = world.operator_call(
        "enroll", json::Object{{"document", conductor.enrollment()}, {"token_id", minted.text("/data/token_id")}});
    ASSERT_EQ(given.status, 200) << given.body;
  }
  std::string connection() const {
    return world.get("/outbox", world.as(world.token("events:read"))).text("/connection");
  }
  bool connected() const {
    return eventually([this] { return connection() == "connected"; });
  }
  static json::Value wants(const std::string& tool, json::Value input = json::Object{}) {
    return json::Object{{"tool", tool}, {"input", std::move(input)}};
  }

  SmallConductor conductor;
  SidecarWorld world{{.uplink = true}};

 private:
};

TEST_F(ConductorTest, EnrollingTakesEffectInTheSidecarThatRunsAndLeavingToo) {
  EXPECT_EQ(connection(), "off");
  mint_for_conductor();
  const Answer enrolled = world.operator_call("enroll", json::Object{{"document", conductor.enrollment()}});
  EXPECT_EQ(enrolled.text("/data/conductor_url"), conductor.url()) << enrolled.body;
  EXPECT_THAT(world.get("/audit?limit=1000").body, Not(HasSubstr("ZA.ZQ.Zg"))) << "no credential in the journal";
  ASSERT_TRUE(connected());
  EXPECT_TRUE(eventually([&] { return !conductor.registry().is_null(); }));
  EXPECT_EQ(json::string_or(conductor.registry(), "workspace_id", ""), "ws-42");
  const Answer left = world.operator_call("unenroll", json::Object{});
  EXPECT_EQ(left.status, 200) << left.body;
  EXPECT_TRUE(eventually([&] { return connection() == "off"; }));
}

TEST_F(ConductorTest, WhatIsMintedForAConductorCountsOnceItIsEnrolledWith) {
  mint_for_conductor();
  ASSERT_TRUE(connected());
  const auto end_of_call = [&] {
    const std::string id = conductor.say("conductor:tool_requested", wants("probe:echo", json::Object{{"text", "hi"}}));
    return json::serialize(conductor.result_of(id));
  };
  EXPECT_THAT(end_of_call(), HasSubstr(R"("success":true)"));
  const json::Object narrow{{"subject", "ws-42:conductor"}, {"scope", "events:read"}};
  const Answer minted = world.operator_call("token_mint", narrow);
  ASSERT_EQ(minted.status, 200) << minted.body;
  EXPECT_THAT(end_of_call(), HasSubstr(R"("success":true)")) << "asked for, and not installed";
  const json::Object other{{"document", conductor.enrollment()}, {"token_id", "none-of-these"}};
  EXPECT_THAT(world.operator_call("enroll", other).body, HasSubstr("CONFLICT"));
  EXPECT_THAT(end_of_call(), HasSubstr(R"("success":true)"));
  const json::Object given{{"document", conductor.enrollment()}, {"token_id", minted.text("/data/token_id")}};
  EXPECT_EQ(world.operator_call("enroll", given).status, 200);
  ASSERT_TRUE(connected());
  EXPECT_THAT(end_of_call(), HasSubstr("TOKEN_SCOPE_DENIED"));
}

TEST_F(ConductorTest, AClockThatIsLateIsFoundOutBeforeAnythingIsInstalled) {
  json::Value document = *json::parse(conductor.enrollment());
  document.as_object().set("issued_at", format_rfc3339(SystemClock().now() + std::chrono::minutes(7)));
  const Answer refused = world.operator_call("enroll", json::Object{{"document", json::serialize(document)}});
  EXPECT_THAT(refused.body, HasSubstr("INVALID_INPUT"));
  EXPECT_THAT(refused.body, HasSubstr("clock")) << "and by how much";
  EXPECT_EQ(connection(), "off");
  EXPECT_EQ(conductor.hellos(), 0u);
}

// As after a start before the clock was set: nobody has to start the sidecar again.
TEST_F(ConductorTest, AnEnrollmentThatTheClockMadeUnusableIsUsedOnceItIsRight) {
  json::Value document = *json::parse(conductor.enrollment());
  document.as_object().set(
      "issued_at", format_rfc3339(SystemClock().now() + conductor_link::kClockLeeway + std::chrono::seconds(3)));
  world.stop();
  enroll(json::serialize(document));
  world.start();
  EXPECT_EQ(connection(), "off");
  EXPECT_TRUE(connected());
}

TEST_F(ConductorTest, WhatWasMintedBeforeAndBesideCountsNoMore) {
  const auto mint = [this] {
    const Answer minted = world.operator_call("token_mint", json::Object{{"subject", "ws-42:conductor"}});
    EXPECT_EQ(minted.status, 200) << minted.body;
    return minted.text("/data/token");
  };
  const auto works = [this](const std::string& token) {
    return world.send(http::Method::kGet, "/tools", {}, world.as(token)).status == 200;
  };
  const std::string asked_in_vain = mint(), first = mint();
  EXPECT_EQ(world.operator_call("enroll", json::Object{{"document", conductor.enrollment()}}).status, 200);
  EXPECT_FALSE(works(asked_in_vain)) << "another one was given";
  EXPECT_TRUE(works(first));
  const std::string second = mint();
  EXPECT_TRUE(works(first)) << "asked for, and not installed";
  EXPECT_EQ(world.operator_call("enroll", json::Object{{"document", conductor.enrollment()}}).status, 200);
  EXPECT_FALSE(works(first));
  EXPECT_TRUE(works(second));
  const std::string late = mint();
  EXPECT_EQ(world.operator_call("unenroll", json::Object{}).status, 200);
  EXPECT_FALSE(works(second));
  EXPECT_FALSE(works(late)) << "nothing that was ever minted for it";
}

TEST_F(ConductorTest, AnotherConductorIsEnrolledWithOnceTheFirstIsLeft) {
  mint_for_conductor();
  SmallConductor other;
  json::Value elsewhere = *json::parse(other.enrollment());
  if (json::Value* log = elsewhere.as_object().find("conductor_log"))
    log->as_object().set("origin", "lumenflow/conductor-of-others");
  const json::Object document{{"document", json::serialize(elsewhere)}};
  const Answer refused = world.operator_call("enroll", document);
  EXPECT_THAT(refused.body, HasSubstr("CONFLICT"));
  EXPECT_THAT(refused.body, HasSubstr("unenroll"));
  EXPECT_EQ(world.operator_call("unenroll", json::Object{}).status, 200);
  EXPECT_EQ(world.operator_call("enroll", document).status, 200);
}

TEST_F(ConductorTest, AToolRunsOnceAndItsResultIsSaidUntilItIsKnown) {
  mint_for_conductor();
  enroll(conductor.enrollment());
  ASSERT_TRUE(connected());
  const std::string first =
      conductor.say("conductor:tool_requested", wants("probe:echo", json::Object{{"text", "hi"}}));
  const json::Value done = conductor.result_of(first);
  EXPECT_EQ(json::string_or(done, "state", ""), "done") << json::serialize(done);
  EXPECT_THAT(json::serialize(done), HasSubstr(R"("success":true)"));
  EXPECT_THAT(std::string(json::string_or(done, "receipt_id", "")), HasSubstr("rcpt-"));
  // Said while it was away: it is there when it is back, once.
  conductor.away(true);
  const std::string second = conductor.say("conductor:tool_requested", wants("probe:nothing_of_the_kind"));
  conductor.away(false);
  const json::Value refused = conductor.result_of(second);
  EXPECT_EQ(json::string_or(refused, "state", ""), "refused");
  EXPECT_THAT(json::serialize(refused), HasSubstr("TOOL_NOT_FOUND"));
  world.stop();
  world.start();
  ASSERT_TRUE(connected());
  const std::string third = conductor.say("conductor:stop_requested", json::Object{{"target", "all"}});
  EXPECT_EQ(json::string_or(conductor.result_of(third), "state", ""), "done");
  for (const auto& [id, said] : conductor.results()) EXPECT_THAT(said, SizeIs(::testing::Le(2u))) << id;
}

TEST_F(ConductorTest, QueuedEventsArriveOnceWhateverTheConductorDoes) {
  enroll(conductor.enrollment());
  ASSERT_TRUE(connected());
  for (int round = 0; round < 3; ++round) {
    conductor.away(true);
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(world
                    .send(http::Method::kPost, "/tasks",
                          R"({"task_id":"t-)" + std::to_string(round * 5 + i) + R"(","type":"chore","title":"x"})")
                    .status,
                200);
    conductor.away(false);
  }
  EXPECT_TRUE(eventually([&] { return conductor.events("task_created").size() >= 15; }));
  const auto events = conductor.events("task_created");
  ASSERT_THAT(events, SizeIs(15));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(json::string_or(events[i], "task_id", ""), "t-" + std::to_string(i));
    EXPECT_EQ(json::string_or(events[i], "from", ""), "ws-42");
  }
}

TEST_F(ConductorTest, WhatWasEmittedBeforeGoesThereWhereItIsAskedFor) {
  const auto create = [&](int n) {
    const json::Object task{{"task_id", "t-" + std::to_string(n)}, {"type", "chore"}, {"title", "x"}};
    ASSERT_EQ(world.send(http::Method::kPost, "/tasks", json::serialize(json::Value(task))).status, 200);
  };
  for (int n = 0; n < 3; ++n) create(n);
  mint_for_conductor();
  world.operator_call("enroll", json::Object{{"document", conductor.enrollment()}, {"backlog", true}});
  ASSERT_TRUE(connected());
  create(3);
  EXPECT_TRUE(eventually([&] { return conductor.events("task_created").size() >= 4; }));
  const auto events = conductor.events("task_created");
  ASSERT_THAT(events, SizeIs(4));
  for (std::size_t n = 0; n < events.size(); ++n)
    EXPECT_EQ(json::string_or(events[n], "task_id", ""), "t-" + std::to_string(n));
}

TEST_F(ConductorTest, EachSideWatchesTheOthersHistory) {
  conductor.knows_journal(world.keys().log_key.public_key);
  enroll(conductor.enrollment());
  ASSERT_TRUE(connected());
  int tasks = 0;
  const auto emit = [&] {
    world.send(http::Method::kPost, "/tasks",
               R"({"task_id":"t-)" + std::to_string(++tasks) + R"(","type":"chore","title":"x"})");
  };
  const auto witnessed = [&](const std::string& whose) {
    for (const json::Value& entry : world.entries())
      if (json::string_or(entry, "type", "") == "head.witnessed" && json::string_or(entry, "whose", "") == whose)
        return true;
    return false;
  };
  emit();
  EXPECT_TRUE(eventually([&] { return witnessed("workspace") && witnessed("conductor"); }));
  EXPECT_THAT(world.get("/outbox", world.as(world.token("events:read"))).body, Not(HasSubstr("alarm")));
  conductor.rewrite_history();
  const auto alarm = [&] { return world.get("/outbox", world.as(world.token("events:read"))).text("/alarm"); };
  EXPECT_TRUE(eventually([&] {
    emit();
    return !alarm().empty();
  }));
  EXPECT_THAT(alarm(), HasSubstr("is not the one that it has shown before"));
  EXPECT_TRUE(eventually(
      [&] { return world.get("/events?kind=workspace_warning").body.find("shown before") != std::string::npos; }));
  world.stop();
  world.start();
  EXPECT_TRUE(eventually([&] { return !alarm().empty(); })) << "until somebody has looked at it";
}

// The conductor would refuse all of it: what it has under this log_id is the clone's.
TEST_F(ConductorTest, AfterACloneWentFirstAConsentBringsTheWorkspaceBackUnderAnotherName) {
  const auto create = [&](const std::string& id) {
    const json::Object task{{"task_id", id}, {"type", "chore"}, {"title", "x"}};
    ASSERT_EQ(world.send(http::Method::kPost, "/tasks", json::serialize(json::Value(task))).status, 200);
  };
  mint_for_conductor();
  ASSERT_TRUE(connected());
  create("t-1");
  ASSERT_TRUE(eventually([&] { return conductor.events("task_created").size() == 1; }));
  conductor.hears_clone(7);
  create("t-2");
  ASSERT_TRUE(eventually([&] { return connection() == "forked"; }));
  ASSERT_TRUE(eventually([&] { return !conductor.forks().empty(); })) << "it is told";
  const std::string before = world.get("/outbox", world.as(world.token("events:read"))).text("/log_id");
  EXPECT_EQ(json::string_or(conductor.forks()[0], "log_id", ""), before);

  const Answer consented = world.operator_call("outbox_consent", json::Object{{"log_id", before}});
  ASSERT_EQ(consented.status, 200) << consented.body;
  const std::string after = consented.text("/data/log_id");
  EXPECT_NE(after, before);
  ASSERT_TRUE(connected());
  EXPECT_TRUE(eventually([&] { return conductor.events("task_created").size() == 2; })) << "what waited arrives";
  EXPECT_EQ(world.get("/outbox", world.as(world.token("events:read"))).text("/log_id"), after);

  world.stop();
  world.start();  // its heads of before are its own still
  ASSERT_TRUE(connected());
  create("t-3");
  EXPECT_TRUE(eventually([&] { return conductor.events("task_created").size() == 3; }));
  std::size_t renamed = 0;
  for (const json::Value& entry : world.entries())
    if (json::string_or(entry, "type", "") == "workspace.renamed") {
      ++renamed;
      EXPECT_EQ(json::string_or(entry, "from_log_id", ""), before);
    }
  EXPECT_EQ(renamed, 1u);
}

TEST_F(ConductorTest, WhatTheConductorMayDoHereIsRenewedBeforeItEnds) {
  const json::Object wish{{"subject", "ws-42:conductor"}, {"scope", "tools:read tools:write"}, {"ttl_seconds", 1}};
  const Answer minted = world.operator_call("token_mint", wish);
  const Timestamp end = *parse_rfc3339(minted.text("/data/expires_at"));
  ASSERT_EQ(world.operator_call("enroll", json::Object{{"document", conductor.enrollment()}}).status, 200);
  ASSERT_TRUE(connected());
  ASSERT_TRUE(eventually([&] {
    return std::ranges::any_of(conductor.renewals(), [](const auto& body) { return body.find("token") != nullptr; });
  }));
  ASSERT_TRUE(eventually([&] { return SystemClock().now() > end; }));
  const std::string token(json::string_or(conductor.renewals().back(), "token", ""));
  EXPECT_EQ(world.send(http::Method::kGet, "/tools", {}, world.as(token)).status, 200);
  EXPECT_EQ(world.send(http::Method::kGet, "/events", {}, world.as(token)).status, 403) << "with the same scopes";
  EXPECT_EQ(world.send(http::Method::kGet, "/tools", {}, world.as(minted.text("/data/token"))).status, 401);
  const std::string id = conductor.say("conductor:tool_requested", wants("probe:echo", json::Object{{"text", "hi"}}));
  EXPECT_THAT(json::serialize(conductor.result_of(id)), HasSubstr(R"("success":true)")) << "over the uplink, too";
  EXPECT_TRUE(eventually([&] {
    const json::Value outbox = world.get("/outbox", world.as(world.token("events:read"))).value;
    const json::Value* given = outbox.at_pointer("/conductor_token/given");
    return given != nullptr && *given == json::Value(true);
  }));
  EXPECT_EQ(world.operator_call("conductor_token", json::Object{}).code(), "TOKEN_SCOPE_DENIED")
      << "nobody asks for it";
  EXPECT_EQ(world.operator_call("unenroll", json::Object{}).status, 200);
  EXPECT_EQ(world.send(http::Method::kGet, "/tools", {}, world.as(token)).status, 401) << "it ends with the rest";
}

TEST_F(ConductorTest, WhatWasRevokedIsNotRenewed) {
  const json::Object wish{{"subject", "ws-42:conductor"}, {"ttl_seconds", 1}};
  const Answer minted = world.operator_call("token_mint", wish);
  ASSERT_EQ(world.operator_call("token_revoke", json::Object{{"token_id", minted.text("/data/token_id")}}).status, 200);
  ASSERT_EQ(world.operator_call("enroll", json::Object{{"document", conductor.enrollment()}}).status, 200);
  ASSERT_TRUE(connected());
  const std::string id = conductor.say("conductor:tool_requested", wants("probe:echo", json::Object{{"text", "hi"}}));
  EXPECT_THAT(json::serialize(conductor.result_of(id)), HasSubstr("TOKEN_"));
  EXPECT_TRUE(eventually(
      [&] { return world.get("/audit?limit=1000").body.find("kernel:conductor_token") != std::string::npos; }));
  for (const json::Value& renewal : conductor.renewals()) EXPECT_EQ(renewal.find("token"), nullptr);
}

TEST_F(ConductorTest, AnEnrollmentThatIsNoneIsSaidAndEverythingElseGoesOn) {
  world.stop();
  std::string foreign = conductor.enrollment();
  foreign.replace(foreign.find("ws-42"), 5, "ws-43");
  enroll(foreign);
  world.start();
  EXPECT_EQ(connection(), "off");
  EXPECT_THAT(world.get("/outbox", world.as(world.token("events:read"))).text("/last_error"),
              HasSubstr("lumenflow enroll"));
  EXPECT_EQ(world.get("/tools").status, 200);
  EXPECT_EQ(conductor.hellos(), 0u);
  enroll(conductor.enrollment());
  EXPECT_TRUE(connected()) << "it is looked at again when it is another";
}

}  // namespace
}  // namespace lumenflow::sidecar
