#include "sidekick/storage/file_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "crash_disk.h"
#include "sidekick/storage/document.h"
#include "sidekick/storage/posix_disk.h"
#include "sidekick/storage/store_files.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTasks[] = ".sidekick/tasks/tasks.json";
constexpr char kTaskA[] = "task-01J9ZK3M7Q8W2X4Y6A8C0E2G4H";
constexpr char kTaskB[] = "task-01J9ZK3M7Q8W2X4Y6A8C0E2G4J";

json::Value task(std::string_view id, std::string_view title) {
  return json::Object{{"id", id},
                      {"title", title},
                      {"status", "pending"},
                      {"priority", "P2"},
                      {"tags", json::Array{}},
                      {"created_at", "2026-03-01T12:00:00.000Z"},
                      {"updated_at", "2026-03-01T12:00:00.000Z"}};
}

class FileStoreTest : public ::testing::Test {
 protected:
  void open() {
    store_.reset();
    auto opened = FileStore::open(disk_);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store_ = *std::move(opened);
  }
  Status put(std::string_view id, std::string_view title) {
    const std::string n = std::to_string(++events_);
    return store_->transact([&](Draft& draft) -> Status {
      draft.put(Collection::kTasks, id, task(id, title));
      draft.append_audit(R"({"id":"evt-)" + n + R"(","receipt_id":"rcpt-)" + n + "\"}");
      return {};
    });
  }
  // id: title
  std::vector<std::string> titles() const {
    std::vector<std::string> found;
    store_->published(Collection::kTasks).records.ascend("", [&](const RecordTree::Item& item) {
      found.push_back(std::string(json::string_or(*json::parse(item.text), "title", "")));
      return true;
    });
    return found;
  }
  std::vector<std::string> texts(Collection collection) const {
    std::vector<std::string> found;
    store_->published(collection).records.ascend("", [&](const RecordTree::Item& item) {
      found.push_back(item.text);
      return true;
    });
    return found;
  }
  // Replaces text in the document, as an editor would.
  void edit(const std::string& from, const std::string& to) {
    std::string text = disk_.text(kTasks);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    disk_.put(kTasks, text.replace(at, from.size(), to));
  }

  CrashDisk disk_;
  std::unique_ptr<FileStore> store_;
  int events_ = 0;
};

// By another program than this one (Python's zlib).
constexpr char kGoldenLog[] =
    R"(d0c2d83d {"log":1,"segment":1,"audit_bytes":0,"initialized_at":null,)"
    R"("documents":{"tasks":null,"memories":null,"channels":null,"messages":null,"routines":null}})"
    "\n"
    R"(043146a6 {"synced":160})"
    "\n"
    R"(53564bd1 {"changes":[{"put":"tasks/task-1","value":{"id":"task-1","title":"a"}}],"audit":[{"id":"evt-1"}]})"
    "\n"
    R"(04c39f34 {"synced":291})"
    "\n"
    R"(fc5e8743 {"changes":[{"put":"tasks/task-1","was":"113aaf93","value":{"id":"task-1","title":"b"}}],)"
    R"("initialized_at":"2026-03-01T12:00:00.000Z"})"
    "\n";

// --- the formats: docs/formats/sidekick-files.md ---

