// lumenflow.yaml is changed or deleted under a running sidecar: calls are refused until it is back, or loaded.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

// The first answer with this status, within a time that is long for a sidecar that looks several times a second.
Answer call_until(const SidecarWorld& world, int status) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Answer answer = world.call("probe:echo");
  while (answer.status != status && std::chrono::steady_clock::now() < give_up) answer = world.call("probe:echo");
  return answer;
}

class Tampering : public testing::Test {
 protected:
  SidecarWorld world;
  const std::string path = world.root() + "/lumenflow.yaml";
};

TEST_F(Tampering, AChangedFileRefusesCallsUntilItIsBack) {
  ASSERT_EQ(world.call("probe:echo").status, 200);
  std::filesystem::copy_file(path, path + ".kept");
  std::ofstream(path, std::ios::app) << "name: changed\n";
  const Answer refused = call_until(world, 409);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "SPEC_TAMPERED");
  EXPECT_EQ(world.get("/calls/" + refused.text("/metadata/receipt_id")).status, 200) << "and it is recorded";
  EXPECT_EQ(world.get("/audit?limit=1").status, 200) << "what only reads goes on";
  std::filesystem::rename(path + ".kept", path);
  EXPECT_EQ(call_until(world, 200).status, 200);
}

// The file is looked at before each batch of calls, not now and then.
TEST_F(Tampering, NoCallThatComesAfterTheChangeRuns) {
  const std::string text = *PosixFiles().read(path, 1 << 20);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(world.call("probe:echo").status, 200) << i;
    std::string changed = text;
    changed.back() = i % 2 == 0 ? ' ' : '\t';  // of the same size
    std::ofstream(path, std::ios::trunc) << changed;
    ASSERT_EQ(world.call("probe:echo").code(), "SPEC_TAMPERED") << i;
    std::ofstream(path, std::ios::trunc) << text;
  }
}

TEST_F(Tampering, ARestartLoadsTheChange) {
  std::ofstream(path, std::ios::app) << "name: changed\n";
  ASSERT_EQ(call_until(world, 409).status, 409);
  world.stop();
  world.start();
  EXPECT_EQ(world.call("probe:echo").status, 200);
}

TEST_F(Tampering, ADeletedFileIsAChangedOne) {
  std::filesystem::remove(path);
  EXPECT_EQ(call_until(world, 409).code(), "SPEC_TAMPERED");
}

// The same size and time as before does not hide it.
TEST_F(Tampering, ABackdatedChangeIsOneToo) {
  ASSERT_EQ(world.call("probe:echo").status, 200);
  const auto time = std::filesystem::last_write_time(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out);
    file.put('%');
  }
  std::filesystem::last_write_time(path, time);
  EXPECT_EQ(call_until(world, 409).code(), "SPEC_TAMPERED");
}

}  // namespace
}  // namespace lumenflow::sidecar
