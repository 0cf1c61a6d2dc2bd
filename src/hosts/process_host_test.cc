// Packs' programs as they behave and misbehave. Children are real; what they are asked for, they do.
#include "hosts/process_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <thread>

#include "hosts/confined_programs.h"
#include "hosts/testing/odd_world.h"

namespace lumenflow::hosts {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeRun;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::OddWorld;
using ::testing::StartsWith;
using namespace std::chrono_literals;

std::string pid_of(OddWorld& world) { return OddWorld::shown(world.call("odd:pid")); }

// What must hold after whatever a pack did: the next call is answered, by another child.
void expect_replaced(OddWorld& world, const std::string& before) {
  const std::string after = pid_of(world);
  EXPECT_THAT(after, StartsWith(R"({"pid":)"));
  EXPECT_NE(after, before);
}

TEST(ProcessHost, APackIntroducesItself) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(world.registration->tools().size(), 32U);
  ASSERT_EQ(world.registration->handlers().size(), 1U);
  EXPECT_EQ(world.registration->handlers()[0].kind, "odd:asked");
  EXPECT_FALSE(world.registration->handlers()[0].traits.idempotent);
  EXPECT_TRUE(world.registration->handlers()[0].replay_key);
  EXPECT_TRUE(world.registration->status());
  EXPECT_NE(world.registration->executor(), nullptr);
  EXPECT_EQ(world.registration->isolation(), "none");
}

TEST(ProcessHost, WhatDoesNotSpeakTheProtocolIsRefused) {
  for (const char* fault : {"broken", "newer"}) {
    OddWorld world;
    world.touch(fault);
    const Status status = world.load();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidConfiguration) << status.error().to_string();
  }
  OddWorld mute({.initialize = 50ms});
  mute.touch("mute");
  const Status status = mute.load();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().to_string(), AllOf(HasSubstr("INVALID_CONFIGURATION"), HasSubstr("in time")));
  OddWorld unwilling;
  unwilling.launcher.refuse(1);
  EXPECT_EQ(unwilling.load().error().code(), ErrorCode::kIo);
}

TEST(ProcessHost, AChildServesManyCalls) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:echo", json::Object{{"a", 1.5}})), R"({"a":1.5})");
  const std::string pid = pid_of(world);
  EXPECT_EQ(pid_of(world), pid);
  EXPECT_EQ(world.launcher.started(), 1);
}

TEST(ProcessHost, AToolsOwnFailureIsAResult) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const std::string pid = pid_of(world);
  EXPECT_EQ(OddWorld::shown(world.call("odd:fail")), "NO_LUCK: it says no");
  EXPECT_EQ(OddWorld::shown(world.call("odd:refuse")), "NOT_FOUND: not here");
  EXPECT_EQ(pid_of(world), pid);
}

TEST(ProcessHost, ChildrenAreSharedBetweenEqualScopesOnly) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  std::filesystem::create_directories(world.root / "workspace/data");
  FakeRun narrow, wide, networked;
  wide.enforced.mounts = {{"data/**", pack::Access::kRead}};
  networked.enforced.network.posture = pack::NetworkPosture::kAllowlist;
  networked.enforced.network.allowlist = {"api.example.com"};
  const std::string first = OddWorld::shown(world.call_in(narrow, "odd:pid"));
  const std::string second = OddWorld::shown(world.call_in(wide, "odd:pid"));
  const std::string third = OddWorld::shown(world.call_in(networked, "odd:pid"));
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
  EXPECT_EQ(OddWorld::shown(world.call_in(wide, "odd:pid")), second);
  EXPECT_EQ(OddWorld::shown(world.call_in(narrow, "odd:pid")), first);
  EXPECT_EQ(narrow.held, "none");
  const auto asked = world.launcher.asked();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].directory, world.folder("snapshot"));
  EXPECT_THAT(asked[0].hidden, Contains(world.folder("workspace") + "/.lumenflow"));
  EXPECT_THAT(asked[0].paths, Contains(Field(&sandbox::PathGrant::path, world.folder("snapshot"))));
  EXPECT_THAT(asked[0].paths, Not(Contains(Field(&sandbox::PathGrant::path, StartsWith(world.folder("workspace"))))));
  EXPECT_THAT(asked[1].paths, Contains(Field(&sandbox::PathGrant::path, world.folder("workspace") + "/data")));
  EXPECT_EQ(asked[2].network.allowlist, std::vector<std::string>{"api.example.com"});
}