TEST_F(FileStoreTest, WritesTheseBytes) {
  open();
  ASSERT_TRUE(store_
                  ->transact([](Draft& draft) -> Status {
                    draft.put(Collection::kTasks, "task-1", json::Object{{"id", "task-1"}, {"title", "a"}});
                    draft.append_audit(R"({"id":"evt-1"})");
                    return {};
                  })
                  .ok());
  ASSERT_TRUE(store_
                  ->transact([](Draft& draft) -> Status {
                    draft.put(Collection::kTasks, "task-1", json::Object{{"id", "task-1"}, {"title", "b"}});
                    draft.erase(Collection::kTasks, "task-2");
                    draft.initialize("2026-03-01T12:00:00.000Z");
                    return {};
                  })
                  .ok());
  EXPECT_EQ(disk_.text(segment_path(1)), kGoldenLog);
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_EQ(disk_.text(kTasks),
            "{\n  \"version\": 1,\n  \"tasks\": [\n    {\"id\":\"task-1\",\"title\":\"b\"}\n  ]\n}\n");
  EXPECT_EQ(disk_.text(document_path(Collection::kMessages)), "{\n  \"version\": 1,\n  \"messages\": []\n}\n");
  EXPECT_EQ(disk_.text(kAuditPath), "{\"id\":\"evt-1\"}\n");
  EXPECT_THAT(disk_.files(),
              ElementsAre(kAuditPath, ".sidekick/channels/channels.json", ".sidekick/channels/outbox.json",
                          segment_path(2), ".sidekick/memory/memory.json", ".sidekick/routines/routines.json", kTasks));
}

TEST_F(FileStoreTest, RefusesALogWhoseDocumentANewerProgramWrote) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  store_.reset();
  disk_.put(kTasks, R"({"version": 2, "tasks": []})");
  const auto opened = FileStore::open(disk_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnsupportedFormat);
  EXPECT_THAT(opened.error().message(), HasSubstr(kTasks));
}

// --- writing ---

TEST_F(FileStoreTest, WritesNothingUntilSomethingChanges) {
  open();
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(disk_.files(), IsEmpty());
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  const CrashDisk before(disk_);
  open();
  EXPECT_THAT(titles(), ElementsAre("a"));
  EXPECT_EQ(store_->read_audit("", 10)->size(), 1u);
  ASSERT_TRUE(store_->fold().ok());
  store_.reset();
  EXPECT_EQ(disk_.files(), before.files());
  for (const std::string& path : before.files()) EXPECT_EQ(disk_.text(path), before.text(path));
}

TEST_F(FileStoreTest, ATransactionCostsItsChangeHoweverMuchIsStored) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  const auto cost = [&] {
    const std::uint64_t before = store_->log_bytes();
    EXPECT_TRUE(put(kTaskA, "a").ok());
    return store_->log_bytes() - before;
  };
  const std::uint64_t early = cost();
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(put("task-" + std::to_string(i), "x").ok());
  EXPECT_LE(cost(), early + 32) << "but for longer numbers";
}

TEST_F(FileStoreTest, AFailedSyncFailsTheCallAndNothingOfItStays) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  for (int refused = 0; refused < 3; ++refused) {
    int left = refused;
    disk_.refuses = [&](const std::string& path) { return path.ends_with(".log") && left-- == 0; };
    Status status = put(kTaskB, "b" + std::to_string(refused));
    disk_.refuses = {};
    if (status.ok()) continue;  // that many accesses are not made
    EXPECT_EQ(status.error().code(), ErrorCode::kIo);
    EXPECT_EQ(titles().front(), "a");
    ASSERT_TRUE(put(kTaskA, "a").ok()) << "the disk is well again";
    const std::vector<std::string> now = titles();
    open();
    EXPECT_EQ(titles(), now) << "what was refused does not come back";
  }
}

TEST_F(FileStoreTest, AFoldThatFailsIsReportedAndDoneLater) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  disk_.refuses = [](const std::string& path) { return path.ends_with(".new"); };
  EXPECT_FALSE(store_->fold().ok());
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr("behind the log"));
  disk_.refuses = {};
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(store_->stats().problems, IsEmpty());
  EXPECT_THAT(disk_.text(kTasks), HasSubstr(kTaskA));
}

TEST_F(FileStoreTest, HasOneOwner) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  const auto second = FileStore::open(disk_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kWorkspaceLocked);
}

TEST_F(FileStoreTest, FindsTheAuditLineOfACall) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  ASSERT_TRUE(put(kTaskB, "b").ok());
  for (const bool reopened : {false, true}) {
    if (reopened) open();
    EXPECT_THAT((*store_->find_audit("rcpt-1")).value_or(""), HasSubstr("evt-1")) << "in the file";
    EXPECT_THAT((*store_->find_audit("rcpt-2")).value_or(""), HasSubstr("evt-2")) << "in the log";
    EXPECT_FALSE(store_->find_audit("rcpt-3")->has_value());
  }
}

