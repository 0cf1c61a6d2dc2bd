#include "base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace lumenflow {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 20s;  // far longer than anything here takes; a test that needs it has failed

class ProcessTest : public testing::Test {
 protected:
  std::unique_ptr<Process> shell(const std::string& script, ProcessOptions options = {}) {
    options.command = {"/bin/sh", "-c", script};
    options.environment.push_back("PATH=/usr/bin:/bin");
    auto started = processes_.start(options);
    EXPECT_TRUE(started.ok());
    return *std::move(started);
  }
  static std::string line(Process& process) {
    const auto read = process.read_line(kLong);
    if (!read.ok()) return read.error().to_string();
    return read->value_or("<end>");
  }
  PosixProcesses processes_;
};

TEST_F(ProcessTest, ReadsLinesToTheEnd) {
  const auto process = shell("echo one; echo; printf three");
  EXPECT_EQ(line(*process), "one");
  EXPECT_EQ(line(*process), "");
  EXPECT_EQ(line(*process), "three") << "also without a newline";
  EXPECT_EQ(line(*process), "<end>");
  EXPECT_EQ(line(*process), "<end>");
}

TEST_F(ProcessTest, ReadsLongLinesWhole) {
  const auto process = shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo after");
  EXPECT_EQ(line(*process), std::string(300000, 'x'));
  EXPECT_EQ(line(*process), "after");
}

TEST_F(ProcessTest, ALineWithoutEndIsCutOff) {
  ProcessOptions options;
  options.line_bytes_max = 100'000;
  const auto process = shell("yes | tr -d '\\n'", options);
  const auto read = process->read_line(kLong);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kOutputTooLarge);
}

TEST_F(ProcessTest, TellsHowItEnded) {
  const auto exited = shell("exit 7");
  EXPECT_EQ(exited->wait(kLong)->code, 7);
  EXPECT_EQ(exited->wait(kLong)->signal, 0) << "asked again, the same answer";
  const auto killed = shell("kill -TERM $$");
  const ProcessExit end = *killed->wait(kLong);
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_EQ(end.code, 128 + SIGTERM);
}

TEST_F(ProcessTest, WaitsNoLongerThanTold) {
  const auto process = shell("echo up; exec sleep 100");
  EXPECT_EQ(line(*process), "up");
  const auto read = process->read_line(1ms);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kRequestTimeout);
  const auto end = process->wait(1ms);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code(), ErrorCode::kRequestTimeout);
  process->signal_group(SIGTERM);
  EXPECT_EQ(process->wait(kLong)->signal, SIGTERM);
}

TEST_F(ProcessTest, InheritsNothingThatWasNotGiven) {
  ::setenv("LUMENFLOW_TEST_SECRET", "leaked", 1);
  ProcessOptions options;
  options.environment = {"GIVEN=yes"};
  options.directory = "/";
  const int leaked = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GT(leaked, STDERR_FILENO);
  const auto process = shell(
      "echo \"$LUMENFLOW_TEST_SECRET.$GIVEN.$(pwd)\"; cat; [ -e /proc/$$/fd/" + std::to_string(leaked) + " ]; echo $?",
      options);
  EXPECT_EQ(line(*process), ".yes./");
  EXPECT_EQ(line(*process), "1") << "an open file of the parent; and stdin is empty, so that `cat` ended";
  ::close(leaked);
  ::unsetenv("LUMENFLOW_TEST_SECRET");
}

TEST_F(ProcessTest, ArgumentsNeverPassAShell) {
  ProcessOptions options;
  options.command = {"/bin/echo", "$(id)", "a  b", ";", "*"};
  auto process = *processes_.start(options);
  EXPECT_EQ(line(*process), "$(id) a  b ; *");
}

TEST_F(ProcessTest, SaysWhyItCouldNotStart) {
  ProcessOptions options;
  EXPECT_EQ(processes_.start(options).error().code(), ErrorCode::kInvalidInput);
  options.command = {"/does/not/exist"};
  const auto started = processes_.start(options);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code(), ErrorCode::kIo);
  EXPECT_NE(started.error().message().find("/does/not/exist"), std::string::npos);
  options.command = {"/bin/true"};
  options.directory = "/does/not/exist";
  EXPECT_FALSE(processes_.start(options).ok());
}

// A named pipe that a child opens and hands down: reading it ends when the last of its descendants is gone.
class Lifeline {
 public:
  Lifeline() {
    std::string pattern = testing::TempDir() + "/lumenflow-process-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    EXPECT_EQ(::mkfifo(path().c_str(), 0600), 0);
    reader_ = ::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~Lifeline() {
    ::close(reader_);
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/alive"; }
  bool ends_within(std::chrono::milliseconds time) const {
    pollfd waiting{reader_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) == 1 && (waiting.revents & POLLHUP) != 0;
  }

 private:
  std::string folder_;
  int reader_ = -1;
};

TEST_F(ProcessTest, EndsWithEverythingItStarted) {
  const Lifeline lifeline;
  {
    const auto process = shell("exec 9>" + lifeline.path() +
                               "; (trap '' TERM HUP; sleep 100; true) & (sleep 100; true) & echo started; wait");
    EXPECT_EQ(line(*process), "started");
    EXPECT_FALSE(lifeline.ends_within(0ms));
  }
  EXPECT_TRUE(lifeline.ends_within(kLong));
}

TEST_F(ProcessTest, WhatItStartedIsEndedAlsoWhenItEndedFirst) {
  const Lifeline lifeline;
  {
    const auto process = shell("exec 9>" + lifeline.path() + "; (sleep 100; true) >/dev/null & echo started");
    EXPECT_EQ(line(*process), "started");
    EXPECT_EQ(process->wait(kLong)->code, 0);
    EXPECT_FALSE(lifeline.ends_within(0ms));
  }
  EXPECT_TRUE(lifeline.ends_within(kLong));
}

TEST_F(ProcessTest, LeavesNoZombie) {
  int pid = 0;
  {
    const auto process = shell("exit 0");
    pid = process->pid();
    ASSERT_TRUE(process->wait(kLong).ok());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, WNOHANG), -1);
}

TEST_F(ProcessTest, StartsWithSignalsAsUsual) {
  std::signal(SIGTERM, SIG_IGN);  // a parent that ignores it must not make children that do
  const auto process = shell("echo up; exec sleep 100");
  std::signal(SIGTERM, SIG_DFL);
  EXPECT_EQ(line(*process), "up");
  process->signal_group(SIGTERM);
  EXPECT_EQ(process->wait(kLong)->signal, SIGTERM);
}

}  // namespace
}  // namespace lumenflow
