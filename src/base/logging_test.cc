#include "base/logging.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lumenflow {
namespace {

TEST(LogLevels, AreReadByName) {
  EXPECT_EQ(*parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(*parse_log_level("off"), LogLevel::kOff);
  for (const char* bad : {"", "INFO", "warning", "trace"}) EXPECT_FALSE(parse_log_level(bad).ok()) << bad;
  EXPECT_NE(parse_log_level("x").error().message().find("debug, info, warn, error, off"), std::string::npos);
}

TEST(Logging, ALineIsOneLineWhateverItsFieldsHold) {
  configure_logging(LogLevel::kInfo, LogFormat::kText);
  testing::internal::CaptureStderr();
  write_log(LogLevel::kInfo, "base", "said", {{"who", "a\"b\\c\nINFO forged: line"}});
  write_log(LogLevel::kDebug, "base", "not said");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find(R"(base: said who="a\"b\\c\u000aINFO forged: line")"), std::string::npos) << out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(Logging, JsonLinesAndLevels) {
  configure_logging(LogLevel::kWarn, LogFormat::kJson);
  testing::internal::CaptureStderr();
  write_log(LogLevel::kInfo, "base", "below the level");
  write_log(LogLevel::kError, "base", "a fault", {{"receipt", "rcpt-1"}});
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(out.find("below"), std::string::npos);
  EXPECT_TRUE(out.starts_with(R"({"ts":")")) << out;
  EXPECT_TRUE(
      out.ends_with("\"level\":\"error\",\"module\":\"base\",\"message\":\"a fault\",\"receipt\":\"rcpt-1\"}\n"))
      << out;
}

}  // namespace
}  // namespace lumenflow