// --- edits from outside ---

TEST_F(FileStoreTest, TakesInWhatWasEditedWhileItWasClosed) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  store_.reset();
  edit("\"title\":\"a\"", "\"title\":\"edited\"");
  open();
  EXPECT_THAT(titles(), ElementsAre("edited", "b"));
  ASSERT_TRUE(put(kTaskB, "b2").ok());
  ASSERT_TRUE(store_->fold().ok());
  open();
  EXPECT_THAT(titles(), ElementsAre("edited", "b2"));
  EXPECT_THAT(store_->stats().problems, IsEmpty());
}

TEST_F(FileStoreTest, MergesAnEditWithWhatTheLogHolds) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  ASSERT_TRUE(put(kTaskB, "b2").ok());
  store_.reset();  // killed before it folded
  edit("\"title\":\"a\"", "\"title\":\"edited\"");
  open();
  EXPECT_THAT(titles(), ElementsAre("edited", "b2"));
  EXPECT_THAT(store_->stats().problems, IsEmpty());
}

TEST_F(FileStoreTest, ReportsAndKeepsAnEditOfWhatACallChangedToo) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  ASSERT_TRUE(put(kTaskA, "by a call").ok());
  store_.reset();
  edit("\"title\":\"a\"", "\"title\":\"edited\"");
  open();
  EXPECT_THAT(titles(), ElementsAre("by a call")) << "what was acknowledged stands";
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr(kTasks));
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".outside-1"), HasSubstr("edited"));
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".outside-1.report"), HasSubstr(kTaskA));
}

TEST_F(FileStoreTest, TakesInWhatIsEditedWhileItIsOpenBeforeItFolds) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  edit("\"title\":\"a\"", "\"title\":\"edited\"");
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(titles(), ElementsAre("edited", "b"));
  EXPECT_THAT(disk_.text(kTasks), HasSubstr("edited"));

  edit("\"title\":\"edited\"", "\"title\":\"edited again\"");
  ASSERT_TRUE(put(kTaskA, "by a call").ok());
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(titles(), ElementsAre("by a call", "b"));
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".outside-1"), HasSubstr("edited again"));
  EXPECT_EQ(store_->stats().problems.size(), 1u);
}

TEST_F(FileStoreTest, ARecordAddedOrRemovedByHandIsAddedOrRemoved) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  disk_.put(kTasks, R"({"version": 1, "tasks": [{"id": "call mum", "title": "Call mum", "colour": "red"}]})");
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(titles(), ElementsAre("Call mum", "b"));
  const RecordTree records = store_->published(Collection::kTasks).records;
  records.ascend("", [](const RecordTree::Item& item) {
    EXPECT_EQ(item.key.size(), 31u) << "it was given an id that the tools can answer";
    EXPECT_THAT(item.text, HasSubstr("\"status\":\"pending\""));
    return false;
  });
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".outside-1"), HasSubstr("colour")) << "what was left out is kept";
}

TEST_F(FileStoreTest, ARecordByHandNeedsNoMoreThanItsTitle) {
  disk_.put(kTasks, R"({"version": 1, "tasks": [{"title": "bare"}, {"title": "bare"}]})");
  open();
  EXPECT_THAT(titles(), ElementsAre("bare", "bare"));
  EXPECT_THAT(store_->stats().problems, IsEmpty()) << "nothing of it was changed or left out";
  const std::vector<std::string> before = texts(Collection::kTasks);
  open();
  EXPECT_EQ(texts(Collection::kTasks), before) << "the same ids each time";
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".outside-1"), IsEmpty());
  EXPECT_THAT(disk_.text(kTasks), HasSubstr(before[0]));
}