TEST(ProcessHost, TheEnvironmentHoldsWhatTheToolRequiresAlone) {
  ::setenv("ODD_SECRET", "s3cret", 1);
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:environment")), R"({"secret":"s3cret","home":false})");
  world.call("odd:echo");
  const auto asked = world.launcher.asked();
  ASSERT_EQ(asked.size(), 2U);  // the first child serves what needs no variable
  EXPECT_TRUE(asked[0].environment.empty());
  EXPECT_EQ(asked[1].environment, std::vector<std::string>{"ODD_SECRET=s3cret"});
}

TEST(ProcessHost, WhatItWasGivenStandsInNoLogAndNoError) {
  const std::string secret = "s3cret-\"of\"-the-pack";
  ::setenv("ODD_SECRET", secret.c_str(), 1);
  std::mutex mutex;
  std::vector<std::string> lines;
  ProcessHostOptions options;
  options.redact = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    return lines.emplace_back(line);
  };
  {
    OddWorld world(options);
    ASSERT_TRUE(world.load().ok());
    EXPECT_EQ(OddWorld::shown(world.call("odd:environment")), R"({"secret":"s3cret-\"of\"-the-pack","home":false})");
    FakeRun run;
    EXPECT_EQ(OddWorld::shown(world.call_in(run, "odd:tell", json::Object{{"how", "error"}})), "NO_LUCK: with ***");
    EXPECT_THAT(run.followed, ElementsAre(HasSubstr(R"(m*** {"field":"***"})"), "0.25 at ***"));
    EXPECT_THAT(run.followed.front(), StartsWith("warn m"));
    EXPECT_EQ(OddWorld::shown(world.call("odd:tell", json::Object{{"how", "refusal"}})), "NOT_FOUND: not ***");
    for (const char* how : {"stray", "garbage"})
      EXPECT_THAT(OddWorld::shown(world.call("odd:tell", json::Object{{"how", how}})),
                  AllOf(StartsWith("TOOL_CRASHED"), Not(HasSubstr("s3cret"))));
  }
  const std::lock_guard lock(mutex);
  EXPECT_THAT(lines, Contains("stderr ***"));
  EXPECT_THAT(lines, Contains(HasSubstr(R"(m*** {"field":"***"})")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("s3cret"))));
  ::unsetenv("ODD_SECRET");
}

TEST(ProcessHost, SecretsOfItsConfigurationAreReadWhereTheyAre) {
  ::unsetenv("ODD_SECRET");
  OddWorld world;
  const std::filesystem::path file = world.root / "token";
  const auto write = [&](const char* text) {
    std::ofstream(file) << text;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  };
  write("f1rst\n");
  const std::string reference = "file:" + file.native();
  world.config = json::Object{{"token", reference}, {"note", reference}};
  ASSERT_TRUE(world.load().ok());
  const json::Value result = json::Object{{"how", "result"}};
  EXPECT_EQ(OddWorld::shown(world.call("odd:tell", result)), R"({"token":"f1rst"})") << "but for what is no secret";
  EXPECT_EQ(OddWorld::shown(world.call("odd:tell", json::Object{{"how", "error"}})), "NO_LUCK: with ***");
  write("s3cond\n");
  world.call("odd:exit");
  EXPECT_EQ(OddWorld::shown(world.call("odd:tell", result)), R"({"token":"s3cond"})")
      << "the next child has the next one";
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  world.call("odd:exit");
  EXPECT_THAT(OddWorld::shown(world.call("odd:tell", result)), HasSubstr("chmod 600"));
}

TEST(ProcessHost, APackWhoseSecretIsNowhereIsRefused) {
  ::unsetenv("ODD_NOWHERE");
  OddWorld world;
  world.config = json::Object{{"token", "env:ODD_NOWHERE"}};
  const Status status = world.load();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidConfiguration);
  EXPECT_THAT(status.error().message(), HasSubstr("env:ODD_NOWHERE is not set"));
}

TEST(ProcessHost, TheStoreIsTheRuns) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:store", json::Object{{"n", 1}})),
            R"({"before":{"value":null},"after":{"value":{"n":1}},"scan":{"items":[{"key":"k","value":{"n":1}}]}})");
}

