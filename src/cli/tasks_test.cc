// lumenflow tasks, on a scratch workspace without a sidecar.
#include <gmock/gmock.h>

#include "cli/testing/command_line.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

using ::testing::HasSubstr;

class TaskCommands : public ::testing::Test {
 protected:
  TaskCommands() { EXPECT_EQ(line.run({"init", "--id", "ws-42"}).exit_code, kOk); }
  const CommandLine line;
};

TEST_F(TaskCommands, ATaskGoesFromReadyToDone) {
  const Said created = line.run({"tasks", "create", "WU-1", "--type", "work-unit", "--title", "Fix the roof", "--spec",
                                 R"({"acceptance":"dry"})"});
  EXPECT_EQ(created.exit_code, kOk) << created.err;
  EXPECT_EQ(created.out, "WU-1 is ready\n");
  EXPECT_EQ(line.run({"tasks", "claim", "WU-1"}).out, "WU-1 is active\n");
  EXPECT_EQ(line.run({"tasks", "wait", "WU-1", "--reason", "rain", "--for", R"({"sun":true})"}).out,
            "WU-1 is waiting\n");
  EXPECT_THAT(line.run({"tasks", "list"}).out, HasSubstr("Fix the roof"));
  EXPECT_EQ(line.run({"tasks", "list", "--state", "ready", "--json"}).out, "");
  EXPECT_THAT(line.run({"tasks", "show", "WU-1"}).out, HasSubstr("rain"));
  const Said released = line.run({"tasks", "release", "WU-1", "--reason", "x"});
  EXPECT_EQ(released.exit_code, kRefused);
  EXPECT_THAT(released.err, HasSubstr("legal: resume, complete"));
  const Said done = line.run({"tasks", "complete", "WU-1", "--evidence", "photo.jpg", "--json"});
  EXPECT_EQ(json::string_or(*json::parse(done.out), "state", ""), "done");
  EXPECT_EQ(line.run({"audit", "verify"}).exit_code, kOk);
}

TEST_F(TaskCommands, SayWhatIsWrong) {
  EXPECT_EQ(line.run({"tasks", "create", "WU-1"}).exit_code, kUsage);
  const Said spec = line.run({"tasks", "create", "WU-1", "--type", "t", "--title", "T", "--spec", "dry"});
  EXPECT_EQ(spec.exit_code, kUsage);
  EXPECT_THAT(spec.err, HasSubstr("--spec takes a JSON object"));
  EXPECT_EQ(line.run({"tasks", "list", "--state", "asleep"}).exit_code, kUsage);
  EXPECT_THAT(line.run({"tasks", "show", "WU-1"}).err, HasSubstr("NOT_FOUND"));
}

}  // namespace
}  // namespace lumenflow::cli
