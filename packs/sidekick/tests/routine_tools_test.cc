// routine:create, routine:list and routine:run.
#include "sidekick_fixture.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RoutineTools : public SidekickTest {
 protected:
  RoutineTools() { context.tools = {"task:list", "memory:recall"}; }
};

TEST_F(RoutineTools, KeepsStepsAsTheyAreGiven) {
  const json::Value data = succeed("routine:create", R"({"name":" Morning ","cron":" 0 9 * * * ","steps":[
    {"tool":" task:list ","input":{"status":"pending"}},{"tool":"memory:recall"}]})");
  const std::string id(text(data, "/routine/id"));
  EXPECT_EQ(json::serialize(data),
            R"({"routine":{"id":")" + id +
                R"(","name":"Morning","steps":[{"tool":"task:list","input":{"status":"pending"}},)"
                R"({"tool":"memory:recall","input":{}}],"cron":"0 9 * * *","enabled":true,)"
                R"("next_due_at":"2026-03-02T09:00:00.000Z","created_at":"2026-03-01T12:00:00.000Z",)"
                R"("updated_at":"2026-03-01T12:00:00.000Z"},"warnings":[]})");
  EXPECT_EQ(store.contents["routines/" + id], *data.find("routine"));
  EXPECT_THAT(context.wakes, ElementsAre(std::pair<std::string, std::int64_t>("due", 1'772'442'000'000)));
  ASSERT_EQ(audit().size(), 1u);
  EXPECT_EQ(text(audit()[0], "/tool"), "routine:create");
}

TEST_F(RoutineTools, WarnsOfUnknownToolsAndHearsOfItsEvents) {
  const json::Value data = succeed("routine:create", R"({"name":"r","on_event":"software-delivery:wu_claimed","steps":[
    {"tool":"task:list"},{"tool":"no:such"}]})");
  const json::Array& warnings = data.find("warnings")->as_array();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0].as_string(), HasSubstr("step 1: no active pack has a tool 'no:such'"));
  EXPECT_EQ(text(data, "/routine/on_event"), "software-delivery:wu_claimed");
  EXPECT_EQ(data.at_pointer("/routine/next_due_at"), nullptr);
  EXPECT_THAT(context.wakes, ElementsAre(std::pair<std::string, std::int64_t>("watch", context.clock_ms)));
}

TEST_F(RoutineTools, ThoseThatAreEnabledWatchTheirKinds) {
  const auto make = [&](const std::string& members) {
    succeed("routine:create", R"({"name":"r","steps":[{"tool":"task:list"}],)" + members + "}");
  };
  make(R"("on_event":"a:b")");
  make(R"("on_event":"task_created")");
  make(R"("on_event":"a:b")");
  make(R"("on_event":"a:c","enabled":false)");
  make(R"("cron":"0 9 * * *")");
  run_timer("watch");
  ASSERT_EQ(context.triggers.size(), 2u);
  EXPECT_EQ(context.triggers[0].kind, "a:b");
  EXPECT_EQ(context.triggers[1].kind, "task_created");
  EXPECT_EQ(refuse("routine:create", R"({"name":"r","steps":[{"tool":"x:y"}],"on_event":"sidekick:routine_due"})").code,
            "INVALID_INPUT");
}

TEST_F(RoutineTools, RefusesWhatIsNoRoutine) {
  const auto pointer = [&](std::string_view members) {
    const pack::ToolError error = refuse("routine:create", "{" + std::string(members) + "}");
    EXPECT_EQ(error.code, "INVALID_INPUT") << members;
    return std::string(text(error.details, "/0/pointer"));
  };
  EXPECT_EQ(pointer(R"("name":" ","steps":[{"tool":"task:list"}])"), "/name");
  EXPECT_EQ(pointer(R"("name":"r","steps":[])"), "/steps");
  EXPECT_EQ(pointer(R"("name":"r","steps":[{"tool":"task:list"},{"tool":" "}])"), "/steps/1/tool");
  EXPECT_EQ(pointer(R"("name":"r","steps":[{"tool":"task:list"}],"cron":"0 0 30 2 *")"), "/cron");
  EXPECT_EQ(pointer(R"("name":"r","steps":[{"tool":"task:list"}],"cron":"daily")"), "/cron");
  EXPECT_TRUE(store.contents.empty());
}

TEST_F(RoutineTools, ListsTheEnabledOnesWhenAsked) {
  for (int i = 0; i < 4; ++i)
    succeed("routine:create", R"({"name":"r)" + std::to_string(i) + R"(","cron":"0 9 * * *","enabled":)" +
                                  (i % 2 == 0 ? "true" : "false") + R"(,"steps":[{"tool":"task:list"}]})");
  EXPECT_THAT(texts(succeed("routine:list", "{}"), "/name"), ElementsAre("r3", "r2", "r1", "r0"));
  EXPECT_THAT(texts(succeed("routine:list", R"({"enabled_only":true})"), "/name"), ElementsAre("r2", "r0"));
  const json::Value first = succeed("routine:list", R"({"limit":3})");
  EXPECT_THAT(
      texts(succeed("routine:list", R"({"cursor":")" + std::string(text(first, "/next_cursor")) + R"("})"), "/name"),
      ElementsAre("r0"));
  EXPECT_EQ(context.wakes.size(), 2u) << "what is disabled does not fall due";
}

TEST_F(RoutineTools, RunAnswersAPlanAndExecutesNothing) {
  const std::string id(text(succeed("routine:create", R"({"name":"r","enabled":false,"steps":[
    {"tool":"task:create","input":{"title":"x"}},{"tool":"no:such"}]})"),
                            "/routine/id"));
  const std::string before = store.digest();
  store.records_written = 0;
  EXPECT_EQ(json::serialize(succeed("routine:run", R"({"id":" )" + id + R"( "})")),
            R"({"routine_id":")" + id +
                R"(","name":"r","plan_only":true,"plan":[{"index":0,"tool":"task:create","input":{"title":"x"}},)"
                R"({"index":1,"tool":"no:such","input":{}}],"governance":{"dispatch_required":true}})");
  EXPECT_EQ(refuse("routine:run", R"({"id":"routine-01KJMC2R00000000000000000Z"})").code, "NOT_FOUND");
  EXPECT_EQ(store.digest(), before);
  EXPECT_EQ(store.records_written, 0u);
}

TEST_F(RoutineTools, DryRunChangesNothing) {
  const json::Value data =
      succeed("routine:create", R"({"name":"r","cron":"0 9 * * *","steps":[{"tool":"no:such"}],"dry_run":true})");
  EXPECT_EQ(data.find("warnings")->as_array().size(), 1u);
  EXPECT_TRUE(json::boolean_or(data, "dry_run", false));
  EXPECT_TRUE(store.contents.empty());
  EXPECT_THAT(context.wakes, IsEmpty());
}

}  // namespace
}  // namespace lumenflow::sidekick
