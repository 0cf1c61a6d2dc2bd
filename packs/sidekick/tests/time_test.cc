#include "sidekick/tool_impl/time.h"

#include <gtest/gtest.h>

namespace lumenflow::sidekick {
namespace {

TEST(Time, FormatsInUtcWithMilliseconds) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(1'772'366'400'123), "2026-03-01T12:00:00.123Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

TEST(Time, ClampsToFourDigitYears) {
  EXPECT_EQ(format_time(INT64_MIN), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

TEST(Time, ReadsOffsetsFractionsAndEitherCase) {
  const struct {
    const char* text;
    const char* utc;
  } cases[] = {{"2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z"},
               {"2026-03-01t12:00:00z", "2026-03-01T12:00:00.000Z"},
               {"2026-03-01T01:30:00+02:00", "2026-02-28T23:30:00.000Z"},
               {"2026-03-01T22:30:00-02:00", "2026-03-02T00:30:00.000Z"},
               {"2026-03-01T12:00:00.5Z", "2026-03-01T12:00:00.500Z"},
               {"2026-03-01T12:00:00.1239999Z", "2026-03-01T12:00:00.123Z"},
               {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
               {"2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00.000Z"},
               {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"}};
  for (const auto& given : cases) {
    const Result<std::int64_t> ms = parse_time(given.text);
    ASSERT_TRUE(ms.ok()) << given.text;
    EXPECT_EQ(format_time(*ms), given.utc) << given.text;
  }
}

TEST(Time, RefusesWhatIsNoMoment) {
  for (const char* text :
       {"", "tomorrow", "2026-03-01", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-3-01T12:00:00Z",
        "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-03-00T12:00:00Z",
        "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:61Z", "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00+0200", "2026-03-01T12:00:00ZZ",
        "-026-03-01T12:00:00Z"})
    EXPECT_FALSE(parse_time(text).ok()) << text;
}

}  // namespace
}  // namespace lumenflow::sidekick
