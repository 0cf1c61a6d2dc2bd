// Programs that packs have run: real ones, under a launcher that holds nothing, so that what is asked of it shows.
#include "hosts/confined_programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "hosts/testing/odd_world.h"
#include "hosts/testing/plain_launcher.h"

namespace lumenflow::hosts {
namespace {

namespace fs = std::filesystem;
using pack::Access;
using pack::ProgramEnd;
using pack::ProgramRequest;
using ::testing::ElementsAre;
using testing::FakeRun;
using ::testing::HasSubstr;
using testing::PlainLauncher;
using ::testing::SizeIs;

// Whether the process is there and more than a zombie that nobody has reaped yet.
bool runs(const std::string& pid) {
  std::string stat;
  std::getline(std::ifstream("/proc/" + pid + "/stat"), stat);
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.substr(name_end).find(" Z ") == std::string::npos;
}

// This launcher kills and does not wait for what the program had started: the kernel ends that in its own time.
bool is_gone(const std::string& pid) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (runs(pid) && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  return !runs(pid);
}

class ConfinedProgramsTest : public ::testing::Test {
 protected:
  ConfinedProgramsTest() {
    ::signal(SIGPIPE, SIG_IGN);
    std::string name = (fs::temp_directory_path() / "programs-XXXXXX").native();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = fs::canonical(name);
    fs::create_directories(root_ / "out/a");
    run_.enforced.mounts = {{"**", Access::kRead}, {"out/**", Access::kWrite}};
  }
  ~ConfinedProgramsTest() override { fs::remove_all(root_); }

  static ProgramRequest shell(const std::string& script) {
    ProgramRequest request;
    request.command = {"sh", "-c", script};
    return request;
  }
  std::vector<Result<ProgramEnd>> all(const std::vector<ProgramRequest>& requests, std::size_t at_once = 1) {
    return programs_.run(root_.native(), run_, requests, at_once);
  }
  Result<ProgramEnd> one(const ProgramRequest& request) { return std::move(all({request}).front()); }