TEST_F(FileStoreTest, SaysWhatOfARecordByHandWasChangedOrLeftOut) {
  const std::string id(kTaskA);
  disk_.put(kTasks, R"({"version": 1, "tasks": [{"id": ")" + id +
                        R"(", "title": " ", "priority": "P9", "colour": "red",)"
                        R"( "cron": "at noon", "due_at": "soon", "tags": ["a", 1]}, 7]})");
  open();
  const json::Value record = *json::parse(texts(Collection::kTasks).at(0));
  EXPECT_EQ(json::string_or(record, "title", ""), "(untitled)");
  EXPECT_EQ(json::string_or(record, "priority", ""), "P2");
  EXPECT_EQ(json::string_or(record, "created_at", ""), "2024-10-12T05:27:04.183Z") << "the time that the id holds";
  EXPECT_EQ(record.find("colour"), nullptr);
  EXPECT_EQ(record.find("cron"), nullptr);
  std::string all;
  for (const std::string& problem : store_->stats().problems) all += problem + "\n";
  for (const char* said : {"title", "\"P9\"", "colour", "at noon", "soon", "tags", "not a record"})
    EXPECT_THAT(all, HasSubstr(said));
  ASSERT_TRUE(put(kTaskB, "b").ok());
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".outside-1"), HasSubstr("P9"));
}

TEST_F(FileStoreTest, ATaskByHandWithAScheduleFallsDue) {
  disk_.put(kTasks,
            R"({"version": 1, "tasks": [{"title": "t", "cron": "0 9 * * *", "created_at": "2026-03-01T12:00:00Z"}]})");
  open();
  EXPECT_EQ(json::string_or(*json::parse(texts(Collection::kTasks).at(0)), "next_due_at", ""),
            "2026-03-02T09:00:00.000Z");
}

TEST_F(FileStoreTest, AuditLinesOfOthersStay) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  disk_.put(kAuditPath, disk_.text(kAuditPath) + "{\"id\":\"evt-x\"}");
  ASSERT_TRUE(put(kTaskA, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  std::vector<std::string> ids;
  const std::vector<std::string> lines = *store_->read_audit("", 10);
  for (const std::string& line : lines) ids.push_back(audit_id(line));
  EXPECT_THAT(ids, ElementsAre("evt-1", "evt-x", "evt-2"));
}

// --- damage ---

TEST_F(FileStoreTest, SavesWhatIsWholeOfACorruptDocument) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  store_.reset();
  edit("\"title\":\"a\"", "\"title\":\"a");
  const std::string corrupt = disk_.text(kTasks);
  open();
  EXPECT_THAT(titles(), ElementsAre("b"));
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr(kTasks));
  EXPECT_THAT(store_->stats().problems[0], HasSubstr("from byte "));
  ASSERT_TRUE(put(kTaskA, "again").ok());
  EXPECT_EQ(disk_.text(std::string(kTasks) + ".corrupt-1"), corrupt);
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".corrupt-1.report"), HasSubstr("1 record taken over"));
  ASSERT_TRUE(store_->fold().ok());
  open();
  EXPECT_THAT(titles(), ElementsAre("again", "b"));
}

TEST_F(FileStoreTest, ReportsADamagedLineOfTheLogAndReadsTheOthers) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(put(kTaskB, "b").ok());
  store_.reset();
  std::string log = disk_.text(segment_path(1));
  log[log.find("\"title\":\"a\"") + 9] = 'X';
  disk_.put(segment_path(1), log);
  open();
  EXPECT_THAT(titles(), ElementsAre("b"));
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr(segment_path(1) + ": the line at byte "));
  ASSERT_TRUE(put(kTaskB, "c").ok());
  EXPECT_EQ(disk_.text(segment_path(1) + ".corrupt-1"), log);
}