// As fast as it can, as the network would; how much of it was taken is left in `taken`.
std::function<Result<pack::HttpResponse>(const pack::HttpRequest&)> streaming(int pieces, int& taken) {
  return [pieces, &taken](const pack::HttpRequest& request) -> Result<pack::HttpResponse> {
    pack::HttpResponse response;
    response.status = 200;
    for (taken = 0; taken < pieces; ++taken)
      if (!request.sink(response, std::string(10'000, 'x') + "世")) {
        response.complete = false;
        break;
      }
    return response;
  };
}

TEST(ProcessHost, AnAnswerIsStreamedToThePack) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  int taken = 0;
  world.web = streaming(2'000, taken);  // more than pipes and memory hold for a slow reader
  EXPECT_EQ(OddWorld::shown(world.call("odd:stream")), R"({"bytes":20006000,"end":"x世","complete":true,"ends":"FS"})")
      << "what was asked meanwhile is answered afterwards";
  EXPECT_TRUE(world.store.contents.contains("meanwhile"));
}

TEST(ProcessHost, APackThatHasEnoughEndsAStream) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  int taken = 0;
  world.web = streaming(100'000, taken);
  const std::string shown = OddWorld::shown(world.call("odd:stream", json::Object{{"wanted", 3}}));
  EXPECT_THAT(shown, HasSubstr(R"("complete":false,"ends":"FS")"));
  EXPECT_LT(taken, 1'000) << "and not only when all of it has come";
  EXPECT_EQ(OddWorld::shown(world.call("odd:echo", json::Object{{"a", 1}})), R"({"a":1})") << "the child goes on";
}

TEST(ProcessHost, AStreamEndsWithItsCall) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  FakeRun run;
  world.web = [&](const pack::HttpRequest& request) -> Result<pack::HttpResponse> {
    run.cancel();
    pack::HttpResponse response;
    response.status = 200;
    EXPECT_FALSE(request.sink(response, "late"));
    return Error(ErrorCode::kToolCancelled, "cancelled");
  };
  EXPECT_THAT(OddWorld::shown(world.call_in(run, "odd:stream")), StartsWith("TOOL_"));
}

TEST(ProcessHost, WhatMayNotBeAskedIsRefusedWithACode) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const std::string pid = pid_of(world);
  EXPECT_EQ(OddWorld::shown(world.call("odd:ask_wrongly")),
            R"({"method":{"refused":"METHOD_NOT_ALLOWED"},"shape":{"refused":"INVALID_INPUT"},)"
            R"("run":{"refused":"INVALID_REQUEST"}})");
  EXPECT_EQ(pid_of(world), pid);
}

TEST(ProcessHost, AToolHasAProgramRun) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  ConfinedPrograms programs([&]() -> sandbox::Launcher& { return world.launcher; }, {});
  world.programs = &programs;
  std::filesystem::create_directory(world.root / "workspace/data");
  FakeRun run;
  run.enforced.mounts = {{"data/**", pack::Access::kWrite}};
  const json::Value asked =
      json::Object{{"command", json::Array{"sh", "-c", "cat; pwd; echo $X; echo \"\\377\" >&2; exit 3"}},
                   {"directory", "data"},
                   {"environment", json::Object{{"X", "y"}}},
                   {"stdin", "in\n"}};
  const pack::ToolResult result = world.call_in(run, "odd:program", asked);
  const json::Value& end = *std::get<pack::ToolOutput>(result).data.find("end");
  EXPECT_EQ(json::integer_or(end, "exit_code", 0), 3);
  EXPECT_EQ(json::string_or(end, "output", ""), "in\n" + (world.root / "workspace/data").native() + "\ny\n");
  EXPECT_EQ(json::string_or(end, "errors", ""), "\xef\xbf\xbd\n");
  EXPECT_EQ(json::string_or(end, "isolation", ""), "none");
  EXPECT_EQ(OddWorld::shown(world.call_in(run, "odd:program", json::Object{{"command", json::Array{"true"}}})),
            R"({"end":{"refused":"SCOPE_DENIED"}})");  // the root, which the call may not read
  EXPECT_EQ(OddWorld::shown(world.call_in(run, "odd:program", json::Object{{"command", "true"}})),
            R"({"end":{"refused":"INVALID_INPUT"}})");
}

