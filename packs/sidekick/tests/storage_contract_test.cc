// What every adapter of StoragePort promises. An adapter joins by adding itself to the list at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "crash_disk.h"
#include "sidekick/storage/file_storage.h"
#include "sidekick/storage/journal_storage.h"
#include "support/memory_store.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps what an adapter stores on, and opens the port anew as each call does.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::unique_ptr<StoragePort> open() = 0;
};

struct Adapter {
  const char* name;
  std::function<std::unique_ptr<Backend>()> make;
};

class StorageContract : public ::testing::TestWithParam<Adapter> {
 protected:
  std::unique_ptr<StoragePort> open() { return backend_->open(); }

  static json::Value record(std::string_view text) { return json::Object{{"text", text}}; }
  static std::vector<std::string> ids(Result<std::vector<Record>> records) {
    std::vector<std::string> found;
    if (records.ok())
      for (const Record& each : *records) found.push_back(each.id);
    return found;
  }
  static AuditEvent event(std::string id) {
    AuditEvent event;
    event.id = std::move(id);
    event.ts = "2026-03-01T12:00:00.000Z";
    event.tool = "task:create";
    event.actor = "ws-1";
    event.receipt_id = "rcpt-1";
    return event;
  }
  void insert(std::string_view id) {
    EXPECT_TRUE(open()->update(Collection::kTasks, [&](Editor& tasks) { return tasks.insert(id, record(id)); }).ok());
  }

  std::unique_ptr<Backend> backend_ = GetParam().make();
};

TEST_P(StorageContract, ShowsWhatWasWrittenBefore) {
  insert("task-1");
  const auto snapshot = open()->read(Collection::kTasks);
  const auto found = (*snapshot)->find("task-1");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ(**found, record("task-1"));
  EXPECT_FALSE((*snapshot)->find("task-2")->has_value());
}

TEST_P(StorageContract, PagesInBothDirections) {
  for (const char* id : {"task-2", "task-1", "task-4", "task-3"}) insert(id);
  const auto tasks = *open()->read(Collection::kTasks);
  EXPECT_THAT(ids(tasks->newest("", 10)), ElementsAre("task-4", "task-3", "task-2", "task-1"));
  EXPECT_THAT(ids(tasks->newest("", 2)), ElementsAre("task-4", "task-3"));
  EXPECT_THAT(ids(tasks->newest("task-3", 1)), ElementsAre("task-2"));
  EXPECT_THAT(ids(tasks->newest("task-1", 5)), IsEmpty());
  EXPECT_THAT(ids(tasks->oldest("", 3)), ElementsAre("task-1", "task-2", "task-3"));
  EXPECT_THAT(ids(tasks->oldest("task-2", 3)), ElementsAre("task-3", "task-4"));
}

TEST_P(StorageContract, KeepsCollectionsApart) {
  insert("task-1");
  EXPECT_THAT(ids((*open()->read(Collection::kMemories))->newest("", 10)), IsEmpty());
  EXPECT_THAT(ids((*open()->read(Collection::kRoutines))->oldest("", 10)), IsEmpty());
}

TEST_P(StorageContract, SeesItsOwnWritesInsideATransaction) {
  insert("task-1");
  const Status status = open()->update(Collection::kTasks, [&](Editor& tasks) -> Status {
    LUMENFLOW_TRY(tasks.insert("task-2", record("b")));
    EXPECT_THAT(ids(tasks.newest("", 10)), ElementsAre("task-2", "task-1"));
    LUMENFLOW_TRY(tasks.put("task-1", record("changed")));
    EXPECT_EQ(**tasks.find("task-1"), record("changed"));
    LUMENFLOW_TRY_ASSIGN(const bool erased, tasks.erase("task-1"));
    EXPECT_TRUE(erased);
    LUMENFLOW_TRY_ASSIGN(const bool again, tasks.erase("task-1"));
    EXPECT_FALSE(again);
    return {};
  });
  ASSERT_TRUE(status.ok());
  EXPECT_THAT(ids((*open()->read(Collection::kTasks))->newest("", 10)), ElementsAre("task-2"));
}

TEST_P(StorageContract, LeavesNothingOfATransactionThatFails) {
  insert("task-1");
  const Status status =
      open()->transaction({Collection::kTasks, Collection::kMemories}, [&](Transaction& transaction) -> Status {
        LUMENFLOW_TRY(transaction.edit(Collection::kTasks).put("task-1", record("changed")));
        LUMENFLOW_TRY(transaction.edit(Collection::kTasks).insert("task-2", record("b")));
        LUMENFLOW_TRY(transaction.edit(Collection::kMemories).put("mem-1", record("m")));
        LUMENFLOW_TRY(transaction.append_audit(event("evt-1")));
        LUMENFLOW_TRY(transaction.initialize("2026-03-01T12:00:00.000Z"));
        return Error(ErrorCode::kNotFound, "no task task-9");
      });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
  const auto tasks = *open()->read(Collection::kTasks);
  EXPECT_THAT(ids(tasks->newest("", 10)), ElementsAre("task-1"));
  EXPECT_EQ(**tasks->find("task-1"), record("task-1"));
  EXPECT_THAT(ids((*open()->read(Collection::kMemories))->newest("", 10)), IsEmpty());
  EXPECT_THAT(*open()->read_audit("", 10), IsEmpty());
  EXPECT_FALSE(open()->stats()->initialized);
  EXPECT_EQ(open()->stats()->collections[index_of(Collection::kTasks)].count, 1);
}