TEST_F(FileStoreTest, SaysThatACopyWillBeMadeAndThenThatItIsThereUntilSomebodyTakesItAway) {
  const std::string copy = std::string(kTasks) + ".corrupt-1";
  disk_.put(kTasks, "rubbish");
  open();
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr("will be copied"));
  EXPECT_THAT(store_->stats().problems[0], Not(HasSubstr("is kept")));
  EXPECT_THAT(disk_.files(), ElementsAre(kTasks)) << "opening writes nothing";
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  for (const bool reopened : {false, true}) {
    if (reopened) open();
    ASSERT_EQ(store_->stats().problems.size(), 1u) << reopened;
    EXPECT_THAT(store_->stats().problems[0], HasSubstr(copy + " is kept"));
    EXPECT_THAT(store_->stats().problems[0], HasSubstr("cannot be read from byte "));
  }
  ASSERT_TRUE(disk_.remove(copy).ok());
  EXPECT_THAT(store_->stats().problems, IsEmpty());
}

TEST_F(FileStoreTest, TheCopyIsMadeEvenOfAFileThatWasDeletedMeanwhile) {
  disk_.put(kTasks, "rubbish");
  open();
  ASSERT_TRUE(disk_.remove(kTasks).ok());
  ASSERT_TRUE(put(kTaskA, "a").ok());
  EXPECT_EQ(disk_.text(std::string(kTasks) + ".corrupt-1"), "rubbish");
}

TEST_F(FileStoreTest, RemembersACopyOfAnOutsideEditAcrossRestarts) {
  disk_.put(kTasks,
            R"({"version": 1, "tasks": [{"id": ")" + std::string(kTaskA) + R"(", "title": "x", "colour": 1}]})");
  open();
  ASSERT_TRUE(put(kTaskB, "b").ok());
  ASSERT_TRUE(store_->fold().ok());
  open();
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr(std::string(kTasks) + ".outside-1 is kept"));
  EXPECT_THAT(store_->stats().problems[0], HasSubstr("colour"));
}

TEST_F(FileStoreTest, MovesAJunkLineOfTheAuditFileAside) {
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  for (const bool closed : {true, false}) {
    if (closed) store_.reset();
    const std::string junk = closed ? "junk of one" : "junk of two";
    disk_.put(kAuditPath, junk + "\n" + disk_.text(kAuditPath));
    if (closed) {
      open();
      ASSERT_EQ(store_->stats().problems.size(), 1u) << "once";
      EXPECT_THAT(store_->stats().problems[0], HasSubstr("byte 0"));
    }
    ASSERT_TRUE(put(kTaskA, junk).ok());
    ASSERT_TRUE(store_->fold().ok());
    EXPECT_THAT(disk_.text(kAuditPath), Not(HasSubstr("junk")));
    EXPECT_EQ(disk_.text(std::string(kAuditPath) + (closed ? ".corrupt-1" : ".corrupt-2")), junk + "\n");
    EXPECT_EQ(store_->stats().problems.size(), closed ? 1u : 2u);
  }
  const auto ids = [this] {
    std::vector<std::string> found;
    const std::vector<std::string> lines = *store_->read_audit("", 10);
    for (const std::string& line : lines) found.push_back(audit_id(line));
    return found;
  };
  EXPECT_THAT(ids(), ElementsAre("evt-1", "evt-2", "evt-3"));
  open();
  EXPECT_THAT(ids(), ElementsAre("evt-1", "evt-2", "evt-3"));
  EXPECT_EQ(store_->stats().problems.size(), 2u) << "the two copies";
}

// --- one document that cannot be served ---

