// A row of a table that is none: the journal is read-only then, says so, and goes on being read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

class MalformedTables : public testing::TestWithParam<const char*> {
 protected:
  static void execute(const std::string& database_path, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(database_path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
};

TEST_P(MalformedTables, LeaveTheJournalReadable) {
  SidecarWorld world;
  ASSERT_EQ(world.call("probe:emit", R"({"n":1})", {{"Idempotency-Key", "a"}}).status, 200);
  world.stop();
  execute(WorkspacePaths(world.root()).journal, GetParam());
  world.start();
  const Answer diagnostics = world.get("/diagnostics");
  ASSERT_EQ(diagnostics.status, 200);
  EXPECT_EQ(*diagnostics.value.at_pointer("/journal/damaged"), json::Value(true));
  EXPECT_THAT(diagnostics.text("/journal/what"), testing::Not(""));
  EXPECT_EQ(world.call("probe:echo").code(), "JOURNAL_DAMAGED");
  EXPECT_EQ(world.get("/audit?limit=10").status, 200);
  EXPECT_EQ(world.get("/events?limit=10", world.as(world.token("events:read"))).status, 200);
  EXPECT_EQ(world.get("/readyz").status, 503);
}

INSTANTIATE_TEST_SUITE_P(Every, MalformedTables,
                         testing::Values("insert into t_open_calls values(x'00',x'00')",
                                         "insert into t_open_calls values(zeroblob(16),x'00')",
                                         "update t_streams set value=x'00'",
                                         "update t_call_key_index set value=x'01' where key=x'68'"));

}  // namespace
}  // namespace lumenflow::sidecar
