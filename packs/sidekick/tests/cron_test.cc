#include "sidekick/tool_impl/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

using ::testing::HasSubstr;

// A Sunday.
constexpr const char* kNow = "2026-03-01T12:00:00Z";

std::string next(std::string_view cron, const char* after = kNow) {
  const Result<CronSchedule> schedule = CronSchedule::parse(cron);
  if (!schedule.ok()) return schedule.error().message();
  const std::optional<std::int64_t> ms = schedule->next_after(*parse_time(after));
  return ms ? format_time(*ms).substr(0, 16) : "never";
}

TEST(Cron, NamesTheNextMinuteAfterNow) {
  EXPECT_EQ(next("* * * * *"), "2026-03-01T12:01");
  EXPECT_EQ(next("0 12 * * *"), "2026-03-02T12:00") << "now itself does not count";
  EXPECT_EQ(next("0 12 * * *", "2026-03-01T11:59:59.999Z"), "2026-03-01T12:00");
  EXPECT_EQ(next("30 9 * * *"), "2026-03-02T09:30");
  EXPECT_EQ(next("59 23 31 12 *", "2026-12-31T23:59:00Z"), "2027-12-31T23:59");
}

TEST(Cron, ReadsListsRangesAndSteps) {
  EXPECT_EQ(next("5,35,50 * * * *"), "2026-03-01T12:05");
  EXPECT_EQ(next("*/15 * * * *", "2026-03-01T12:46:00Z"), "2026-03-01T13:00");
  EXPECT_EQ(next("10-30/10 * * * *", "2026-03-01T12:20:00Z"), "2026-03-01T12:30");
  EXPECT_EQ(next("10-30/10 * * * *", "2026-03-01T12:30:00Z"), "2026-03-01T13:10");
  EXPECT_EQ(next("50/4 * * * *", "2026-03-01T12:54:00Z"), "2026-03-01T12:58");
  EXPECT_EQ(next("0 1-3,22 * * *"), "2026-03-01T22:00");
}

TEST(Cron, ReadsNamesInAnyCase) {
  EXPECT_EQ(next("0 9 * * MON"), "2026-03-02T09:00");
  EXPECT_EQ(next("0 9 * * tue-Thu"), "2026-03-03T09:00");
  EXPECT_EQ(next("0 9 1 jun,SEP *"), "2026-06-01T09:00");
  EXPECT_EQ(next("0 9 * * sat-sun"), "2026-03-07T09:00");
}

TEST(Cron, TakesZeroAndSevenForSunday) {
  EXPECT_EQ(next("0 13 * * 0"), "2026-03-01T13:00");
  EXPECT_EQ(next("0 13 * * 7"), "2026-03-01T13:00");
  EXPECT_EQ(next("0 9 * * 5-7", "2026-03-07T10:00:00Z"), "2026-03-08T09:00");
}

TEST(Cron, MeansEitherDayWhenBothAreRestrictedAndBothOtherwise) {
  EXPECT_EQ(next("0 0 13 * fri"), "2026-03-06T00:00") << "the 13th, or any Friday";
  EXPECT_EQ(next("0 0 13 * fri", "2026-03-06T00:00:00Z"), "2026-03-13T00:00");
  EXPECT_EQ(next("0 0 15 * fri", "2026-03-13T00:00:00Z"), "2026-03-15T00:00");
  EXPECT_EQ(next("0 0 */2 * mon"), "2026-03-09T00:00") << "odd days that are Mondays";
}

TEST(Cron, FindsLeapDaysAcrossCenturies) {
  EXPECT_EQ(next("0 0 29 2 *"), "2028-02-29T00:00");
  EXPECT_EQ(next("0 0 29 2 *", "2096-02-29T00:00:00Z"), "2104-02-29T00:00");
  EXPECT_EQ(next("0 0 29 2 */7", "2088-03-01T00:00:00Z"), "2128-02-29T00:00") << "a leap day and a Sunday";
}

TEST(Cron, GivesUpOnDatesThatNeverCome) {
  EXPECT_EQ(next("0 0 30 2 *"), "never");
  EXPECT_EQ(next("0 0 31 4,6,9,11 *"), "never");
  EXPECT_EQ(next("0 0 30 2 */2"), "never");
  EXPECT_EQ(next("* * * * *", "9999-12-31T23:59:00Z"), "never") << "the year 9999 is the last one";
}

TEST(Cron, SaysWhichFieldIsWrongAndWhy) {
  EXPECT_THAT(next(""), HasSubstr("five fields"));
  EXPECT_THAT(next("* * * *"), HasSubstr("five fields"));
  EXPECT_THAT(next("* * * * * *"), HasSubstr("five fields"));
  EXPECT_THAT(next("60 * * * *"), HasSubstr("\"minute\": \"60\" is not in 0..59"));
  EXPECT_THAT(next("* 24 * * *"), HasSubstr("\"hour\""));
  EXPECT_THAT(next("* * 0 * *"), HasSubstr("\"day of month\""));
  EXPECT_THAT(next("* * * 13 *"), HasSubstr("\"month\""));
  EXPECT_THAT(next("* * * * 8"), HasSubstr("\"day of week\""));
  EXPECT_THAT(next("* * * * 5-2"), HasSubstr("runs backwards"));
  EXPECT_THAT(next("*/0 * * * *"), HasSubstr("step"));
  for (const char* text :
       {"*/61 * * * *", "0 */24 * * *", "0 0 */32 * *", "0 0 1 */13 *", "0 0 * * */8", "5-9/60 * * * *"})
    EXPECT_THAT(next(text), HasSubstr("step")) << text;
  EXPECT_EQ(next("*/59 * * * *", "2026-03-01T12:00:00Z"), "2026-03-01T12:59");
  for (const char* cron : {"*/ * * * *", "1, * * * *", ",1 * * * *", "1- * * * *", "-1 * * * *", "1-2-3 * * * *",
                           "a * * * *", "* * * foo *", "mon * * * *", "+1 * * * *", "001 * * * *", "*5 * * * *",
                           "1/2/3 * * * *", "@daily", "* * L * *"})
    EXPECT_FALSE(CronSchedule::parse(cron).ok()) << cron;
}

// Minute by minute, over more than a year, against the plain definition.
TEST(Cron, AgreesWithCountingMinutes) {
  const Result<CronSchedule> schedule = CronSchedule::parse("*/20 6-18/6 1,15,31 */2 *");
  ASSERT_TRUE(schedule.ok());
  const std::int64_t start = *parse_time(kNow);
  std::int64_t expected = *schedule->next_after(start);
  int found = 0;
  for (std::int64_t ms = start + 60'000; ms < start + 400LL * 86'400'000; ms += 60'000) {
    const std::string time = format_time(ms);
    const int month = std::stoi(time.substr(5, 2)), day = std::stoi(time.substr(8, 2));
    const int hour = std::stoi(time.substr(11, 2)), minute = std::stoi(time.substr(14, 2));
    const bool matches = minute % 20 == 0 && (hour == 6 || hour == 12 || hour == 18) &&
                         (day == 1 || day == 15 || day == 31) && month % 2 == 1;
    ASSERT_EQ(matches, ms == expected) << time;
    if (!matches) continue;
    ++found;
    expected = *schedule->next_after(ms);
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace lumenflow::sidekick