TEST_F(FileStoreTest, ADocumentOfANewerVersionClosesItsCollectionAlone) {
  const std::string newer = R"({"version": 2, "memories": []})";
  disk_.put(".sidekick/memory/memory.json", newer);
  open();
  ASSERT_TRUE(put(kTaskA, "a").ok());
  EXPECT_EQ(store_->available(Collection::kMemories).error().code(), ErrorCode::kUnsupportedFormat);
  EXPECT_TRUE(store_->available(Collection::kTasks).ok());
  ASSERT_EQ(store_->stats().problems.size(), 1u);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr("memory.json"));
  ASSERT_TRUE(store_
                  ->transact([](Draft& draft) -> Status {
                    draft.initialize("2026-03-01T12:00:00.000Z");
                    return {};
                  })
                  .ok());
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_EQ(disk_.text(".sidekick/memory/memory.json"), newer) << "it is left as it is";
  open();
  EXPECT_THAT(titles(), ElementsAre("a"));
  disk_.put(".sidekick/memory/memory.json",
            R"({"version": 1, "memories": [{"id": "mem-01J9ZK3M7Q8W2X4Y6A8C0E2G4H", "type": "fact", "content": "c",)"
            R"( "tags": [], "created_at": "2026-03-01T12:00:00.000Z"}]})");
  open();
  EXPECT_TRUE(store_->available(Collection::kMemories).ok());
  EXPECT_EQ(store_->published(Collection::kMemories).records.size(), 1u);
  EXPECT_THAT(store_->stats().problems, IsEmpty());
}

// --- the older layout ---

TEST_F(FileStoreTest, MigratesTheOlderLayoutOnce) {
  const std::string tasks = R"([{"id":"task-1f2e3d4c","title":"old","priority":"P1","status":"done","tags":["x"],)"
                            R"("created_at":"2026-02-01T00:00:00.000Z","updated_at":"2026-02-02T00:00:00.000Z"}])";
  disk_.put(kTasks, tasks);
  disk_.put(".sidekick/memory/memories.json",
            R"([{"id":"mem-00ff00ff","type":"fact","content":"c","tags":[],"created_at":"2026-02-01T00:00:00.000Z",)"
            R"("updated_at":"2026-02-01T00:00:00.000Z"}])");
  disk_.put(".sidekick/channels/channels.json",
            R"([{"id":"chan-aaaa0000","name":"ops","created_at":"2026-02-01T00:00:00.000Z",)"
            R"("updated_at":"2026-02-01T00:00:00.000Z"}])");
  disk_.put(".sidekick/channels/messages.json",
            R"([{"id":"msg-bbbb0000","channel_id":"chan-aaaa0000","sender":"s","content":"hi",)"
            R"("created_at":"2026-02-01T00:00:00.000Z"}])");
  open();
  const auto first_of = [this](Collection collection) {
    json::Value record;
    store_->published(collection).records.ascend("", [&](const RecordTree::Item& item) {
      record = *json::parse(item.text);
      EXPECT_EQ(json::string_or(record, "id", ""), item.key);
      return false;
    });
    return record;
  };
  const json::Value task = first_of(Collection::kTasks);
  EXPECT_TRUE(json::string_or(task, "id", "").starts_with("task-01KGB7ZK00"))
      << "the time of its making: " << json::serialize(task);
  EXPECT_EQ(json::string_or(task, "title", ""), "old");
  EXPECT_EQ(json::string_or(first_of(Collection::kMessages), "channel", ""), "ops");
  EXPECT_EQ(disk_.text(kTasks), tasks) << "nothing is written before the first write";

  ASSERT_TRUE(put(kTaskA, "new").ok());
  EXPECT_EQ(disk_.text(std::string(kTasks) + ".older-1"), tasks);
  ASSERT_TRUE(store_->fold().ok());
  EXPECT_TRUE(disk_.text(".sidekick/memory/memories.json").empty());
  EXPECT_THAT(disk_.text(".sidekick/memory/memories.json.older-1"), HasSubstr("mem-00ff00ff"));
  const json::Value memory = first_of(Collection::kMemories);
  open();
  EXPECT_EQ(first_of(Collection::kMemories), memory);
  EXPECT_THAT(titles(), ElementsAre("new", "old"));
  EXPECT_THAT(disk_.text(std::string(kTasks) + ".older-2"), IsEmpty()) << "once";
}

