#include "sidekick/storage/journal_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_store.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

AuditEvent event(std::string id) {
  AuditEvent event;
  event.id = std::move(id);
  return event;
}

Status insert_with_audit(StoragePort& storage, std::string_view id) {
  return storage.transaction({Collection::kTasks}, [&](Transaction& transaction) -> Status {
    LUMENFLOW_TRY(transaction.edit(Collection::kTasks).insert(id, json::Object{{"id", id}}));
    return transaction.append_audit(event("evt-" + std::string(id)));
  });
}

TEST(JournalStorage, KeepsOneKeyFamilyPerCollection) {
  lumenflow::testing::MemoryStore store;
  JournalStorage storage(store);
  ASSERT_TRUE(insert_with_audit(storage, "task-1").ok());
  std::vector<std::string> keys;
  for (const auto& [key, value] : store.contents) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("audit/evt-task-1", "counters/audit", "counters/tasks", "tasks/task-1"));
}

TEST(JournalStorage, InsertTouchesTheSameRecordsHoweverMuchIsStored) {
  lumenflow::testing::MemoryStore store;
  JournalStorage storage(store);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(insert_with_audit(storage, "task-" + std::to_string(10000 + i)).ok());
  store.records_read = store.records_written = 0;
  ASSERT_TRUE(insert_with_audit(storage, "task-20000").ok());
  EXPECT_EQ(store.records_read, 2u) << "the two counters";
  EXPECT_EQ(store.records_written, 4u) << "the task, its audit record, the two counters";
}

TEST(JournalStorage, LeavesNothingWhicheverWriteTheStoreRefuses) {
  for (std::size_t refused = 0; refused < 4; ++refused) {
    lumenflow::testing::MemoryStore store;
    JournalStorage storage(store);
    ASSERT_TRUE(insert_with_audit(storage, "task-1").ok());
    const std::string before = store.digest();
    store.writes_until_refusal = refused;
    EXPECT_FALSE(insert_with_audit(storage, "task-2").ok());
    EXPECT_EQ(store.digest(), before) << "write " << refused;
  }
}

TEST(JournalStorage, ReportsADamagedCounterAndLeavesItAlone) {
  for (const json::Value& damaged :
       {json::Value("nonsense"), json::Value(json::Object{{"count", -1}, {"bytes", 0}}),
        json::Value(json::Object{{"count", 1}}), json::Value(json::Object{{"count", 1}, {"bytes", "2"}})}) {
    lumenflow::testing::MemoryStore store;
    JournalStorage storage(store);
    store.contents["counters/tasks"] = damaged;
    ASSERT_TRUE(insert_with_audit(storage, "task-1").ok()) << "a write is worth more than its figure";
    EXPECT_EQ(store.contents["counters/tasks"], damaged);
    const Result<Stats> stats = storage.stats();
    ASSERT_TRUE(stats.ok());
    ASSERT_EQ(stats->problems.size(), 1u);
    EXPECT_THAT(stats->problems[0], HasSubstr("counters/tasks"));
    EXPECT_EQ(stats->audit.count, 1);
  }
}

}  // namespace
}  // namespace lumenflow::sidekick