TEST(ProcessHost, AToolCallsAnother) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:invoke", json::Object{{"tool", "odd:echo"}})),
            R"({"inner":{"data":{"called":"odd:echo"},"success":true}})");
}

struct Misdeed {
  const char* tool;
  const char* code;
  const char* says;
};
class Misbehaving : public ::testing::TestWithParam<Misdeed> {};

TEST_P(Misbehaving, EndsThatCallAndIsReplaced) {
  OddWorld world;
  world.touch("forgetful");
  ASSERT_TRUE(world.load().ok());
  const std::string before = pid_of(world);
  EXPECT_THAT(OddWorld::shown(world.call(GetParam().tool)),
              AllOf(StartsWith(GetParam().code), HasSubstr(GetParam().says)));
  expect_replaced(world, before);
}

INSTANTIATE_TEST_SUITE_P(
    Packs, Misbehaving,
    ::testing::Values(Misdeed{"odd:garbage", "TOOL_CRASHED", ": the pack wrote what is no message"},
                      Misdeed{"odd:flood", "OUTPUT_TOO_LARGE", ": the pack wrote a line over"},
                      Misdeed{"odd:exit", "TOOL_CRASHED", ": the pack's process ended: it exited with code 7"},
                      Misdeed{"odd:other_id", "TOOL_CRASHED", ": the pack answered what nobody waits for (id 999999)"},
                      Misdeed{"odd:stray", "TOOL_CRASHED", ": the pack broke the protocol"},
                      Misdeed{"odd:ask_forever", "TOOL_CRASHED", ": the pack asked for more than one run may"},
                      Misdeed{"odd:log_forever", "TOOL_CRASHED", ": the pack asked for more than one run may"}),
    [](const auto& each) { return std::string(each.param.tool).substr(4); });

TEST(ProcessHost, OutputWithoutEndCostsNoMemory) {
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  world.call("odd:flood");
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 128 * 1024);  // KiB; of 10 GiB that it would write
}

TEST(ProcessHost, AnAnswerTwiceHarmsNoOtherCall) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:twice")), "{}");
  for (int i = 0; i < 3; ++i) {
    const std::string shown = OddWorld::shown(world.call("odd:echo"));
    EXPECT_TRUE(shown == "{}" || shown.starts_with("TOOL_CRASHED")) << shown;  // late: it met the next call
  }
  EXPECT_EQ(OddWorld::shown(world.call("odd:echo")), "{}");
}

TEST(ProcessHost, ARequestAfterItsCallIsRefused) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:ask_late")), "{}");
  world.call("odd:echo");
  world.call("odd:echo");
  EXPECT_FALSE((*world.store.get("late")).has_value());
}

// Cancels the run as soon as the pack's child is at it.
pack::ToolResult cancelled_call(OddWorld& world, const std::string& tool, std::chrono::steady_clock::duration& took) {
  FakeRun run;
  std::chrono::steady_clock::time_point asked;
  std::thread canceller([&] {
    asked = std::chrono::steady_clock::now();
    run.cancel();
  });
  pack::ToolResult result = world.call_in(run, tool);
  canceller.join();
  took = std::chrono::steady_clock::now() - asked;
  return result;
}

TEST(ProcessHost, WhoIgnoresCancellationIsKilledWithItsFamily) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const std::string before = pid_of(world);
  FakeRun run;
  pack::ToolResult result;
  std::thread caller([&] { result = world.call_in(run, "odd:family"); });
  int grandchild = 0;
  while (!(std::ifstream(world.root / "kept/family") >> grandchild)) std::this_thread::yield();
  run.cancel();
  caller.join();
  EXPECT_TRUE(std::holds_alternative<pack::ToolCrash>(result));
  // Nobody waits for it but the process that adopted it; a zombie does nothing any more.
  std::string state;
  while (::kill(grandchild, 0) == 0) {
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string skipped;
    stat >> skipped >> skipped >> state;
    if (state == "Z" || state == "X" || state.empty()) break;
  }
  expect_replaced(world, before);
}

TEST(ProcessHost, WhoObeysCancellationIsKept) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const std::string before = pid_of(world);
  FakeRun run;
  pack::ToolResult result;
  std::thread caller([&] { result = world.call_in(run, "odd:obey"); });
  while (!world.there("waiting")) std::this_thread::yield();
  run.cancel();
  caller.join();
  EXPECT_THAT(OddWorld::shown(result), StartsWith("TOOL_TIMEOUT"));
  EXPECT_EQ(pid_of(world), before);
}

