#include "journal/tasks.h"

#include <gmock/gmock.h>

#include <set>

#include "journal/tables.h"
#include "log/memory_log.h"

namespace lumenflow::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using enum TaskState;

// What 03-dispatch says, written down once more.
const std::set<std::pair<TaskState, TaskState>> kLegal = {{kReady, kActive}, {kActive, kBlocked}, {kActive, kWaiting},
                                                          {kActive, kDone},  {kActive, kReady},   {kBlocked, kActive},
                                                          {kBlocked, kDone}, {kWaiting, kActive}, {kWaiting, kDone}};

TEST(TaskStates, LeadWhereTheReferenceSaysAndNowhereElse) {
  std::set<std::pair<TaskState, TaskState>> found;
  for (std::size_t from = 0; from < kTaskStates.size(); ++from)
    for (std::size_t step = 0; step < kTaskSteps.size(); ++step)
      if (const auto to = after(static_cast<TaskState>(from), static_cast<TaskStep>(step)))
        found.emplace(static_cast<TaskState>(from), *to);
  EXPECT_EQ(found, kLegal);
  EXPECT_TRUE(legal_steps(kDone).empty());
  EXPECT_THAT(legal_steps(kReady), ElementsAre(TaskStep::kClaim));
  EXPECT_THAT(legal_steps(kBlocked), UnorderedElementsAre(TaskStep::kUnblock, TaskStep::kComplete));
}

class TaskRecords : public ::testing::Test {
 protected:
  TaskRecords() : log_(log::make_memory_log("log-a")) {}

  static Task task(const std::string& id) {
    Task out;
    out.id = id;
    out.type = "work-unit";
    out.title = "Title of " + id;
    out.spec_hash = *spec_hash_of(out);
    out.created_by = "ws-42:ana";
    out.created_at = out.updated_at = Timestamp{1'772'366'400'000};
    return out;
  }
  std::vector<std::string> ids(std::optional<TaskState> state, std::string after = "", std::size_t limit = 10) {
    const Result<TaskPage> page = list_tasks(log_->tables(), state, after, limit);
    std::vector<std::string> out;
    for (const Task& each : page->items) out.push_back(each.id);
    return out;
  }
  void put(const Task* before, const Task& task) { ASSERT_TRUE(put_task(*log_, before, task).ok()); }

  std::unique_ptr<log::Log> log_;
};

TEST_F(TaskRecords, AreReadAsTheyWereWritten) {
  Task whole = task("WU-1");
  whole.lane = "site";
  whole.spec = json::Object{{"acceptance", json::Array{"green"}}};
  whole.state = kWaiting;
  whole.claimed_by = "ws-42:bob";
  whole.session_id = "s-1";
  whole.reason = "for the review";
  whole.wait_for = json::Object{{"approval", "a-1"}};
  whole.parent_id = "WU-0";
  whole.delegation_id = "d-1";
  whole.evidence_refs = {"sha256:aa", "log.txt"};
  whole.domain_data = json::Object{{"branch", "lane/site/WU-1"}};
  put(nullptr, whole);
  const Task read = **find_task(log_->tables(), "WU-1");
  EXPECT_EQ(json::serialize(document_of(read)), json::serialize(document_of(whole)));
  EXPECT_FALSE(find_task(log_->tables(), "WU-2")->has_value());
}

TEST_F(TaskRecords, TheHashIsOfWhatIsAskedForAlone) {
  Task a = task("a"), b = task("b");
  b.title = a.title;
  b.state = kActive;
  b.claimed_by = "ws-42:bob";
  EXPECT_EQ(*spec_hash_of(a), *spec_hash_of(b));
  b.spec = json::Object{};
  EXPECT_NE(*spec_hash_of(a), *spec_hash_of(b));
}

TEST_F(TaskRecords, AreListedByIdAndByState) {
  const Task a = task("a"), b = task("b"), c = task("c");
  for (const Task* each : {&c, &a, &b}) put(nullptr, *each);
  Task claimed = b;
  claimed.state = kActive;
  claimed.claimed_by = "ws-42:bob";
  put(&b, claimed);
  EXPECT_THAT(ids({}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids({}, "a", 1), ElementsAre("b"));
  EXPECT_THAT(ids(kReady), ElementsAre("a", "c"));
  EXPECT_THAT(ids(kReady, "a"), ElementsAre("c"));
  EXPECT_THAT(ids(kActive), ElementsAre("b"));
  EXPECT_EQ(claimed_tasks(log_->tables(), "", 10)->items.size(), 1u);
  Task done = claimed;
  done.state = kDone;
  put(&claimed, done);
  EXPECT_THAT(ids(kActive), ElementsAre());
  EXPECT_THAT(ids(kDone), ElementsAre("b"));
  EXPECT_TRUE(claimed_tasks(log_->tables(), "", 10)->items.empty());
}

TEST_F(TaskRecords, ARecordThatCannotBeReadIsDamageAndNoAbsence) {
  ASSERT_TRUE(log_->put(kTasksTable, "x", "{}").ok());
  EXPECT_EQ(find_task(log_->tables(), "x").error().code(), ErrorCode::kJournalDamaged);
  ASSERT_TRUE(log_->put(kTaskStatesTable, std::string("ready\0y", 7), "").ok());
  EXPECT_EQ(list_tasks(log_->tables(), kReady, "", 10).error().code(), ErrorCode::kJournalDamaged);
}

}  // namespace
}  // namespace lumenflow::journal