TEST_P(StorageContract, FindsTasksByTheMomentTheyFallDue) {
  const auto due = [&](std::string_view until) {
    return ids((*open()->read(Collection::kTasks))->indexed({"", until}, 10));
  };
  const auto put = [&](std::string_view id, const char* task) {
    EXPECT_TRUE(
        open()->update(Collection::kTasks, [&](Editor& tasks) { return tasks.put(id, *json::parse(task)); }).ok());
  };
  put("task-1", R"({"status":"pending","due_at":"2026-03-01T13:00:00+01:00"})");
  put("task-2", R"({"status":"pending","due_at":"2026-03-01T11:00:00Z"})");
  put("task-3", R"({"status":"pending","due_at":"2026-03-01T10:00:00Z","next_due_at":"2026-03-09T00:00:00.000Z"})");
  put("task-4", R"({"status":"pending"})");
  EXPECT_THAT(due("9999"), ElementsAre("task-2", "task-1", "task-3"));
  EXPECT_THAT(due("2026-03-01T12:00:00.000Z"), ElementsAre("task-2", "task-1"));
  put("task-2", R"({"status":"done","due_at":"2026-03-01T11:00:00Z"})");
  put("task-1", R"({"status":"pending","due_at":"2026-03-01T12:00:00Z","last_due_at":"2026-03-01T12:00:00.000Z"})");
  put("task-4", R"({"status":"pending","next_due_at":"2026-03-02T00:00:00.000Z"})");
  EXPECT_THAT(due("9999"), ElementsAre("task-4", "task-3"));
  ASSERT_TRUE(open()
                  ->update(Collection::kTasks,
                           [](Editor& tasks) -> Status {
                             LUMENFLOW_TRY(tasks.erase("task-4"));
                             EXPECT_THAT(ids(tasks.indexed({"", "9999"}, 10)), ElementsAre("task-3"))
                                 << "inside the transaction too";
                             return {};
                           })
                  .ok());
  EXPECT_THAT(due("9999"), ElementsAre("task-3"));
}

TEST_P(StorageContract, PagesThroughTheRecordsUnderOneKey) {
  ASSERT_TRUE(open()
                  ->update(Collection::kMessages,
                           [](Editor& messages) -> Status {
                             for (const char* id : {"msg-1", "msg-4", "msg-2"})
                               LUMENFLOW_TRY(messages.insert(id, json::Object{{"channel", "ops"}}));
                             LUMENFLOW_TRY(messages.insert("msg-3", json::Object{{"channel", "ops 2"}}));
                             LUMENFLOW_TRY(messages.insert("msg-5", json::Object{{"channel", "op"}}));
                             return messages.insert("msg-6", json::Object{{"channel", "bad\x1fname"}});
                           })
                  .ok());
  const auto messages = *open()->read(Collection::kMessages);
  EXPECT_THAT(ids(messages->indexed({"ops", "ops"}, 10)), ElementsAre("msg-1", "msg-2", "msg-4"));
  EXPECT_THAT(ids(messages->indexed({"ops", "ops"}, 2)), ElementsAre("msg-1", "msg-2"));
  EXPECT_THAT(ids(messages->indexed({"ops", "ops", "msg-1"}, 10)), ElementsAre("msg-2", "msg-4"));
  EXPECT_THAT(ids(messages->indexed({"none", "none"}, 10)), IsEmpty());
  EXPECT_THAT(ids(messages->indexed({"", "zzz"}, 10)), ElementsAre("msg-5", "msg-1", "msg-2", "msg-4", "msg-3"));
}

TEST_P(StorageContract, LeavesTheIndexAsItWasWhenATransactionFails) {
  const auto channel = [](std::string_view name) { return json::Object{{"name", name}}; };
  ASSERT_TRUE(open()
                  ->update(Collection::kChannels,
                           [&](Editor& channels) { return channels.insert("chan-1", channel("default")); })
                  .ok());
  ASSERT_FALSE(open()
                   ->update(Collection::kChannels,
                            [&](Editor& channels) -> Status {
                              LUMENFLOW_TRY(channels.put("chan-1", channel("renamed")));
                              LUMENFLOW_TRY(channels.insert("chan-2", channel("other")));
                              return Error(ErrorCode::kNotFound, "no");
                            })
                   .ok());
  const auto channels = *open()->read(Collection::kChannels);
  EXPECT_THAT(ids(channels->indexed({"default", "default"}, 2)), ElementsAre("chan-1"));
  EXPECT_THAT(ids(channels->indexed({"", "zzz"}, 9)), ElementsAre("chan-1"));
}

