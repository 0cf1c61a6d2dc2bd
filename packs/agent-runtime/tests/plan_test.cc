#include "agent-runtime/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent-runtime/moment.h"

namespace lumenflow::agent_runtime {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> faults_of(std::string_view plan) {
  const Result<Plan> read = read_plan(*json::parse(plan));
  std::vector<std::string> pointers;
  if (!read.ok())
    for (const ErrorDetail& detail : read.error().details()) pointers.push_back(detail.pointer);
  return pointers;
}

TEST(Plan, IsRefusedWhereItCouldNotBeCarriedOut) {
  EXPECT_THAT(faults_of(R"([{"id":"a","goal":"g"},{"id":"a","goal":"g"}])"), ElementsAre("/plan/1/id"));
  EXPECT_THAT(faults_of(R"([{"id":"a","goal":"g","depends_on":["b"]}])"), ElementsAre("/plan/0/depends_on/0"));
  EXPECT_THAT(faults_of(R"([{"id":"a","goal":"g","wake_at":"soon"}])"), ElementsAre("/plan/0/wake_at"));
  EXPECT_THAT(faults_of(R"([{"id":"a","goal":"g","depends_on":["a"]}])"), ElementsAre("/plan/0/depends_on"));
  EXPECT_THAT(faults_of(R"([{"id":"a","goal":"g","depends_on":["c"]},{"id":"b","goal":"g","depends_on":["a"]},
                            {"id":"c","goal":"g","depends_on":["b"]},{"id":"d","goal":"g"}])"),
              ElementsAre("/plan/0/depends_on", "/plan/1/depends_on", "/plan/2/depends_on"));
}

TEST(Plan, TurnsComeWhenAllThatTheyDependOnIsDone) {
  Plan plan = *read_plan(*json::parse(R"([{"id":"c","goal":"g","depends_on":["a","b"]},{"id":"a","goal":"g"},
                                          {"id":"b","goal":"g","wake_at":"1970-01-01T00:00:05Z"}])"));
  EXPECT_EQ(next_turn(plan, 0).ready->id, "a");
  plan[1].state = "done";
  EXPECT_EQ(next_turn(plan, 4'999).ready, nullptr);
  EXPECT_EQ(next_turn(plan, 4'999).at_ms, 5'000);
  EXPECT_EQ(next_turn(plan, 5'000).ready->id, "b");
  plan[2].state = "failed";
  EXPECT_EQ(next_turn(plan, 9'000).ready, nullptr);
  EXPECT_TRUE(is_over(plan)) << "what depends on a turn that failed does not run";
  EXPECT_FALSE(is_over(*read_plan(*json::parse(R"([{"id":"a","goal":"g","wake_at":"2999-01-01T00:00:00Z"}])"))));
}

TEST(Plan, IsTheSameAfterItWasStored) {
  Plan plan = *read_plan(*json::parse(R"([{"id":"a","goal":"g","wake_at":"2026-01-31T09:00:00.250+01:00"},
                                          {"id":"b","goal":"h","depends_on":["a"]}])"));
  plan[0].state = "done";
  plan[0].turn = "t-1";
  EXPECT_EQ(to_json(plan_of(to_json(plan))), to_json(plan));
}

TEST(Moment, IsReadAsRfc3339) {
  EXPECT_EQ(milliseconds_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(milliseconds_of("2026-01-31T09:00:00.250+01:00"), 1'769'846'400'250);
  EXPECT_EQ(milliseconds_of("2024-02-29T23:59:59-00:30"), 1'709'252'999'000 - 0 + 0);
  for (const char* none : {"", "soon", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
                           "2026-01-01T00:00:00.Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+1:00"})
    EXPECT_EQ(milliseconds_of(none), std::nullopt) << none;
}

}  // namespace
}  // namespace lumenflow::agent_runtime
