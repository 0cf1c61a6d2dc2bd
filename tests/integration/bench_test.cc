// `lumenflow bench`: every group runs to its end and says what it measured, in the form that others read. How fast is
// not asked: a test says the same on every machine.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lumenflow/json.h"
#include "running_sidecar.h"

namespace lumenflow::testing {
namespace {

class BenchTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BenchTest, SaysEachFigureOnALineOfJson) {
  const ScratchWorkspace workspace;
  const CommandResult result = workspace.run({"bench", GetParam(), "--quick", "--json"});
  if (result.exit_code == 2) GTEST_SKIP() << "a sanitized build measures nothing";
  ASSERT_EQ(result.exit_code, 0) << result.out;
  std::set<std::string> names;
  for (std::size_t at = 0; at < result.out.size();) {
    const std::size_t end = result.out.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = result.out.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with('{')) continue;  // what goes to stderr: a limit that is missing
    const auto figure = json::parse(line);
    ASSERT_TRUE(figure.ok()) << line;
    EXPECT_TRUE(names.insert(std::string(json::string_or(*figure, "name", ""))).second) << line;
    EXPECT_GT(figure->find("value")->as_double(), 0) << line;
    EXPECT_NE(json::string_or(*figure, "unit", ""), "") << line;
    for (const char* member : {"limit_name", "limit_value", "ratio"}) EXPECT_TRUE(figure->find(member)) << line;
  }
  EXPECT_FALSE(names.empty()) << result.out;
  for (const std::string& name : names) EXPECT_TRUE(name.starts_with(GetParam())) << name;
}

INSTANTIATE_TEST_SUITE_P(Groups, BenchTest,
                         ::testing::Values("cpu", "dispatch", "events", "growth", "http", "json", "log", "retention",
                                           "startup", "memory", "packs"),
                         [](const auto& group) { return std::string(group.param); });

}  // namespace
}  // namespace lumenflow::testing
