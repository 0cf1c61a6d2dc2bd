// task:create, task:complete and task:schedule.
#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::HasSubstr;
using TaskWrite = SidekickTest;

TEST_F(TaskWrite, CreatesWhatWasAskedFor) {
  const json::Value data = succeed("task:create", R"({"title":" Buy milk ","description":" Oat. ","priority":"P0",
    "due_at":"2026-03-02T09:00:00+01:00","tags":[" Home ","home","","Shop"]})");
  const std::string id(text(data, "/task/id"));
  EXPECT_EQ(
      json::serialize(data),
      R"({"task":{"id":")" + id +
          R"(","title":"Buy milk","description":"Oat.","status":"pending","priority":"P0","tags":["Home","Shop"],)"
          R"("due_at":"2026-03-02T09:00:00+01:00","created_at":"2026-03-01T12:00:00.000Z",)"
          R"("updated_at":"2026-03-01T12:00:00.000Z"}})");
  EXPECT_EQ(id.size(), 31u);
  EXPECT_THAT(id, ::testing::StartsWith("task-01"));
  EXPECT_EQ(store.contents["tasks/" + id], *data.find("task"));
}

TEST_F(TaskWrite, TreatsEmptyStringsAsAbsent) {
  const json::Value data =
      succeed("task:create", R"({"title":"x","description":"  ","due_at":" ","tags":[" "],"dry_run":false})");
  EXPECT_EQ(data.at_pointer("/task/description"), nullptr);
  EXPECT_EQ(data.at_pointer("/task/due_at"), nullptr);
  EXPECT_EQ(text(data, "/task/priority"), "P2");
  EXPECT_TRUE(data.at_pointer("/task/tags")->as_array().empty());
}

TEST_F(TaskWrite, RefusesATitleOfWhiteSpaceAndABadTime) {
  const pack::ToolError title = refuse("task:create", "{\"title\":\" \u3000 \"}");
  EXPECT_EQ(title.code, "INVALID_INPUT");
  EXPECT_EQ(text(title.details, "/0/pointer"), "/title");
  const pack::ToolError due = refuse("task:create", R"({"title":"x","due_at":"soon"})");
  EXPECT_EQ(due.code, "INVALID_INPUT");
  EXPECT_EQ(text(due.details, "/0/pointer"), "/due_at");
  EXPECT_TRUE(store.contents.empty());
}

TEST_F(TaskWrite, RecordsOneAuditEventPerCall) {
  const std::string id = create(R"({"title":"x"})");
  context.receipt = "rcpt-2";
  succeed("task:schedule", R"({"id":")" + id + R"(","cron":"0 9 * * *"})");
  context.receipt = "rcpt-3";
  succeed("task:complete", R"({"id":")" + id + R"("})");
  context.receipt = "rcpt-4";
  succeed("task:complete", R"({"id":")" + id + R"("})");
  const std::vector<json::Value> events = audit();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(text(events[0], "/tool"), "task:create");
  EXPECT_EQ(text(events[0], "/op"), "create");
  EXPECT_EQ(text(events[0], "/actor"), "ws-1:local:ana");
  EXPECT_EQ(text(events[0], "/ts"), "2026-03-01T12:00:00.000Z");
  EXPECT_EQ(text(events[0], "/ids/0"), id);
  EXPECT_THAT(text(events[0], "/id"), ::testing::StartsWith("evt-01"));
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(text(events[i], "/receipt_id"), "rcpt-" + std::to_string(i + 1));
  EXPECT_EQ(text(events[1], "/tool"), "task:schedule");
  EXPECT_EQ(text(events[3], "/op"), "update");
}