  fs::path root_;
  FakeRun run_;
  PlainLauncher launcher_;
  ConfinedPrograms programs_{[this]() -> sandbox::Launcher& { return launcher_; }, {}};
};

TEST_F(ConfinedProgramsTest, TellsHowAProgramEnded) {
  ProgramRequest request = shell("cat; echo oops >&2; echo \"$A$B\"; exit 7");
  request.input = std::string(300'000, 'i') + "\n";  // more than a pipe holds
  request.environment = {"A=1"};
  const Result<ProgramEnd> end = one(request);
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_EQ(end->signal, 0);
  EXPECT_EQ(end->limit, "");
  EXPECT_EQ(end->output, request.input + "1\n");
  EXPECT_EQ(end->errors, "oops\n");
  EXPECT_EQ(end->isolation, "none");
  EXPECT_EQ(run_.held, "none");  // for the record of the call
  EXPECT_EQ(one(shell("kill -9 $$"))->signal, 9);
}

TEST_F(ConfinedProgramsTest, TellsLinesAsTheyCome) {
  ProgramRequest request = shell("echo a; echo; printf b");
  request.errors_with_output = true;
  std::vector<std::string> lines;
  request.on_line = [&](pack::ProgramStream, std::string_view line) { lines.emplace_back(line); };
  EXPECT_EQ(one(request)->output, "a\n\nb");
  EXPECT_THAT(lines, ElementsAre("a", "", "b"));
}

TEST_F(ConfinedProgramsTest, WhatWritesTooMuchIsEnded) {
  ProgramRequest request = shell("yes");
  request.output_bytes_max = 1000;
  const Result<ProgramEnd> end = one(request);
  EXPECT_EQ(end->limit, "output");
  EXPECT_THAT(end->output, SizeIs(1000));
}

TEST_F(ConfinedProgramsTest, WhatTakesTooLongIsEndedWithAllItStarted) {
  ProgramRequest request = shell("sleep 1000 & echo $!; wait");
  request.timeout_ms = 300;
  const Result<ProgramEnd> end = one(request);
  EXPECT_EQ(end->limit, "time");
  EXPECT_TRUE(is_gone(end->output.substr(0, end->output.size() - 1)));
}

TEST_F(ConfinedProgramsTest, SeveralRunAtOnceAndAnswerInTheirOrder) {
  // Each waits for what the next one makes: one after the other they would never end.
  std::vector<ProgramRequest> requests = {shell("until test -e out/1; do :; done; echo first"),
                                          shell("until test -e out/2; do :; done; touch out/1; echo second"),
                                          shell("touch out/2; echo third")};
  std::vector<std::string> ended;
  for (ProgramRequest& request : requests) request.on_end = [&](const ProgramEnd& end) { ended.push_back(end.output); };
  const auto ends = all(requests, 3);
  ASSERT_THAT(ends, SizeIs(3));
  EXPECT_EQ(ends[0]->output, "first\n");
  EXPECT_EQ(ends[2]->output, "third\n");
  EXPECT_THAT(ended, SizeIs(3));
}

TEST_F(ConfinedProgramsTest, NoMoreRunAtOnceThanAreAskedFor) {
  const std::string alone = "mkdir out/here || exit 1; sleep 0.01; rmdir out/here";
  for (const auto& end : all({shell(alone), shell(alone), shell(alone), shell(alone)}, 1)) EXPECT_EQ(end->exit_code, 0);
}

TEST_F(ConfinedProgramsTest, EndsWithItsCall) {
  ProgramRequest request = shell("echo $$; exec sleep 1000");
  std::string pid;
  request.on_line = [&](pack::ProgramStream, std::string_view line) {
    pid = line;
    run_.cancel();
  };
  bool outer_told = false;
  run_.when_cancelled([&] { outer_told = true; });
  const auto ends = all({request, shell("true")});
  EXPECT_EQ(ends[0].error().code(), ErrorCode::kToolCancelled);
  EXPECT_EQ(ends[1].error().code(), ErrorCode::kToolCancelled);
  EXPECT_TRUE(is_gone(pid));
  EXPECT_EQ(launcher_.started(), 1);
  EXPECT_TRUE(outer_told);  // whoever waited for the cancellation before hears of it after
}

TEST_F(ConfinedProgramsTest, SeesWhatTheCallMaySee) {
  ASSERT_TRUE(one(shell("true")).ok());
  const std::vector<sandbox::Confinement> asked = launcher_.asked();
  const sandbox::Confinement& held = asked.front();
  ASSERT_THAT(held.paths, SizeIs(2));
  EXPECT_EQ(held.paths[0].path, root_.native());
  EXPECT_FALSE(held.paths[0].write);
  EXPECT_EQ(held.paths[1].path, (root_ / "out").native());
  EXPECT_TRUE(held.paths[1].write);
  EXPECT_THAT(held.hidden, ElementsAre((root_ / ".lumenflow").native()));
  EXPECT_EQ(held.network.posture, sandbox::NetworkGrant::Posture::kOff);
  EXPECT_TRUE(held.environment.empty());
}

TEST_F(ConfinedProgramsTest, MayBeHeldToLessAndNeverToMore) {
  ProgramRequest request = shell("true");
  request.directory = "out/a";
  request.paths = {{"out/a/**", true}};
  ASSERT_TRUE(one(request).ok());
  EXPECT_EQ(launcher_.asked().back().paths[0].path, (root_ / "out/a").native());
  EXPECT_THAT(launcher_.asked().back().paths, SizeIs(1));
  request.directory = "";
  EXPECT_EQ(one(request).error().code(), ErrorCode::kScopeDenied);  // it would start where it cannot be
  const auto refused = [&](const char* pattern, bool write) {
    request.paths = {{pattern, write}};
    return one(request).error().code();
  };
  EXPECT_EQ(refused("src/**", true), ErrorCode::kScopeDenied);
  EXPECT_EQ(refused("**", true), ErrorCode::kScopeDenied);
  EXPECT_EQ(refused(".lumenflow/**", false), ErrorCode::kScopeDenied);
  EXPECT_EQ(refused(".LumenFlow/state", false), ErrorCode::kScopeDenied);
  EXPECT_EQ(refused("out/../src/**", true), ErrorCode::kInvalidInput);
  EXPECT_EQ(refused("out/*", true), ErrorCode::kInvalidInput);
  EXPECT_EQ(refused("/etc/**", false), ErrorCode::kInvalidInput);
  EXPECT_EQ(launcher_.started(), 1);
}

TEST_F(ConfinedProgramsTest, SaysWhatCannotBeRun) {
  EXPECT_EQ(one(ProgramRequest{}).error().code(), ErrorCode::kInvalidInput);
  ProgramRequest request = shell("true");
  request.environment = {"no variable"};
  EXPECT_THAT(one(request).error().message(), HasSubstr("write NAME=value"));
  request = shell(std::string("tr\0ue", 5));
  EXPECT_EQ(one(request).error().code(), ErrorCode::kInvalidInput);
  request = shell("true");
  for (const char* elsewhere : {"..", "/tmp", "out/", "./out"}) {
    request.directory = elsewhere;
    EXPECT_EQ(one(request).error().code(), ErrorCode::kInvalidInput) << elsewhere;
  }
  launcher_.refuse(1);
  const auto ends = all({shell("true"), shell("true")});
  EXPECT_FALSE(ends[0].ok());
  EXPECT_TRUE(ends[1].ok());  // what one is refused does not hold up the other
  EXPECT_EQ(launcher_.started(), 1);
}

}  // namespace
}  // namespace lumenflow::hosts
