#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ctime>

namespace lumenflow {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kYear0 = -62'167'219'200'000, kEnd9999 = 253'402'300'799'999;

std::int64_t ms_of(std::string_view text) {
  const Result<Timestamp> time = parse_rfc3339(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.ok() ? time->ms : -1;
}

TEST(Rfc3339, WritesUtcWithThreeDigits) {
  EXPECT_EQ(format_rfc3339({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339({1'772'366'400'000}), "2026-03-01T12:00:00.000Z");
  EXPECT_EQ(format_rfc3339({-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339({951'827'696'007}), "2000-02-29T12:34:56.007Z");
  std::string out = "at ";
  append_rfc3339({1}, out);
  EXPECT_EQ(out, "at 1970-01-01T00:00:00.001Z");
}

TEST(Rfc3339, ClampsWhatFourDigitsCannotName) {
  EXPECT_EQ(format_rfc3339({kYear0}), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339({kEnd9999}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339({INT64_MIN}), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339({INT64_MAX}), "9999-12-31T23:59:59.999Z");
}

// RFC 3339, section 5.8.
TEST(Rfc3339, ReadsTheStandardsExamples) {
  EXPECT_EQ(ms_of("1985-04-12T23:20:50.52Z"), 482'196'050'520);
  EXPECT_EQ(ms_of("1996-12-19T16:39:57-08:00"), 851'042'397'000);
  EXPECT_EQ(ms_of("1990-12-31T23:59:60Z"), ms_of("1991-01-01T00:00:00Z"));
  EXPECT_EQ(ms_of("1990-12-31T15:59:60-08:00"), ms_of("1991-01-01T00:00:00Z"));
  EXPECT_EQ(ms_of("1937-01-01T12:00:27.87+00:20"), -1'041'337'172'130);
}

TEST(Rfc3339, ALeapSecondStandsOnlyAtTheEndOfAnUtcDay) {
  EXPECT_EQ(ms_of("2016-12-31T23:59:60.999Z"), ms_of("2017-01-01T00:00:00.000Z"))
      << "all of it is the next second's start";
  EXPECT_EQ(ms_of("2017-01-01T08:59:60+09:00"), ms_of("2017-01-01T00:00:00Z"));
  for (const char* bad :
       {"2016-12-31T23:58:60Z", "2016-12-31T22:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T23:59:61Z"})
    EXPECT_FALSE(parse_rfc3339(bad).ok()) << bad;
}

TEST(Rfc3339, CutsFractionsAtTheMillisecond) {
  EXPECT_EQ(ms_of("1970-01-01T00:00:00.1Z"), 100);
  EXPECT_EQ(ms_of("1970-01-01T00:00:00.0019999999999999999999Z"), 1);
  EXPECT_EQ(ms_of("1969-12-31T23:59:59.9999Z"), -1);
  EXPECT_EQ(ms_of("1970-01-01t00:00:00.001z"), 1) << "either case";
}

TEST(Rfc3339, RefusesWhatIsNoDateTime) {
  for (const char* bad : {"",
                          "2026",
                          "2026-03-01",
                          "2026-03-01T12:00:00",
                          "2026-03-01T12:00Z",
                          "2026-03-01 12:00:00Z",
                          "2026-03-01T12:00:00.Z",
                          "2026-03-01T12:00:00,5Z",
                          "2026-02-29T00:00:00Z",
                          "1900-02-29T00:00:00Z",
                          "2026-00-01T00:00:00Z",
                          "2026-13-01T00:00:00Z",
                          "2026-01-00T00:00:00Z",
                          "2026-04-31T00:00:00Z",
                          "2026-01-01T24:00:00Z",
                          "2026-01-01T00:60:00Z",
                          "2026-01-01T00:00:00+24:00",
                          "2026-01-01T00:00:00+00:60",
                          "2026-01-01T00:00:00+0100",
                          "2026-01-01T00:00:00+1:00",
                          "2026-01-01T00:00:00Zx",
                          "2026-01-01T00:00:00ZZ",
                          " 2026-01-01T00:00:00Z",
                          "02026-01-01T00:00:00Z",
                          "-026-01-01T00:00:00Z",
                          "2026-1-01T00:00:000Z",
                          "2026-01-01T0+:00:00Z",
                          "2026-01-01T00:00:00.5",
                          "2026-01-01T00:00:00.5-"})
    EXPECT_FALSE(parse_rfc3339(bad).ok()) << bad;
  EXPECT_EQ(parse_rfc3339("x").error().code(), ErrorCode::kInvalidInput);
}

TEST(Rfc3339, ReadsBackWhatItWrote) {
  EXPECT_TRUE(rc::check("parse(format(t)) == t", [] {
    const auto ms = *rc::gen::inRange<std::int64_t>(kYear0, kEnd9999 + 1);
    RC_ASSERT(parse_rfc3339(format_rfc3339({ms}))->ms == ms);
  }));
  for (const std::int64_t ms : {kYear0, kEnd9999, std::int64_t{0}, std::int64_t{-1}})
    EXPECT_EQ(ms_of(format_rfc3339({ms})), ms);
}

TEST(Rfc3339, OffsetsShiftTheSameInstant) {
  EXPECT_TRUE(rc::check("local time minus offset is UTC", [] {
    const auto ms = *rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000);
    const int offset = *rc::gen::inRange(-1439, 1440);
    std::string local = format_rfc3339({ms + offset * 60'000});
    local.pop_back();
    char zone[32];
    std::snprintf(zone, sizeof zone, "%c%02d:%02d", offset < 0 ? '-' : '+', std::abs(offset) / 60,
                  std::abs(offset) % 60);
    RC_ASSERT(parse_rfc3339(local + zone)->ms == ms);
  }));
}

TEST(Rfc3339, TextOrderIsTimeOrder) {
  EXPECT_TRUE(rc::check("order of texts", [] {
    const auto a = *rc::gen::inRange<std::int64_t>(kYear0, kEnd9999),
               b = *rc::gen::inRange<std::int64_t>(kYear0, kEnd9999);
    RC_ASSERT((format_rfc3339({a}) < format_rfc3339({b})) == (a < b));
  }));
}

TEST(Duration, ReadsItsUnits) {
  const std::pair<const char*, std::chrono::milliseconds> good[] = {
      {"500ms", 500ms}, {"30s", 30s}, {"10m", 10min},         {"24h", 24h},
      {"30d", 720h},    {"0s", 0ms},  {"36500d", 36500 * 24h}};
  for (const auto& [text, value] : good) EXPECT_EQ(*parse_duration(text), value) << text;
}

TEST(Duration, RefusesTheRest) {
  for (const char* bad : {"", "5", "s", "-5s", "+5s", "5 s", "5.5s", "5S", "5sec", "1h30m", "5y", "36526d",
                          "99999999999999999999s", "3155760000001ms", "18446744073709551616ms"})
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock;
  EXPECT_EQ(format_rfc3339(clock.now()), "2026-03-01T12:00:00.000Z");
  clock.advance(1500ms);
  EXPECT_EQ(format_rfc3339(clock.now()), "2026-03-01T12:00:01.500Z");
  EXPECT_EQ(clock.monotonic(), 1500ms);
  clock.set_wall({0});
  EXPECT_EQ(clock.now().ms, 0);
  EXPECT_EQ(clock.monotonic(), 1500ms) << "setting the wall clock is no passing of time";
}

TEST(SystemClock, GoesForward) {
  const SystemClock clock;
  const auto before = clock.monotonic();
  EXPECT_GE(clock.monotonic(), before);
  EXPECT_GT(clock.now(), Timestamp{1'600'000'000'000});
}

TEST(Timestamp, DiffersInDurations) {
  EXPECT_EQ(Timestamp{5000} - Timestamp{2000}, 3s);
  EXPECT_EQ(Timestamp{5000} + 1s, Timestamp{6000});
  EXPECT_EQ(Timestamp{5000} - 1s, Timestamp{4000});
}

}  // namespace
}  // namespace lumenflow