TEST_F(FileStoreTest, SaysInTheReportWhatBecameOfTheOlderRecords) {
  disk_.put(".sidekick/memory/memories.json",
            R"([{"id":"a1b2c3d4","type":"weird","content":"c","tags":[],"created_at":"2026-02-01T00:00:00.000Z"}])");
  disk_.put(".sidekick/channels/messages.json",
            R"([{"id":"msg-bbbb0000","channel_id":"chan-gone","sender":"s","content":"hi",)"
            R"("created_at":"2026-02-01T00:00:00.000Z"}])");
  open();
  EXPECT_THAT(store_->stats().problems, IsEmpty()) << "a backup is kept";
  ASSERT_EQ(texts(Collection::kMessages).size(), 1u);
  EXPECT_THAT(texts(Collection::kMessages)[0], HasSubstr("\"channel\":\"default\""));
  ASSERT_EQ(texts(Collection::kChannels).size(), 1u) << "the channel that it is in now";
  EXPECT_THAT(texts(Collection::kChannels)[0], HasSubstr("\"name\":\"default\""));
  const std::string memory = texts(Collection::kMemories).at(0);
  ASSERT_TRUE(put(kTaskA, "a").ok());
  ASSERT_TRUE(store_->fold().ok());
  const std::string report = disk_.text(".sidekick/memory/memories.json.older-1.report");
  EXPECT_THAT(report, HasSubstr(".sidekick/memory/memories.json: 1 record taken over"));
  EXPECT_THAT(report, HasSubstr("weird"));
  EXPECT_THAT(report, HasSubstr("a1b2c3d4"));
  EXPECT_THAT(report, HasSubstr(std::string(json::string_or(*json::parse(memory), "id", ""))));
  EXPECT_THAT(disk_.text(".sidekick/channels/messages.json.older-1.report"), HasSubstr("chan-gone"));
  open();
  EXPECT_EQ(texts(Collection::kMemories).at(0), memory);
  EXPECT_EQ(texts(Collection::kChannels).size(), 1u);
}

// --- the real disk ---

class PosixDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    disk_ = *open_posix_disk(root_ + "");
  }
  ~PosixDiskTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  std::string root_;
  std::unique_ptr<Disk> disk_;
};

TEST_F(PosixDiskTest, ManyCallersAreServedAndNothingIsLost) {
  constexpr int kThreads = 8, kEach = 50;
  {
    const auto store = *FileStore::open(*disk_);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::string id = "task-" + std::to_string(t) + "-" + std::to_string(i);
          const Status status = store->transact([&](Draft& draft) -> Status {
            draft.put(Collection::kTasks, id, json::Object{{"id", id}});
            draft.append_audit(R"({"id":"evt-)" + id + "\"}");
            return {};
          });
          EXPECT_TRUE(status.ok());
          EXPECT_NE(store->published(Collection::kTasks).records.find(id), nullptr) << "its own write is there";
          EXPECT_TRUE(i % 10 != 0 || store->fold().ok());
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(store->fold().ok());
    EXPECT_THAT(store->stats().problems, IsEmpty());
  }
  const auto store = *FileStore::open(*disk_);
  EXPECT_EQ(store->stats().collections[index_of(Collection::kTasks)].count, kThreads * kEach);
  EXPECT_EQ(store->stats().audit.count, kThreads * kEach);
  EXPECT_EQ(store->read_audit("", 10'000)->size(), std::size_t{kThreads * kEach});
}

TEST_F(PosixDiskTest, NothingIsAcknowledgedIntoAFolderThatIsGone) {
  const auto store = *FileStore::open(*disk_);
  const auto put = [&](const std::string& id) {
    return store->transact([&](Draft& draft) -> Status {
      draft.put(Collection::kTasks, id, json::Object{{"id", id}});
      return {};
    });
  };
  ASSERT_TRUE(put("task-a").ok());
  std::filesystem::rename(root_ + "/.sidekick", root_ + "/aside");
  const Status refused = put("task-b");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(store->published(Collection::kTasks).records.find("task-b"), nullptr);
  EXPECT_THAT(store->stats().problems, Contains(HasSubstr("was moved or removed while in use")));
  std::filesystem::rename(root_ + "/aside", root_ + "/.sidekick");
  EXPECT_TRUE(put("task-c").ok());
  EXPECT_THAT(store->stats().problems, IsEmpty());
}

TEST_F(PosixDiskTest, ADocumentsFolderThatWasRemovedComesBackWithAllThatWasAcknowledged) {
  for (const std::string folder : {"tasks", "audit"}) {
    SCOPED_TRACE(folder);
    {
      const auto store = *FileStore::open(*disk_);
      const auto put = [&](const std::string& id) {
        EXPECT_TRUE(store
                        ->transact([&](Draft& draft) -> Status {
                          draft.put(Collection::kTasks, id, json::Object{{"id", id}, {"title", id}});
                          draft.append_audit(R"({"id":"evt-)" + folder + id + "\"}");
                          draft.initialize("2026-03-01T12:00:00.000Z");
                          return {};
                        })
                        .ok());
      };
      put(kTaskA);
      EXPECT_TRUE(store->fold().ok());
      std::filesystem::remove_all(root_ + "/.sidekick/" + folder);
      put(kTaskB);
      EXPECT_TRUE(store->fold().ok());
      EXPECT_THAT(store->stats().problems, Not(IsEmpty())) << "somebody took it away";
    }
    const auto store = *FileStore::open(*disk_);
    EXPECT_NE(store->published(Collection::kTasks).records.find(kTaskA), nullptr);
    EXPECT_NE(store->published(Collection::kTasks).records.find(kTaskB), nullptr);
  }
}

