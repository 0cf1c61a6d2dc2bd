// Commands that find the workspace taken: they take turns, and give up in time, saying why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/files.h"
#include "cli/testing/command_line.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Taken : public testing::Test {
 protected:
  Taken() { EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, 0); }
  CommandLine cli;
};

TEST_F(Taken, CommandsWithoutASidecarTakeTurns) {
  constexpr std::size_t kCommands = 8;
  cli.patience = std::chrono::seconds(60);  // the last one waits for seven, on a machine that may be busy
  std::vector<Said> said(kCommands);
  {
    std::vector<std::jthread> commands;
    for (Said& mine : said)
      commands.emplace_back([&] { mine = cli.run({"call", "task:create", "--input", R"({"title":"a"})"}); });
  }
  for (const Said& mine : said) EXPECT_EQ(mine.exit_code, 0) << mine.err;
}

TEST_F(Taken, AHolderThatAnswersNowhereIsNotWaitedForForever) {
  PosixFiles files;
  const auto held = files.lock(cli.root() + "/.lumenflow/state");
  ASSERT_TRUE(held.ok());
  cli.patience = std::chrono::milliseconds(50);
  const Said said = cli.run({"tools"});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.err, AllOf(HasSubstr("XDG_RUNTIME_DIR"), HasSubstr("socket: off")));
  const Said up = cli.run({"up"});
  EXPECT_EQ(up.exit_code, 2);
  EXPECT_THAT(up.err, HasSubstr("already runs"));
}

TEST_F(Taken, ASidecarThatIsSilentIsUnreachable) {
  const std::string path = sidecar::control_socket_path(cli.root());
  std::filesystem::create_directories(parent_path(path));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  cli.patience = std::chrono::milliseconds(50);
  const Said said = cli.run({"tools"});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.err, AllOf(HasSubstr(path), HasSubstr("does not answer")));
  ::close(fd);  // nobody listens there any more
  EXPECT_EQ(cli.run({"tools"}).exit_code, 0);
}

}  // namespace
}  // namespace lumenflow::cli
