// Programs that the tools of compiled-in packs have run: under the scopes of their call, and in no other case.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/task_tools.h"
#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRunnerManifest = R"(
id: runner
version: 1.0.0
runtime: {type: builtin}
tools:
  - name: runner:go
    permission: write
    required_scopes:
      - {type: path, pattern: "data/**", access: read}
      - {type: path, pattern: "data/out/**", access: write}
  - name: runner:plain
    required_scopes: [{type: path, pattern: "data/**", access: read}]
)";

pack::ToolResult run_true(pack::ToolContext& context, const json::Value&) {
  pack::ProgramRequest request;
  request.command = {"true"};
  const Result<pack::ProgramEnd> end = context.run_program(request);
  if (!end.ok()) return pack::ToolError{std::string(name(end.error().code())), end.error().message(), {}};
  return pack::ToolOutput{json::Object{{"exit_code", end->exit_code}}, {}};
}

const pack::BuiltinPack& runner_pack() {
  static const pack::BuiltinPack pack{
      "runner", {{"manifest.yaml", kRunnerManifest}}, [](pack::Registration& registration) {
        registration.tool("runner:go", {.programs = true}, run_true);
        registration.tool("runner:plain", {}, run_true);
      }};
  return pack;
}

class SeenPrograms final : public pack::Programs {
 public:
  std::vector<Result<pack::ProgramEnd>> run(const std::string& workspace_root, pack::HostedRun& run,
                                            const std::vector<pack::ProgramRequest>& requests, std::size_t) override {
    root = workspace_root;
    scopes = json::serialize(run.scopes().description);
    has_deadline = run.time_left().has_value();
    run.held_by("a strong box");
    return {requests.size(), pack::ProgramEnd{}};
  }
  std::string root, scopes;
  bool has_deadline = false;
};

class ProgramsTest : public ::testing::Test {
 protected:
  ProgramsTest() {
    world_.pack = &runner_pack();
    world_.programs = &programs_;
    world_.kernel_tools = *make_task_tools();
  }
  SeenPrograms programs_;
  KernelWorld world_;
};

TEST_F(ProgramsTest, RunUnderTheScopesOfTheCall) {
  world_.open();
  const CallResult result = world_.call("runner:go");
  EXPECT_EQ(result.outcome, journal::Outcome::kSuccess) << result.body;
  EXPECT_EQ(programs_.root, "/ws");
  EXPECT_EQ(programs_.scopes, R"([{"type":"path","pattern":"data/**","access":"read"},)"
                              R"({"type":"path","pattern":"data/out/**","access":"write"}])");
  EXPECT_TRUE(programs_.has_deadline);
  EXPECT_THAT(json::serialize(world_.entries_of(result.receipt)), HasSubstr("a strong box"));  // in its record
}

// Whoever has claimed a task has programs run within what the task allows.
TEST_F(ProgramsTest, ATaskNarrowsThem) {
  world_.open();
  const json::Value scopes =
      json::Array{json::Object{{"type", "path"}, {"pattern", "data/a/**"}, {"access", "read"}},
                  json::Object{{"type", "path"}, {"pattern", "data/out/a/**"}, {"access", "write"}}};
  world_.call(
      "kernel:task_create",
      json::Object{
          {"task_id", "t-1"}, {"type", "work"}, {"title", "T"}, {"spec", json::Object{{"allowed_scopes", scopes}}}});
  world_.call("kernel:task_claim", json::Object{{"task_id", "t-1"}});
  world_.call("runner:go");
  EXPECT_EQ(programs_.scopes, R"([{"type":"path","pattern":"data/a/**","access":"read"},)"
                              R"({"type":"path","pattern":"data/out/a/**","access":"write"}])");
}

TEST_F(ProgramsTest, AToolThatDoesNotSaySoHasNoneRun) {
  world_.open();
  EXPECT_THAT(world_.call("runner:plain").body, HasSubstr("SCOPE_DENIED"));
  EXPECT_EQ(programs_.root, "");
}

TEST_F(ProgramsTest, WithoutARunnerNothingRuns) {
  world_.programs = nullptr;
  world_.open();
  EXPECT_THAT(world_.call("runner:go").body, HasSubstr("SANDBOX_UNAVAILABLE"));
}

}  // namespace
}  // namespace lumenflow::kernel
