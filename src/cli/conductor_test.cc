// What is done beside a conductor: who may sign in, and tickets.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/testing/command_line.h"

namespace lumenflow::cli {
namespace {

TEST(ConductorCommands, AnAdminIsAddedOnceWithAPassphraseThatIsLongEnough) {
  const CommandLine line;
  const std::string store = "sqlite:" + line.root() + "/store/c.db";
  EXPECT_EQ(line.run({"conductor", "init-admin", "--name", "ana", "--store", store}, "short\n").exit_code, kUsage);
  EXPECT_EQ(line.run({"conductor", "init-admin", "--name", "Ana!", "--store", store}, "long enough for it\n").exit_code,
            kUsage);
  const Said added = line.run({"conductor", "init-admin", "--name", "ana", "--store", store}, "long enough for it\n");
  EXPECT_EQ(added.exit_code, kOk) << added.err;
  const Said again = line.run({"conductor", "init-admin", "--name", "ana", "--store", store}, "long enough for it\n");
  EXPECT_EQ(again.exit_code, kRefused);
  EXPECT_NE(again.err.find("ALREADY_EXISTS"), std::string::npos) << again.err;
  const auto mode = std::filesystem::status(line.root() + "/store/c.db.records").permissions();
  EXPECT_EQ(mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
}

TEST(ConductorCommands, ATicketIsPrintedAlone) {
  const CommandLine line;
  const std::string store = "sqlite:" + line.root() + "/c.db";
  const Said ticket = line.run({"conductor", "ticket", "--workspace", "ws-42", "--store", store});
  EXPECT_EQ(ticket.exit_code, kOk) << ticket.err;
  EXPECT_EQ(ticket.out.size(), 12u) << ticket.out;  // XXXXX-XXXXX and a line break
  EXPECT_EQ(line.run({"conductor", "ticket", "--workspace", "WS", "--store", store}).exit_code, kUsage);
  EXPECT_EQ(line.run({"conductor", "ticket", "--kind", "device", "--store", store}).exit_code, kUsage);
  EXPECT_EQ(line.run({"conductor", "ticket", "--store", "memory"}).exit_code, kRefused);
}

TEST(ConductorCommands, AStoreThatWasNotThereIsSaid) {
  const CommandLine line;
  const std::string store = "sqlite:" + line.root() + "/typo.db";
  EXPECT_NE(line.run({"conductor", "ticket", "--store", store}).err.find("it has been made"), std::string::npos);
  EXPECT_EQ(line.run({"conductor", "ticket", "--store", store}).err.find("it has been made"), std::string::npos);
}

TEST(ConductorCommands, ADevicesTicketIsForAWorkspaceThatIsThere) {
  const CommandLine line;
  const Said said = line.run({"conductor", "ticket", "--kind", "device", "--workspace", "nobody", "--store",
                              "sqlite:" + line.root() + "/c.db"});
  EXPECT_EQ(said.exit_code, kRefused);
  EXPECT_NE(said.err.find("NOT_FOUND"), std::string::npos) << said.err;
}

TEST(ConductorCommands, APublicUrlThatIsNoneIsRefusedBeforeAnybodyIsTold) {
  const CommandLine line;
  for (const char* url : {"conductor.example", "ftp://x/", "https://x/?a=b", "https://user:pw@x/"}) {
    const Said said = line.run(
        {"conductor", "--listen", "127.0.0.1:0", "--public-url", url, "--store", "sqlite:" + line.root() + "/c.db"});
    EXPECT_EQ(said.exit_code, kUsage) << url;
    EXPECT_NE(said.err.find("--public-url"), std::string::npos) << said.err;
  }
  EXPECT_FALSE(std::filesystem::exists(line.root() + "/c.db"));
}

}  // namespace
}  // namespace lumenflow::cli