TEST(ProcessHost, StderrWithoutEndStopsNoCancellation) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const std::string before = pid_of(world);
  std::chrono::steady_clock::duration took{};
  EXPECT_TRUE(std::holds_alternative<pack::ToolCrash>(cancelled_call(world, "odd:grumble", took)));
  expect_replaced(world, before);
}

TEST(ProcessHost, ACrashIsAskedAbout) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  EXPECT_EQ(OddWorld::shown(world.call("odd:crash_after_effect")), R"({"done":true})");
  OddWorld other;
  ASSERT_TRUE(other.load().ok());
  EXPECT_THAT(OddWorld::shown(other.call("odd:exit")), StartsWith("TOOL_CRASHED without effect: "));
  OddWorld forgetful;
  forgetful.touch("forgetful");
  ASSERT_TRUE(forgetful.load().ok());
  EXPECT_THAT(OddWorld::shown(forgetful.call("odd:exit")), StartsWith("TOOL_CRASHED: "));
}

TEST(ProcessHost, StatusIsAnsweredForCallsOfADeadProcess) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const auto& status = world.registration->status();
  world.touch("applied-rcpt-9");
  const std::string root = world.folder("workspace");
  EXPECT_EQ(status({"rcpt-9", "odd:exit", root}).effect, pack::Aftermath::Effect::kDone);
  EXPECT_EQ(status({"rcpt-8", "odd:exit", root}).effect, pack::Aftermath::Effect::kNone);
  world.touch("tacit");
  const pack::Aftermath tacit = status({"rcpt-9", "odd:exit", root});
  EXPECT_EQ(tacit.effect, pack::Aftermath::Effect::kDone) << "it promises no output";
  EXPECT_EQ(tacit.data, json::Value(json::Object{}));
  world.touch("forgetful");
  EXPECT_EQ(status({"rcpt-8", "odd:exit", root}).effect, pack::Aftermath::Effect::kUnknown);
}

TEST(ProcessHost, WhoKeepsCrashingIsStartedLessOften) {
  OddWorld world({.backoff_first = 60'000ms, .backoff_max = 60'000ms, .backoff_wait = 1ms});
  world.touch("forgetful");
  ASSERT_TRUE(world.load().ok());
  EXPECT_THAT(OddWorld::shown(world.call("odd:garbage")), HasSubstr("no message"));
  EXPECT_THAT(OddWorld::shown(world.call("odd:garbage")), HasSubstr("no message"));  // replaced at once, once
  const int started = world.launcher.started();
  EXPECT_THAT(OddWorld::shown(world.call("odd:echo")),
              AllOf(StartsWith("TOOL_CRASHED without effect"), HasSubstr("failed 2 times in a row")));
  EXPECT_EQ(world.launcher.started(), started);
}

TEST(ProcessHost, AFaultThatDoesNotComeBackIsForgotten) {
  OddWorld world({.backoff_first = 60'000ms, .backoff_max = 60'000ms, .backoff_wait = 1ms});
  world.touch("forgetful");
  ASSERT_TRUE(world.load().ok());
  for (int i = 0; i < 3; ++i) {
    world.call("odd:garbage");
    EXPECT_EQ(OddWorld::shown(world.call("odd:echo")), "{}");
  }
}

TEST(ProcessHost, AChildThatEndedWhileIdleCostsNoCall) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  const std::string before = pid_of(world);
  const pid_t pid = std::stoi(before.substr(7));
  ::kill(-pid, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  expect_replaced(world, before);
}

TEST(ProcessHost, IdleChildrenAreAskedToExit) {
  OddWorld world({.idle = 1ms});
  ASSERT_TRUE(world.load().ok());
  while (!world.there("shut-down")) std::this_thread::yield();
  EXPECT_EQ(OddWorld::shown(world.call("odd:echo")), "{}");
}

TEST(ProcessHost, NothingRunsAfterTheHost) {
  OddWorld world;
  ASSERT_TRUE(world.load().ok());
  world.host.reset();
  EXPECT_THAT(OddWorld::shown(world.call("odd:echo")), StartsWith("TOOL_CRASHED without effect"));
}

}  // namespace
}  // namespace lumenflow::hosts
