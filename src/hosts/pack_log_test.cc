#include "hosts/pack_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hosts/secret_values.h"

namespace lumenflow::hosts {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Written {
  std::vector<std::string> lines;
  PackLog::Sink sink() {
    return [this](LogLevel, std::string_view origin, const std::string& line) {
      lines.push_back(std::string(origin) + ": " + line);
    };
  }
};

TEST(PackLog, CutsStderrIntoLines) {
  Written written;
  PackLog log(100, {}, written.sink());
  LineCutter cutter(log);
  cutter.take("one\ntw");
  cutter.take("o\n\nthr");
  cutter.finish();
  EXPECT_THAT(written.lines, ElementsAre("stderr: one", "stderr: two", "stderr: thr"));
}

TEST(PackLog, APrivateKeyIsNotWrittenLineByLine) {
  Written written;
  PackLog log(1'000, {}, written.sink());
  LineCutter cutter(log);
  cutter.take("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n\nIBAAKC\n-----END RSA PRIVATE KEY-----\nafter\n");
  cutter.take("-----BEGIN CERTIFICATE-----\nMIIDpublic\n");
  EXPECT_THAT(written.lines, ElementsAre("stderr: -----BEGIN RSA PRIVATE KEY-----", "stderr: after",
                                         "stderr: -----BEGIN CERTIFICATE-----", "stderr: MIIDpublic"));
  written.lines.clear();
  cutter.take("-----BEGIN PRIVATE KEY-----\n");
  for (int i = 0; i < 400; ++i) cutter.take("hidden\n");
  cutter.take("one that never ends hides no more\n");
  EXPECT_THAT(written.lines, SizeIs(2));
}

TEST(PackLog, LongLinesAreCutAndTheirRestIsNoLine) {
  Written written;
  PackLog log(100, {}, written.sink());
  LineCutter cutter(log);
  for (int i = 0; i < 1'000; ++i) cutter.take(std::string(1'000, 'x'));
  cutter.take("\nnext\n");
  ASSERT_THAT(written.lines, SizeIs(2));
  EXPECT_EQ(written.lines[0].size(), std::string("stderr: ").size() + 2'048);
  EXPECT_EQ(written.lines[1], "stderr: next");
}

TEST(PackLog, MoreThanMayBeIsDroppedAndCounted) {
  Written written;
  PackLog log(3, {}, written.sink());
  for (int i = 0; i < 1'000; ++i) log.line(LogLevel::kInfo, "log", "x");
  EXPECT_GE(log.dropped(), 900U);
  EXPECT_LE(written.lines.size(), 100U);
}

TEST(PackLog, WhatIsSecretIsMasked) {
  Written written;
  PackLog log(
      3, [](std::string_view) { return std::string("masked"); }, written.sink());
  log.line(LogLevel::kInfo, "log", "token=abc");
  EXPECT_THAT(written.lines, ElementsAre("log: masked"));
}

TEST(PackLog, ASecretThatALineIsCutWithinIsMasked) {
  Written written;
  SecretValues secrets;
  secrets.add("a-value-that-is-long");
  PackLog log(
      3, [&](std::string_view line) { return secrets.masked(line); }, written.sink());
  LineCutter cutter(log);
  cutter.take(std::string(2'045, 'x') + "a-value-that");
  cutter.take("-is-long and more\n");
  log.line(LogLevel::kInfo, "log", std::string(2'045, 'y') + "a-value-that-is-long");
  EXPECT_THAT(written.lines,
              ElementsAre("stderr: " + std::string(2'045, 'x') + "***", "log: " + std::string(2'045, 'y') + "***"));
}

}  // namespace
}  // namespace lumenflow::hosts
