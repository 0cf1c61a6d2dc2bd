// The uplink of a running sidecar: what it delivers, what waits while the other side is away, and what is said of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "sidecar/testing/sidecar_world.h"
#include "uplink/loopback.h"

namespace lumenflow::sidecar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

WorldOptions with_loopback() { return {.config = "uplink: loopback\n", .uplink = true}; }

// GET /outbox, asked again until it is as wanted or a test's patience is over.
json::Value outbox_until(const SidecarWorld& world, const std::function<bool(const json::Value&)>& wanted) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    const Answer answer = world.get("/outbox");
    EXPECT_EQ(answer.status, 200) << answer.body;
    if (wanted(answer.value) || std::chrono::steady_clock::now() > give_up) return answer.value;
  }
}

bool is_empty(const json::Value& outbox) { return json::integer_or(outbox, "pending_events", -1) == 0; }

// The kinds that the loopback adapter took in, and the numbers of the probe's events among them.
struct Inbox {
  std::vector<std::string> kinds;
  std::vector<std::int64_t> numbers;
};
Inbox inbox_of(const SidecarWorld& world) {
  Inbox out;
  const auto inbox = uplink::open_inbox(WorkspacePaths(world.root()).inbox, "unused");
  EXPECT_TRUE(inbox.ok());
  const auto items = uplink::read_inbox(**inbox, Position(0), 1'000);
  EXPECT_TRUE(items.ok());
  for (const uplink::InboxItem& item : *items) {
    const json::Value* event = item.entry.find("event");
    if (event == nullptr) continue;
    out.kinds.emplace_back(json::string_or(*event, "kind", ""));
    if (const json::Value* n = event->at_pointer("/payload/n")) out.numbers.push_back(n->as_integer());
  }
  return out;
}

// Somebody else writes the inbox for as long as this lives: the other side is away.
class InboxHeld {
 public:
  explicit InboxHeld(const SidecarWorld& world) {
    EXPECT_EQ(sqlite3_open(WorkspacePaths(world.root()).inbox.c_str(), &db_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "begin immediate", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~InboxHeld() {
    sqlite3_exec(db_, "rollback", nullptr, nullptr, nullptr);
    sqlite3_close(db_);
  }

 private:
  sqlite3* db_ = nullptr;
};

std::string emission(int n) { return "{\"n\":" + std::to_string(n) + "}"; }

TEST(OutboxRoutes, WhatIsEmittedArrivesInOrder) {
  const SidecarWorld world(with_loopback());
  for (int n = 1; n <= 5; ++n) EXPECT_EQ(world.call("probe:emit", emission(n)).status, 200);
  const json::Value outbox = outbox_until(world, is_empty);
  EXPECT_EQ(json::string_or(outbox, "connection", ""), "connected");
  EXPECT_EQ(json::string_or(outbox, "uplink", ""), "loopback");
  EXPECT_THAT(inbox_of(world).numbers, ElementsAre(1, 2, 3, 4, 5));
}

TEST(OutboxRoutes, WhileTheOtherSideIsAwayQueueEventsWaitAndOthersAreCounted) {
  SidecarWorld world(with_loopback());
  world.call("probe:emit", emission(1));
  outbox_until(world, is_empty);
  {
    const InboxHeld held(world);
    for (int n = 2; n <= 4; ++n) EXPECT_EQ(world.call("probe:emit", emission(n)).status, 200) << "callers see nothing";
    outbox_until(world,
                 [](const json::Value& outbox) { return json::string_or(outbox, "connection", "") != "connected"; });
    for (int n = 5; n <= 6; ++n) EXPECT_EQ(world.call("probe:emit", emission(n)).status, 200);
    const json::Value outbox = outbox_until(
        world, [](const json::Value& now) { return now.at_pointer("/dropped/agent-runtime:tool_called") != nullptr; });
    EXPECT_GE(json::integer_or(outbox, "pending_events", 0), 2);
    EXPECT_NE(json::string_or(outbox, "oldest", ""), "");

    const Answer pending = world.get("/outbox/pending?limit=1000");
    ASSERT_EQ(pending.status, 200);
    const json::Array& items = pending.value.find("items")->as_array();
    ASSERT_FALSE(items.empty());
    EXPECT_EQ(items.back().at_pointer("/event/payload/n")->as_integer(), 6);
    const Answer page = world.get("/outbox/pending?limit=1");
    EXPECT_EQ(page.value.find("items")->as_array().size(), 1u);
    EXPECT_FALSE(page.value.find("next")->is_null());
    EXPECT_THAT(world.get("/metrics", world.as(world.token("metrics:read"))).body,
                HasSubstr("lumenflow_events_dropped_total{kind=\"agent-runtime:tool_called\"}"));
  }
  outbox_until(world, is_empty);
  EXPECT_THAT(inbox_of(world).numbers, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(OutboxRoutes, WhatWaitsSurvivesARestart) {
  SidecarWorld world(with_loopback());
  world.call("probe:emit", emission(1));
  outbox_until(world, is_empty);
  {
    const InboxHeld held(world);
    for (int n = 2; n <= 3; ++n) world.call("probe:emit", emission(n));
    world.stop();
  }
  world.start();
  outbox_until(world, is_empty);
  EXPECT_THAT(inbox_of(world).numbers, ElementsAre(1, 2, 3));
}

TEST(OutboxRoutes, AnInboxThatCannotBeReadStopsNothingElse) {
  SidecarWorld world(with_loopback());
  world.call("probe:emit", emission(1));
  outbox_until(world, is_empty);
  world.stop();
  const std::string inbox = WorkspacePaths(world.root()).inbox;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(inbox + suffix);
  std::ofstream(inbox) << "no database at all, but long enough to be looked at as one";
  world.start();
  EXPECT_EQ(world.call("probe:emit", emission(2)).status, 200);
  const Answer outbox = world.get("/outbox");
  EXPECT_EQ(outbox.text("/connection"), "off");
  EXPECT_NE(outbox.text("/last_error"), "");
  EXPECT_FALSE(is_empty(outbox.value)) << "it waits";
}

TEST(OutboxRoutes, WithoutAnUplinkNothingWaits) {
  const SidecarWorld world;
  EXPECT_EQ(world.call("probe:emit", emission(1)).status, 200);
  const Answer outbox = world.get("/outbox");
  EXPECT_EQ(outbox.value.find("enabled")->as_boolean(), false);
  EXPECT_TRUE(is_empty(outbox.value));
}

TEST(OutboxRoutes, NeedsTheScopeAndGoodNumbers) {
  const SidecarWorld world;
  for (const char* path : {"/outbox", "/outbox/pending", "/outbox/dead-letters"}) {
    EXPECT_EQ(world.get(path, world.as(world.token("tools:read"))).status, 403) << path;
    EXPECT_EQ(world.get(path).status, 200) << path;
  }
  EXPECT_EQ(world.get("/outbox/pending?limit=0").status, 400);
  EXPECT_EQ(world.get("/outbox/dead-letters?after=x").status, 400);
}

}  // namespace
}  // namespace lumenflow::sidecar
