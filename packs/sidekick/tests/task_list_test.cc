#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TaskList : public SidekickTest {
 protected:
  std::vector<std::string> titles(std::string_view input) {
    std::vector<std::string> found;
    const json::Value data = succeed("task:list", input);
    EXPECT_EQ(json::integer_or(data, "count", -1), static_cast<std::int64_t>(data.find("items")->as_array().size()));
    for (const json::Value& item : data.find("items")->as_array()) found.emplace_back(text(item, "/title"));
    return found;
  }
};

TEST_F(TaskList, IsEmptyAtFirst) {
  EXPECT_EQ(json::serialize(succeed("task:list", "{}")), R"({"count":0,"items":[]})");
}

TEST_F(TaskList, ShowsNewestFirst) {
  for (const char* title : {"a", "b", "c"}) {
    context.clock_ms += 1;
    create(R"({"title":")" + std::string(title) + R"("})");
  }
  EXPECT_THAT(titles("{}"), ElementsAre("c", "b", "a"));
}

TEST_F(TaskList, FiltersByEachCondition) {
  create(R"({"title":"Plan","priority":"P0","tags":["Work","Q3"],"due_at":"2026-03-10T00:00:00Z"})");
  create(R"({"title":"Réunion","description":"Ask about the ŁÓDŹ trip","tags":["work"]})");
  const std::string milk = create(R"({"title":"Milk","due_at":"2026-03-02T00:00:00+02:00"})");
  succeed("task:complete", R"({"id":")" + milk + R"(","note":"Oat it was"})");

  EXPECT_THAT(titles(R"({"status":"pending"})"), ElementsAre("Réunion", "Plan"));
  EXPECT_THAT(titles(R"({"status":"done"})"), ElementsAre("Milk"));
  EXPECT_THAT(titles(R"({"priority":"P0"})"), ElementsAre("Plan"));
  EXPECT_THAT(titles(R"({"priority":"P2"})"), ElementsAre("Milk", "Réunion"));
  EXPECT_THAT(titles(R"({"tags":["WORK"]})"), ElementsAre("Réunion", "Plan"));
  EXPECT_THAT(titles(R"({"tags":["work"," q3 ",""]})"), ElementsAre("Plan"));
  EXPECT_THAT(titles(R"({"tags":["wor"]})"), IsEmpty());
  EXPECT_THAT(titles(R"({"search":"RÉUNION"})"), ElementsAre("Réunion")) << "the title";
  EXPECT_THAT(titles(R"({"search":" łódź "})"), ElementsAre("Réunion")) << "the description";
  EXPECT_THAT(titles(R"({"search":"oat it"})"), ElementsAre("Milk")) << "the note";
  EXPECT_THAT(titles(R"({"search":" "})"), ElementsAre("Milk", "Réunion", "Plan")) << "no condition";
  EXPECT_THAT(titles(R"({"status":"done","due_before":"2026-03-01T22:00:00.001Z"})"), ElementsAre("Milk"));
  EXPECT_THAT(titles(R"({"status":"done","due_before":"2026-03-01T22:00:00Z"})"), IsEmpty()) << "before, not at";
  EXPECT_THAT(titles(R"({"due_before":"2026-04-01T00:00:00Z"})"), ElementsAre("Plan")) << "milk was got";
  EXPECT_THAT(titles(R"({"tags":["work"],"priority":"P2","status":"pending"})"), ElementsAre("Réunion"));
}

TEST_F(TaskList, TakesTheNextOccurrenceForDue) {
  const std::string id = create(R"({"title":"Stand-up","due_at":"2026-03-01T13:00:00Z"})");
  succeed("task:schedule", R"({"id":")" + id + R"(","cron":"0 9 * * mon"})");
  EXPECT_THAT(titles(R"({"due_before":"2026-03-02T09:00:00Z"})"), IsEmpty());
  EXPECT_THAT(titles(R"({"due_before":"2026-03-02T09:01:00Z"})"), ElementsAre("Stand-up"));
}

TEST_F(TaskList, PagesThroughEverythingWhileNewTasksArrive) {
  for (int i = 0; i < 10; ++i) create(R"({"title":"old )" + std::to_string(i) + R"("})");
  std::vector<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 4; ++page) {
    const json::Value data = succeed("task:list", R"({"limit":3,"cursor":")" + cursor + R"("})");
    for (const json::Value& item : data.find("items")->as_array()) seen.emplace_back(text(item, "/title"));
    create(R"({"title":"new"})");
    cursor = text(data, "/next_cursor");
    EXPECT_EQ(cursor.empty(), page == 3);
  }
  EXPECT_THAT(seen,
              ElementsAre("old 9", "old 8", "old 7", "old 6", "old 5", "old 4", "old 3", "old 2", "old 1", "old 0"));
}