TEST_F(TaskWrite, CompletesOnce) {
  const std::string id = create(R"({"title":"x"})");
  context.clock_ms += 60'000;
  const json::Value first = succeed("task:complete", R"({"id":" )" + id + R"( ","note":" went well "})");
  EXPECT_EQ(text(first, "/task/status"), "done");
  EXPECT_EQ(text(first, "/task/note"), "went well");
  EXPECT_EQ(text(first, "/task/completed_at"), "2026-03-01T12:01:00.000Z");
  EXPECT_EQ(text(first, "/task/updated_at"), "2026-03-01T12:01:00.000Z");
  EXPECT_EQ(text(first, "/task/created_at"), "2026-03-01T12:00:00.000Z");
  context.clock_ms += 60'000;
  EXPECT_EQ(succeed("task:complete", R"({"id":")" + id + R"(","note":"again"})"), first);
  EXPECT_EQ(store.contents["tasks/" + id], *first.find("task"));
}

TEST_F(TaskWrite, SaysNotFoundAndChangesNothing) {
  create(R"({"title":"x"})");
  const std::string before = store.digest();
  for (const char* dry_run : {"true", "false"}) {
    const std::string members = R"({"id":"task-01KJMC2R00000000000000000Z","dry_run":)" + std::string(dry_run);
    const pack::ToolError complete = refuse("task:complete", members + "}");
    EXPECT_EQ(complete.code, "NOT_FOUND");
    EXPECT_THAT(complete.message, HasSubstr("task-01KJMC2R00000000000000000Z"));
    EXPECT_EQ(refuse("task:schedule", members + R"(,"cron":"* * * * *"})").code, "NOT_FOUND");
  }
  EXPECT_EQ(refuse("task:complete", R"({"id":"../meta/layout"})").code, "NOT_FOUND");
  EXPECT_EQ(store.digest(), before);
}

TEST_F(TaskWrite, SchedulesForOneMoment) {
  const std::string id = create(R"({"title":"x"})");
  const json::Value data = succeed("task:schedule", R"({"id":")" + id + R"(","due_at":"2026-03-05T09:00:00+01:00"})");
  EXPECT_EQ(text(data, "/task/due_at"), "2026-03-05T09:00:00+01:00");
  EXPECT_EQ(text(data, "/task/next_due_at"), "2026-03-05T08:00:00.000Z");
  EXPECT_EQ(data.at_pointer("/task/cron"), nullptr);
  const json::Value past = succeed("task:schedule", R"({"id":")" + id + R"(","due_at":"2020-01-01T00:00:00Z"})");
  EXPECT_EQ(text(past, "/task/next_due_at"), "2020-01-01T00:00:00.000Z") << "it is overdue, not refused";
}

TEST_F(TaskWrite, SchedulesByCronAndReplacesTheWholeSchedule) {
  const std::string id = create(R"({"title":"x","due_at":"2026-03-02T00:00:00Z"})");
  const json::Value data = succeed("task:schedule", R"({"id":")" + id + R"(","cron":" 0 9 * * mon "})");
  EXPECT_EQ(text(data, "/task/cron"), "0 9 * * mon");
  EXPECT_EQ(text(data, "/task/next_due_at"), "2026-03-02T09:00:00.000Z");
  EXPECT_EQ(data.at_pointer("/task/due_at"), nullptr);
  EXPECT_EQ(store.contents["tasks/" + id], *data.find("task"));
}

TEST_F(TaskWrite, SchedulesFirstForAMomentThenByCron) {
  const std::string id = create(R"({"title":"x"})");
  const auto next = [&](std::string_view due_at) {
    const std::string input = R"({"id":")" + id + R"(","cron":"0 9 * * *","due_at":")" + std::string(due_at) + R"("})";
    return std::string(text(succeed("task:schedule", input), "/task/next_due_at"));
  };
  EXPECT_EQ(next("2026-04-01T00:00:00Z"), "2026-04-01T00:00:00.000Z");
  EXPECT_EQ(next("2026-02-01T00:00:00Z"), "2026-03-02T09:00:00.000Z") << "what has passed gives way to cron";
}

