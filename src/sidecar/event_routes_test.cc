#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

std::int64_t n_of(const json::Value& event) {
  const json::Value* n = event.at_pointer("/payload/n");
  return n == nullptr ? -1 : n->as_integer();
}

class EventRoutes : public testing::Test {
 protected:
  void emit(int n) { ASSERT_EQ(world.call("probe:emit", "{\"n\":" + std::to_string(n) + "}").status, 200); }
  // Until the probe's handler has dealt with what was emitted, which is an entry too.
  void wait_for_handler() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < give_up)
      if (world.get("/audit?after=0&limit=1000").body.find("handler.done") != std::string::npos) return;
    FAIL() << "no handler has run";
  }
  // The next frame that is an event of the probe pack.
  static Frame next_probe(EventReader& reader) {
    for (;;) {
      const Frame frame = reader.next();
      if (frame.end || frame.event == "probe:happened") return frame;
    }
  }
  std::string log_id() { return world.get("/audit/head").text("/log_id"); }

  SidecarWorld world;
};

TEST_F(EventRoutes, PageByPositionWithoutMissingOrRepeating) {
  for (int n = 1; n <= 7; ++n) emit(n);
  std::vector<std::int64_t> seen, positions;
  std::string after = "0";
  for (int pages = 0; pages < 20; ++pages) {
    const Answer page = world.get("/events?kind=probe:happened&limit=3&after=" + after);
    ASSERT_EQ(page.status, 200) << page.body;
    for (const json::Value& item : page.value.find("items")->as_array()) {
      EXPECT_EQ(json::string_or(item, "kind", ""), "probe:happened");
      seen.push_back(n_of(item));
      positions.push_back(json::integer_or(item, "position", 0));
    }
    EXPECT_LE(page.value.find("items")->as_array().size(), 3u);
    if (page.value.find("next")->is_null()) break;
    after = std::to_string(page.value.find("next")->as_integer());
  }
  EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
  EXPECT_EQ(world.get("/events?kind=no:such").value.find("items")->as_array().size(), 0u);
  EXPECT_TRUE(world.get("/events?after=18446744073709551615").value.find("next")->is_null());
}

TEST_F(EventRoutes, RefuseNumbersThatAreNone) {
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "after=-1", "after=", "after=1e3", "limit=%2b5"})
    EXPECT_EQ(world.get("/events?" + std::string(query)).code(), "INVALID_REQUEST") << query;
  EXPECT_EQ(world.get("/events/stream?after=x").code(), "INVALID_REQUEST");
  EXPECT_EQ(world.get("/events", world.as(world.token("tools:read"))).code(), "TOKEN_SCOPE_DENIED");
}

TEST_F(EventRoutes, AStreamSendsWhatHappensAsItHappens) {
  EventReader reader(world, "?kind=probe:happened");
  EXPECT_EQ(reader.status(), 200);
  EXPECT_EQ(json::string_or(reader.next().value(), "status", ""), "up_to_date");
  for (int n = 1; n <= 3; ++n) {
    emit(n);
    const Frame frame = reader.next();
    EXPECT_EQ(n_of(frame.value()), n);
    EXPECT_EQ(frame.id, std::to_string(json::integer_or(frame.value(), "position", 0)));
  }
}

TEST_F(EventRoutes, AReaderResumesWhereItWasAcrossARestart) {
  emit(1);
  emit(2);
  std::string last;
  {
    EventReader reader(world, "?after=0");
    last = next_probe(reader).id;
  }
  world.stop();
  world.start();
  emit(3);
  EventReader reader(world, "", last);
  const Frame first = reader.next();
  EXPECT_EQ(first.event, "resume");
  EXPECT_EQ(json::string_or(first.value(), "status", ""), "replayed");
  EXPECT_EQ(first.id, last);
  EXPECT_EQ(n_of(next_probe(reader).value()), 2) << "nothing missed, nothing twice";
  EXPECT_EQ(n_of(next_probe(reader).value()), 3);
}

TEST_F(EventRoutes, AResumptionIsToldWhereItStands) {
  emit(1);
  wait_for_handler();  // then the journal stands still
  const std::string head = std::to_string(json::integer_or(world.get("/audit/head").value, "tree_size", 0));
  const auto status = [&](const std::string& query, const std::string& last) {
    const Frame frame = EventReader(world, query, last).next();
    EXPECT_EQ(json::string_or(frame.value(), "log_id", ""), log_id());
    return std::string(json::string_or(frame.value(), "status", ""));
  };
  EXPECT_EQ(status("", "1"), "replayed");
  EXPECT_EQ(status("?after=0", ""), "replayed");
  EXPECT_EQ(status("", head), "up_to_date");
  EXPECT_EQ(status("?log_id=" + log_id(), "1"), "replayed");
  EXPECT_EQ(status("", "999999"), "unknown_position") << "a position that this journal does not have yet";
  EXPECT_EQ(status("", "rubbish"), "unknown_position");
  EXPECT_EQ(status("?log_id=01ARZ3NDEKTSV4RRFFQ69G5FAV", "1"), "unknown_position") << "a position of another journal";
  EventReader unknown(world, "", "999999");
  EXPECT_EQ(unknown.next().id, head) << "it goes on from the end, and the reader has been told";
  emit(2);
  EXPECT_EQ(n_of(next_probe(unknown).value()), 2);
}

TEST_F(EventRoutes, AGapIsNamedAndWhatIsBeforeItIsSent) {
  for (int n = 1; n <= 3; ++n) emit(n);
  const Answer page = world.get("/events?kind=probe:happened");
  const std::int64_t spoiled = json::integer_or(page.value.find("items")->as_array()[1], "position", 0);
  world.stop();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(WorkspacePaths(world.root()).journal.c_str(), &database), SQLITE_OK);
  const std::string sql =
      "UPDATE rows SET entries = zeroblob(length(entries)) WHERE position = (SELECT max(position) "
      "FROM rows WHERE position <= " +
      std::to_string(spoiled) + ")";
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  EXPECT_EQ(sqlite3_changes(database), 1);
  sqlite3_close(database);
  world.start();
  EventReader reader(world, "?after=0");
  const Frame first = reader.next();
  const json::Value told = first.value();
  EXPECT_EQ(json::string_or(told, "status", ""), "gap");
  const json::Value* from = told.at_pointer("/missing/from");
  ASSERT_NE(from, nullptr) << first.data;
  EXPECT_GT(from->as_integer(), json::integer_or(page.value.find("items")->as_array()[0], "position", 0));
  EXPECT_LE(from->as_integer(), spoiled);
  EXPECT_EQ(n_of(next_probe(reader).value()), 1);
  const Frame beyond = EventReader(world, "", std::to_string(spoiled + 1)).next();
  EXPECT_EQ(json::string_or(beyond.value(), "status", ""), "gap") << "also to whom the lost part was sent before";
  EXPECT_EQ(world.call("probe:emit", R"({"n":4})").status, 503);
}

TEST(EventStream, ASilentStreamIsKeptOpen) {
  const SidecarWorld world({.config = {}, .heartbeat = std::chrono::milliseconds(10)});
  EventReader reader(world, "");
  EXPECT_EQ(reader.next().event, "resume");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reader.next().comment, ":");
}

}  // namespace
}  // namespace lumenflow::sidecar