TEST_F(TaskList, PagesThroughMatchesFarApart) {
  for (int i = 0; i < 1200; ++i) create(i % 400 == 7 ? R"({"title":"rare","priority":"P1"})" : R"({"title":"common"})");
  const json::Value first = succeed("task:list", R"({"priority":"P1","limit":2})");
  EXPECT_EQ(json::integer_or(first, "count", 0), 2);
  const std::string cursor(text(first, "/next_cursor"));
  const json::Value second = succeed("task:list", R"({"priority":"P1","limit":2,"cursor":")" + cursor + R"("})");
  EXPECT_EQ(json::integer_or(second, "count", 0), 1);
  EXPECT_EQ(second.find("next_cursor"), nullptr);
}

TEST_F(TaskList, NamesNoNextPageWhenTheLastTaskIsShown) {
  for (int i = 0; i < 3; ++i) create(R"({"title":"x"})");
  EXPECT_EQ(succeed("task:list", R"({"limit":3})").find("next_cursor"), nullptr);
  EXPECT_NE(succeed("task:list", R"({"limit":2})").find("next_cursor"), nullptr);
}

TEST_F(TaskList, ShowsAHundredUnlessAsked) {
  for (int i = 0; i < 130; ++i) create(R"({"title":"x"})");
  EXPECT_EQ(json::integer_or(succeed("task:list", "{}"), "count", 0), 100);
  EXPECT_EQ(json::integer_or(succeed("task:list", R"({"limit":1000})"), "count", 0), 130);
  EXPECT_EQ(json::integer_or(succeed("task:list", R"({"limit":1})"), "count", 0), 1);
}

TEST_F(TaskList, ReadsAPageAndNotTheCollection) {
  for (int i = 0; i < 100'000; ++i) create(R"({"title":"x"})");
  store.records_read = 0;
  store.records_written = 0;
  EXPECT_EQ(json::integer_or(succeed("task:list", R"({"limit":20})"), "count", 0), 20);
  EXPECT_EQ(store.records_read, 21u);
  EXPECT_EQ(store.records_written, 0u);
}

TEST_F(TaskList, RefusesForeignCursorsAndBadTimes) {
  EXPECT_EQ(refuse("task:list", R"({"cursor":"v2.mem-01KJMC2R00000000000000000A.00000000"})").code, "INVALID_INPUT");
  EXPECT_EQ(refuse("task:list", R"({"due_before":"2026-02-30T00:00:00Z"})").code, "INVALID_INPUT");
}

TEST_F(TaskList, StopsWhenCancelled) {
  create(R"({"title":"x"})");
  context.is_cancelled = true;
  EXPECT_EQ(refuse("task:list", R"({"search":"y"})").code, "TOOL_CANCELLED");
}

TEST_F(TaskList, WhatIsDoneIsDueNoMoreUnlessItIsAskedFor) {
  const std::string id = create(R"({"title":"Over","due_at":"2026-03-01T22:00:00Z"})");
  create(R"({"title":"Open","due_at":"2026-03-01T22:00:00Z"})");
  succeed("task:complete", R"({"id":")" + id + R"("})");
  EXPECT_THAT(titles(R"({"due_before":"2026-04-01T00:00:00Z"})"), ElementsAre("Open"));
  EXPECT_THAT(titles(R"({"due_before":"2026-04-01T00:00:00Z","status":"done"})"), ElementsAre("Over"));
}

TEST_F(TaskList, SearchAndTagsOverlookCaseAccentsAndHowTheyAreComposed) {
  create(R"({"title":"\u00fcn\u00ef","tags":["Z\u00fcrich"]})");
  for (const char* search : {R"({"search":"u\u0308ni"})", R"({"search":"UNI"})", R"({"search":"\u00dcN"})",
                             R"({"tags":["zurich"]})", R"({"tags":["ZU\u0308RICH"]})"})
    EXPECT_THAT(titles(search), ElementsAre("\u00fcn\u00ef")) << search;
  EXPECT_THAT(titles(R"({"search":"uno"})"), IsEmpty());
}

TEST_F(TaskList, ACursorBelongsToItsQuery) {
  for (int i = 0; i < 4; ++i) create(R"({"title":"cat","tags":["a","B"]})");
  const auto cursor_of = [&](const std::string& members) {
    return std::string(text(succeed("task:list", "{" + members + R"("limit":2})"), "/next_cursor"));
  };
  const std::string cursor = cursor_of(R"("search":"cat","tags":["a","b"],)");
  const auto with = [&](const std::string& members) { return "{" + members + R"("cursor":")" + cursor + R"("})"; };
  for (const char* other : {R"("search":"dog",)", R"("search":"cat",)", R"("tags":["a","b"],)", "",
                            R"("search":"cat","tags":["a","b"],"status":"done",)"}) {
    const pack::ToolError error = refuse("task:list", with(other));
    EXPECT_EQ(error.code, "INVALID_INPUT") << other;
    EXPECT_EQ(text(error.details, "/0/pointer"), "/cursor");
  }
  EXPECT_THAT(titles(with(R"("search":" cat ","tags":["a","b"],"limit":1,)")), ElementsAre("cat"))
      << "white space and the limit are no other query";
}

}  // namespace
}  // namespace lumenflow::sidekick