TEST_P(StorageContract, KeepsTheAuditTrailInOrder) {
  AuditEvent full = event("evt-1");
  full.op = AuditOp::kDelete;
  full.ids = {"task-1", "task-2"};
  full.details = {{"reason", "asked for"}};
  ASSERT_TRUE(open()->append_audit(std::move(full)).ok());
  ASSERT_TRUE(open()->append_audit(event("evt-2")).ok());
  const auto all = *open()->read_audit("", 10);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(json::serialize(all[0]),
            R"({"id":"evt-1","ts":"2026-03-01T12:00:00.000Z","tool":"task:create","op":"delete","actor":"ws-1",)"
            R"("receipt_id":"rcpt-1","ids":["task-1","task-2"],"details":{"reason":"asked for"}})");
  EXPECT_EQ(json::serialize(all[1]),
            R"({"id":"evt-2","ts":"2026-03-01T12:00:00.000Z","tool":"task:create","op":"create","actor":"ws-1",)"
            R"("receipt_id":"rcpt-1"})");
  EXPECT_THAT(*open()->read_audit("evt-1", 10), ElementsAre(all[1]));
  EXPECT_THAT(*open()->read_audit("", 1), ElementsAre(all[0]));
}

TEST_P(StorageContract, InitializesOnce) {
  const auto initialize = [this] {
    bool made = false;
    EXPECT_TRUE(open()
                    ->transaction({},
                                  [&](Transaction& transaction) -> Status {
                                    LUMENFLOW_TRY_ASSIGN(made, transaction.initialize("2026-03-01T12:00:00.000Z"));
                                    return {};
                                  })
                    .ok());
    return made;
  };
  EXPECT_FALSE(open()->stats()->initialized);
  EXPECT_TRUE(initialize());
  EXPECT_FALSE(initialize());
  EXPECT_TRUE(open()->stats()->initialized);
}

TEST_P(StorageContract, CountsWhatIsThere) {
  insert("task-1");
  const Usage one = open()->stats()->collections[index_of(Collection::kTasks)];
  EXPECT_EQ(one.count, 1);
  EXPECT_GT(one.bytes, 0);
  insert("task-2");
  const auto write = [this](const StoragePort::Edit& edit) {
    EXPECT_TRUE(open()->update(Collection::kTasks, edit).ok());
    return open()->stats()->collections[index_of(Collection::kTasks)];
  };
  EXPECT_GT(write([](Editor& tasks) { return tasks.put("task-1", record("a longer text than before")); }).bytes,
            2 * one.bytes);
  EXPECT_EQ(write([](Editor& tasks) { return tasks.put("task-1", record("task-1")); }).bytes, 2 * one.bytes);
  const Usage less = write([](Editor& tasks) -> Status {
    LUMENFLOW_TRY(tasks.erase("task-2"));
    return {};
  });
  EXPECT_EQ(less.count, 1);
  EXPECT_EQ(less.bytes, one.bytes);
  ASSERT_TRUE(open()->append_audit(event("evt-1")).ok());
  EXPECT_EQ(open()->stats()->audit.count, 1);
  EXPECT_THAT(open()->stats()->problems, IsEmpty());
}

class JournalBackend final : public Backend {
 public:
  std::unique_ptr<StoragePort> open() override { return std::make_unique<JournalStorage>(store_); }

 private:
  lumenflow::testing::MemoryStore store_;
};

class FileBackend final : public Backend {
 public:
  std::unique_ptr<StoragePort> open() override { return std::make_unique<FileStorage>(*store_); }

 protected:
  CrashDisk disk_;
  std::unique_ptr<FileStore> store_ = *FileStore::open(disk_);
};

// Opened anew before each call: everything goes through the log.
class ReopenedFileBackend final : public Backend {
 public:
  std::unique_ptr<StoragePort> open() override {
    store_.reset();
    store_ = *FileStore::open(disk_);
    return std::make_unique<FileStorage>(*store_);
  }

 private:
  CrashDisk disk_;
  std::unique_ptr<FileStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Adapters, StorageContract,
                         ::testing::Values(Adapter{"journal", [] { return std::make_unique<JournalBackend>(); }},
                                           Adapter{"filesystem", [] { return std::make_unique<FileBackend>(); }},
                                           Adapter{"filesystem_reopened",
                                                   [] { return std::make_unique<ReopenedFileBackend>(); }}),
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace
}  // namespace lumenflow::sidekick