TEST_F(TaskWrite, RefusesSchedulesThatNameNoMoment) {
  const std::string id = create(R"({"title":"x"})");
  const std::string before = store.digest();
  const auto pointer = [&](std::string_view members) {
    const pack::ToolError error = refuse("task:schedule", R"({"id":")" + id + "\"," + std::string(members) + "}");
    EXPECT_EQ(error.code, "INVALID_INPUT") << members;
    return std::string(text(error.details, "/0/pointer"));
  };
  EXPECT_EQ(pointer(R"("cron":"0 0 30 2 *")"), "/cron");
  EXPECT_EQ(pointer(R"("cron":"every day")"), "/cron");
  EXPECT_EQ(pointer(R"("cron":"* * * * *","due_at":"soon")"), "/due_at");
  EXPECT_EQ(pointer(R"("cron":"  ")"), "");
  EXPECT_EQ(store.digest(), before);
}

TEST_F(TaskWrite, ADoneTaskFallsDueNoMore) {
  const std::string id = create(R"({"title":"x"})");
  succeed("task:schedule", R"({"id":")" + id + R"(","cron":"0 9 * * *"})");
  const json::Value done = succeed("task:complete", R"({"id":")" + id + R"("})");
  EXPECT_EQ(done.at_pointer("/task/next_due_at"), nullptr);
  EXPECT_EQ(text(done, "/task/cron"), "0 9 * * *") << "what it was remains to be seen";
  const std::string before = store.digest();
  for (const char* rest : {R"(","cron":"* * * * *"})", R"(","cron":"* * * * *","dry_run":true})"}) {
    const pack::ToolError error = refuse("task:schedule", R"({"id":")" + id + rest);
    EXPECT_EQ(error.code, "INVALID_INPUT");
    EXPECT_EQ(text(error.details, "/0/pointer"), "/id");
  }
  EXPECT_EQ(store.digest(), before);
}

TEST_F(TaskWrite, RefusesTextThatNobodyCouldSee) {
  for (const char* title : {R"("\u200b")", R"("\u2060 \u00ad")", R"("a\u0000b")", R"("\u3164")"}) {
    const pack::ToolError error = refuse("task:create", R"({"title":)" + std::string(title) + "}");
    EXPECT_EQ(error.code, "INVALID_INPUT") << title;
    EXPECT_EQ(text(error.details, "/0/pointer"), "/title");
  }
  EXPECT_EQ(refuse("task:create", R"({"title":"a","description":"a\u0000b"})").code, "INVALID_INPUT");
  EXPECT_EQ(text(succeed("task:create", R"({"title":"\u200ba"})"), "/task/title"), "\u200Ba") << "as it was given";
}

TEST_F(TaskWrite, DryRunAnswersWhatWouldBeAndChangesNothing) {
  const std::string id = create(R"({"title":"x"})");
  const std::string before = store.digest();
  store.records_written = 0;
  const json::Value created = succeed("task:create", R"({"title":"y","dry_run":true})");
  EXPECT_EQ(text(created, "/task/title"), "y");
  const json::Value completed = succeed("task:complete", R"({"id":")" + id + R"(","note":"n","dry_run":true})");
  EXPECT_EQ(text(completed, "/task/status"), "done");
  EXPECT_EQ(text(completed, "/task/note"), "n");
  const json::Value scheduled = succeed("task:schedule", R"({"id":")" + id + R"(","cron":"0 9 * * *","dry_run":true})");
  EXPECT_EQ(text(scheduled, "/task/next_due_at"), "2026-03-02T09:00:00.000Z");
  for (const json::Value& data : {created, completed, scheduled}) EXPECT_TRUE(json::boolean_or(data, "dry_run", false));
  EXPECT_EQ(store.digest(), before);
  EXPECT_EQ(store.records_written, 0u);
}

TEST_F(TaskWrite, FailsWholeWhenTheStoreRefuses) {
  store.writes_until_refusal = 1;
  EXPECT_EQ(refuse("task:create", R"({"title":"x"})").code, "IO_ERROR");
  EXPECT_TRUE(store.contents.empty());
}

}  // namespace
}  // namespace lumenflow::sidekick