TEST_F(PosixDiskTest, FollowsNoSymlink) {
  namespace fs = std::filesystem;
  const std::string outside = root_ + "-outside";
  fs::create_directory(outside);
  fs::create_directories(root_ + "/.sidekick/memory");
  fs::create_directory_symlink(outside, root_ + "/.sidekick/tasks");
  std::ofstream(outside + "/memory.json") << "{}";
  const auto expect_refused = [&](Collection collection) {
    const auto store = *FileStore::open(*disk_);
    EXPECT_EQ(store->available(collection).error().code(), ErrorCode::kScopeDenied);
    EXPECT_EQ(store->stats().problems.size(), 1u);
    EXPECT_TRUE(store
                    ->transact([](Draft& draft) -> Status {
                      draft.put(Collection::kRoutines, "routine-1", json::Object{{"id", "routine-1"}});
                      draft.initialize("2026-03-01T12:00:00.000Z");
                      return {};
                    })
                    .ok());
    EXPECT_TRUE(store->fold().ok());
  };
  expect_refused(Collection::kTasks);
  fs::remove(root_ + "/.sidekick/tasks");
  fs::remove(root_ + "/.sidekick/memory/memory.json");
  fs::create_symlink(outside + "/memory.json", root_ + "/.sidekick/memory/memory.json");
  expect_refused(Collection::kMemories);
  fs::remove_all(root_ + "/.sidekick");
  fs::create_directory_symlink(outside, root_ + "/.sidekick");
  const auto opened = FileStore::open(*disk_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kScopeDenied) << opened.error().to_string();
  EXPECT_EQ(std::distance(fs::directory_iterator(outside), fs::directory_iterator()), 1);
  fs::remove_all(outside);
}

TEST_F(PosixDiskTest, TheLockLeavesNoFileBehind) {
  {
    const auto store = *FileStore::open(*disk_);
    ASSERT_TRUE(store
                    ->transact([](Draft& draft) -> Status {
                      draft.put(Collection::kTasks, "task-1", json::Object{{"id", "task-1"}});
                      return {};
                    })
                    .ok());
    const auto second = FileStore::open(*disk_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), ErrorCode::kWorkspaceLocked);
  }
  EXPECT_TRUE(FileStore::open(*disk_).ok());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_))
    EXPECT_EQ(entry.path().filename().string().find("lock"), std::string::npos);
}

}  // namespace
}  // namespace lumenflow::sidekick
