// scripts/readiness: what it writes is of its published form, and says "ready" only when everything passed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "json/schema.h"
#include "running_sidecar.h"
#include "support/source_tree.h"

namespace lumenflow::testing {
namespace {

json::Value json_of(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Result<json::Value> parsed = json::parse(text);
  EXPECT_TRUE(parsed.ok()) << path;
  return parsed.ok() ? *std::move(parsed) : json::Value();
}

class Readiness : public ::testing::Test {
 protected:
  // The exit code; what was written is in `written`.
  int write_after(const std::string& ctest_log) {
    const std::string log = workspace.root() + "/ctest.log", out = workspace.root() + "/out/sidekick.json";
    std::ofstream(log) << ctest_log;
    ProcessOptions options;
    options.command = {"/usr/bin/python3", lumenflow::testing::source_path("scripts/readiness"), LUMENFLOW_PROGRAM, log,
                       out};
    options.environment = child_environment(workspace.root() + "-run");
    const auto process = PosixProcesses().start(options);
    EXPECT_TRUE(process.ok());
    const auto exit = (*process)->wait(std::chrono::milliseconds(120'000));
    written = json_of(out);
    return exit.ok() ? exit->code : -1;
  }

  const ScratchWorkspace workspace;
  json::Value written;
};

TEST_F(Readiness, SaysWhatWasSeenInItsPublishedForm) {
  const int exit_code = write_after(
      "      Start  1: base/A.B\n"
      " 1/4 Test  #1: base/A.B .........................   Passed    0.01 sec\n"
      " 2/4 Test #12: consumers/contract ...............   Passed    0.34 sec\n"
      "3/4 Test #13: sidekick/Manifest.IsEmbedded ......   Passed    0.01 sec\n"
      " 4/4 Test #14: integration/typescript_client ....***Skipped   0.02 sec\n");
  EXPECT_EQ(exit_code, 0);
  const Result<json::Schema> schema =
      json::Schema::compile(json_of(lumenflow::testing::source_path("schemas/readiness.schema.json")));
  ASSERT_TRUE(schema.ok()) << schema.error().message();
  for (const ErrorDetail& fault : schema->validate(written)) ADD_FAILURE() << fault.pointer << " " << fault.reason;
  EXPECT_TRUE(json::boolean_or(written, "ready", false));
  EXPECT_EQ(json::serialize(*written.find("tests")), R"({"total":4,"passed":3,"skipped":1,"failed":0})");
  EXPECT_EQ(json::integer_or(*written.find("conformance"), "total", 0), 3);
  EXPECT_EQ(json::serialize(*written.at_pointer("/conformance/tests/integration~1typescript_client")), R"("skipped")");
  const json::Array& steps = written.at_pointer("/smoke/steps")->as_array();
  ASSERT_EQ(steps.size(), 11u);
  EXPECT_EQ(json::string_or(steps.front(), "tool", ""), "sidekick:init");
  EXPECT_EQ(json::string_or(steps.back(), "tool", ""), "sidekick:export");
  for (const json::Value& step : steps) EXPECT_TRUE(json::string_or(step, "receipt_id", "").starts_with("rcpt-"));
}

TEST_F(Readiness, IsNotGivenWithAFailedTestNorWithoutTheContractsTests) {
  EXPECT_EQ(write_after("1/2 Test #1: consumers/contract ....   Passed    0.34 sec\n"
                        "2/2 Test #2: base/A.B .............Subprocess aborted***Exception:   0.34 sec\n"),
            1);
  EXPECT_FALSE(json::boolean_or(written, "ready", true));
  EXPECT_EQ(json::serialize(*written.find("tests")), R"({"total":2,"passed":1,"skipped":0,"failed":1})");
  EXPECT_EQ(write_after("1/1 Test #1: base/A.B ....   Passed    0.34 sec\n"), 1);
  EXPECT_FALSE(json::boolean_or(written, "ready", true));
}

}  // namespace
}  // namespace lumenflow::testing
