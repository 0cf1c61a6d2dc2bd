#include "sandbox/cgroup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace lumenflow::sandbox {
namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Groups, SayWhyThereAreNone) {
  const std::string root = std::filesystem::temp_directory_path() / ("lumenflow-groups-" + std::to_string(::getpid()));
  std::filesystem::create_directories(root + "/self");
  std::string why;
  EXPECT_FALSE(Groups::find(root, root + "/self", why));
  EXPECT_EQ(why, "the system has no control groups");
  std::ofstream(root + "/self/cgroup") << "0::/user.slice/session.scope\n";
  EXPECT_FALSE(Groups::find(root, root + "/self", why));
  EXPECT_EQ(why, "no control group can be written");
  std::filesystem::remove_all(root);
}

TEST(Groups, HoldTheLimitsAndLeaveNothingBehind) {
  std::string why;
  const std::unique_ptr<Groups> groups = Groups::find("/sys/fs/cgroup", "/proc/self", why);
  if (!groups) GTEST_SKIP() << why;
  Limits limits;
  limits.memory_bytes = 64u << 20;
  limits.processes = 10;
  const auto folders = groups->create(limits);
  ASSERT_TRUE(folders.ok()) << folders.error().to_string();
  if (groups->version() == 1) {
    EXPECT_EQ(read(folders->at(0) + "/memory.limit_in_bytes"), "67108864\n");
    EXPECT_EQ(read(folders->at(1) + "/pids.max"), "13\n");
  } else {
    EXPECT_EQ(read(folders->at(0) + "/memory.max"), "67108864\n");
    EXPECT_EQ(read(folders->at(0) + "/pids.max"), "13\n");
  }
  Groups::remove(*folders);
  for (const std::string& folder : *folders) EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace lumenflow::sandbox
