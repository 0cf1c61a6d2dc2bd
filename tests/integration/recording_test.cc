// A real sidecar is recorded while it runs, and from its start; what comes of it is run again by the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "running_sidecar.h"
#include "support/source_tree.h"

namespace lumenflow::testing {
namespace {

using ::testing::HasSubstr;

class RecordedSidecar : public ::testing::Test {
 protected:
  RecordedSidecar() : sidecar(workspace), file(workspace.root() + "/one.lfrec") {}

  void work() const {
    EXPECT_EQ(workspace.run({"token", "mint", "--ttl", "1h"}).exit_code, 0);
    EXPECT_EQ(workspace.run({"stop", "all", "--reason", "a test"}).exit_code, 0);
    EXPECT_NE(workspace.run({"call", "no:such", "--input", "{}"}).exit_code, 0);
    EXPECT_EQ(workspace.run({"resume", "all"}).exit_code, 0);
  }
  static std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  ScratchWorkspace workspace;
  RunningSidecar sidecar;
  const std::string file;
};

TEST_F(RecordedSidecar, IsReplayedToTheSameFrames) {
  EXPECT_EQ(workspace.run({"record", file}).exit_code, 3) << "nobody runs";
  ASSERT_TRUE(sidecar.start());
  const CommandResult begun = workspace.run({"record", file});
  ASSERT_EQ(begun.exit_code, 0) << begun.out;
  EXPECT_THAT(begun.out, HasSubstr("records"));
  EXPECT_NE(workspace.run({"record", workspace.root() + "/two.lfrec"}).exit_code, 0) << "one at a time";
  work();
  EXPECT_THAT(workspace.run({"record", "--status"}).out, HasSubstr("records"));
  const CommandResult ended = workspace.run({"record", "--stop"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("ended"));
  EXPECT_NE(workspace.run({"record", file}).exit_code, 0) << "the file is there";
  EXPECT_EQ(sidecar.stop_in_order(), 0);

  const CommandResult verified = workspace.run({"replay", file, "--verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("are the same again; the recording ended because it was stopped"));
  EXPECT_THAT(workspace.run({"replay", file}).out, HasSubstr("kernel:call-finished"));
  EXPECT_THAT(workspace.run({"replay", "show", file}).out, HasSubstr("\"never_captured\""));
  EXPECT_EQ(workspace.run({"replay", "diff", file, file}).exit_code, 0);

  std::string changed = bytes_of(file);
  changed[changed.size() / 2] ^= 1;
  std::ofstream(file + ".changed", std::ios::binary) << changed;
  const CommandResult refused = workspace.run({"replay", file + ".changed", "--verify"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("differs at tick"));
}

TEST_F(RecordedSidecar, WithRecordTrueEachStartIsRecorded) {
  workspace.configure("record: true\n");
  ASSERT_TRUE(sidecar.start());
  work();
  EXPECT_EQ(sidecar.stop_in_order(), 0);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.root() + "/.lumenflow/recordings"))
    files.push_back(entry.path().string());
  ASSERT_EQ(files.size(), 1u);
  const CommandResult verified = workspace.run({"replay", files.front(), "--verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("the workspace was closed"));
}

// packs/examples/recordings/reactor.lfrec: a session in a workspace with the pack packs/examples/reactor. Where the
// kernel's records change, LUMENFLOW_UPDATE=1 makes it anew.
TEST_F(RecordedSidecar, TheExamplesRecordingHolds) {
  const std::string kept = source_path("packs/examples/recordings/reactor.lfrec");
  std::filesystem::create_directory(workspace.root() + "/packs");
  std::filesystem::copy(source_path("packs/examples/reactor"), workspace.root() + "/packs/reactor",
                        std::filesystem::copy_options::recursive);
  ASSERT_EQ(workspace.run({"generate"}).exit_code, 0);
  if (std::getenv("LUMENFLOW_UPDATE") != nullptr) {
    ASSERT_EQ(workspace.run({"pack", "add", workspace.root() + "/packs/reactor"}).exit_code, 0);
    ASSERT_TRUE(sidecar.start());
    ASSERT_EQ(workspace.run({"record", file}).exit_code, 0);
    work();
    ASSERT_EQ(workspace.run({"record", "--stop"}).exit_code, 0);
    std::filesystem::copy_file(file, kept, std::filesystem::copy_options::overwrite_existing);
  }
  const CommandResult verified = workspace.run({"replay", kept, "--verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << "; LUMENFLOW_UPDATE=1 makes it anew";
  EXPECT_THAT(workspace.run({"replay", "show", kept}).out, HasSubstr("sample:reactor-primed"));
}

TEST_F(RecordedSidecar, AnotherCatalogueIsRefusedWithWhatToDo) {
  const CommandResult refused =
      workspace.run({"replay", source_path("packs/examples/recordings/reactor.lfrec"), "--verify"});
  EXPECT_EQ(refused.exit_code, 2) << "the pack is not here";
}

// Two files, each of one configuration, and both replay.
TEST_F(RecordedSidecar, GoesOnInAFileOfItsOwnOverAReload) {
  ASSERT_TRUE(sidecar.start());
  ASSERT_EQ(workspace.run({"record", file}).exit_code, 0);
  work();
  workspace.configure("limits: {rate: {per_second: 77}}\n");
  const CommandResult reloaded = workspace.run({"reload"});
  ASSERT_EQ(reloaded.exit_code, 0) << reloaded.out;
  const std::string second = workspace.root() + "/one.2.lfrec";
  const CommandResult status = workspace.run({"record", "--status"});
  EXPECT_THAT(status.out, HasSubstr("records"));
  EXPECT_THAT(status.out, HasSubstr(second));
  work();
  EXPECT_EQ(workspace.run({"record", "--stop"}).exit_code, 0);
  EXPECT_EQ(sidecar.stop_in_order(), 0);

  const CommandResult before = workspace.run({"replay", file, "--verify"});
  EXPECT_EQ(before.exit_code, 0) << before.out;
  EXPECT_THAT(before.out, HasSubstr("loaded anew: what follows is a recording of its own"));
  EXPECT_THAT(before.out, HasSubstr("the reload, and the ends of calls that were under way when it came"));
  const CommandResult after = workspace.run({"replay", second, "--verify"});
  EXPECT_EQ(after.exit_code, 0) << after.out;
  EXPECT_THAT(after.out, HasSubstr("the recording ended because it was stopped"));
  const std::string header = workspace.run({"replay", "show", second}).out;
  EXPECT_THAT(header, HasSubstr(R"("continues":"one.lfrec")"));
  EXPECT_THAT(header, HasSubstr("per_second: 77"));
}

// What is synced is there, whole frames of it.
TEST_F(RecordedSidecar, AKilledOneLeavesATornFileThatIsReplayed) {
  ASSERT_TRUE(sidecar.start());
  ASSERT_EQ(workspace.run({"record", file}).exit_code, 0);
  work();
  while (bytes_of(file).size() < 2'000) (void)workspace.run({"record", "--status"});
  sidecar.kill_hard();
  const CommandResult verified = workspace.run({"replay", file, "--verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("the file breaks off"));
}

}  // namespace
}  // namespace lumenflow::testing
